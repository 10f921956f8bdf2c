import asyncio
import logging

import pytest

import gql_api as gql
from gql_api.server import health
from tests.fixtures.statements import count_statements
from tests.server import notes


async def broken(_database: gql.Database) -> None:
    message = "table secret_table is missing"
    raise RuntimeError(message)


def make_app(database: gql.Database, *checks: gql.ReadinessCheck, is_development: bool = True):
    return gql.create_app(
        notes.build(), database=database, readiness=checks, is_development=is_development
    )


async def test_alive(client, notes_database):
    """The process tells that it lives without asking the database."""
    with count_statements(notes_database) as sent:
        response = await client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["cache-control"] == "no-store"
    assert sent == []


async def test_ready(client, notes_database):
    """One statement finds out that the database answers."""
    with count_statements(notes_database) as sent:
        response = await client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})
    assert len(sent) == 1


async def test_failing_check(notes_database, caplog):
    """A check that fails is named with its reason, and logged."""
    app = make_app(notes_database, gql.ReadinessCheck("migrations", broken))

    async with notes.open_client(app) as client:
        response = await client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "status": "not ready",
        "failed": {"migrations": "table secret_table is missing"},
    }
    assert response.headers["retry-after"] == "1"
    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert (record.check, record.reason) == ("migrations", "table secret_table is missing")


async def test_production(notes_database):
    """Strangers do not learn why a check fails."""
    check = gql.ReadinessCheck("migrations", broken)
    app = make_app(notes_database, check, is_development=False)

    async with notes.open_client(app) as client:
        response = await client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "failed": {"migrations": "failed"}}


async def test_lost_database(notes_database, tmp_path):
    """Without its database a process lives, and is not ready."""
    app = make_app(notes_database)

    async with notes.open_client(app) as client:
        await notes_database.dispose()
        (tmp_path / "test.db").rename(tmp_path / "gone.db")
        (tmp_path / "test.db").mkdir()
        alive = await client.get("/healthz")
        response = await client.get("/readyz")

    assert alive.status_code == 200
    assert response.status_code == 503
    assert response.json()["failed"].keys() == {"database"}


async def test_slow_check(notes_database, monkeypatch):
    """A check without an answer fails in time, runs once, and counts when it has ended."""
    monkeypatch.setattr(health, "READY_TIMEOUT_S", 0.01)
    has_ended, runs = asyncio.Event(), []

    async def slow(_database: gql.Database) -> None:
        runs.append("run")
        await has_ended.wait()

    app = make_app(notes_database, gql.ReadinessCheck("slow", slow))
    async with notes.open_client(app) as client:
        first = await client.get("/readyz")
        second = await client.get("/readyz")
        has_ended.set()
        await asyncio.sleep(0)
        monkeypatch.setattr(health, "READY_TIMEOUT_S", 10.0)
        third = await client.get("/readyz")

    assert [first.status_code, second.status_code, third.status_code] == [503, 503, 200]
    assert first.json()["failed"]["slow"] == "no answer within 0.01 s"
    assert runs == ["run"]


async def test_stop_ends_checks(notes_database, monkeypatch):
    """The stop of the application ends a check that still runs."""
    monkeypatch.setattr(health, "READY_TIMEOUT_S", 0.01)
    endings = []

    async def endless(_database: gql.Database) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            endings.append("cancelled")
            raise

    async with notes.open_client(
        make_app(notes_database, gql.ReadinessCheck("endless", endless))
    ) as client:
        response = await client.get("/readyz")

    assert "endless" in response.json()["failed"]
    assert endings == ["cancelled"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_other_method(client, path):
    """Health is read, nothing else."""
    response = await client.post(path)

    assert notes.refusal(response) == (405, "METHOD_NOT_ALLOWED", "Method Not Allowed.")
    assert response.headers["allow"] == "GET"
