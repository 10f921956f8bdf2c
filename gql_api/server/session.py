"""The session of a request, for plain FastAPI routes beside GraphQL."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from gql_api.database.engines import Database
from gql_api.errors import ConfigurationError
from gql_api.execution.unit_of_work import unit_of_work


def database_of(connection: HTTPConnection) -> Database:
    """Return the database of the application that a request came to.

    Raises:
        ConfigurationError: ``app.state.database`` is not set.
    """
    database: Database | None = getattr(connection.app.state, "database", None)
    if database is None:
        message = "app.state.database is not set."
        fix = "Use gql_api.create_app, or set it in the lifespan of the application."
        raise ConfigurationError(message, fix=fix)
    return database


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Open a session whose changes are committed when the route has returned.

    The commit comes before the first byte of the answer: where it fails, the answer is an error.
    Any exception rolls everything back. Always depend on it with ``scope="function"``, as
    ``WriteSession`` does: without, FastAPI would finish it after the answer is sent. A test replaces
    it through ``app.dependency_overrides[write_session]``.

    Cost:
        One COMMIT or ROLLBACK, if the route sent any statement.
    """
    async with unit_of_work(database_of(request)) as unit:
        yield unit.session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
"""The annotation of a route's parameter that takes the session of its request."""
