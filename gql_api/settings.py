"""Settings of the command and the bundled application, from the environment and ``.env``.

Each is read from ``GQL_API_<NAME>``; the database, host and port also from ``DATABASE_URL``, ``HOST`` and ``PORT``,
which hosting platforms set. The prefixed name wins.
"""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gql_api.config import ApiConfig, Introspection, Isolation, Limits
from gql_api.errors import ConfigurationError

PREFIX = "GQL_API_"
"""Of every environment variable that this package reads as its own."""

ENV_FILE = ".env"
"""Read from the working directory; the environment wins."""

_LIMITS = Limits()
_CONFIG = ApiConfig()

_TEST_PREFIX = "GQL_API_TEST_"
_BARE_NAMES = frozenset({"DATABASE_URL", "HOST", "PORT"})

Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """What an operator may choose; the defaults suit a laptop."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        extra="ignore",
        validate_by_name=True,
        validate_by_alias=True,
    )

    database_url: str | None = Field(
        default=None,
        repr=False,
        validation_alias=AliasChoices("GQL_API_DATABASE_URL", "DATABASE_URL"),
    )
    """Where the data is; None starts the embedded PostgreSQL server under ``data_dir``."""

    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("GQL_API_HOST", "HOST"))
    """Address to listen on."""

    port: Port = Field(default=8000, validation_alias=AliasChoices("GQL_API_PORT", "PORT"))
    """TCP port to listen on; 0 takes any free one."""

    workers: Positive = 1
    """Processes that serve; each has its own pools."""

    mode: Literal["dev", "production"] = "dev"
    """``production`` asks for a secret key, and closes what strangers need not see."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe lines that are logged."""

    data_dir: Path = Path(".data")
    """Folder of the embedded server's data and of the generated secret key."""

    pool_size: Positive = 5
    """Connections that a pool keeps open."""

    max_overflow: NotNegative = 10
    """Further connections that a pool opens under load."""

    pool_timeout: Positive = 10
    """Longest wait for a free connection, in seconds, while others come back."""

    pool_max_waiting: NotNegative = 1000
    """Requests that may wait for a connection of a pool; others are refused at once."""

    pool_recycle: int = Field(default=1800, ge=-1)
    """Age at which a connection is replaced, in seconds; -1 for never."""

    pool_pre_ping: bool | None = None
    """Whether to test connections before use; None: for writes, on PostgreSQL after a second without
    use, while reads retry once."""

    echo: bool = False
    """Whether to log every statement."""

    echo_pool: bool = False
    """Whether to log what the pools do."""

    application_name: str = Field(default="gql_api", min_length=1, max_length=63)
    """How PostgreSQL lists the connections."""

    statement_timeout_s: Seconds = 60
    """Longest run of a statement, in seconds, after which the server ends it; 0: its own setting."""

    lock_timeout_s: Seconds = 10
    """Longest wait for a lock, in seconds; 0: the server's own setting, on SQLite 30."""

    idle_in_transaction_timeout_s: Seconds = 60
    """Longest pause within a transaction, in seconds, after which the server ends it; 0: its own
    setting."""

    jit: bool = False
    """Whether PostgreSQL may compile statements; costs more than it gains on short ones."""

    max_page_size: Positive = 100
    """Most rows of one page."""

    default_page_size: Positive = 20
    """Rows of a page that does not say how many."""

    aggregates: bool | None = None
    """Whether lists offer aggregates; None: for up to 150 models."""

    groups: bool | None = None
    """Whether lists offer groups; None: where they offer aggregates."""

    read_only: bool = False
    """Whether the schema leaves out all mutations."""

    bulk_writes: bool | None = None
    """Whether one field may write many rows, or upsert; None: for up to 150 models."""

    nested_writes: bool | None = None
    """Whether inputs write related rows besides; None: for up to 150 models."""

    isolation: Isolation | None = None
    """Isolation of mutations, at least; None: the database's own."""

    max_attempts: Positive = _CONFIG.max_attempts
    """Runs of a mutation whose transaction loses against others, at most, the first one included."""

    idempotency_lifetime_s: Positive = _CONFIG.idempotency_lifetime_s
    """How long the answer to a mutation with an idempotency key is kept, in seconds."""

    request_timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = (
        _CONFIG.request_timeout_s
    )
    """How long an operation over HTTP may take, in seconds."""

    snapshots: bool = True
    """Whether a query may ask to read one moment; it holds a connection."""

    row_level_security: bool = False
    """Whether PostgreSQL is told who asks, for policies of its own; each operation is a transaction."""

    json_path: bool = True
    """Whether PostgreSQL may write answers as JSON, where it writes what Python would."""

    max_body_bytes: Positive = _LIMITS.max_body_bytes
    """As the other limits below: of ``gql_api.config.Limits``, by the same name."""

    max_json_depth: Positive = _LIMITS.max_json_depth
    max_variable_values: Positive = _LIMITS.max_variable_values
    max_document_length: Positive = _LIMITS.max_document_length
    max_tokens: Positive = _LIMITS.max_tokens
    max_depth: Positive = _LIMITS.max_depth
    max_aliases: Positive = _LIMITS.max_aliases
    max_root_fields: Positive = _LIMITS.max_root_fields
    max_directives: Positive = _LIMITS.max_directives
    max_cost: Positive = _LIMITS.max_cost
    max_filter_depth: Positive = _LIMITS.max_filter_depth
    max_filter_conditions: Positive = _LIMITS.max_filter_conditions
    max_list_length: Positive = _LIMITS.max_list_length
    max_batch_operations: Positive = _LIMITS.max_batch_operations
    max_socket_operations: Positive = _LIMITS.max_socket_operations

    socket_init_timeout_s: PositiveSeconds = _CONFIG.socket_init_timeout_s
    """How long a WebSocket may stay open before its client introduces itself, in seconds."""

    socket_send_timeout_s: PositiveSeconds = _CONFIG.socket_send_timeout_s
    """How long a message on a WebSocket waits for a client that reads nothing, in seconds."""

    introspection: Introspection | None = None
    """Who is told the schema; None: all in ``dev``, admins in ``production``."""

    suggestions: bool | None = None
    """Whether errors tell names of the schema that are like an unknown one; None: in ``dev``."""

    graphiql: bool | None = None
    """Whether there is GraphiQL; None: in ``dev``."""

    cors_origins: str = ""
    """Origins of pages that may read answers, with spaces between; ``*`` for all."""

    persisted_queries: bool = True
    """Whether documents that clients send with their hash are found by the hash afterwards."""

    trusted_documents: Path | None = None
    """Manifest of documents that are found by their ids: a file of JSON."""

    only_trusted_documents: bool = False
    """Whether all other documents are refused."""

    unreadable_columns: Literal["null", "error"] = "null"
    """What a column is that policies keep from the caller, where it may be null."""

    show_cost: bool = False
    """Whether answers tell the cost of their operation, in ``extensions.cost``."""

    secret_key: SecretStr | None = Field(default=None, min_length=32)
    """Signs tokens, at least 32 characters; None: one is generated for local use."""

    token_lifetime_s: Positive = 15 * 60
    """How long a token is valid, in seconds."""

    refresh_lifetime_s: Positive = 30 * 24 * 60 * 60
    """How long a refresh token is valid, in seconds."""

    jwks_url: str | None = None
    """Where an identity provider publishes the keys of its tokens; None: only own tokens count."""

    jwt_issuer: str | None = None
    """Of the provider's tokens, the claim ``iss``; None: any."""

    jwt_audience: str | None = None
    """Whom its tokens are for, among the claim ``aud``; None: anybody."""

    jwt_algorithms: str = "RS256 PS256 ES256 EdDSA"
    """Of its signatures, with spaces between."""

    jwt_user_claim: str = "email"
    """Finds the user: a verified address, or any other claim that holds the user name."""

    sign_in_attempts: Positive = 10
    """Attempts to sign in to an account in a period; a successful one begins anew."""

    sign_in_attempts_per_address: Positive = 100
    """Attempts to sign in or up from an address in a period."""

    sign_in_period_s: Positive = 15 * 60
    """Of the two settings before, in seconds."""

    rate_requests: NotNegative = 0
    """Requests of one caller to the endpoint in a period; 0 for any number."""

    rate_cost: NotNegative = 0
    """Points that the operations of one caller may cost in a period; 0 for any number."""

    rate_period_s: Positive = 60
    """Of the two settings before, in seconds."""

    redis_url: str | None = Field(default=None, repr=False)
    """Where attempts are counted for all processes; None: by each process itself."""


