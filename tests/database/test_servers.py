"""What servers say about themselves, and which of them are refused."""

import asyncpg
import pytest

from gql_api.database.engines import Database, open_database
from gql_api.database.servers import ServerFacts, require_server
from gql_api.errors import DatabaseError
from tests.fixtures.statements import count_statements


async def test_facts(database: Database):
    """A server tells its product, version, encoding and limit of connections, in one statement."""
    await database.check()

    with count_statements(database) as sent:
        facts = await database.server()

    products = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MariaDB"}
    assert facts.product == products[database.dialect.name]
    assert facts.version.count(".") >= 1
    assert facts.encoding.lower() in {"utf8", "utf-8", "utf8mb4"}
    assert (facts.max_connections is None) is (database.dialect.name == "sqlite")
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("product", "numbers", "message"),
    [
        pytest.param(
            "PostgreSQL",
            (14, 13),
            "The server is PostgreSQL 14.13; the oldest supported is 15. Use a newer server.",
            id="postgresql",
        ),
        pytest.param(
            "SQLite",
            (3, 34, 1),
            "The server is SQLite 3.34.1; the oldest supported is 3.35. Use a newer server.",
            id="sqlite",
        ),
        pytest.param(
            "MariaDB",
            (10, 5, 28),
            "The server is MariaDB 10.5.28; the oldest supported is 10.6. Use a newer server.",
            id="mariadb",
        ),
        pytest.param(
            "MySQL",
            (5, 7, 44),
            "The server is MySQL 5.7.44; the oldest supported is 8. Use a newer server.",
            id="mysql",
        ),
    ],
)
def test_too_old(product: str, numbers: tuple[int, ...], message: str):
    """An older server is refused with both versions."""
    facts = ServerFacts(product=product, numbers=numbers, encoding="UTF8", max_connections=None)

    with pytest.raises(DatabaseError) as refused:
        require_server(facts)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("product", "numbers"),
    [("PostgreSQL", (15, 0)), ("SQLite", (3, 35, 0)), ("MariaDB", (10, 6, 1)), ("MySQL", (8, 0))],
)
def test_oldest(product: str, numbers: tuple[int, ...]):
    """The oldest supported version is accepted."""
    require_server(
        ServerFacts(product=product, numbers=numbers, encoding="UTF8", max_connections=None)
    )


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_encoding(postgres_url: str, encoding: str):
    """A database whose texts cannot hold every character is refused when it is checked."""
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", "", 1))
    name = f"encoded_{encoding.lower()}"
    await connection.execute(f"DROP DATABASE IF EXISTS {name}")
    await connection.execute(
        f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
    )
    await connection.close()
    start, _, rest = postgres_url.rpartition("/test_")
    database = open_database(f"{start}/{name}?{rest.partition('?')[2]}")

    with pytest.raises(DatabaseError) as refused:
        await database.check()

    await database.dispose()
    assert str(refused.value) == (
        f"The database holds texts as {encoding}, which lacks most characters. "
        "Move the data to a database made with ENCODING 'UTF8'."
    )


def test_missing_time_zones():
    """A server that knows no time zones is refused where rows are grouped by them, and only there."""
    facts = ServerFacts(
        product="MariaDB",
        numbers=(10, 11, 2),
        encoding="utf8mb4",
        max_connections=10,
        has_time_zones=False,
    )
    require_server(facts)

    with pytest.raises(DatabaseError) as refused:
        require_server(facts, needs_time_zones=True)

    assert "time-zone tables are empty" in str(refused.value)
    assert "GQL_API_GROUPS=false" in str(refused.value)


async def test_search_configurations(postgres_url: str):
    """A configuration of text search that the database lacks is refused when it is checked."""
    database = open_database(postgres_url)
    await database.check(search_configurations={"simple", "English", "pg_catalog.german"})

    with pytest.raises(DatabaseError) as refused:
        await database.check(search_configurations={"simple", "elvish"})

    await database.dispose()
    assert str(refused.value) == (
        "The database has no text search configuration elvish. "
        'Create it, or name another: info={"gql": {"search": "simple"}}.'
    )


async def test_no_text_search():
    """A database without text search is asked for no configuration of it."""
    database = open_database("sqlite://")

    await database.check(search_configurations={"elvish"})

    await database.dispose()
