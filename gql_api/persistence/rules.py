"""The rules that values must meet before any SQL runs.

Pure. Each broken rule is one error; all are collected, in the order of the input, what is missing
last.
"""

import decimal
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gql_api.errors import ValidationError
from gql_api.mapping.descriptors import (
    Column,
    Entity,
    InputRules,
    JoinKind,
    Registry,
    Relationship,
)
from gql_api.plan.changes import CreateRow, Link, NewLink, ToOne, UpdateRow


def check_creation(
    change: CreateRow, registry: Registry, path: Sequence[str], given: Collection[str] = ()
) -> list[ValidationError]:
    """Collect what is wrong with a new row, and with all that its input writes besides.

    Args:
        change: The row.
        registry: All entities.
        path: Where the input stands.
        given: Attribute keys that are set by the row that it belongs to.
    """
    entity = registry.entities[change.entity]
    return [
        *check_values(entity, change.values, change.links, is_new=True, path=path, given=given),
        *_check_tree(entity, change, registry, path),
    ]


def check_update(
    change: UpdateRow, registry: Registry, path: Sequence[str]
) -> list[ValidationError]:
    """Collect what is wrong with the changes of a row, and with all that they write besides."""
    entity = registry.entities[change.entity]
    return [
        *check_values(entity, change.values, change.links, is_new=False, path=path),
        *_check_tree(entity, change, registry, path),
    ]


def _check_tree(
    entity: Entity, change: CreateRow | UpdateRow, registry: Registry, path: Sequence[str]
) -> Iterator[ValidationError]:
    for link in change.links:
        if isinstance(link, NewLink):
            here = (*path, entity.relationships[link.relationship].name)
            way = ("create",) if link.key is None else ("connectOrCreate", "create")
            yield from check_creation(link.create, registry, (*here, *way))
    for related in change.related:
        relationship = entity.relationships[related.relationship]
        here = (*path, relationship.name)
        join = relationship.join
        given = join.remote_keys if join.kind is JoinKind.DIRECT else ()
        for at, create in enumerate(related.create):
            yield from check_creation(create, registry, (*here, "create", str(at)), given)
        for at, each in enumerate(related.connect_or_create):
            place = (*here, "connectOrCreate", str(at), "create")
            yield from check_creation(each.create, registry, place, given)
        for at, update in enumerate(related.update):
            yield from check_update(update, registry, (*here, "update", str(at), "input"))


def check_values(
    entity: Entity,
    values: Mapping[str, Any],
    links: Sequence[ToOne] = (),
    *,
    is_new: bool,
    path: Sequence[str] = (),
    given: Collection[str] = (),
) -> list[ValidationError]:
    """Collect what is wrong with the values and links of a change.

    Attributes that the entity does not show are not checked: only trusted code can set them.

    Args:
        entity: Whose row.
        values: Attribute key to value.
        links: To-one relationships set or disconnected.
        is_new: Whether the row is to be created, so that what is required must be there.
        path: Where the input stands; each error adds the GraphQL name of its field.
        given: Attribute keys that are set besides, by the row that this one belongs to.
    """
    found = [*_check_columns(entity, values), *_check_links(entity, links)]
    if is_new:
        found.extend(_check_presence(entity, {*values, *given}, links))
    return [ValidationError(f"{name} {fault}", path=(*path, name)) for name, fault in found]


def check_changed(
    entity: Entity, before: Mapping[str, Any], after: Mapping[str, Any], path: Sequence[str]
) -> list[ValidationError]:
    """Collect what is wrong with values that trusted code has changed.

    Args:
        entity: Whose row.
        before: Attribute key to value, which are checked already.
        after: The values as they are now.
        path: Where the input stands.
    """
    changed = {
        key: value for key, value in after.items() if key not in before or before[key] is not value
    }
    return [
        ValidationError(f"{name} {fault}", path=(*path, name))
        for name, fault in _check_columns(entity, changed, is_trusted=True)
    ]


def _check_columns(
    entity: Entity, values: Mapping[str, Any], *, is_trusted: bool = False
) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        column = entity.columns.get(key)
        if column is None:
            continue
        if column.is_read_only and not is_trusted:
            yield column.name, "cannot be written."
            continue
        for fault in _column_faults(column, value):
            yield column.name, fault


