"""Row-level security: PostgreSQL's own policies, told by each operation who asks.

Writers 1 and 2 have two notes and one; the server lets each see and write their own, and staff all.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry
from sqlalchemy import make_url, orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

import gql_api as gql
from gql_api.errors import DatabaseError
from gql_api.loading.explanations import Explanation
from tests.fixtures.statements import count_statements

ONE, TWO, NOBODY = gql.Subject(1), gql.Subject(2), gql.ANONYMOUS
STAFF = gql.Subject(9, frozenset({"staff"}), {"team": "x", "key": uuid.UUID(int=1)})


class Base(orm.DeclarativeBase):
    """The models of this module."""


class Writer(Base):
    """Somebody who writes notes."""

    __tablename__ = "writer"

    id: Mapped[int] = mapped_column(primary_key=True)
    notes: Mapped[list["Note"]] = relationship(back_populates="writer", lazy="raise")


class Note(Base):
    """A note that only its writer may see."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    writer_id: Mapped[int] = mapped_column(sa.ForeignKey("writer.id"))
    writer: Mapped[Writer] = relationship(back_populates="notes", lazy="raise")


@strawberry.type
class Queries:
    """Fields with statements of their own."""

    @strawberry.field
    async def own_count(self, info: gql.Info) -> int:
        """Count the notes in a session for reads."""
        async with info.context.read_session() as session:
            return await session.scalar(sa.select(sa.func.count()).select_from(Note)) or 0

    @strawberry.field
    async def loaded(self, info: gql.Info, key: int) -> str | None:
        """Load a note by a DataLoader."""
        note = await info.context.load(Note, key)
        return note and note.title

    @strawberry.field
    async def team(self, info: gql.Info) -> str:
        """Read a claim as the server knows it."""
        setting = sa.func.current_setting("gql_api.claims")
        async with info.context.read_session() as session:
            return str(
                await session.scalar(sa.select(sa.cast(setting, sa.JSON)["team"].as_string()))
            )


SECURITY = (
    "ALTER TABLE note ENABLE ROW LEVEL SECURITY",
    """CREATE POLICY own ON note USING (
        writer_id::text = current_setting('gql_api.user_id', true)
        OR nullif(current_setting('gql_api.roles', true), '')::jsonb ? 'staff')""",
)


