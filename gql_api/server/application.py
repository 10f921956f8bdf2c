"""An application: what the command and the server need to know to serve a set of models."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from gql_api.access.subjects import ANONYMOUS, Subject
from gql_api.config import ApiConfig
from gql_api.database.engines import Database
from gql_api.schema.build import Schema

Authenticate = Callable[[HTTPConnection, Database], Awaitable[Subject]]
"""Finds out who asks; raises ``UnauthenticatedError`` for invalid credentials."""

Progress = Callable[[str, int, int], None]
"""Told what is being made, how many are done, and how many there will be."""


class Seed(Protocol):
    """Fills an empty database."""

    async def __call__(self, engine: AsyncEngine, *, size: str, progress: Progress | None) -> Any:
        """Fill it; None when there is data already."""
        ...


class IssueToken(Protocol):
    """Issues a token for somebody who cannot sign in: an operator, a developer, a test."""

    async def __call__(self, database: Database, *, user: str | None, role: str | None) -> str:
        """Issue it for a user by name, or for any user who holds a role.

        Raises ``ConfigurationError`` if there is no such user.
        """
        ...


class BuildSchema(Protocol):
    """Builds the schema for a dialect."""

    def __call__(self, *, dialect: str, config: ApiConfig) -> Schema:
        """Build it. No I/O."""
        ...


async def authenticate_nobody(_connection: HTTPConnection, _database: Database) -> Subject:
    """Let everybody in as anonymous."""
    return ANONYMOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What is served."""

    name: str
    """Shown in logs, in the title of pages and by ``gql-api version``."""

    models: Any
    """Declarative base or SQLAlchemy registry."""

    build_schema: BuildSchema
    """Builds the schema for a dialect."""

    authenticate: Authenticate = authenticate_nobody
    """Finds out who asks."""

    schema_translate_map: Mapping[str | None, str | None] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Database schemas of the models to those of SQLite and MySQL."""

    default_query: str | None = None
    """What the first tab of GraphiQL holds."""

    alembic_config: Callable[[str], Any] | None = None
    """Returns Alembic's configuration for a database URL; None without migrations."""

    seed: Seed | None = None
    """Fills an empty database; None without demo data."""

    issue_token: IssueToken | None = None
    """Issues tokens for ``gql-api token``; None if there are none."""

    check_settings: Callable[[], None] | None = None
    """Raises ``ConfigurationError`` where a setting that serving needs is missing; called first."""
