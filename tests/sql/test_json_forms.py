"""PostgreSQL writes every kind of value as Python does, or fails."""

import datetime as dt
import enum
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

import gql_api as gql
from gql_api.database.driver_errors import is_data_fault
from gql_api.errors import NoPlainFormError
from gql_api.mapping.descriptors import Column
from gql_api.mapping.global_ids import write_column
from gql_api.mapping.types import EnumTable, describe_type
from gql_api.naming import Inflector
from gql_api.sql.columns import readable
from gql_api.sql.json_forms import compile_form, compile_json_text, require


class Mood(enum.Enum):
    """Labels that are not the names."""

    GOOD = "all right"
    BAD = "it's bad"


class Upper(sa.types.TypeDecorator[str]):
    """A text that is read in upper case."""

    impl = sa.Text
    cache_ok = True

    @override
    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else value.upper()


MOOD = sa.Enum(Mood, native_enum=False, values_callable=lambda e: [each.value for each in e])
NUMBERS = ["0", "-0", "1", "-1.5", "0.1", "1e15", "1e16", "1e20", "1e-5", "1e-7", "1e308", "5e-324"]
MOMENTS = [
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
    "2024-05-01 12:30:00+02",
    "2024-05-01 12:30:00.1+00",
    "2024-05-01 12:30:00.000001+00",
]
LOCAL_MOMENTS = [each[:-3] for each in MOMENTS]
SPANS = [
    "0",
    "1 day",
    "-1 day",
    "1 day -1 second",
    "-00:00:00.000001",
    "1 year 2 months 3 days 04:05:06.789",
    "-1 year -2 months",
    "-1 month 45 days",
    "1 month -31 days",
    "100:00:00",
    "00:01:00.5",
    "00:00:59.999999",
    "365 days 1 hour",
]
TEXTS = ["", "a", 'q"\\/', "\x01\x08\t\n\f\r\x1f\x7f", "Straße 😀\u2028", "'", "  blank  "]
KINDS: dict[str, tuple[Any, list[str]]] = {
    "text": (sa.Text(), TEXTS),
    "varchar": (sa.String(30), TEXTS),
    "char": (sa.CHAR(5), ["a", "", "abcde"]),
    "citext-like": (sa.Unicode(), TEXTS),
    "boolean": (sa.Boolean(), ["true", "false"]),
    "integer": (sa.Integer(), ["0", "-2147483648", "2147483647"]),
    "smallint": (sa.SmallInteger(), ["-32768", "32767"]),
    "bigint": (sa.BigInteger(), ["0", "-9223372036854775808", "9223372036854775807"]),
    "oid": (postgresql.OID(), ["0", "4294967295"]),
    "double": (sa.Double(), NUMBERS),
    "real": (sa.REAL(), [each for each in NUMBERS if each not in {"1e308", "5e-324"}]),
    "numeric as float": (sa.Numeric(asdecimal=False), NUMBERS),
    "numeric": (sa.Numeric(), ["0", "0.00", "-1.10", "1e30", "1e-30", "123456789.123456789"]),
    "numeric with a scale": (sa.Numeric(10, 2), ["0", "1.1", "-99999999.99"]),
    "moment": (sa.DateTime(timezone=True), MOMENTS),
    "local moment": (sa.DateTime(), LOCAL_MOMENTS),
    "date": (sa.Date(), ["0001-01-01", "9999-12-31", "2024-02-29"]),
    "time": (sa.Time(), ["00:00", "23:59:59.999999", "12:30:00.5"]),
    "interval": (sa.Interval(), SPANS),
    "own interval": (postgresql.INTERVAL(), SPANS),
    "uuid": (sa.Uuid(), ["00000000-0000-0000-0000-00000000000a"]),
    "uuid as text": (sa.Uuid(as_uuid=False), ["00000000-0000-0000-0000-00000000000A"]),
    "bytes": (sa.LargeBinary(), ["", "a", "\\x00ff", "x" * 100]),
    "enumeration": (MOOD, ["all right", "it's bad"]),
    "inet": (postgresql.INET(), ["127.0.0.1", "::1/64"]),
    "time with a zone": (postgresql.TIME(timezone=True), ["12:30:00+02"]),
    "json": (sa.JSON(), ["null", "1.0", '{"a": [1, "\\u00e9", null], "b": {}}', '"x"']),
    "jsonb": (postgresql.JSONB(), ["null", "1e3", '{"a": [true]}']),
    "texts": (sa.ARRAY(sa.Text()), ["{}", '{a,NULL,"b c"}']),
    "integers": (sa.ARRAY(sa.Integer()), ["{}", "{1,NULL,-5}", "[3:4]={7,8}"]),
    "bigints": (sa.ARRAY(sa.BigInteger()), ["{}", "{9223372036854775807,NULL}"]),
    "doubles": (sa.ARRAY(sa.Double()), ["{}", "{1,NULL,0.1}"]),
    "moments": (sa.ARRAY(sa.DateTime(timezone=True)), ["{}", "{2024-05-01 12:30:00+02,NULL}"]),
    "uuids": (sa.ARRAY(sa.Uuid()), ["{00000000-0000-0000-0000-00000000000a}"]),
    "matrix": (sa.ARRAY(sa.Integer(), dimensions=2), ["{}", "{{1,2},{3,NULL}}"]),
}
FORMLESS: dict[str, tuple[Any, str]] = {
    "not a number": (sa.Double(), "NaN"),
    "infinity": (sa.Double(), "-Infinity"),
    "real infinity": (sa.REAL(), "Infinity"),
    "no decimal": (sa.Numeric(), "NaN"),
    "decimal infinity": (sa.Numeric(), "Infinity"),
    "end of time": (sa.DateTime(timezone=True), "infinity"),
    "beginning of time": (sa.DateTime(), "-infinity"),
    "before Christ": (sa.DateTime(timezone=True), "0001-12-31 12:00:00+00 BC"),
    "after Python": (sa.DateTime(), "10000-01-01 00:00:00"),
    "last day": (sa.Date(), "infinity"),
    "day before Christ": (sa.Date(), "0044-03-15 BC"),
    "midnight after": (sa.Time(), "24:00:00"),
    "unknown label": (MOOD, "so so"),
    "infinity in a list": (sa.ARRAY(sa.Double()), "{1,Infinity}"),
    "list in a list": (sa.ARRAY(sa.Integer()), "{{1,2}}"),
    "list in a list of moments": (sa.ARRAY(sa.Date()), "{{2024-01-01}}"),
    "no list in a list": (sa.ARRAY(sa.Integer(), dimensions=2), "{1,2}"),
    "no uuid": (sa.Uuid(native_uuid=False), "x"),
}


