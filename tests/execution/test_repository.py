"""The repository: operations written by hand keep the rules of the generated ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import gql_api as gql
from tests.fixtures.statements import count_statements


class Base(orm.DeclarativeBase):
    """Base of this module's models."""


class Note(Base):
    """A note with rules, an owner and a secret."""

    __tablename__ = "notes"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    text: orm.Mapped[str] = orm.mapped_column(
        sa.String(10), unique=True, info={"gql": {"min_length": 2}}
    )
    owner: orm.Mapped[int] = orm.mapped_column(sa.CheckConstraint("owner > 0", name="positive"))
    secret: orm.Mapped[str] = orm.mapped_column(
        server_default="none", info={"gql": {"hidden": True}}
    )


class NotePolicy(gql.Policy[Note]):
    """Everybody has notes of their own; those of user 9 are seen by nobody else."""

    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return (row.owner != 9) | (row.owner == subject.user_id)

    def creatable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.owner == subject.user_id

    def updatable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.owner == subject.user_id

    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.owner == subject.user_id


@dataclass
class Outcome:
    """What an operation found out."""

    found: str


Work = Callable[[gql.Repository[Note], gql.Info], Any]


class Api:
    """Runs work of the test inside a mutation of user 1."""

    def __init__(self, database: gql.Database) -> None:
        self.database = database
        self.subject: gql.Subject | None = None
        self.work: Work
        api = self

        class Mutations:
            """One mutation that does what the test asks."""

            @gql.mutation
            async def run(self, info: gql.Info) -> Outcome:
                repository = gql.Repository(Note, info, subject=api.subject)
                return Outcome(str(await api.work(repository, info)))

        self.schema = gql.build_schema(
            Base, dialect="sqlite", policies=[NotePolicy()], mutations=[Mutations]
        )

    async def run(self, work: Work) -> Any:
        """Run the work in a mutation of its own; return the outcome, or the errors."""
        self.work = work
        context = gql.Context(self.database, gql.Subject(1))
        text = "mutation { run { found errors { code message path } } }"
        result = await self.schema.execute(text, context_value=context)
        assert result.errors is None
        payload = result.data["run"]
        errors = [(each["code"], each["message"], each["path"]) for each in payload["errors"]]
        return errors or payload["found"]

    async def notes(self) -> list[tuple[Any, ...]]:
        """Read all notes."""
        statement = sa.select(Note.text, Note.owner, Note.secret).order_by(Note.id)
        async with self.database.read_connection() as connection:
            return [tuple(row) for row in await connection.execute(statement)]


@pytest.fixture
async def api(sqlite: gql.Database) -> Api:
    """A database with a note of user 1, of user 2, and a hidden one of user 9."""
    async with sqlite.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        rows = [{"text": f"note {owner}", "owner": owner} for owner in (1, 2, 9)]
        await connection.execute(sa.insert(Note), rows)
    return Api(sqlite)


BEFORE = [("note 1", 1, "none"), ("note 2", 2, "none"), ("note 9", 9, "none")]


async def test_create(api: Api):
    """A row is created, hidden attributes included, and returned without a further statement."""

    async def work(notes: gql.Repository[Note], _info: gql.Info) -> Any:
        with count_statements(api.database) as sent:
            note = await notes.create({"text": "mine", "owner": 1, "secret": "s"})
        return note.id, note.text, [statement.split()[0] for statement in sent]

    assert await api.run(work) == "(4, 'mine', ['INSERT', 'SELECT'])"
    assert await api.notes() == [*BEFORE, ("mine", 1, "s")]


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        pytest.param(
            {"text": "x", "owner": 1},
            [("VALIDATION_FAILED", "text must have at least 2 characters; got 1.", ["a", "text"])],
            id="rule",
        ),
        pytest.param(
            {"text": "theirs", "owner": 2},
            [("FORBIDDEN", "You may not create this Note.", ["a"])],
            id="policy",
        ),
        pytest.param(
            {"text": "note 2", "owner": 1},
            [("UNIQUE_VIOLATION", "text is taken already.", ["a", "text"])],
            id="database",
        ),
    ],
)
async def test_create_refused(api: Api, values: dict[str, Any], errors: list[Any]):
    """Rules, policy and database refuse as they do for generated fields, and nothing is written."""
    assert await api.run(lambda notes, _: notes.create(values, path=("a",))) == errors
    assert await api.notes() == BEFORE


