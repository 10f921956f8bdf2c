"""Running the HTTP server: in this process, in several, or anew when a file changes."""

import asyncio
import ctypes
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from fastapi import FastAPI
from uvicorn import Config
from uvicorn.supervisors import ChangeReload

from gql_api.cli.console import complain
from gql_api.cli.draining import DrainingServer, DrainingWorkers
from gql_api.cli.http_protocol import HttpProtocol
from gql_api.cli.logs import configure_logging
from gql_api.cli.preparing import Plan, prepare_worker
from gql_api.errors import ConfigurationError

STARTUP_FAILURE = 3
"""Exit status of a process that could not begin to serve; uvicorn does not start it again."""

GRACE_S = 30
"""Requests that run when the server is asked to stop have this long to end."""

_COLLECTOR_THRESHOLDS = (50_000, 20, 50)
"""Of Python's 700, 10 and 10: objects that are made, and collections of each younger generation."""


class Stopped(BaseException):
    """The process was asked to end by SIGTERM."""


_SWITCH_S = 0.0005
"""Of Python's 0.005: how long a thread keeps the loop waiting; the loop waits several times in a request."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MIB = 2**20
_KEPT_FREE_BYTES = 32 * _MIB
_LARGE_BYTES = 4 * _MIB
"""Memory of this size and above is returned to the system as soon as it is free."""


def stop_on_sigterm() -> None:
    """Have SIGTERM unwind the process, so that the embedded server is stopped too."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise Stopped

    signal.signal(signal.SIGTERM, stop)


def run_here(app: FastAPI, listener: socket.socket) -> None:
    """Serve in this process until it is asked to stop.

    Raises:
        ConfigurationError: The application could not start; the log tells why.
    """
    server = DrainingServer(_config(app))
    _keep_for_good()
    with suppress(KeyboardInterrupt, Stopped):
        server.run(sockets=[listener])
    if not server.started:
        message = "The server did not start."
        raise ConfigurationError(message, fix="The lines above tell why.")


def run_workers(plan: Plan, listener: socket.socket, *, count: int) -> None:
    """Serve in several processes, which are started again when they die, until asked to stop.

    Raises:
        ConfigurationError: A process could not start.
    """
    supervisor = DrainingWorkers(_config(Worker(plan), workers=count), sockets=[listener])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        message = "A worker did not start."
        raise ConfigurationError(message, fix="The lines above tell why.")


def run_reloading(plan: Plan, listener: socket.socket) -> None:
    """Serve in one process, replaced when a Python file of the working directory changes."""
    config = _config(Worker(plan))
    config.reload_dirs = [Path.cwd()]  # as an argument it only counts for names of applications
    ChangeReload(config, target=DrainingServer(config).run, sockets=[listener]).run()


@dataclass(frozen=True, slots=True)
class Worker:
    """Makes the application in a process of its own; uvicorn calls it there."""

    plan: Plan

    def __call__(self) -> FastAPI:
        """Make it, or end the process with one line that tells why not."""
        configure_logging(self.plan.settings)
        _end_with_parent()
        try:
            app = _run_in_thread(self.plan)
        except ConfigurationError as error:
            complain(str(error))
            sys.exit(STARTUP_FAILURE)
        _keep_for_good()
        return app


def _config(app: Any, **options: Any) -> Config:
    return Config(
        app,
        factory=isinstance(app, Worker),
        http=HttpProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        **options,
    )


def _keep_for_good() -> None:
    """Spare the collector of cycles what is there already: a large schema holds it up for a second.

    What requests make is looked through less often: rows are many objects, and hardly ever cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_S)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Have the C library keep some memory that is free: the next long answer needs as much.

    Else each answer of some 100 kB is given new pages, which the system fills with zeros first: a third
    of its whole cost. Only glibc can be told so.
    """
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_FREE_BYTES)


def _run_in_thread(plan: Plan) -> FastAPI:
    """Prepare with an event loop of its own: uvicorn's runs already where it calls."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, prepare_worker(plan)).result()


def _end_with_parent() -> None:
    """Stop this process when the one that started it is gone, killed even: the port is free then."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()
