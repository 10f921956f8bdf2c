"""The columns that a change may set, and the keys that it may find rows by, before any SQL runs.

Pure. Each column that the subject may not write is one error, by its name.
"""

from collections.abc import Iterable, Iterator, Sequence

from gql_api.access.column_rights import ColumnRights
from gql_api.errors import ForbiddenError
from gql_api.mapping.descriptors import Entity
from gql_api.plan.changes import (
    CreateRow,
    DeleteRow,
    KeyValue,
    NewLink,
    RelatedChanges,
    ToOne,
    UpdateRow,
)

Path = tuple[str, ...]


def check_rights(
    change: CreateRow | UpdateRow, rights: ColumnRights, path: Sequence[str]
) -> list[ForbiddenError]:
    """Collect what the subject may not set in a row, and in all that its input writes besides.

    Args:
        change: The row.
        rights: Of the subject's role set.
        path: Where the input stands.
    """
    if rights.is_open:
        return []
    return list(_check_tree(change, rights, tuple(path)))


def refuse_closed(entity: Entity, rights: ColumnRights, path: Sequence[str]) -> None:
    """Refuse to write rows of an entity that does not exist for the subject.

    Args:
        entity: Whose rows.
        rights: Of the subject's role set.
        path: Where the input stands.

    Raises:
        ForbiddenError: It does not exist.
    """
    if not rights.exists(entity):
        raise _closed(entity, path)


def check_keys(
    entity: Entity, keys: Iterable[KeyValue], rights: ColumnRights, path: Sequence[str]
) -> list[ForbiddenError]:
    """Collect the columns of keys that the subject may not read: finding a row would tell them."""
    names = dict.fromkeys(
        entity.columns[key].name
        for each in keys
        for key in each.columns
        if key in entity.columns and not rights.may_judge(entity, key)
    )
    return [
        ForbiddenError(f"You may not read {entity.name}.{name}.", path=(*path, name))
        for name in names
    ]


def _check_tree(
    change: CreateRow | UpdateRow, rights: ColumnRights, path: Path
) -> Iterator[ForbiddenError]:
    entity = rights.registry.entities[change.entity]
    if not rights.exists(entity):
        yield _closed(entity, path)
        return
    for key in change.values:
        if key in entity.columns and not rights.may_write(entity, key):
            yield _forbidden(entity, entity.columns[key].name, path)
    if isinstance(change, UpdateRow):
        yield from _check_update(change, entity, rights, path)
    for link in change.links:
        yield from _check_link(link, entity, rights, path)
    for related in change.related:
        yield from _check_related(related, entity, rights, path)


def _check_update(
    change: UpdateRow, entity: Entity, rights: ColumnRights, path: Path
) -> Iterator[ForbiddenError]:
    yield from _check_expected(change, entity, rights, path)
    for key, operation in change.operations.items():
        if not rights.may_write(entity, key):
            yield _forbidden(entity, entity.columns[key].name, (*path, operation.operator.value))


def _check_expected(
    change: UpdateRow | DeleteRow, entity: Entity, rights: ColumnRights, path: Path
) -> Iterator[ForbiddenError]:
    expected = entity.version if change.expected_version is not None else None
    if expected is not None and not rights.may_read(entity, expected.key):
        message = f"You may not read {entity.name}.{expected.name}."
        yield ForbiddenError(message, path=path)


def _check_link(
    link: ToOne, entity: Entity, rights: ColumnRights, path: Path
) -> Iterator[ForbiddenError]:
    relationship = entity.relationships[link.relationship]
    target, here = rights.registry.target(relationship), (*path, relationship.name)
    if not rights.may_link(entity, relationship):
        yield _forbidden(entity, relationship.name, path)
    if isinstance(link, NewLink):
        way = ("create",) if link.key is None else ("connectOrCreate", "create")
        key = () if link.key is None else (link.key,)
        yield from check_keys(target, key, rights, (*here, "connectOrCreate", "key"))
        yield from _check_tree(link.create, rights, (*here, *way))
    elif link.target is not None:
        yield from check_keys(target, [link.target], rights, (*here, "connect"))


def _check_related(
    related: RelatedChanges, entity: Entity, rights: ColumnRights, path: Path
) -> Iterator[ForbiddenError]:
    relationship = entity.relationships[related.relationship]
    target, here = rights.registry.target(relationship), (*path, relationship.name)
    choices = related.connect_or_create
    ties = (related.replace, related.disconnect, related.connect, choices, related.create)
    is_tied = any(ties) or related.replace is not None
    if is_tied and not rights.may_link(entity, relationship):
        yield _forbidden(entity, relationship.name, path)
    found = {
        "set": related.replace or (),
        "disconnect": related.disconnect,
        "delete": [each.key for each in related.delete],
        "connect": related.connect,
        "connectOrCreate": [each.key for each in choices],
    }
    for name, keys in found.items():
        yield from check_keys(target, keys, rights, (*here, name))
    for at, deletion in enumerate(related.delete):
        yield from _check_expected(deletion, target, rights, (*here, "delete", str(at)))
    for at, choice in enumerate(choices):
        yield from _check_tree(choice.create, rights, (*here, "connectOrCreate", str(at), "create"))
    for at, create in enumerate(related.create):
        yield from _check_tree(create, rights, (*here, "create", str(at)))
    for at, update in enumerate(related.update):
        yield from _check_tree(update, rights, (*here, "update", str(at), "input"))


def _closed(entity: Entity, path: Sequence[str]) -> ForbiddenError:
    return ForbiddenError(f"You may not write {entity.name}.", path=path)


def _forbidden(entity: Entity, name: str, path: Path) -> ForbiddenError:
    return ForbiddenError(f"You may not write {entity.name}.{name}.", path=(*path, name))