async def prepared(url: str) -> str:
    """Make tables, rows, policies and a role that they hold for; return its address."""
    role = f"clerk_{uuid.uuid4().hex}"
    owner = gql.open_database(url)
    async with owner.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(Writer), [{"id": 1}, {"id": 2}])
        notes = [(1, "a", 1), (2, "b", 1), (3, "c", 2)]
        rows = [{"id": id_, "title": title, "writer_id": writer} for id_, title, writer in notes]
        await connection.execute(sa.insert(Note), rows)
        for statement in (
            *SECURITY,
            f"CREATE ROLE {role} LOGIN",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            await connection.exec_driver_sql(statement)
    await owner.dispose()
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[gql.Database]:
    """The notes, as a role sees them that policies of the server hold for."""
    database = gql.open_database(await prepared(postgres_url))
    yield database
    await database.dispose()


def built(**options: Any) -> gql.Schema:
    """Build the schema that tells the server who asks."""
    config = gql.ApiConfig(has_row_level_security=True, **options)
    return gql.build_schema(Base, queries=[Queries], config=config)


SCHEMA = built()


async def run(
    database: gql.Database, text: str, subject: gql.Subject, schema: gql.Schema = SCHEMA
) -> Any:
    """Run an operation that succeeds, and return its data."""
    result = await schema.execute(text, context_value=gql.Context(database, subject))
    assert result.errors is None, result.errors
    return result.data


def keys(connection: Any) -> Sequence[int]:
    """Return the keys of a connection's rows."""
    return [each["rowId"] for each in connection["nodes"]]


@pytest.mark.parametrize(
    ("subject", "visible"), [(ONE, [1, 2]), (TWO, [3]), (NOBODY, []), (STAFF, [1, 2, 3])]
)
@pytest.mark.parametrize("config", [{}, {"has_json_path": False}], ids=["json", "rows"])
async def test_reads(
    database: gql.Database, subject: gql.Subject, visible: list[int], config: dict[str, bool]
):
    """Lists, counts, aggregates, relatives, DataLoaders and plain sessions see one's rows alone."""
    data = await run(
        database,
        """{ notes { totalCount aggregate { count } nodes { rowId writer { rowId } } }
             writers { nodes { rowId notes { totalCount nodes { rowId } } } }
             some: writers(where: {notes: {some: {}}}) { totalCount }
             noteBy(key: {rowId: 3}) { title } ownCount loaded(key: 3) }""",
        subject,
        built(**config),
    )

    count = len(visible)
    assert keys(data["notes"]) == visible
    assert (data["notes"]["totalCount"], data["notes"]["aggregate"]["count"]) == (count, count)
    nested = [row["notes"] for row in data["writers"]["nodes"]]
    assert [key for each in nested for key in keys(each)] == visible
    assert sum(each["totalCount"] for each in nested) == count
    assert data["some"]["totalCount"] == min(count, 2 if subject is STAFF else 1)
    assert data["noteBy"] == ({"title": "c"} if 3 in visible else None)
    assert data["loaded"] == ("c" if 3 in visible else None)
    assert data["ownCount"] == count


async def test_node(database: gql.Database):
    """A global id of somebody else's row finds nothing."""
    (node,) = (await run(database, "{ notes { nodes { id } } }", TWO))["notes"]["nodes"]

    text = f'{{ node(id: "{node["id"]}") {{ __typename }} }}'

    assert (await run(database, text, ONE))["node"] is None
    assert (await run(database, text, TWO))["node"] == {"__typename": "Note"}


async def test_one_connection(postgres_url: str):
    """A connection forgets who asked: the next one on it is told anew, or is nobody."""
    options = gql.EngineOptions(pool_size=1, max_overflow=0)
    database = gql.open_database(await prepared(postgres_url), options)

    counts = [await run(database, "{ ownCount }", each) for each in (ONE, NOBODY, TWO)]
    async with database.read_connection() as connection:
        left = await connection.scalar(sa.select(sa.func.count()).select_from(Note))

    assert [each["ownCount"] for each in counts] == [2, 0, 1]
    assert left == 0
    await database.dispose()


async def test_at_the_same_time(database: gql.Database):
    """Root fields of one query share its transaction."""
    data = await run(database, "{ a: notes { totalCount } b: ownCount c: ownCount }", ONE)

    assert data == {"a": {"totalCount": 2}, "b": 2, "c": 2}


async def test_claims(database: gql.Database):
    """Claims are there as JSON."""
    assert await run(database, "{ team }", STAFF) == {"team": "x"}


async def test_cost(database: gql.Database):
    """A query costs one more statement; one that reads nothing costs none."""
    with count_statements(database) as sent:
        await run(database, "{ notes { nodes { rowId } } }", ONE)
        await run(database, "{ __typename }", ONE)

    assert ["set_config" in each for each in sent] == [True, False]


async def test_explained(database: gql.Database):
    """An explained query sees what it sees without."""
    context = gql.Context(database, TWO)
    context.explanation = Explanation()

    result = await SCHEMA.execute("{ notes { totalCount } }", context_value=context)

    assert result.data == {"notes": {"totalCount": 1}}


UPDATE = (
    'mutation { updateNotes(where: {rowId: {gte: 0}}, set: {title: "z"}, atMost: 9) { count } }'
)


async def test_updates(database: gql.Database):
    """A bulk write touches one's own rows alone."""
    data = await run(database, UPDATE, TWO)

    assert data["updateNotes"]["count"] == 1
    titles = await run(database, "{ notes { nodes { title } } }", STAFF)
    assert [each["title"] for each in titles["notes"]["nodes"]] == ["a", "b", "z"]


async def test_refused_creation(database: gql.Database):
    """A row that a policy of the server refuses is forbidden, and not written."""
    text = """mutation { createNote(input: {title: "n", writer: {connect: {rowId: 2}}}) {
        note { rowId } errors { __typename message } } }"""

    data = await run(database, text, ONE)

    assert data["createNote"] == {
        "note": None,
        "errors": [{"__typename": "Forbidden", "message": "You may not write this Note."}],
    }
    assert (await run(database, "{ ownCount }", TWO))["ownCount"] == 1


async def test_missing_privilege(database: gql.Database, postgres_url: str):
    """A privilege that the role lacks is the operator's business: the caller is told nothing."""
    owner = gql.open_database(postgres_url)
    async with owner.write_engine.begin() as connection:
        role = f'"{database.url.username}"'
        await connection.exec_driver_sql(f"REVOKE INSERT ON note FROM {role}")
    await owner.dispose()

    text = """mutation {
        createNote(input: {title: "n", writer: {connect: {rowId: 2}}}) { note { rowId } } }"""
    result = await SCHEMA.execute(text, context_value=gql.Context(database, STAFF))

    assert [each.extensions["code"] for each in result.errors] == ["INTERNAL_SERVER_ERROR"]
    assert "privilege" not in str(result.errors[0])


async def test_unit_of_work(database: gql.Database):
    """Jobs and routes say who is told; without, nobody is."""
    statement = sa.select(sa.func.count()).select_from(Note)
    async with gql.unit_of_work(database, told=ONE) as unit:
        async with unit.session.begin_nested():
            assert await unit.session.scalar(statement) == 2
        repository = gql.Repository.within(Note, unit, SCHEMA, ONE)
        assert await repository.count() == 2
    async with gql.unit_of_work(database) as unit:
        assert await unit.session.scalar(statement) == 0


async def test_role_that_sees_everything(postgres_url: str):
    """A role for which no policy holds is refused at the start."""
    app = gql.create_app(SCHEMA, database_url=postgres_url)

    with pytest.raises(DatabaseError, match="Row-level security does not hold"):
        async with app.router.lifespan_context(app):
            pass


async def test_start(postgres_url: str):
    """A role for which they hold is served."""
    app = gql.create_app(SCHEMA, database_url=await prepared(postgres_url))

    async with app.router.lifespan_context(app):
        assert app.state.database is not None


@pytest.mark.parametrize("dialect", ["sqlite", "mysql"])
def test_other_dialects(dialect: str):
    """Where there is none, the schema is not built."""
    config = gql.ApiConfig(has_row_level_security=True)

    with pytest.raises(gql.SchemaBuildError, match=f"there is none on {dialect}"):
        gql.build_schema(Base, dialect=dialect, config=config)
