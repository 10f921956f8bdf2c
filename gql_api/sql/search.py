"""Full-text search: PostgreSQL's, of texts and of stored vectors."""

from typing import Any

import sqlalchemy as sa

from gql_api.mapping.descriptors import DEFAULT_SEARCH, Column
from gql_api.sql.operands import bind_slot

_Expression = sa.ColumnElement[Any]


def compile_search(
    expression: _Expression, column: Column | None, slot: int
) -> sa.ColumnElement[bool]:
    """Compile the condition that a text, or a vector, matches the words in a slot.

    Args:
        expression: What is searched.
        column: Its column; None for a text that is none.
        slot: Words as in a web search: any text is one.

    Source:
        PostgreSQL manual, "Parsing Queries".
    """
    return _vector(expression, column).bool_op("@@")(_query(column, slot))


def compile_rank(expression: _Expression, column: Column | None, slot: int) -> _Expression:
    """Compile how well a text, or a vector, matches the words in a slot: 0 where it does not.

    Returns:
        A number in double precision, so that a cursor holds exactly what is compared.
    """
    vector, query = _vector(expression, column), _query(column, slot)
    rank: _Expression = sa.cast(sa.func.ts_rank(vector, query), sa.Double())
    # ts_rank is more than 0 for a part of the words, and for a word that must not be there
    matched = vector.bool_op("@@")(query)
    return sa.case((matched, rank), else_=sa.literal(0.0, sa.Double()))


def _vector(expression: _Expression, column: Column | None) -> _Expression:
    if column is not None and column.type.is_text_vector:
        return expression
    return sa.func.to_tsvector(_configuration(column), expression)


def _query(column: Column | None, slot: int) -> _Expression:
    return sa.func.websearch_to_tsquery(_configuration(column), bind_slot(slot, sa.Text()))


def _configuration(column: Column | None) -> _Expression:
    """Return a literal, so that an index over the same expression serves; the mapping checked it."""
    name = DEFAULT_SEARCH if column is None else column.search
    return sa.literal_column(f"'{name}'::regconfig")
