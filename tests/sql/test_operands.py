"""How operands are bound."""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from gql_api.database.dialects import MYSQL, POSTGRESQL, SQLITE, Dialect
from gql_api.plan.filters import Operator
from gql_api.sql.operands import bind_slot, compile_in, compile_keys_in, operand_value

A, B = sa.column("a", sa.Integer), sa.column("b", sa.Uuid)
COMPILERS = {
    "postgresql": postgresql.dialect(),
    "sqlite": sqlite.dialect(),
    "mysql": mysql.dialect(),
}


def _sql(predicate: sa.ColumnElement[bool], dialect: Dialect) -> str:
    return " ".join(str(predicate.compile(dialect=COMPILERS[dialect.name])).split())


@pytest.mark.parametrize(
    ("operator", "pattern"),
    [
        (Operator.EQ, "5%_\\"),
        (Operator.LIKE, "5%_\\"),
        (Operator.CONTAINS, "%5\\%\\_\\\\%"),
        (Operator.ICONTAINS, "%5\\%\\_\\\\%"),
        (Operator.STARTS_WITH, "5\\%\\_\\\\%"),
        (Operator.ISTARTS_WITH, "5\\%\\_\\\\%"),
        (Operator.ENDS_WITH, "%5\\%\\_\\\\"),
        (Operator.IENDS_WITH, "%5\\%\\_\\\\"),
    ],
)
def test_patterns(operator: Operator, pattern: str):
    """Wildcards are literals in ``contains`` and kin."""
    assert operand_value(operator, "5%_\\") == pattern


def test_slot():
    """A slot is a parameter with the type of its column."""
    parameter = bind_slot(3, sa.Uuid())

    assert parameter.key == "v3"
    assert isinstance(parameter.type, sa.Uuid)


@pytest.mark.parametrize(
    ("dialect", "is_negated", "sql"),
    [
        (POSTGRESQL, False, "a = ANY (%(v0)s)"),
        (POSTGRESQL, True, "a != ALL (%(v0)s)"),
        (SQLITE, False, "a IN (__[POSTCOMPILE_v0])"),
        (SQLITE, True, "(a NOT IN (__[POSTCOMPILE_v0]))"),
        (MYSQL, False, "a IN (__[POSTCOMPILE_v0])"),
    ],
)
def test_in(dialect: Dialect, is_negated: bool, sql: str):  # noqa: FBT001 - a table of cases
    """A list binds as one array where there are arrays."""
    found = _sql(compile_in(A, "v0", dialect, is_negated=is_negated), dialect)

    assert found.replace("::INTEGER[]", "") == sql


def test_single_key():
    """The list of a key of one column holds plain values."""
    assert _sql(compile_keys_in([A], "k", SQLITE), SQLITE) == "a IN (__[POSTCOMPILE_k])"


@pytest.mark.parametrize("dialect", [POSTGRESQL, SQLITE, MYSQL], ids=lambda each: each.name)
def test_composite_keys(dialect: Dialect):
    """The list of a composite key holds tuples."""
    assert _sql(compile_keys_in([A, B], "k", dialect), dialect) == "(a, b) IN (__[POSTCOMPILE_k])"