@pytest.fixture(scope="module")
async def database(make_postgres_database: Callable[[], str]) -> AsyncIterator[gql.Database]:
    """An empty database."""
    database = gql.open_database(make_postgres_database())
    yield database
    await database.dispose()


def _column(type_: Any) -> Column:
    enums = EnumTable(Inflector(), lambda name: name)
    described = describe_type(type_, lambda found: enums.describe(found, "Fallback"))
    return Column("value", "value", described, is_nullable=True)


async def _written(
    database: gql.Database, type_: Any, texts: Sequence[str | None], compile_: Any = compile_form
) -> list[Any]:
    """Return what PostgreSQL writes for values of a type."""
    given_ = sa.func.unnest(sa.bindparam("texts", list(texts), type_=sa.ARRAY(sa.Text())))
    values = sa.select(sa.cast(given_.column_valued("text"), type_).label("value")).subquery()
    form = compile_(values.c.value, _column(type_).type).label("value")
    row = sa.select(form).select_from(values).subquery()
    listed = sa.cast(sa.func.json_agg(row.table_valued()), sa.Text())
    async with database.read_connection() as connection:
        text = await connection.scalar(sa.select(listed).select_from(row))
    return [each["value"] for each in orjson.loads(text)]


async def _read(database: gql.Database, type_: Any, texts: Sequence[str]) -> list[Any]:
    """Return what Python writes for values of a type."""
    column = _column(type_)
    given_ = sa.func.unnest(sa.bindparam("texts", list(texts), type_=sa.ARRAY(sa.Text())))
    value: Any = sa.cast(given_.column_valued("text"), type_)
    if column.type.kind == "Opaque":
        value = sa.cast(value, sa.Text())
    async with database.read_connection() as connection:
        found = (await connection.scalars(sa.select(readable(value)))).all()
    return [_items(column, each) for each in found]


def _items(column: Column, value: Any) -> Any:
    if isinstance(value, list) and column.type.dimensions:
        return [_items(column, each) for each in value]
    return write_column(replace(column, type=replace(column.type, dimensions=0)), value)


@pytest.mark.parametrize(("type_", "texts"), KINDS.values(), ids=KINDS)
async def test_forms(database: gql.Database, type_: Any, texts: list[str]):
    """Both write the same."""
    assert await _written(database, type_, texts) == await _read(database, type_, texts)


