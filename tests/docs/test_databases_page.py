"""What ``docs/databases.md`` says of each database is what it answers."""

import base64
import datetime as dt
import decimal
import enum
import re
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import gql_api as gql
from gql_api.database.dialects import OLDEST_VERSIONS
from tests.fixtures.schema import Api, drop_test_database, open_test_database

_PAGE = (Path(__file__).parents[2] / "docs" / "databases.md").read_text()
_COLUMNS = {"postgresql": 1, "sqlite": 2, "mysql": 3}
_TEXTS = ["a", "A", "á", "a ", "b", "B", "straße", "STRASSE"]
_Text = sa.String(20).with_variant(sa.String(20, collation="utf8mb4_general_ci"), "mysql")


class Base(orm.DeclarativeBase):
    """The models of this module."""


class Word(Base):
    __tablename__ = "word"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    text: orm.Mapped[str] = orm.mapped_column(_Text)


class Value(Base):
    __tablename__ = "reading"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    decimal = orm.mapped_column(sa.Numeric(20, 2))
    local_date_time = orm.mapped_column(sa.DateTime())
    date_time = orm.mapped_column(sa.DateTime(timezone=True))
    time = orm.mapped_column(sa.Time())
    duration = orm.mapped_column(sa.Interval())


class Sky(enum.Enum):
    """What the page declares."""

    RAIN = "rain"
    HAIL = "hail"
    SNOW = "snow"


class Day(Base):
    __tablename__ = "day"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    native: orm.Mapped[Sky] = orm.mapped_column(sa.Enum(Sky))
    stored: orm.Mapped[Sky] = orm.mapped_column(sa.Enum(Sky, native_enum=False))


class Rank(Base):
    __tablename__ = "grade"

    name: orm.Mapped[str] = orm.mapped_column(_Text, primary_key=True)


