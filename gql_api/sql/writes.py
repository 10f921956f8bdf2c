"""Statements around a write: the row to change, the target of a link, the permission of a policy.

Pure: statements are built here and executed by ``persistence``. Predicates of policies hold bind
parameters for the subject: pass ``subject.parameters`` at execution.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.access.policies import Predicate
from gql_api.mapping.descriptors import Entity
from gql_api.plan.changes import KeyValue
from gql_api.sql.sources import Compilation, Source, compile_instances, visible_rows


def select_row_to_write(
    entity: Entity, key: KeyValue, compilation: Compilation, *, is_delete: bool = False
) -> sa.Select[tuple[Any, bool | None]]:
    """Select a visible row, locked, and whether the subject may write it.

    The first value is the ORM row, refreshed if the session holds it already, its relationships
    left unloaded. The second is the policy's ``deletable`` or ``updatable`` predicate: false or
    NULL forbids.

    Args:
        entity: Whose row.
        key: Its primary or a unique key.
        compilation: Scopes and dialect; without row locks nothing is locked.
        is_delete: Whether the row is to go. An update locks less: rows that refer to this one can
            be inserted meanwhile.

    Source:
        PostgreSQL manual, "Row-Level Locks".
    """
    source = visible_rows(entity, compilation)
    scopes = compilation.scopes
    permitted = scopes.deletable_rows if is_delete else scopes.updatable_rows
    statement = (
        sa.select(source.row, permitted(entity, source.row, source.guarded).label("is_permitted"))
        .select_from(source.from_clause)
        .where(_has_key(source.row, key), compile_instances(source))
        # Joined eager loads would add outer joins, whose rows PostgreSQL refuses to lock.
        .options(orm.lazyload("*"))
        .execution_options(populate_existing=True)
    )
    if not compilation.dialect.has_row_locks:
        return statement
    return statement.with_for_update(of=_own_tables(source), key_share=not is_delete)


def select_link_target(
    target: Entity, key: KeyValue, columns: Sequence[str], compilation: Compilation
) -> sa.Select[Any]:
    """Select columns of a row that a link leads to; no row when it is missing or not visible.

    Args:
        target: Entity that the link leads to.
        key: Primary or unique key of the row.
        columns: Attribute keys of the target, the values that foreign keys take.
        compilation: Scopes of the subject's role set.
    """
    source = visible_rows(target, compilation)
    return (
        sa.select(*(source.column(column) for column in columns))
        .select_from(source.from_clause)
        .where(_has_key(source.row, key), source.scope)
    )


def select_permission(entity: Entity, key: KeyValue, predicate: Predicate) -> sa.Select[bool]:
    """Select whether a row, visible or not, meets a predicate; no row, false or NULL if not.

    Args:
        entity: Whose row.
        key: Its primary or a unique key.
        predicate: What the policy asks of ``entity.model``.
    """
    return sa.select(predicate.label("is_permitted")).where(_has_key(entity.model, key))


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


def _has_key(row: Any, key: KeyValue) -> Predicate:
    """Match a key; a part that is None matches nothing, as in SQL."""
    return sa.and_(
        *(
            _equals(getattr(row, column), value)
            for column, value in zip(key.columns, key.values, strict=True)
        )
    )


def _equals(attribute: Any, value: object) -> Predicate:
    compared: Predicate = attribute == sa.bindparam(None, value, attribute.type, unique=True)
    return compared
