"""Whether the process lives, and whether it can serve."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from gql_api.database.engines import Database
from gql_api.server.answers import json_response
from gql_api.server.session import database_of

READY_TIMEOUT_S = 2.0
"""Longest time that all checks together may take."""

DRAINING = "gql_api.is_draining"
"""Key of the server's state, true from when it is to stop: it is not ready for anything new then."""

STOPPING = "gql_api.stopping"
"""Key of the server's state: an event that is set when it is to stop, for what would go on for ever."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """Something that must hold for requests to be served, such as the revision of the tables."""

    name: str
    """Shown to callers."""

    check: Callable[[Database], Awaitable[None]]
    """Raises where it does not hold; the message is shown in development only."""


class Readiness:
    """The checks of one application, none of which runs twice at the same time.

    Args:
        checks: Those beside the database itself.
        is_development: Whether callers see why a check fails, not only which.
    """

    def __init__(self, checks: Sequence[ReadinessCheck], *, is_development: bool) -> None:
        ours = (ReadinessCheck("database", _check_database), ReadinessCheck("pool", _check_pools))
        self._checks = (*ours, *checks)
        self._is_development = is_development
        self._running: dict[str, asyncio.Task[None]] = {}

    async def failures(self, database: Database) -> dict[str, str]:
        """Run the checks at once, for two seconds at most.

        A check that takes longer goes on and is asked again by the next call: a database that does
        not answer is not asked by ever more tasks, and none is cut off amid a statement.

        Returns:
            Why checks fail, by their names; empty when all hold.

        Cost:
            One statement, and those of the further checks.
        """
        tasks = {each.name: self._task(each, database) for each in self._checks}
        await asyncio.wait(tasks.values(), timeout=READY_TIMEOUT_S)
        reasons = {name: self._reason(name, task) for name, task in tasks.items()}
        return {name: reason for name, reason in reasons.items() if reason is not None}

    async def stop(self) -> None:
        """Cancel the checks that still run."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()

    def _task(self, check: ReadinessCheck, database: Database) -> asyncio.Task[None]:
        if check.name not in self._running:
            task = asyncio.create_task(_run(check, database), name=f"readiness: {check.name}")
            self._running[check.name] = task
        return self._running[check.name]

    def _reason(self, name: str, task: asyncio.Task[None]) -> str | None:
        if not task.done():
            reason = f"no answer within {READY_TIMEOUT_S:g} s"
        else:
            self._running.pop(name, None)
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is None:
                return None
            reason = str(error) or type(error).__name__
        _LOG.warning("not ready: %s", name, extra={"check": name, "reason": reason})
        return reason if self._is_development else "failed"


def health_router(readiness: Readiness) -> APIRouter:
    """Make the routes ``/healthz`` and ``/readyz``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def show_health(request: Request) -> Response:
        """Answer at once, without the database: the process lives."""
        return json_response(request.scope, {"status": "ok"})

    @router.get("/readyz")
    async def show_readiness(request: Request) -> Response:
        """Answer 200 when requests can be served, else 503 with the names of what fails.

        A server that stops is not ready, whatever the checks say.
        """
        if request.scope.get("state", {}).get(DRAINING):
            return _not_ready(request, {"status": "draining"})
        failures = await readiness.failures(database_of(request))
        if not failures:
            return json_response(request.scope, {"status": "ready"})
        return _not_ready(request, {"status": "not ready", "failed": failures})

    return router


def _not_ready(request: Request, content: dict[str, Any]) -> Response:
    return json_response(request.scope, content, status=503, headers={"Retry-After": "1"})


async def _check_database(database: Database) -> None:
    await database.check()


async def _check_pools(database: Database) -> None:
    if database.is_overloaded:
        message = "all connections are in use, and nobody may wait for one"
        raise RuntimeError(message)


async def _run(check: ReadinessCheck, database: Database) -> None:
    await check.check(database)
