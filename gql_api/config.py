"""Options of a schema: frozen, with their units."""

from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from gql_api.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may ask for; more is refused before anything is sent to the database.

    Raises:
        ConfigurationError: A limit is not positive.
    """

    max_body_bytes: int = 1_000_000
    """Bytes of a request's body, or of its parameters."""

    max_json_depth: int = 64
    """Objects and lists within each other in a request or its variables."""

    max_variable_values: int = 10_000
    """Values in all variables together; objects and lists count as one more."""

    max_document_length: int = 100_000
    """Characters of a document."""

    max_tokens: int = 4_000
    """Tokens of a document: names, numbers, texts and punctuators."""

    max_depth: int = 30
    """Fields within each other, fragments included."""

    max_aliases: int = 200
    """Aliases of a document."""

    max_root_fields: int = 100
    """Root fields of all operations of a document together."""

    max_directives: int = 200
    """Directives of a document."""

    max_cost: int = 20_000
    """Points of an operation: about the rows that it may read."""

    max_filter_depth: int = 20
    """Input objects within each other in a filter or order."""

    max_filter_conditions: int = 200
    """Conditions of a filter, or keys of an order."""

    max_list_length: int = 2_000
    """Items of one list in an argument."""

    max_batch_operations: int = 1
    """Operations of one request; batches are refused where it is 1."""

    max_socket_operations: int = 50
    """Operations that run on one WebSocket at the same time."""

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value <= 0:
                message = f"{each.name} is {value}."
                raise ConfigurationError(message, fix="Choose 1 or more.")


Isolation = Literal["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
"""How far a transaction is kept from what others do at the same time, from the least to the most."""

Introspection = Literal["all", "own", "admins", "none"]
"""Who is told the schema: everybody all of it, everybody what their role can reach, or administrators
alone; nobody. Administrators are told all of it, but for the last."""

_DEFAULT_LIMITS = Limits()
_POSITIVE = (
    "max_attempts",
    "idempotency_lifetime_s",
    "request_timeout_s",
    "socket_init_timeout_s",
    "socket_send_timeout_s",
)


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """What a schema allows.

    Raises:
        ConfigurationError: A size is not positive, the default exceeds the maximum, or there are
            groups without aggregates.
    """

    default_page_size: int = 20
    """Rows of a list that asks for neither ``first`` nor ``last``."""

    max_page_size: int = 100
    """Most rows of one page, and most ids of one ``nodes`` field."""

    is_read_only: bool = False
    """Whether the schema leaves out all mutations."""

    has_aggregates: bool = True
    """Whether lists offer aggregates of their columns, and filters and orders use them."""

    has_groups: bool = True
    """Whether lists offer groups; they need aggregates."""

    has_bulk_writes: bool = True
    """Whether many rows are created, updated and deleted by one mutation field, and upserted."""

    has_nested_writes: bool = True
    """Whether inputs of mutations create and change related rows besides."""

    has_json_path: bool = True
    """Whether PostgreSQL writes the JSON of whole root fields; else rows are read."""

    unreadable_columns: Literal["null", "error"] = "null"
    """What a column is that the policies keep from the subject: null, or FORBIDDEN. One that is not
    null in the schema is FORBIDDEN in any case."""

    limits: Limits = _DEFAULT_LIMITS
    """What one request may ask for."""

    introspection: Introspection = "all"
    """Who is told the schema, by introspection and ``/schema.graphql``."""

    shows_suggestions: bool = True
    """Whether errors tell names of the schema that are like an unknown one; administrators are told
    in any case."""

    shows_cost: bool = False
    """Whether answers tell the cost of their operation, in ``extensions.cost``."""

    isolation: Isolation | None = None
    """Isolation of mutations, at least; None for the database's own."""

    has_snapshots: bool = True
    """Whether a query may ask to read one moment, by ``extensions.snapshot``; it holds a connection."""

    has_row_level_security: bool = False
    """Whether PostgreSQL is told who asks, for policies of its own: each operation is a transaction."""

    max_attempts: int = 6
    """Runs of a mutation whose transaction loses against others, at most, the first one included."""

    idempotency_lifetime_s: int = 24 * 60 * 60
    """How long the answer to a mutation with an idempotency key is kept, in seconds."""

    request_timeout_s: float = 30
    """How long an operation may take, in seconds, from its whole request to its
    answer; events of subscriptions come as long as they come."""

    socket_init_timeout_s: float = 10
    """How long a WebSocket may stay open before its client says ``connection_init``, in seconds."""

    socket_send_timeout_s: float = 30
    """How long a message waits for a client that reads nothing, before it is left, in seconds."""

    @classmethod
    def for_large_schema(cls, **options: Any) -> Self:
        """Choose what suits hundreds of models: half of all types.

        There are neither aggregates nor groups, and a mutation field writes one row.

        Args:
            options: Any field; they win.
        """
        parts = ("has_aggregates", "has_groups", "has_bulk_writes", "has_nested_writes")
        return cls(**{**dict.fromkeys(parts, False), **options})

    @classmethod
    def for_production(cls, **options: Any) -> Self:
        """Choose what suits a server that strangers reach: the schema is told to administrators.

        Args:
            options: Any field; they win.
        """
        return cls(**{"introspection": "admins", "shows_suggestions": False, **options})

    def __post_init__(self) -> None:
        """Refuse options that cannot work."""
        if self.has_groups and not self.has_aggregates:
            message = "has_groups is on and has_aggregates is off."
            raise ConfigurationError(message, fix="Turn both off, or both on.")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value <= 0:
                message = f"{name} is {value}."
                raise ConfigurationError(message, fix="Choose 1 or more.")
        if not 0 < self.default_page_size <= self.max_page_size:
            message = (
                f"default_page_size is {self.default_page_size} and max_page_size is "
                f"{self.max_page_size}."
            )
            raise ConfigurationError(message, fix="Choose 0 < default_page_size <= max_page_size.")
