"""Indexes: which columns the database finds rows by without reading the others."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa


def is_index_led_by(columns: Collection[Any]) -> bool:
    """Tell whether an index begins with columns, in any order.

    Only what the table's metadata says counts: primary key, unique constraints and indexes that
    hold every row in the order of their columns.

    Args:
        columns: Of one table.
    """
    tables = {column.table for column in columns if isinstance(column, sa.Column)}
    return any(
        set(islice(led, len(columns))) == set(columns)
        for table in tables
        for led in _indexed_columns(table)
    )


def _indexed_columns(table: sa.FromClause) -> Iterator[Iterable[Any]]:
    if not isinstance(table, sa.Table):
        return
    for constraint in table.constraints:
        if isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint):
            yield constraint.columns
    for index in table.indexes:
        is_partial = any(option.endswith("_where") for option in index.dialect_kwargs)
        method = index.dialect_kwargs.get("postgresql_using") or "btree"
        if not is_partial and method == "btree":
            yield map(_without_direction, index.expressions)


def _without_direction(expression: Any) -> Any:
    return expression.element if isinstance(expression, sa.UnaryExpression) else expression
