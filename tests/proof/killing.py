"""Servers and a database to kill: ``gql-api serve`` over an embedded PostgreSQL of their own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from gql_api.database.embedded import EmbeddedServer, start_embedded
from gql_api.errors import DatabaseError

_PROGRAM = str(Path(sys.executable).parent / "gql-api")
_READY_S = 120
_NAMES = {"DATABASE_URL", "HOST", "PORT"}


class Server:
    """A process that serves the bundled application.

    Args:
        folder: Of its database.
        settings: Environment variables of its own.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/graphql"
        self._ready = f"http://127.0.0.1:{port}/readyz"
        self._log = folder / "server.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [_PROGRAM, "serve", "--port", str(port)],
                cwd=folder,
                env={**_environment(folder), **settings},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    async def wait_until_ready(self) -> "Server":
        """Wait until it answers, the database included."""
        async with asyncio.timeout(_READY_S), httpx.AsyncClient() as client:
            while self.process.poll() is None:
                with suppress(httpx.TransportError):
                    if (await client.get(self._ready)).is_success:
                        return self
                await asyncio.sleep(0.05)
        message = f"The server ended: {self._log.read_text()[-2000:]}"
        raise RuntimeError(message)

    def terminate(self) -> None:
        """Ask it to end."""
        self.process.terminate()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()


class Service:
    """The server of the moment, the next one, which is ready when this one dies, and the database.

    Args:
        folder: Of the database.
        settings: Environment variables of the servers.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = settings or {}
        self._databases: list[EmbeddedServer] = []
        self._servers: list[Server] = []

    async def start(self) -> None:
        """Start the database with demo data, and the first server."""
        self._databases.append(await asyncio.to_thread(start_embedded, self.folder))
        self._servers = [await Server(self.folder, self._settings).wait_until_ready()]

    @property
    def url(self) -> str:
        """Where the server of the moment answers."""
        return self._servers[0].url

    @property
    def database_url(self) -> str:
        """The address of the database."""
        return self._databases[-1].database_url()

    async def prepare(self) -> None:
        """Start the next server beside this one."""
        self._servers.append(await Server(self.folder, self._settings).wait_until_ready())

    async def end_server(self) -> int:
        """Ask the server to end; the next one takes its place when it has. Return its status."""
        self._servers[0].terminate()
        status = await asyncio.to_thread(self._servers[0].process.wait)
        self._servers.pop(0)
        return status

    def kill_server(self) -> None:
        """Kill the server; the next one takes its place."""
        self._servers.pop(0).kill()

    async def kill_database(self) -> None:
        """Kill all processes of the database, and start it again."""
        await asyncio.to_thread(self._kill_database)

    async def restart_database(self) -> None:
        """Stop the database in its own way, and start it again."""
        await asyncio.to_thread(self._restart_database)

    def _restart_database(self) -> None:
        pid = self.database_processes()[0]
        os.kill(pid, signal.SIGINT)  # fast shutdown
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)
        self._databases.append(start_embedded(self.folder))

    def kill_backend(self) -> None:
        """Kill one process that serves a connection."""
        for each in self.database_processes()[1:]:
            with suppress(FileNotFoundError):  # a helper of the database that has ended since
                if b"idle" in Path(f"/proc/{each}/cmdline").read_bytes():
                    os.kill(each, signal.SIGKILL)
                    return

    def signal_database(self, number: int) -> None:
        """Send a signal to all processes of the database."""
        for each in self.database_processes():
            with suppress(ProcessLookupError):
                os.kill(each, number)

    def database_processes(self) -> list[int]:
        """Return the ids of all processes of the database, that of the first one first."""
        pid = int((self.folder / "cluster" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def _kill_database(self) -> None:
        self.signal_database(signal.SIGKILL)
        for _ in range(10):
            with suppress(DatabaseError):  # its processes are not yet all gone
                self._databases.append(start_embedded(self.folder))
                return
            time.sleep(0.5)
        message = "The database does not start again."
        raise RuntimeError(message)

    def stop(self) -> None:
        """End all that was started."""
        for server in self._servers:
            server.kill()
        for database in self._databases:
            database.stop()

    def token(self) -> str:
        """Return a bearer token of the administrator."""
        return subprocess.run(  # noqa: S603 - our own command
            [_PROGRAM, "token", "--user", "admin"],
            cwd=self.folder,
            env=_environment(self.folder),
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: text
        for name, text in os.environ.items()
        if name not in _NAMES and not name.startswith("GQL_API_")
    }
    return {**kept, "GQL_API_DATA_DIR": str(folder), "GQL_API_LOG_LEVEL": "error"}
