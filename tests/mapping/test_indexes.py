"""Which columns an index begins with."""

import pytest
import sqlalchemy as sa

from gql_api.mapping.indexes import is_index_led_by

TABLE = sa.Table(
    "thing",
    sa.MetaData(),
    *(sa.Column(name, sa.Integer, primary_key=name in "ab") for name in "abcdefghij"),
    sa.UniqueConstraint("c", "d"),
    sa.Index("in_order", "e", "f"),
    sa.Index("partial", "g", postgresql_where=sa.text("h > 1")),
    sa.Index("hashed", "h", postgresql_using="hash"),
)
sa.Index("descending", TABLE.c.i.desc(), sa.func.abs(TABLE.c.j))
sa.Index("computed", sa.func.abs(TABLE.c.j))


@pytest.mark.parametrize(
    ("names", "is_led"),
    [
        pytest.param("a", True, id="first of the primary key"),
        pytest.param("b", False, id="second of the primary key"),
        pytest.param("ba", True, id="primary key, in any order"),
        pytest.param("c", True, id="first of a unique constraint"),
        pytest.param("e", True, id="first of an index"),
        pytest.param("f", False, id="second of an index"),
        pytest.param("ef", True, id="index"),
        pytest.param("efa", False, id="more than the index"),
        pytest.param("g", False, id="index of some rows only"),
        pytest.param("h", False, id="index without an order"),
        pytest.param("i", True, id="index in descending order"),
        pytest.param("j", False, id="index of an expression"),
    ],
)
def test_columns(names: str, is_led: bool):  # noqa: FBT001 - a table of cases
    """An index leads to the rows of the columns that it begins with, together."""
    assert is_index_led_by([TABLE.c[name] for name in names]) is is_led


def test_no_table():
    """Columns of a subquery have no index."""
    assert not is_index_led_by([TABLE.select().subquery().c.a])


def test_several_tables():
    """Columns of two tables have no index in common."""
    other = sa.Table("other", sa.MetaData(), sa.Column("a", sa.Integer, primary_key=True))

    assert not is_index_led_by([TABLE.c.a, other.c.a])