def _check_links(entity: Entity, links: Iterable[ToOne]) -> Iterator[tuple[str, str]]:
    for link in links:
        relationship = entity.relationships[link.relationship]
        if isinstance(link, Link) and link.target is None and relationship.is_required:
            yield relationship.name, "is required: it can be replaced, not disconnected."


def _check_presence(
    entity: Entity, given: set[str], links: Sequence[ToOne]
) -> Iterator[tuple[str, str]]:
    for link in links:
        given.update(entity.relationships[link.relationship].foreign_keys)
    for column in entity.columns.values():
        if not column.is_foreign_key and column.key not in given and _is_required(column):
            yield column.name, "is required."
    linked = {link.relationship for link in links}
    for relationship in entity.relationships.values():
        if relationship.key not in linked and _lacks_keys(entity, relationship, given):
            yield relationship.name, "is required."


def _is_required(column: Column) -> bool:
    return not (column.is_nullable or column.has_default or column.is_read_only)


def _lacks_keys(entity: Entity, relationship: Relationship, given: set[str]) -> bool:
    """Tell whether a required relationship is left without one of its foreign keys."""
    if not relationship.is_required or not relationship.is_writable:
        return False
    missing = [key for key in relationship.foreign_keys if key not in given]
    columns = [entity.columns.get(key) for key in missing]
    return any(column is None or not column.has_default for column in columns)


def _column_faults(column: Column, value: Any) -> Iterator[str]:
    if value is None:
        if not column.is_nullable:
            yield "must not be null."
    elif column.type.enum is not None:
        yield from _enum_faults(column.type.enum.values, value)
    elif isinstance(value, str):
        yield from _text_faults(column.rules, value)
    elif isinstance(value, int | float | decimal.Decimal):
        yield from _number_faults(column.rules, value)


def _enum_faults(allowed: Mapping[str, Any], value: Any) -> Iterator[str]:
    values = _leaves(value) if isinstance(value, list | tuple) else (value,)
    if any(leaf not in allowed.values() for leaf in values if leaf is not None):
        yield f"must be one of {', '.join(allowed)}."


def _leaves(values: Iterable[Any]) -> Iterator[Any]:
    """Flatten an array of any depth."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from _leaves(value)
        else:
            yield value


def _text_faults(rules: InputRules, text: str) -> Iterator[str]:
    length = len(text)
    if rules.is_not_blank and not text.strip():
        yield "must not be blank."
    elif rules.min_length is not None and length < rules.min_length:
        yield f"must have at least {_characters(rules.min_length)}; got {length}."
    elif rules.max_length is not None and length > rules.max_length:
        # A pattern is not tried on a text of any length.
        yield f"must have at most {_characters(rules.max_length)}; got {length}."
        return
    if rules.pattern is not None and re.fullmatch(rules.pattern, text) is None:
        yield f"must match the pattern {rules.pattern}; got {_characters(length)} that do not."


def _number_faults(rules: InputRules, number: float | decimal.Decimal) -> Iterator[str]:
    if rules.above is not None and number <= rules.above:
        yield f"must be more than {_plain(rules.above)}; got {number}."
    if rules.below is not None and number >= rules.below:
        yield f"must be less than {_plain(rules.below)}; got {number}."
    if rules.minimum is not None and number < rules.minimum:
        yield f"must be at least {_plain(rules.minimum)}; got {number}."
    if rules.maximum is not None and number > rules.maximum:
        yield f"must be at most {_plain(rules.maximum)}; got {number}."
    elif rules.greatest is not None and isinstance(number, decimal.Decimal):
        yield from _size_faults(rules.greatest, number)


def _size_faults(greatest: decimal.Decimal, number: decimal.Decimal) -> Iterator[str]:
    """Refuse what a decimal type cannot hold: databases say so without a name, or not at all."""
    half = decimal.Decimal(5) * decimal.Decimal(10) ** (int(greatest.as_tuple().exponent) - 1)
    if abs(number) >= greatest + half:
        side = f"at most {greatest:f}" if number > 0 else f"at least {-greatest:f}"
        yield f"must be {side}; got {number:f}."


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _plain(limit: float) -> str:
    """Write a limit without an exponent and without a fraction of nothing."""
    return format(decimal.Decimal(str(limit)).normalize(), "f")
