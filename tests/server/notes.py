"""A small schema, and an application that serves it, for the tests of the HTTP edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from starlette.requests import HTTPConnection

import gql_api as gql


class Base(DeclarativeBase):
    pass


class Folder(Base):
    __tablename__ = "folder"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    notes: Mapped[list["Note"]] = relationship(back_populates="folder", lazy="raise")


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.String(20))
    # Deferred: a folder that does not exist makes the commit fail, and nothing before it.
    folder_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("folder.id", deferrable=True, initially="DEFERRED")
    )
    folder: Mapped[Folder | None] = relationship(back_populates="notes", lazy="raise")


class Queries:
    @gql.query
    async def broken(self) -> Note | None:
        message = "a secret of the server"
        raise RuntimeError(message)


async def authenticate(connection: HTTPConnection, _database: gql.Database) -> gql.Subject:
    """Believe the headers, which name a user and a role."""
    user = connection.headers.get("x-user")
    if user == "expired":
        message = "The token has expired."
        raise gql.UnauthenticatedError(message)
    if user == "defect":
        message = "a secret of the server"
        raise RuntimeError(message)
    if user == "unreachable":
        message = "a secret of the server"
        raise ConnectionError(message)
    roles = connection.headers.get("x-roles", "").split()
    return gql.Subject(user and int(user), frozenset(roles))


def build(dialect: str = "sqlite", **options: Any) -> gql.Schema:
    return gql.build_schema(Base, dialect=dialect, queries=[Queries], **options)


async def create_tables(database: gql.Database) -> gql.Database:
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(Folder).values(id=1, name="inbox"))
    return database


async def note_texts(database: gql.Database) -> list[str]:
    async with database.read_connection() as connection:
        return list((await connection.scalars(sa.select(Note.text).order_by(Note.id))).all())


@asynccontextmanager
async def open_client(
    app: FastAPI, *, root_path: str = "", transcript: list[str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Start an application and open a client of it.

    Args:
        app: What is served.
        root_path: Where a proxy puts it.
        transcript: Told the type of each message that is sent.
    """

    async def recording(scope: Any, receive: Any, send: Any) -> None:
        async def record(message: Any) -> None:
            if transcript is not None:
                transcript.append(message["type"])
            await send(message)

        await app(scope, receive, record)

    transport = httpx.ASGITransport(recording, root_path=root_path)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


def only_error(response: httpx.Response) -> dict[str, Any]:
    """Return the one error of an answer; its reference is that of the request."""
    content = response.json()
    assert len(content["errors"]) == 1, content
    (error,) = content["errors"]
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    return error


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    """Return status, code and message of an answer that is one error and nothing else."""
    assert response.json().keys() == {"errors"}
    assert response.headers["content-type"].partition(";")[0].endswith("json")
    error = only_error(response)
    return response.status_code, error["extensions"]["code"], error["message"]
