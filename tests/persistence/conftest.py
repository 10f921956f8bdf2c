"""A database with the models of these tests, and writes on one that is rolled back."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.access.policies import Policy, policy_by_model
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import ANONYMOUS, Subject
from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.mapping.registry import describe_models, mapped_classes
from gql_api.persistence.hooks import Hooking, Hooks, WriteContext, hooks_by_model
from gql_api.persistence.write import Write
from gql_api.sql.sources import Compilation
from tests.persistence import models

REGISTRY = describe_models(mapped_classes(models.Base))


class Writes:
    """Makes writes for subjects, on one session, and tells what is sent to the database."""

    def __init__(self, session: AsyncSession, database: Database) -> None:
        self.session = session
        self.database = database

    def __call__(
        self,
        *policies: Policy[Any],
        subject: Subject = ANONYMOUS,
        hooks: Sequence[Hooks[Any]] = (),
        session: AsyncSession | None = None,
    ) -> Write:
        """Return a write of a subject under policies."""
        scopes = Scopes(subject.role_set, policy_by_model(policies))
        compilation = Compilation(REGISTRY, scopes, self.database.dialect)
        session = session or self.session
        context = WriteContext(session, subject, lambda _work: None)
        return Write(session, compilation, subject, Hooking(hooks_by_model(hooks), context))

    async def add(self, *rows: Any) -> None:
        """Insert rows, and forget them."""
        self.session.add_all(rows)
        await self.session.flush()
        self.session.expunge_all()

    async def count(self, model: type[Any], *conditions: Any) -> int:
        """Count rows."""
        statement = sa.select(sa.func.count()).select_from(model).where(*conditions)
        return await self.session.scalar(statement) or 0

    async def value(self, attribute: Any) -> Any:
        """Return an attribute of the only row of a model."""
        return (await self.session.execute(sa.select(attribute))).scalar_one()

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the first word of each statement that is sent, BEGIN left out."""
        sent: list[str] = []
        engine = self.database.write_engine.sync_engine

        def record(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            verb = statement.split(maxsplit=1)[0]
            if verb != "BEGIN":
                sent.append(verb)

        event.listen(engine, "before_cursor_execute", record)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", record)


@pytest.fixture(scope="session", params=["postgresql", "sqlite", "mariadb"])
async def models_database(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Database]:
    """A database that holds the tables of these tests, once per kind of database."""
    if request.param == "postgresql":
        url = make_postgres_database()
    elif request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('persistence') / 'test.db'}"
    else:
        url = await _make_mariadb_database()
    database = open_database(url)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)

    yield database

    if request.param == "mariadb":
        async with database.write_engine.begin() as connection:
            await connection.run_sync(models.Base.metadata.drop_all)
    await database.dispose()


async def _make_mariadb_database() -> str:
    server = os.environ.get("GQL_API_TEST_MARIADB_URL")
    if not server:
        pytest.skip("GQL_API_TEST_MARIADB_URL names no MariaDB server")
    name = f"persistence_{uuid4().hex}"
    database = open_database(server, EngineOptions(null_pool=True))
    async with database.read_connection() as connection:
        await connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    await database.dispose()
    return database.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
async def writes(models_database: Database) -> AsyncIterator[Writes]:
    """Writes on a session that is rolled back."""
    async with models_database.session() as session:
        yield Writes(session, models_database)
        await session.rollback()
