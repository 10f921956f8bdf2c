"""The key that signs tokens: the operator's, or one generated once for local use."""

import functools
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

import gql_api as gql
from gql_api.settings import Settings, load_settings

KEY_FILE = "secret_key"
"""Name of the generated key's file, under the data folder."""

_KEY_BYTES = 48


@dataclass(frozen=True, slots=True)
class Signing:
    """How tokens are signed."""

    key: str
    """Known to all processes that serve the application, and to nobody else."""

    lifetime_s: int
    """How long a token is valid, in seconds."""

    refresh_lifetime_s: int
    """How long a refresh token is valid, in seconds."""


@functools.cache
def signing() -> Signing:
    """Read the settings, once for all requests of the process.

    Raises:
        ConfigurationError: A setting cannot be used, no key is set in production, or the generated
            one cannot be kept.
    """
    settings = load_settings()
    return Signing(_key(settings), settings.token_lifetime_s, settings.refresh_lifetime_s)


def _key(settings: Settings) -> str:
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    if settings.mode == "production":
        message = "GQL_API_SECRET_KEY is not set."
        raise gql.ConfigurationError(message, fix="Set it to at least 32 random characters.")
    try:
        return kept_key(settings.data_dir / KEY_FILE)
    except OSError as error:
        message = f"The key for tokens cannot be kept in {settings.data_dir}: {error.strerror}."
        raise gql.ConfigurationError(message, fix="Set GQL_API_SECRET_KEY.") from error


def kept_key(file: Path) -> str:
    """Return the key that a file holds; write a random one first if there is no file.

    Of several processes that start at once, one writes and all return the same.

    Args:
        file: Readable by its owner only, once written.
    """
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written beside and linked: the file is never there without its content.
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{KEY_FILE}-")
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write(secrets.token_urlsafe(_KEY_BYTES))
            _link(Path(draft), file)
        finally:
            Path(draft).unlink()
    return file.read_text()


def _link(draft: Path, file: Path) -> None:
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        return  # another process was faster
