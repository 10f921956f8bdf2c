"""``gql-api policy`` from the outside."""

import pytest

from tests.cli.conftest import Command

MODULE = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import gql_api as gql


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int]
    mood: Mapped[str | None]
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


class NotePolicy(gql.Policy[Note]):
    def visible(self, note, subject):
        return sa.true() if subject.has_role("staff") else note.owner_id == subject.user_id

    def deletable(self, note, subject):
        return sa.false()

    def readable_columns(self, subject):
        return None if subject.has_role("staff") else gql.all_but(Note.mood)

    def writable_columns(self, subject):
        return {"mood", "team_id"}


def build_schema(*, dialect, config):
    return gql.build_schema(
        Base,
        dialect=dialect,
        config=config,
        policies=[NotePolicy()],
        default_policy=gql.Roles("boss"),
    )


application = gql.Application(name="notes", models=Base, build_schema=build_schema)
"""

APP = ("--app", "notes:application")


@pytest.fixture
def notes(command: Command) -> Command:
    """The command, with an application that has policies."""
    command.write_module("notes", MODULE)
    return command


def test_show(notes: Command):
    """Each type has a row per role that policies ask for, with rows and columns."""
    outcome = notes("policy", "show", *APP)

    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == (
        "Note\n"
        "  role       visible  creatable  updatable  deletable  not read  not written\n"
        "  anonymous  some     all        all        none       mood      rowId, ownerId\n"
        "  signed in  some     all        all        none       mood      rowId, ownerId\n"
        "  boss       some     all        all        none       mood      rowId, ownerId\n"
        "  staff      all      all        all        none       -         rowId, ownerId\n"
        "Team\n"
        "  role       visible  creatable  updatable  deletable  not read  not written\n"
        "  anonymous  closed   closed     closed     closed     -         -\n"
        "  signed in  closed   closed     closed     closed     -         -\n"
        "  boss       all      all        all        all        -         -\n"
        "  staff      closed   closed     closed     closed     -         -\n"
    )


def test_show_some(notes: Command):
    """Types and roles can be chosen."""
    outcome = notes("policy", "show", "--type", "Team", "--role", "boss", *APP)

    assert [line.split()[0] for line in outcome.out.splitlines()] == [
        "Team",
        "role",
        "anonymous",
        "signed",
        "boss",
    ]


def test_unknown_type(notes: Command):
    """A type that does not exist is named."""
    outcome = notes("policy", "show", "--type", "Nota", *APP)

    assert outcome.status == 1
    assert outcome.err == (
        "Error: There is no type Nota of a model. gql-api schema names lists them.\n"
    )


def test_explain(notes: Command):
    """The predicates of all types that a query reads or filters by, with parameters."""
    outcome = notes(
        "policy",
        "explain",
        "{ notes(where: {team: {rowId: {eq: 1}}}) { totalCount } }",
        "--subject",
        '{"userId": 7}',
        *APP,
    )

    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == (
        "Note\n"
        "  visible: note.owner_id = :subject_user_id::INTEGER\n"
        "    subject_user_id = 7\n"
        "  not read: mood\n"
        "  not written: rowId, ownerId\n"
        "Team\n"
        "  visible: false\n"
    )


def test_explain_write(notes: Command):
    """A mutation meets the predicates of writes besides."""
    outcome = notes(
        "policy",
        "explain",
        "mutation { deleteNotes(where: {rowId: {eq: 1}}, atMost: 1) { count } }",
        "--subject",
        '{"userId": 7, "roles": ["staff"]}',
        *APP,
    )

    assert outcome.out.splitlines()[:5] == [
        "Note",
        "  visible: true",
        "  creatable: true",
        "  updatable: true",
        "  deletable: false",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{ notes"], "Syntax Error"),
        (["{ nothing }"], "Cannot query field 'nothing'"),
        (["{ notes { totalCount } }", "--subject", "7"], "7 is no subject."),
        (["{ notes { totalCount } }", "--subject", '{"user": 1}'], "is no subject."),
    ],
)
def test_explain_wrong(notes: Command, arguments: list[str], message: str):
    """A document or subject that is none is one line."""
    outcome = notes("policy", "explain", *arguments, *APP)

    assert (outcome.status, outcome.out) == (1, "")
    assert message in outcome.err
