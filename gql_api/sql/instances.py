"""Statements that select models themselves: visible rows for code that works with instances."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gql_api.mapping.descriptors import Entity
from gql_api.sql.caching import reuse_statement
from gql_api.sql.operands import compile_keys_in
from gql_api.sql.ordering import primary_key
from gql_api.sql.pages import PARENT_KEYS
from gql_api.sql.sources import Compilation, Source, compile_instances, visible_rows, within

Expression = sa.ColumnElement[Any]


@reuse_statement
def select_instances(entity: Entity, compilation: Compilation) -> sa.Select[Any]:
    """Select the model itself, each row with all columns of its own class.

    These are the visible rows whose primary keys are in ``PARENT_KEYS``.
    """
    source = _source(entity, compilation)
    keys = compile_keys_in(primary_key(source), PARENT_KEYS, compilation.dialect)
    return sa.select(source.row).where(compile_instances(source), keys)


def select_found(
    entity: Entity,
    compilation: Compilation,
    conditions: Sequence[Expression],
    order_by: Sequence[Expression] = (),
) -> sa.Select[Any]:
    """Select the visible instances that meet conditions, in an order, then in that of their keys.

    Args:
        entity: Whose rows.
        compilation: Scopes and dialect.
        conditions: Over the model's attributes; all must hold.
        order_by: Over the model's attributes, most significant first.
    """
    source = _source(entity, compilation)
    order = [within(source, each) for each in order_by]
    statement = sa.select(source.row).where(*_where(source, conditions))
    return statement.order_by(*order, *primary_key(source))


def count_found(
    entity: Entity, compilation: Compilation, conditions: Sequence[Expression]
) -> sa.Select[Any]:
    """Count the visible instances that meet conditions."""
    source = _source(entity, compilation)
    counted = sa.select(sa.func.count()).select_from(source.from_clause)
    return counted.where(*_where(source, conditions))


def _source(entity: Entity, compilation: Compilation) -> Source:
    descendants = [each.name for each in compilation.registry.descendants(entity)]
    return visible_rows(entity, compilation, descendants)


def _where(source: Source, conditions: Sequence[Expression]) -> list[Expression]:
    return [compile_instances(source), *(within(source, each) for each in conditions)]