def load_settings() -> Settings:
    """Read the settings from the environment and ``.env``.

    Raises:
        ConfigurationError: A value cannot be used; one line names every such variable, never its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{_variable(detail['loc'])}: {detail['msg']}"
            for detail in error.errors(include_input=False, include_url=False)
        )
    message = f"Settings cannot be used: {problems}."
    raise ConfigurationError(message, fix="Correct or unset them.")


def variable_names() -> list[str]:
    """List the names of all variables of the environment and of ``.env``."""
    return [*os.environ, *dotenv_values(ENV_FILE)]  # noqa: TID251 - this is the module


def unknown_settings(environ: Iterable[str]) -> list[tuple[str, str | None]]:
    """Find variables that look like settings but are none.

    Args:
        environ: Names of variables; a mapping's keys do.

    Returns:
        Each unknown ``GQL_API_`` name with the nearest known one, or None when none is near; sorted. Names for the
        test suite, ``GQL_API_TEST_...``, are left out.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(
        name
        for name in environ
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(_TEST_PREFIX)
        and name.upper() not in known
    )
    return [(name, _nearest(name.upper(), known)) for name in unknown]


def _nearest(name: str, known: Iterable[str]) -> str | None:
    # The common prefix would make every name look near: compare what follows it.
    endings = {candidate.removeprefix(PREFIX): candidate for candidate in sorted(known)}
    matches = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
    return endings[matches[0]] if matches else None


def _variable(location: tuple[int | str, ...]) -> str:
    name = (str(location[0]) if location else "").upper().removeprefix(PREFIX)
    return f"{PREFIX}{name} or {name}" if name in _BARE_NAMES else f"{PREFIX}{name}"