class Token(Base):
    __tablename__ = "token"

    key: orm.Mapped[uuid.UUID] = orm.mapped_column(sa.Uuid, primary_key=True)


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, each as it is written."""
    part = _PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def _quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]*)`", cell)


@pytest.fixture(scope="module", params=["postgresql", "sqlite", "mariadb"])
async def words(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """The rows that the page speaks of; MariaDB has its usual collation."""
    folder = tmp_path_factory.mktemp("words")
    database = await open_test_database(request.param, make_postgres_database, folder)
    moment = dt.datetime(2024, 5, 1, 12, 30, 0, 654_321)  # noqa: DTZ001 - one column has no zone
    value = {
        "decimal": decimal.Decimal("123456789012345678.25"),
        "local_date_time": moment,
        "date_time": moment.replace(tzinfo=dt.UTC),
        "time": moment.time(),
        "duration": dt.timedelta(days=1, microseconds=5),
    }
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(Word), [{"text": text} for text in _TEXTS])
        await connection.execute(sa.insert(Value), [value])
        days = [{"native": sky, "stored": sky} for sky in Sky]
        await connection.execute(sa.insert(Day), days)
    yield Api(database, gql.build_schema(Base, dialect=database.dialect.name))
    await drop_test_database(database)


@pytest.mark.parametrize("row", _rows("Conditions on texts"), ids=lambda row: row[0])
async def test_conditions(words: Api, row: list[str]):
    """Each condition finds the texts that the page names."""
    (condition,) = _quoted(row[0])

    data = await words.data(
        f"{{ words(where: {{text: {{{condition}}}}}, orderBy: [{{rowId: ASC}}]) "
        "{ nodes { text } } }",
        count=1,
    )

    found = [node["text"].replace(" ", "␣") for node in data["words"]["nodes"]]
    assert found == _quoted(row[_COLUMNS[words.database.dialect.name]])


async def test_order(words: Api):
    """Texts come in the order that the page names, equal ones by their keys."""
    data = await words.data(
        "{ words(orderBy: [{text: ASC}, {rowId: ASC}]) { nodes { text } } }", count=1
    )

    found = [node["text"].replace(" ", "␣") for node in data["words"]["nodes"]]
    (row,) = _rows("Order of texts")
    assert found == _quoted(row[_COLUMNS[words.database.dialect.name]])


@pytest.mark.parametrize("row", _rows("Order of enumerations"), ids=lambda row: row[0])
async def test_order_of_enumerations(words: Api, row: list[str]):
    """Enumerations come in the order that the page names."""
    name = "stored" if "native_enum=False" in row[0] else "native"

    data = await words.data(
        f"{{ days(orderBy: [{{{name}: ASC}}]) {{ nodes {{ {name} }} }} }}", count=1
    )

    found = [node[name] for node in data["days"]["nodes"]]
    assert found == _quoted(row[_COLUMNS[words.database.dialect.name]])


@pytest.mark.parametrize("row", _rows("Values"), ids=lambda row: row[0])
async def test_values(words: Api, row: list[str]):
    """Each value is read as the page says."""
    (name,) = _quoted(row[0])
    field = name[0].lower() + name[1:]

    data = await words.data(f"{{ values {{ nodes {{ value: {field} }} }} }}", count=1)

    found: Any = data["values"]["nodes"][0]["value"]
    assert [found] == _quoted(row[_COLUMNS[words.database.dialect.name]])


def test_versions():
    """The oldest versions are those that are checked."""
    found = {row[0]: tuple(map(int, row[1].split("."))) for row in _rows("Servers")}

    assert found == OLDEST_VERSIONS


@pytest.mark.parametrize("row", _rows("What is absent"), ids=lambda row: row[0])
async def test_absent(words: Api, row: list[str]):
    """An operator is in the schema of those databases that the page names."""
    (name,) = _quoted(row[0])
    operators = words.schema.as_str().split("input StringFilter", 1)[1].split("}", 1)[0]

    is_there = f"  {name}:" in operators

    assert is_there is (row[_COLUMNS[words.database.dialect.name]] == "yes")


async def test_identity_in_another_spelling(words: Api):
    """A key is found in any spelling that its collation takes; ``node`` knows ids as given out."""
    query = "query ($given: ID!) { rank(id: $given) { name } node(id: $given) { id } }"
    async with words.database.write_engine.begin() as connection:
        await connection.execute(sa.delete(Rank))
        await connection.execute(sa.insert(Rank), [{"name": "a"}])
    as_given, in_capitals = (
        base64.urlsafe_b64encode(each).decode() for each in (b'["Rank","a"]', b'["Rank","A"]')
    )

    exact = (await words.run(query, given=as_given)).data
    folded = (await words.run(query, given=in_capitals)).data

    assert exact["rank"] == {"name": "a"}
    assert exact["node"] is not None
    assert folded["node"] is None
    assert (folded["rank"] is not None) == (words.database.dialect.name == "mysql")


async def test_order_of_identifiers(words: Api):
    """MariaDB sorts UUIDs by their parts from the right, the others by their digits."""
    first = uuid.UUID("00000001-0000-4000-8000-000000000000")
    second = uuid.UUID("00000000-0000-4000-8000-000000000001")
    async with words.database.write_engine.begin() as connection:
        await connection.execute(sa.delete(Token))
        await connection.execute(sa.insert(Token), [{"key": first}, {"key": second}])

    data = await words.data("{ tokens { nodes { key } } }", count=1)

    found = [row["key"] for row in data["tokens"]["nodes"]]
    by_digits = [str(second), str(first)]
    assert found == (by_digits[::-1] if words.database.dialect.name == "mysql" else by_digits)


async def test_written_moments(tmp_path: Path):
    """Moments that are written in several ways compare as moments in a column declared so."""

    class Old(orm.DeclarativeBase):
        pass

    class Invoice(Old):
        __tablename__ = "invoice"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        issued_at: orm.Mapped[dt.datetime] = orm.mapped_column(gql.InstantText())
        due_on: orm.Mapped[dt.date] = orm.mapped_column(gql.DateText())

    database = gql.open_database(f"sqlite:///{tmp_path / 'old.db'}")
    async with database.write_engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE invoice (id INTEGER, issued_at, due_on)"))
        await connection.execute(
            sa.text(
                "INSERT INTO invoice VALUES (1, '2021-03-04', '2021-03-05 00:00:00'),"
                " (2, '2021-03-04T00:00:00Z', '2021-03-05')"
            )
        )
    api = Api(database, gql.build_schema(Old, dialect="sqlite"))

    data = await api.data(
        """{ invoices(where: {issuedAt: {eq: "2021-03-04T00:00:00"}, dueOn: {eq: "2021-03-05"}}) {
          nodes { rowId issuedAt }
        } }""",
        count=1,
    )

    moment = "2021-03-04T00:00:00"
    assert data["invoices"]["nodes"] == [
        {"rowId": 1, "issuedAt": moment},
        {"rowId": 2, "issuedAt": moment},
    ]
    await database.dispose()
