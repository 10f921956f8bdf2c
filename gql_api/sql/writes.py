"""Statements around a write: the row to change, the target of a link, the permission of a policy.

Pure: statements are built here and executed by ``persistence``. Predicates of policies hold bind
parameters for the subject: pass ``subject.parameters`` at execution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.access.policies import Predicate
from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.plan.changes import KeyValue
from gql_api.sql.caching import reuse_statement
from gql_api.sql.operands import compile_keys_in
from gql_api.sql.ordering import primary_key
from gql_api.sql.places import compile_place, is_folded, lasting
from gql_api.sql.sources import (
    Compilation,
    Source,
    compile_instances,
    visible_relatives,
    visible_rows,
)

KEYS = "keys"
"""Name of the parameter that holds key values of many rows: scalars for one column, else tuples."""


def key_parameters(key: KeyValue, prefix: str = "") -> dict[str, Any]:
    """Return the parameters of a statement that finds one row by a key."""
    return {_key_name(at, prefix): value for at, value in enumerate(key.values)}


@reuse_statement
def select_row_to_write(
    entity: Entity, key: tuple[str, ...], compilation: Compilation, *, is_delete: bool = False
) -> sa.Select[tuple[Any, bool | None]]:
    """Select a visible row, locked, and whether the subject may write it.

    The first value is the ORM row, refreshed if the session holds it already, its relationships
    left unloaded. The second is the policy's ``deletable`` or ``updatable`` predicate: false or
    NULL forbids.

    Args:
        entity: Whose row.
        key: Attribute keys of its primary or a unique key; ``key_parameters`` are the values.
        compilation: Scopes and dialect; without row locks nothing is locked.
        is_delete: Whether the row is to go. An update locks less: rows that refer to this one can
            be inserted meanwhile.

    Source:
        PostgreSQL manual, "Row-Level Locks".
    """
    source = visible_rows(entity, compilation)
    is_wanted = has_key(source.row, key)
    return _select_to_write(source, is_wanted, compilation, is_delete=is_delete)


@reuse_statement
def select_link_target(
    target: Entity,
    key: tuple[str, ...],
    columns: tuple[str, ...],
    compilation: Compilation,
    *,
    is_current: bool = False,
) -> sa.Select[Any]:
    """Select columns of a row that a link leads to; no row when it is missing or not visible.

    Args:
        target: Entity that the link leads to.
        key: Attribute keys of its primary or a unique key; ``key_parameters`` are the values.
        columns: Attribute keys of the target, the values that foreign keys take.
        compilation: Scopes of the subject's role set.
        is_current: Whether rows count that were committed since the transaction began, which
            MariaDB and MySQL show to locking reads alone.
    """
    source = visible_rows(target, compilation)
    statement = (
        sa.select(*(source.column(column) for column in columns))
        .select_from(source.from_clause)
        .where(has_key(source.row, key), source.scope)
    )
    return _shared(statement, source) if is_current else statement


@dataclass(frozen=True, slots=True)
class LinkColumns:
    """A link of a new row: how its target is found, and which of its columns are taken."""

    relationship: str
    """Key of the relationship."""

    key: tuple[str, ...]
    """Attribute keys of the target that find it."""

    columns: tuple[str, ...]
    """Attribute keys of the target, the values of the foreign keys in their order."""


@reuse_statement
def insert_linked_row(
    entity: Entity,
    columns: tuple[str, ...],
    links: tuple[LinkColumns, ...],
    compilation: Compilation,
) -> sa.Insert:
    """Insert a row whose foreign keys are those of visible rows, and return its primary key.

    Nothing is inserted where the target of a link is missing or not visible.

    Args:
        entity: Of one table; its defaults apply.
        columns: Attribute keys that have values; ``linked_row_parameters`` are theirs.
        links: None of which sets the same foreign key as another, or as a value.
        compilation: Scopes of the subject's role set.
    """
    mapper = orm.class_mapper(entity.model)
    table: Any = mapper.local_table
    stored = {each.key: each.columns[0] for each in mapper.column_attrs}
    values: dict[Any, Any] = {
        stored[key]: sa.bindparam(_value_name(at), type_=stored[key].type)
        for at, key in enumerate(columns)
    }
    from_clause: Any = None
    is_wanted: list[Predicate] = []
    for at, link in enumerate(links):
        relationship = entity.relationships[link.relationship]
        source = visible_rows(compilation.registry.entities[relationship.target], compilation)
        is_wanted += [has_key(source.row, link.key, _link_prefix(at)), source.scope]
        from_clause = (
            source.from_clause
            if from_clause is None
            else orm.join(from_clause, source.from_clause, sa.true())
        )
        for own, key in zip(relationship.foreign_keys, link.columns, strict=True):
            values[stored[own]] = source.column(key)
    selected = sa.select(*values.values()).select_from(from_clause).where(*is_wanted)
    statement = sa.insert(table).from_select(list(values), selected)
    return statement.returning(*(stored[each.key] for each in entity.primary_key))


def linked_row_parameters(values: Sequence[Any], keys: Sequence[KeyValue]) -> dict[str, Any]:
    """Return the parameters of ``insert_linked_row``: values of columns, and keys of targets."""
    parameters = {_value_name(at): value for at, value in enumerate(values)}
    for at, key in enumerate(keys):
        parameters |= key_parameters(key, _link_prefix(at))
    return parameters


@reuse_statement
def select_rows_to_write(
    entity: Entity, compilation: Compilation, *, is_delete: bool = False
) -> sa.Select[tuple[Any, bool | None]]:
    """Select the visible rows whose primary keys are in ``KEYS``; else as ``select_row_to_write``.

    They are locked in the order of their keys, so that writers of the same rows wait for each other
    once.
    """
    source = visible_rows(entity, compilation)
    keys = primary_key(source)
    is_wanted = compile_keys_in(keys, KEYS, compilation.dialect)
    return _select_to_write(source, is_wanted, compilation, is_delete=is_delete).order_by(*keys)


def _select_to_write(
    source: Source, is_wanted: Predicate, compilation: Compilation, *, is_delete: bool
) -> sa.Select[tuple[Any, bool | None]]:
    scopes = compilation.scopes
    permitted = scopes.deletable_rows if is_delete else scopes.updatable_rows
    is_permitted = permitted(source.entity, source.row, source.guarded)
    return select_source_to_write(source, is_wanted, is_permitted, is_delete=is_delete)


def select_source_to_write(
    source: Source, is_wanted: Predicate, is_permitted: Predicate, *, is_delete: bool
) -> sa.Select[tuple[Any, bool | None]]:
    """Select rows of a source, locked, and whether they may be written; see ``select_row_to_write``."""
    statement = (
        sa.select(source.row, is_permitted.label("is_permitted"))
        .select_from(source.from_clause)
        .where(is_wanted, compile_instances(source))
        # Joined eager loads would add outer joins, whose rows PostgreSQL refuses to lock.
        .options(orm.lazyload("*"))
        .execution_options(populate_existing=True)
    )
    return locked(statement, source, is_delete=is_delete)


def locked(statement: sa.Select[Any], source: Source, *, is_delete: bool) -> sa.Select[Any]:
    """Lock the rows of a source that a statement selects, where there are row locks."""
    if not source.compilation.dialect.has_row_locks:
        return statement
    return statement.with_for_update(of=_own_tables(source), key_share=not is_delete)


def _shared(statement: sa.Select[Any], source: Source) -> sa.Select[Any]:
    """Lock the rows that a statement selects against changes, but not against other readers."""
    if not source.compilation.dialect.has_row_locks:
        return statement
    return statement.with_for_update(of=_own_tables(source), read=True)


def are_placed(target: Entity, key: Sequence[str], compilation: Compilation) -> bool:
    """Tell whether ``select_targets`` answers with places in the list of keys, not with keys.

    The database may find a key equal to another text than Python does.
    """
    column = getattr(target.model, key[0])
    return len(key) == 1 and is_folded(column.type, compilation.dialect)


def are_distinct(target: Entity, key: Sequence[str], compilation: Compilation) -> bool:
    """Tell whether keys that differ in Python differ in the database, and equal ones are equal."""
    columns = [getattr(target.model, each) for each in key]
    return not any(is_folded(column.type, compilation.dialect) for column in columns)


def select_targets(
    target: Entity,
    key: Sequence[str],
    columns: Sequence[str],
    compilation: Compilation,
    *,
    is_current: bool = False,
) -> sa.Select[Any]:
    """Select columns of the visible rows that links lead to, behind what tells which link it is.

    Args:
        target: Entity that the links lead to.
        key: Attribute keys of the key that finds the rows; its values are in ``KEYS``, or bound by
            ``place_parameters`` where ``are_placed``: then the first column is the place.
        columns: Attribute keys of the target, the values that foreign keys take.
        compilation: Scopes of the subject's role set.
        is_current: As of ``select_link_target``.
    """
    source = visible_rows(target, compilation)
    found = [source.column(each) for each in key]
    if not are_placed(target, key, compilation):
        is_wanted = compile_keys_in(found, KEYS, compilation.dialect)
    else:
        alike = visible_rows(target, compilation)
        like = sa.select(alike.column(key[0])).select_from(alike.from_clause)
        place, is_wanted = compile_place(found, 0, like, compilation.dialect)
        found = [place]
    selected = [*found, *(source.column(column) for column in columns)]
    labelled = [each.label(f"c{at}") for at, each in enumerate(selected)]
    statement = sa.select(*labelled).select_from(source.from_clause)
    statement = statement.where(*lasting([is_wanted, source.scope]))
    return _shared(statement, source) if is_current else statement


def select_relatives(
    parent: Entity, relationship: Relationship, compilation: Compilation
) -> sa.Select[Any]:
    """Select the key values of parents in ``KEYS``, and the primary keys of their visible relatives.

    Args:
        parent: Whose relatives.
        relationship: To-many.
        compilation: Scopes of the subject's role set.
    """
    source = visible_relatives(parent, relationship, compilation)
    selected = [*source.keys, *primary_key(source)]
    labelled = [each.label(f"c{at}") for at, each in enumerate(selected)]
    is_wanted = compile_keys_in(source.keys, KEYS, compilation.dialect)
    return sa.select(*labelled).select_from(source.from_clause).where(is_wanted, source.scope)


def select_pairs(relationship: Relationship, compilation: Compilation) -> sa.Select[Any]:
    """Select the rows of an association table among ``KEYS``: both ends of each."""
    columns = _ends(relationship)
    is_asked = compile_keys_in(columns, KEYS, compilation.dialect)
    return sa.select(*columns).where(is_asked)


def insert_pairs(relationship: Relationship) -> sa.Insert:
    """Insert rows into an association table, by the names of ``pair_columns``."""
    return sa.insert(_association(relationship))


def delete_pairs(relationship: Relationship, compilation: Compilation) -> sa.Delete:
    """Delete the rows of an association table that are in ``KEYS``."""
    is_asked = compile_keys_in(_ends(relationship), KEYS, compilation.dialect)
    return sa.delete(_association(relationship)).where(is_asked)


def pair_columns(relationship: Relationship) -> tuple[str, ...]:
    """Return the columns of an association table: those of the parent, then those of the target."""
    join = relationship.join
    return (*join.remote_keys, *(inside for inside, _ in join.secondary_pairs))


def _ends(relationship: Relationship) -> list[sa.ColumnElement[Any]]:
    table = _association(relationship)
    return [table.c[name] for name in pair_columns(relationship)]


def _association(relationship: Relationship) -> sa.Table:
    table = relationship.property.secondary
    assert isinstance(table, sa.Table)  # noqa: S101 - what the mapping calls SECONDARY has a table
    return table


def select_refused(
    entity: Entity, predicate: Predicate, compilation: Compilation
) -> sa.Select[Any]:
    """Select the primary keys among ``KEYS`` of rows, visible or not, that miss a predicate.

    Args:
        entity: Whose rows.
        predicate: What the policy asks of ``entity.model``; false and NULL miss it.
        compilation: For the dialect.
    """
    keys = [getattr(entity.model, column.key) for column in entity.primary_key]
    is_asked = compile_keys_in(keys, KEYS, compilation.dialect)
    return sa.select(*keys).where(is_asked, predicate.is_not(sa.true()))


def select_permission(entity: Entity, key: KeyValue, predicate: Predicate) -> sa.Select[bool]:
    """Select whether a row, visible or not, meets a predicate; no row, false or NULL if not.

    Args:
        entity: Whose row.
        key: Its primary or a unique key.
        predicate: What the policy asks of ``entity.model``.
    """
    is_asked = has_key(entity.model, key.columns)
    statement = sa.select(predicate.label("is_permitted")).where(is_asked)
    return statement.params(key_parameters(key))


def _own_tables(source: Source) -> list[sa.ColumnElement[Any]]:
    """Return a column of each table that holds part of every row.

    Tables of subclasses are left out: they may be joined from outside, which PostgreSQL refuses to
    lock.
    """
    selectable = sa.inspect(source.row).selectable
    columns = (
        selectable.corresponding_column(next(iter(table.columns)))
        for table in orm.class_mapper(source.entity.model).tables
    )
    return [column for column in columns if column is not None]


def has_key(row: Any, key: Sequence[str], prefix: str = "") -> Predicate:
    """Match a key; a part that is None matches nothing, as in SQL.

    Args:
        row: Alias of a model.
        key: Attribute keys.
        prefix: Of the names of its parameters, where a statement matches several keys.
    """
    equal = (_equals(getattr(row, each), _key_name(at, prefix)) for at, each in enumerate(key))
    return sa.and_(*equal)


def _equals(attribute: Any, name: str) -> Predicate:
    compared: Predicate = attribute == sa.bindparam(name, type_=attribute.type)
    return compared


def _key_name(at: int, prefix: str = "") -> str:
    return f"{prefix}key_{at}"


def _link_prefix(at: int) -> str:
    return f"link_{at}_"


def _value_name(at: int) -> str:
    return f"value_{at}"
