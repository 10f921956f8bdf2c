"""Running an application's Alembic migrations, in threads: Alembic is not made for event loops."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from gql_api.cli.databases import Address
from gql_api.database.engines import Database
from gql_api.database.urls import is_memory_database, normalize_url
from gql_api.errors import ConfigurationError, DatabaseError
from gql_api.server.application import Application

_CHECK_AGAIN_S = 30.0
# Alembic keeps its context in a global: one command at a time.
_TURN = threading.Lock()


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of an application, for one database.

    Every method that awaits raises ``DatabaseError`` where the database or a migration fails. Call
    ``Database.check`` first: it says more clearly why a database cannot be used.
    """

    configure: Callable[[str], Any]
    """Returns Alembic's configuration for a database URL."""

    address: Address

    @property
    def heads(self) -> tuple[str, ...]:
        """The newest revisions: one, unless there are branches. Reads files."""
        return tuple(self._scripts().get_heads())

    async def current(self) -> tuple[str, ...]:
        """Read the revisions of the database; empty where no migration has run.

        Cost:
            A connection of its own, a handful of statements; nothing is written.
        """
        return await asyncio.to_thread(self._run, self._current)

    async def upgrade(self, revision: str = "head") -> None:
        """Apply the migrations up to a revision, and commit."""
        await asyncio.to_thread(self._run, command.upgrade, revision)

    async def downgrade(self, revision: str) -> None:
        """Undo the migrations down to a revision (``base`` for all), and commit."""
        await asyncio.to_thread(self._run, command.downgrade, revision)

    async def add(self, message: str, *, is_empty: bool) -> None:
        """Write a new revision: the difference between models and database, unless it is empty.

        Revisions that are numbers are counted on.
        """
        number = self._next_number()
        await asyncio.to_thread(
            self._run, command.revision, message, autogenerate=not is_empty, rev_id=number
        )

    def show_history(self) -> None:
        """Print the revisions, newest first. No connection is made."""
        self._run(command.history)

    def show_sql(self, revision: str) -> None:
        """Print the statements of an upgrade. No connection is made."""
        self._run(command.upgrade, revision, sql=True)

    async def require_head(self) -> None:
        """Find out that the database is as new as the migrations.

        A database that is newer than this program passes: old processes go on while new ones take
        over.

        Raises:
            DatabaseError: It is behind.
        """
        if is_memory_database(normalize_url(self.address.url)):
            message = "A database in memory is empty at each start, so that it cannot be migrated."
            raise DatabaseError(message, fix="Use a file: sqlite:///gql_api.db.")
        current, heads = await self.current(), self.heads
        if set(current) == set(heads) or not self.known(current):
            return
        found = f"at revision {', '.join(current)}" if current else "not set up"
        message = f"The database {self.address.label} is {found}; the head is {', '.join(heads)}."
        raise DatabaseError(message, fix="Run gql-api db upgrade.")

    def known(self, revisions: tuple[str, ...]) -> bool:
        """Tell whether all of some revisions are among the migrations. Reads files."""
        names = {script.revision for script in self._scripts().walk_revisions()}
        return names.issuperset(revisions)

    def _next_number(self) -> str | None:
        heads = self.heads
        if len(heads) != 1 or not heads[0].isdecimal():
            return None
        return f"{int(heads[0]) + 1:0{len(heads[0])}d}"

    def _scripts(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self.configure(self.address.url))

    def _current(self, configuration: Config) -> tuple[str, ...]:
        found: list[str] = []

        def read(revisions: Any, _context: Any) -> list[Any]:
            found.extend(revisions)
            return []

        # Tells env.py to make nothing, not even a schema.
        configuration.attributes["is_read_only"] = True
        scripts = ScriptDirectory.from_config(configuration)
        with EnvironmentContext(configuration, scripts, fn=read, dont_mutate=True):
            scripts.run_env()
        return tuple(found)

    def _run(self, action: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        configuration = self.configure(self.address.url)
        configuration.stdout = sys.stdout
        try:
            with _TURN:
                return action(configuration, *arguments, **options)
        except CommandError as error:
            message = f"The migrations cannot run: {str(error).rstrip('.')}."
            raise DatabaseError(message, fix="See gql-api db history.") from error
        except (SQLAlchemyError, OSError) as error:
            cause = str(error).splitlines()[0]
            message = f"The migration of {self.address.label} failed: {cause}."
            raise DatabaseError(message, fix="Correct the cause and run it again.") from error


def migrations_of(application: Application, address: Address) -> Migrations | None:
    """Return the migrations of an application; None if it has none."""
    if application.alembic_config is None:
        return None
    return Migrations(application.alembic_config, address)


def require_migrations(application: Application, address: Address) -> Migrations:
    """Return the migrations of an application.

    Raises:
        ConfigurationError: It has none.
    """
    migrations = migrations_of(application, address)
    if migrations is None:
        message = f"{application.name} has no migrations."
        raise ConfigurationError(message, fix="Make its tables with gql-api db create.")
    return migrations


class HeadCheck:
    """Whether the database is at the head, for ``/readyz``; asked at most every half minute.

    Args:
        migrations: Of the application that is served.
    """

    def __init__(self, migrations: Migrations) -> None:
        self._migrations = migrations
        self._good_until = 0.0

    async def __call__(self, _database: Database) -> None:
        """Raise ``DatabaseError`` if the database is behind."""
        if time.monotonic() < self._good_until:
            return
        await self._migrations.require_head()
        self._good_until = time.monotonic() + _CHECK_AGAIN_S
