"""Predicates that a change cannot have changed, so that they need not be asked again.

Pure. In doubt a predicate is asked.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql import elements, visitors

_PLAIN = (
    sa.Column,
    elements.BindParameter,
    elements.BinaryExpression,
    elements.BooleanClauseList,
    elements.ClauseList,
    elements.UnaryExpression,
    elements.AsBoolean,
    elements.Grouping,
    elements.True_,
    elements.False_,
    elements.Null,
)
"""Parts of predicates that depend on the row and on bound values alone."""


def is_settled(
    predicate: sa.ColumnElement[bool], model: type[Any], changed: Collection[str]
) -> bool:
    """Tell whether a predicate that a row met before a change is met after it.

    Args:
        predicate: Over columns of the model.
        model: Mapped class of the row.
        changed: Attribute keys that were set; columns that change by themselves are known.
    """
    mapper = orm.class_mapper(model)
    keys = [mapper.synonyms[key].name if key in mapper.synonyms else key for key in changed]
    columns = {column for key in keys for column in mapper.column_attrs[key].columns}
    moving = {mapper.version_id_col} | {
        column
        for table in mapper.tables
        for column in table.columns
        if column.onupdate is not None or column.server_onupdate is not None or column.computed
    }
    touched = {column for column in columns | moving if column is not None}
    for part in visitors.iterate(predicate):
        if not isinstance(part, _PLAIN):
            return False
        if isinstance(part, sa.Column) and any(part.shares_lineage(each) for each in touched):
            return False
    return True
