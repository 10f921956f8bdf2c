"""Statements that write a set of rows: which they are, and what becomes of all of them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.mapping.descriptors import Entity
from gql_api.plan.filters import Filter
from gql_api.sql.operands import compile_keys_in
from gql_api.sql.ordering import primary_key
from gql_api.sql.predicates import compile_filter
from gql_api.sql.sources import Compilation, compile_instances, visible_rows
from gql_api.sql.writes import KEYS, locked

MOST = "most"
"""Name of the parameter that holds the greatest number of rows."""


def select_keys_to_write(
    entity: Entity, where: Filter, compilation: Compilation, *, is_delete: bool
) -> sa.Select[Any]:
    """Select the primary keys of rows that meet a condition and that the subject may write, locked.

    Rows that the subject may see but not write are left out, like those that it may not see.

    Args:
        entity: Whose rows.
        where: The condition; its values are in the parameters of its slots.
        compilation: Scopes and dialect; without row locks nothing is locked.
        is_delete: Whether the rows are to go.
    """
    source = visible_rows(entity, compilation)
    scopes = compilation.scopes
    permitted = scopes.deletable_rows if is_delete else scopes.updatable_rows
    keys = primary_key(source)
    statement = (
        sa.select(*keys)
        .select_from(source.from_clause)
        .where(
            compile_instances(source),
            permitted(entity, source.row, source.guarded),
            compile_filter(where, source, compilation),
        )
        .order_by(*keys)
        .limit(sa.bindparam(MOST, type_=sa.Integer()))
    )
    return locked(statement, source, is_delete=is_delete)


def update_rows_by_key(
    entity: Entity, values: Mapping[str, Any], compilation: Compilation
) -> sa.Update:
    """Update the rows, visible or not, whose primary keys are in ``KEYS``.

    Args:
        entity: Mapped to one table.
        values: Attribute key to value or expression.
        compilation: For the dialect.
    """
    bound = {getattr(entity.model, key): value for key, value in values.items()}
    return sa.update(entity.model).where(_has_keys(entity, compilation)).values(bound)


def compile_increment(entity: Entity, key: str, amount: Any) -> sa.ColumnElement[Any]:
    """Compile the sum of a column, null counting as 0, and an amount."""
    column = getattr(entity.model, key)
    given = sa.bindparam(None, amount, column.type, unique=True)
    added: sa.ColumnElement[Any] = sa.func.coalesce(column, sa.literal_column("0")) + given
    return sa.type_coerce(added, column.type)


def delete_rows_by_key(entity: Entity, compilation: Compilation) -> sa.Delete:
    """Delete the rows, visible or not, whose primary keys are in ``KEYS``.

    Args:
        entity: Mapped to one table; what depends on it is left to the database.
        compilation: For the dialect.
    """
    return sa.delete(entity.model).where(_has_keys(entity, compilation))


def select_by_keys(entity: Entity, compilation: Compilation) -> sa.Select[Any]:
    """Select the model itself: the rows, visible or not, whose primary keys are in ``KEYS``."""
    statement = sa.select(entity.model).where(_has_keys(entity, compilation))
    return statement.options(orm.lazyload("*"))


def select_cascades(entity: Entity, compilation: Compilation) -> sa.Select[Any] | None:
    """Select rows, visible or not, by ``KEYS`` with all that the ORM deletes or releases with them.

    None if that is nothing. What an attribute does not hold as a list is left to the ORM.
    """
    options = _cascades(orm.class_mapper(entity.model), _CASCADES)
    if not options:
        return None
    return (
        sa.select(entity.model)
        .where(_has_keys(entity, compilation))
        .options(orm.lazyload("*"), *options)
        .execution_options(populate_existing=True)
    )


_CASCADES = 4
"""Levels of dependents that are loaded together."""


def _cascades(mapper: orm.Mapper[Any], levels: int) -> list[Any]:
    options = []
    for relationship in mapper.relationships:
        if not is_cascaded(relationship) or relationship.lazy in {"dynamic", "write_only"}:
            continue
        option = orm.selectinload(relationship.class_attribute)
        if relationship.cascade.delete and levels > 1:
            option = option.options(orm.lazyload("*"), *_cascades(relationship.mapper, levels - 1))
        options.append(option)
    return options


def is_cascaded(relationship: orm.RelationshipProperty[Any]) -> bool:
    """Tell whether the ORM itself deletes or releases what a deleted row is related to."""
    if relationship.viewonly or relationship.passive_deletes:
        return False
    if relationship.direction is orm.RelationshipDirection.MANYTOONE:
        return bool(relationship.cascade.delete)
    return True


def _has_keys(entity: Entity, compilation: Compilation) -> sa.ColumnElement[bool]:
    keys = [getattr(entity.model, column.key) for column in entity.primary_key]
    return compile_keys_in(keys, KEYS, compilation.dialect)
