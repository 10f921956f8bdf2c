"""Statements around a write."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

from gql_api.access.policies import Policy
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet
from gql_api.database.dialects import MYSQL, POSTGRESQL, SQLITE, Dialect
from gql_api.mapping.registry import describe_models
from gql_api.plan.changes import KeyValue
from gql_api.sql.sources import Compilation
from gql_api.sql.writes import (
    key_parameters,
    select_link_target,
    select_permission,
    select_row_to_write,
)


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Owner(Base):
    """A row with a composite unique key."""

    __tablename__ = "owner"
    __table_args__ = (sa.UniqueConstraint("realm", "login"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    realm: Mapped[str]
    login: Mapped[str | None]


class Note(Base):
    """A row with an eager relationship."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owner.id"))
    owner: Mapped[Owner | None] = relationship(lazy="joined")


class NotePolicy(Policy[Note]):
    """Notes above 10 are seen, above 20 changed, above 30 deleted."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        """Above 10."""
        return row.id > sa.literal_column("10")

    @override
    def updatable(self, row: Any, subject: Any) -> Any:
        """Above 20."""
        return row.id > sa.literal_column("20")

    @override
    def deletable(self, row: Any, subject: Any) -> Any:
        """Above 30, one's own."""
        return (row.id > sa.literal_column("30")) & (row.owner_id == subject.user_id)


REGISTRY = describe_models([Owner, Note])
NOTE = REGISTRY.by_model[Note]
OWNER = REGISTRY.by_model[Owner]
KEY = KeyValue(("id",), (1,))
DRIVERS = {"postgresql": postgresql, "sqlite": sqlite, "mysql": mysql}


def compilation(dialect: Dialect, *, is_unrestricted: bool = False) -> Compilation:
    """Return what statements are built from."""
    role_set = RoleSet(is_unrestricted=is_unrestricted)
    return Compilation(REGISTRY, Scopes(role_set, {Note: NotePolicy()}), dialect)


def written(statement: sa.Select[Any], dialect: Dialect = POSTGRESQL) -> str:
    """Write a statement in one line."""
    compiled = statement.compile(dialect=DRIVERS[dialect.name].dialect())
    return " ".join(str(compiled).split())


def test_row_to_update():
    """A row to update is visible, locked against writers alone, without its relatives."""
    statement = written(select_row_to_write(NOTE, ("id",), compilation(POSTGRESQL)))

    assert statement == (
        "SELECT note_1.id, note_1.owner_id, note_1.id > 20 AS is_permitted FROM note AS note_1 "
        "WHERE note_1.id = %(key_0)s::INTEGER AND note_1.id > 10 FOR NO KEY UPDATE OF note_1"
    )


def test_row_to_delete():
    """A row to delete is locked against everybody, and asks the other predicate."""
    statement = written(select_row_to_write(NOTE, ("id",), compilation(POSTGRESQL), is_delete=True))

    assert "note_1.id > 30 AND note_1.owner_id = %(subject_user_id)s" in statement
    assert statement.endswith("FOR UPDATE OF note_1")


def test_locks_of_other_databases():
    """MySQL locks the row, SQLite locks no rows."""
    on_mysql = written(select_row_to_write(NOTE, ("id",), compilation(MYSQL)), MYSQL)
    on_sqlite = written(select_row_to_write(NOTE, ("id",), compilation(SQLITE)), SQLITE)

    assert on_mysql.endswith("note_1.id > 10 FOR UPDATE")
    assert on_sqlite.endswith("note_1.id > 10")


def test_rights_without_policies():
    """Without policies every row is permitted."""
    statement = written(
        select_row_to_write(NOTE, ("id",), compilation(POSTGRESQL, is_unrestricted=True))
    )

    assert "true AS is_permitted" in statement
    assert ">" not in statement


def test_link_target():
    """A target is found by any key, and only what is asked for is read."""
    key = KeyValue(("login", "realm"), ("ada", "x"))
    statement = select_link_target(OWNER, key.columns, ("id",), compilation(SQLITE))

    assert written(statement, SQLITE) == (
        "SELECT owner_1.id FROM owner AS owner_1 WHERE owner_1.login = ? AND owner_1.realm = ?"
    )
    assert statement.compile().params.keys() == key_parameters(key).keys()
    assert key_parameters(key) == {"key_0": "ada", "key_1": "x"}


def test_statements_are_reused():
    """One statement serves all values of a key."""
    compiled = compilation(POSTGRESQL)
    first, again, other = (
        select_row_to_write(NOTE, ("id",), compiled, is_delete=each)
        for each in (False, False, True)
    )

    assert first is again
    assert first is not other


def test_link_target_is_visible():
    """A target is within the subject's scope."""
    statement = written(select_link_target(NOTE, ("id",), ("id",), compilation(SQLITE)), SQLITE)

    assert statement.endswith("WHERE note_1.id = ? AND note_1.id > 10")


def test_null_in_key():
    """A key that is null is compared with NULL, which nothing equals."""
    statement = select_link_target(OWNER, ("realm", "login"), ("id",), compilation(SQLITE))

    assert "IS NULL" not in written(statement)


def test_permission():
    """A permission asks for the predicate of one row, visible or not."""
    statement = written(select_permission(NOTE, KEY, Note.id > Note.owner_id), SQLITE)

    assert statement == (
        "SELECT note.id > note.owner_id AS is_permitted FROM note WHERE note.id = ?"
    )