async def test_update(api: Api):
    """A row is changed and returned."""

    async def work(notes: gql.Repository[Note], _info: gql.Info) -> Any:
        return (await notes.update(1, {"text": "changed"})).text

    assert await api.run(work) == "changed"
    assert (await api.notes())[0] == ("changed", 1, "none")


async def test_update_without_values(api: Api):
    """Without values a row is locked and returned in one statement."""

    async def work(notes: gql.Repository[Note], _info: gql.Info) -> Any:
        with count_statements(api.database) as sent:
            note = await notes.update(1, {})
        return note.text, len(sent)

    assert await api.run(work) == "('note 1', 1)"


@pytest.mark.parametrize(
    ("key", "error"),
    [
        pytest.param(2, ("FORBIDDEN", "You may not change this Note.", ["note"]), id="not ours"),
        pytest.param(3, ("NOT_FOUND", "There is no such Note.", ["note"]), id="hidden"),
        pytest.param(7, ("NOT_FOUND", "There is no such Note.", ["note"]), id="missing"),
    ],
)
async def test_update_refused(api: Api, key: int, error: Any):
    """The policy holds for rows that are changed."""
    assert await api.run(lambda notes, _: notes.update(key, {}, key_path=("note",))) == [error]


async def test_other_rights(api: Api):
    """An operation with rules of its own acts with all rights."""
    api.subject = gql.UNRESTRICTED

    async def work(notes: gql.Repository[Note], _info: gql.Info) -> Any:
        return (await notes.update(3, {"text": "seen"})).owner

    assert await api.run(work) == "9"


async def test_delete(api: Api):
    """A row of one's own is deleted, none of others."""
    assert await api.run(lambda notes, _: notes.delete(1)) == "None"
    assert await api.run(lambda notes, _: notes.delete(2)) == [
        ("FORBIDDEN", "You may not delete this Note.", ["id"])
    ]
    assert await api.notes() == BEFORE[1:]


async def test_check(api: Api):
    """What breaks a rule is collected, and refused with what else the operation found."""

    async def work(notes: gql.Repository[Note], _info: gql.Info) -> Any:
        own = gql.ValidationError("There is no such color.", path=("color",))
        gql.refuse_any([*notes.check({"text": "x"}, is_new=True), own])

    assert await api.run(work) == [
        ("VALIDATION_FAILED", "text must have at least 2 characters; got 1.", ["text"]),
        ("VALIDATION_FAILED", "owner is required.", ["owner"]),
        ("VALIDATION_FAILED", "There is no such color.", ["color"]),
    ]


async def test_refusals_of_own_statements(api: Api):
    """What the database refuses of an operation's own statement becomes a typed error."""

    async def work(notes: gql.Repository[Note], info: gql.Info) -> Any:
        with notes.refusals(("a",)):
            await info.context.session.execute(sa.update(Note).values(owner=-1))

    assert await api.run(work) == [
        ("CHECK_VIOLATION", "A rule of the database refuses owner.", ["a", "owner"])
    ]
    assert await api.notes() == BEFORE


async def test_rows_are_released(api: Api):
    """The session is left without listeners, so that it holds rows weakly again."""

    async def work(notes: gql.Repository[Note], info: gql.Info) -> Any:
        await notes.create({"text": "mine", "owner": 1})
        session = info.context.session.sync_session
        return len(session.dispatch.pending_to_persistent), len(session.identity_map)

    assert await api.run(work) == "(0, 0)"
