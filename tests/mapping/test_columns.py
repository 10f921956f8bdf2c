"""Column attributes become descriptors."""

import decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import column_property, mapped_column

from gql_api.errors import MappingError
from gql_api.mapping.descriptors import Column, InputRules
from gql_api.mapping.registry import describe_models, mapped_classes
from tests.fixtures import models


def _columns(**attributes: Any) -> dict[str, Column]:
    base = orm.declarative_base()
    key = {"id": mapped_column(sa.Integer, primary_key=True)}
    thing = type("Thing", (base,), {"__tablename__": "thing", **key, **attributes})
    (entity,) = describe_models([thing])
    return dict(entity.columns)


def test_attribute_key():
    """The key is the attribute's, never the name of the database column."""
    author = describe_models(mapped_classes(models.Base)).entities["Author"]

    column = author.columns["pen_name"]
    assert (column.key, column.name, column.description) == (
        "pen_name",
        "penName",
        "Name on the cover.",
    )


def test_column_comment():
    """The comment of a column describes it."""
    columns = _columns(a=mapped_column(sa.Integer, comment="An A."))

    assert columns["a"].description == "An A."


@pytest.mark.parametrize(
    ("column", "has_default"),
    [
        pytest.param(lambda: mapped_column(sa.Integer, default=1), True, id="python"),
        pytest.param(lambda: mapped_column(sa.Integer, server_default="1"), True, id="server"),
        pytest.param(lambda: mapped_column(sa.Integer, nullable=True), True, id="nullable"),
        pytest.param(lambda: mapped_column(sa.Integer, sa.Identity()), True, id="identity"),
        pytest.param(lambda: mapped_column(sa.Integer, nullable=False), False, id="none"),
    ],
)
def test_defaults(column: Any, has_default: bool):  # noqa: FBT001 - a table of cases
    """A row can be created without a value where something gives one."""
    assert _columns(a=column())["a"].has_default is has_default


@pytest.mark.parametrize(
    ("type_", "greatest"),
    [
        pytest.param(sa.Numeric(5, 2), "999.99", id="numeric"),
        pytest.param(sa.Numeric(3), "999", id="whole"),
        pytest.param(sa.Numeric(2, 3), "0.099", id="fraction"),
        pytest.param(sa.Numeric(), None, id="any"),
        pytest.param(sa.Float(5), None, id="float"),
    ],
)
def test_greatest(type_: Any, greatest: str | None):
    """A decimal type of limited digits tells the greatest number that it holds."""
    columns = _columns(x=mapped_column(type_))

    expected = None if greatest is None else decimal.Decimal(greatest)
    assert columns["x"].rules.greatest == expected


def test_generated_key():
    """A whole-number key generates itself; a text one does not."""
    assert _columns()["id"].has_default
    code = _columns(id=mapped_column(sa.String(5), primary_key=True))["id"]
    assert (code.has_default, code.is_primary_key) == (False, True)


def test_linked_column():
    """A foreign key that a relationship sets is known as one; a viewonly one sets none."""
    registry = describe_models(mapped_classes(models.Base))

    assert registry.entities["Book"].columns["author_id"].is_foreign_key
    assert not registry.entities["Book"].columns["title"].is_foreign_key


def test_expression():
    """A column expression is a read-only, nullable field."""
    base = orm.declarative_base()
    table = sa.Table("t", base.metadata, sa.Column("id", sa.Integer, primary_key=True))
    thing = type("Thing", (base,), {"__table__": table, "twice": column_property(table.c.id * 2)})

    (entity,) = describe_models([thing])
    twice = entity.columns["twice"]
    assert (twice.is_read_only, twice.is_nullable, twice.has_default) == (True, True, True)


def test_computed_column():
    """A column that the database computes is read-only."""
    columns = _columns(a=mapped_column(sa.Integer, sa.Computed("id * 2")))

    assert columns["a"].is_read_only


def test_version():
    """The ORM's version counter is read-only."""
    version = sa.Column("version", sa.Integer, nullable=False)
    columns = _columns(version=version, __mapper_args__={"version_id_col": version})

    assert columns["version"].is_read_only


def test_rules():
    """Rules come from the options, the greatest length from the type."""
    options = {"min_length": 2, "pattern": "[a-z]+", "not_empty": True}
    columns = _columns(
        a=mapped_column(sa.String(9), info={"gql": options}),
        b=mapped_column(sa.Integer, info={"gql": {"minimum": 1, "maximum": 5}}),
        c=mapped_column(sa.String(9), info={"gql": {"max_length": 3}}),
        d=mapped_column(sa.Enum("long-label", "x")),
    )

    assert columns["a"].rules == InputRules(
        min_length=2, max_length=9, pattern="[a-z]+", is_not_blank=True
    )
    assert columns["b"].rules == InputRules(minimum=1, maximum=5)
    assert columns["c"].rules == InputRules(max_length=3)
    assert columns["d"].rules == InputRules()


def test_read_only():
    """A column can be declared read-only."""
    columns = _columns(a=mapped_column(sa.Integer, info={"gql": {"read_only": True}}))

    assert columns["a"].is_read_only


def test_unknown_option():
    """An unknown option is refused by attribute and name."""
    with pytest.raises(MappingError) as caught:
        _columns(a=mapped_column(sa.Integer, info={"gql": {"hiden": True}}))

    assert str(caught.value) == (
        'Thing.a has the unknown option "hiden" in info["gql"]. Known options: hidden, key, '
        "max_length, maximum, min_length, minimum, not_empty, pattern, read_only, search, soft_delete, version."
    )


def test_broken_pattern():
    """A pattern that is no regular expression is refused when the schema is built."""
    with pytest.raises(MappingError) as caught:
        _columns(a=mapped_column(sa.String, info={"gql": {"pattern": "["}}))

    assert str(caught.value).startswith('Thing.a has an invalid "pattern" in info["gql"]: ')