@pytest.mark.parametrize(("type_", "texts"), KINDS.values(), ids=KINDS)
async def test_null(database: gql.Database, type_: Any, texts: list[str]):
    """Null stays null."""
    assert await _written(database, type_, [None, texts[0], None]) == [
        None,
        *await _read(database, type_, texts[:1]),
        None,
    ]


def _required(value: Any, type_: Any) -> Any:
    return require(compile_form(value, type_), value)


@pytest.mark.parametrize(("type_", "texts"), KINDS.values(), ids=KINDS)
async def test_required(database: gql.Database, type_: Any, texts: list[str]):
    """Null where none may be fails as one of the data; values stay as they are."""
    written = await _written(database, type_, texts[:1], _required)
    with pytest.raises(DBAPIError) as raised:
        await _written(database, type_, [None], _required)

    assert written == await _read(database, type_, texts[:1])
    assert is_data_fault(raised.value)


@pytest.mark.parametrize(("type_", "text"), FORMLESS.values(), ids=FORMLESS)
async def test_no_form(database: gql.Database, type_: Any, text: str):
    """A value without a form fails as one of its data."""
    with pytest.raises(DBAPIError) as raised:
        await _written(database, type_, [text])

    assert is_data_fault(raised.value)


REFUSED = {
    "a type of the models' own": (Upper(), "a type of the models' own is read in Python"),
    "lists of lists of moments": (
        sa.ARRAY(sa.Date(), dimensions=2),
        "Date in lists of lists has no equal form",
    ),
    "a map": (postgresql.HSTORE(), "JSON of the type HSTORE(text_type=Text()) has no equal form"),
    "rounded decimals": (
        sa.Float(asdecimal=True),
        "decimals of floating-point numbers are rounded in Python",
    ),
}


@pytest.mark.parametrize(("type_", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(type_: Any, reason: str):
    """A type without equal forms is refused before any SQL."""
    with pytest.raises(NoPlainFormError) as raised:
        compile_form(sa.column("value", type_), _column(type_).type)

    assert str(raised.value) == reason


TYPES: dict[str, tuple[Any, Any]] = {
    "text": (
        sa.Text(),
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    ),
    "double": (sa.Double(), st.floats(allow_nan=False, allow_infinity=False)),
    "real": (sa.REAL(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    "numeric": (sa.Numeric(), st.decimals(allow_nan=False, allow_infinity=False)),
    "moment": (sa.DateTime(timezone=True), st.datetimes(timezones=st.just(dt.UTC))),
    "local moment": (sa.DateTime(), st.datetimes()),
    "date": (sa.Date(), st.dates()),
    "time": (sa.Time(), st.times()),
    "interval": (
        sa.Interval(),
        st.timedeltas(dt.timedelta(days=-(10**6)), dt.timedelta(days=10**6)),
    ),
    "bytes": (sa.LargeBinary(), st.binary(max_size=200)),
}


@pytest.mark.parametrize(("type_", "values"), TYPES.values(), ids=TYPES)
@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_any_value(database: gql.Database, type_: Any, values: Any, data: st.DataObject):
    """Both write the same, whatever the value."""
    drawn = data.draw(st.lists(values, min_size=1, max_size=20))
    column = _column(type_)
    array = sa.func.unnest(sa.bindparam("values", drawn, type_=sa.ARRAY(type_)), type_=type_)
    value: Any = array.column_valued("value")
    row = sa.select(value.label("raw"), compile_form(value, column.type).label("form")).subquery()
    statement = sa.select(row.c.raw, sa.cast(sa.func.to_json(row.c.form), sa.Text())).select_from(
        row
    )

    async with database.read_connection() as connection:
        found = (await connection.execute(statement)).all()

    assert [orjson.loads(text) for _, text in found] == [
        write_column(column, raw) for raw, _ in found
    ]


PARTS = {
    name: (
        type_,
        [each for each in texts if not isinstance(type_, sa.Float | sa.Numeric) or "e" not in each],
    )
    for name, (type_, texts) in KINDS.items()
    if not isinstance(type_, sa.ARRAY | sa.JSON)
}


@pytest.mark.parametrize(("type_", "texts"), PARTS.values(), ids=PARTS)
async def test_texts(database: gql.Database, type_: Any, texts: list[str]):
    """As a part of an id or a cursor, a value has the very characters of Python's."""
    written = await _written(database, type_, texts, compile_json_text)

    assert written == [orjson.dumps(each).decode() for each in await _read(database, type_, texts)]
