"""Column types become value types."""

import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from typing_extensions import override

from gql_api.mapping.types import EnumTable, describe_type
from gql_api.mapping.values import ScalarKind
from gql_api.naming import Inflector

K = ScalarKind


class Trimmed(sa.types.TypeDecorator[str]):
    """A decorator over text."""

    impl = sa.String(20)
    cache_ok = True


class Kept(sa.types.TypeDecorator[Any]):
    """A decorator over a decorator."""

    impl = Trimmed
    cache_ok = True


class Point(sa.types.UserDefinedType[Any]):
    """A type that no kind stands for."""

    cache_ok = True

    @override
    def get_col_spec(self, **_options: Any) -> str:
        return "POINT"


class Color(enum.Enum):
    """Colours."""

    LightBlue = "lb"
    RED = "r"


class Plain(enum.Enum):
    A = 1


@pytest.fixture
def enums() -> EnumTable:
    """An empty table of enumerations; names stay as they are."""
    return EnumTable(Inflector(), lambda name: name)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (sa.Boolean(), K.BOOLEAN),
        (sa.SmallInteger(), K.INT),
        (sa.Integer(), K.INT),
        (sa.BigInteger(), K.BIG_INT),
        (sa.Float(), K.FLOAT),
        (sa.Double(), K.FLOAT),
        (sa.Numeric(asdecimal=False), K.FLOAT),
        (sa.Float(asdecimal=True), K.FLOAT),
        (sa.Numeric(20, 10), K.DECIMAL),
        (sa.String(5), K.STRING),
        (sa.Text(), K.STRING),
        (sa.Unicode(), K.STRING),
        (postgresql.CITEXT(), K.STRING),
        (sa.Date(), K.DATE),
        (sa.Time(), K.TIME),
        (sa.DateTime(), K.LOCAL_DATE_TIME),
        (sa.DateTime(timezone=True), K.DATE_TIME),
        (postgresql.TIMESTAMP(timezone=True), K.DATE_TIME),
        (sa.Interval(), K.DURATION),
        (postgresql.INTERVAL(), K.DURATION),
        (sa.Uuid(), K.UUID),
        (sa.UUID(as_uuid=False), K.UUID),
        (sa.JSON(), K.JSON),
        (postgresql.JSONB(), K.JSON),
        (postgresql.HSTORE(), K.JSON),
        (sa.LargeBinary(), K.BASE64),
        (postgresql.BYTEA(), K.BASE64),
        (mysql.TINYINT(), K.INT),
        (sqlite.DATETIME(), K.LOCAL_DATE_TIME),
        (Trimmed(), K.STRING),
        (Kept(), K.STRING),
        (postgresql.DOMAIN("positive", sa.BigInteger()), K.BIG_INT),
        (Point(), K.OPAQUE),
        (postgresql.TSVECTOR(), K.OPAQUE),
        (sa.types.NullType(), K.OPAQUE),
    ],
)
def test_kinds(enums: EnumTable, type_: Any, kind: ScalarKind):
    """A type is mapped by its implementation; an unknown one is opaque."""
    described = describe_type(type_, lambda each: enums.describe(each, "x"))

    assert (described.kind, described.enum, described.dimensions) == (kind, None, 0)


@pytest.mark.parametrize(
    ("type_", "dimensions"),
    [
        (sa.ARRAY(sa.Integer()), 1),
        (postgresql.ARRAY(sa.Integer(), dimensions=2), 2),
        (sa.ARRAY(sa.Integer(), dimensions=3), 3),
    ],
)
def test_arrays(enums: EnumTable, type_: Any, dimensions: int):
    """An array has the kind of its elements, and a depth."""
    described = describe_type(type_, lambda each: enums.describe(each, "x"))

    assert (described.kind, described.dimensions) == (K.INT, dimensions)


def test_python_enum(enums: EnumTable):
    """A Python enumeration shows its names, and binds its members."""
    described = enums.describe(sa.Enum(Color), "x")

    assert described.name == "Color"
    assert described.description == "Colours."
    assert dict(described.values) == {"LIGHT_BLUE": Color.LightBlue, "RED": Color.RED}


def test_python_enum_without_docstring(enums: EnumTable):
    """The docstring that Python itself gives is no description."""
    assert enums.describe(sa.Enum(Plain), "x").description is None


def test_labels(enums: EnumTable):
    """An enumeration of the database binds its labels, however odd."""
    described = enums.describe(sa.Enum("PG-13", "", "pg_13", name="audience"), "x")

    assert described.name == "audience"
    assert dict(described.values) == {"PG_13": "PG-13", "EMPTY": "", "PG_132": "pg_13"}


def test_unnamed_labels(enums: EnumTable):
    """An enumeration without a name is named after its column."""
    assert enums.describe(sa.Enum("a", "b"), "Post_kind").name == "Post_kind"


def test_shared_enum(enums: EnumTable):
    """Columns of one enumeration share one descriptor."""
    once = enums.describe(sa.Enum(Color), "x")

    assert enums.describe(sa.Enum(Color, native_enum=False), "y") is once
    labels = enums.describe(sa.Enum("a", name="kind"), "x")
    assert enums.describe(sa.Enum("a", name="kind"), "y") is labels
    assert enums.describe(sa.Enum("b", name="kind"), "y") is not labels


def test_array_of_enums(enums: EnumTable):
    """An array of an enumeration knows it."""
    described = describe_type(sa.ARRAY(sa.Enum(Color)), lambda each: enums.describe(each, "x"))

    assert described.enum is not None
    assert (described.enum.name, described.dimensions) == ("Color", 1)
