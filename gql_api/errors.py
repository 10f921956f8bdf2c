"""Every exception of the package.

```text
GqlApiError
├── ConfigurationError             the operator or developer must act, before anything is served
│   ├── MappingError               a model cannot be mapped
│   ├── SchemaBuildError           a schema cannot be built from the types given
│   └── DatabaseError              the database cannot be used as configured
├── NoPlainFormError               a value that only the executor of GraphQL can present
└── ApiError                       the caller must act; safe to show, has a stable code
    ├── BadUserInputError          an argument is refused before any SQL runs
    │   ├── InvalidCursorError     a cursor cannot be read
    │   ├── CursorMismatchError    a cursor belongs to another order
    │   └── PageSizeExceededError  more rows asked for than a page may hold
    ├── LimitExceededError         a request asks for more than is allowed
    ├── DocumentError              a document is not run, or not known by its id
    │   ├── DocumentNotFoundError            no trusted document has the id
    │   ├── DocumentNotTrustedError          only trusted documents are run
    │   ├── PersistedQueryNotFoundError      the hash is not known here: send the text with it
    │   └── PersistedQueryNotSupportedError  texts are not kept here
    ├── UnauthenticatedError       no or no valid credentials
    ├── NotRunError                a root field after the one that failed
    ├── RolledBackError            a root field before the one that failed
    ├── IdempotencyKeyReusedError  a key came before with another operation
    ├── IdempotencyUnavailableError  no answers are kept for idempotency keys
    ├── ConflictError              other transactions were in the way each time; retry later
    ├── UnavailableError           the database cannot be reached; retry later
    ├── DeadlineExceededError      a request took longer than it may; nothing was written
    ├── UnreadableValueError       a stored value that the model's own type cannot read
    └── WriteError                 a refused write: data of the payload, not a failure of the server
        ├── ValidationError
        ├── UniqueViolationError
        ├── ForeignKeyViolationError
        ├── CheckViolationError
        ├── StaleVersionError
        ├── NotFoundError
        ├── ForbiddenError
        ├── TooManyRowsError
        ├── RateLimitedError
        └── WriteRefusedError      several of the above at once
```

Anything else that is raised while serving is a defect: masked for the caller, logged with a reference.
"""

from collections.abc import Sequence


class GqlApiError(Exception):
    """Base of all exceptions of this package; never raised itself."""


class ConfigurationError(GqlApiError):
    """The operator or developer must change a setting, a model or a type.

    Args:
        message: The cause, in one line.
        fix: What to do about it, in one line; appended to the message.
    """

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(f"{message} {fix}" if fix else message)
        self.message = message
        self.fix = fix


class MappingError(ConfigurationError):
    """A model cannot be mapped. The developer must act."""


class SchemaBuildError(ConfigurationError):
    """A schema cannot be built from the types given. The developer must act."""


class DatabaseError(ConfigurationError):
    """The database cannot be used as configured. The operator must act."""


class NoPlainFormError(GqlApiError):
    """A read met a value without a plain form on the wire, such as NaN or an unknown label.

    Never shown: the field is run again by the executor of GraphQL, which makes the exact error.
    """


class ApiError(GqlApiError):
    """Something the caller can act on: shown as it is.

    Args:
        message: Safe to show to the caller; names the field and the fix.
        path: Response or argument names that lead to the culprit, outermost first.
    """

    code: str = "BAD_REQUEST"
    """Stable; clients decide by it."""

    def __init__(self, message: str, *, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path: tuple[str, ...] = tuple(path)


class BadUserInputError(ApiError):
    """An argument is refused before any SQL runs. The caller must act."""

    code = "BAD_USER_INPUT"


class InvalidCursorError(BadUserInputError):
    """A cursor cannot be read. The caller must pass one that this API returned."""


class CursorMismatchError(BadUserInputError):
    """A cursor belongs to another order. The caller must restart from the first page."""


class PageSizeExceededError(BadUserInputError):
    """More rows asked for than a page may hold. The caller must ask for fewer."""


class LimitExceededError(ApiError):
    """A request asks for more than is allowed. The caller must ask for less, or the operator allow it.

    Args:
        message: Safe to show; says the limit and the amount.
        limit: Its name in ``Limits``: it makes the code, ``MAX_DEPTH_EXCEEDED`` of ``max_depth``.
        path: Names that lead to the argument, if one is to blame.
    """

    code = "LIMIT_EXCEEDED"

    def __init__(self, message: str, *, limit: str, path: Sequence[str] = ()) -> None:
        super().__init__(message, path=path)
        self.code = f"{limit.upper()}_EXCEEDED"


class DocumentError(ApiError):
    """A document is not run, or not known by its id; never raised itself."""


class DocumentNotFoundError(DocumentError):
    """No trusted document has the id. The client must be built with the server's manifest."""

    code = "DOCUMENT_NOT_FOUND"


class DocumentNotTrustedError(DocumentError):
    """Only trusted documents are run. The operator must add it to a manifest."""

    code = "DOCUMENT_NOT_TRUSTED"


class PersistedQueryNotFoundError(DocumentError):
    """A persisted query is not known here. The client must send the text with its hash."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class PersistedQueryNotSupportedError(DocumentError):
    """Persisted queries are not kept here. The client must send the text alone."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"


class UnauthenticatedError(ApiError):
    """No or no valid credentials. The caller must sign in."""

    code = "UNAUTHENTICATED"


class NotRunError(ApiError):
    """A root mutation field that was not run, because an earlier one failed."""

    code = "NOT_RUN"


class RolledBackError(ApiError):
    """A root mutation field whose changes were undone, because a later one failed."""

    code = "ROLLED_BACK"


class IdempotencyKeyReusedError(ApiError):
    """An idempotency key came before with another operation. The caller must choose a new one."""

    code = "IDEMPOTENCY_KEY_REUSED"


class IdempotencyUnavailableError(ApiError):
    """No answers are kept for idempotency keys. The operator must make their table."""

    code = "IDEMPOTENCY_UNAVAILABLE"


class ConflictError(ApiError):
    """Other transactions were in the way, in every attempt. The caller may retry later."""

    code = "CONFLICT"


class UnavailableError(ApiError):
    """The database cannot be reached. The caller may retry later."""

    code = "SERVICE_UNAVAILABLE"


class DeadlineExceededError(ApiError):
    """A request took longer than it may. The caller must ask for less, or retry later."""

    code = "DEADLINE_EXCEEDED"


class UnreadableValueError(ApiError):
    """A stored value cannot be read by the column's own type: that of the models. The owner acts."""

    code = "UNREADABLE_VALUE"


class WriteError(ApiError):
    """A refused write. ``path`` leads into the mutation's input."""


class ValidationError(WriteError):
    """A value breaks a rule of its column or field. The caller must correct it."""

    code = "VALIDATION_FAILED"


class UniqueViolationError(WriteError):
    """A value exists already where it must be unique.

    Args:
        message: Safe to show.
        path: Path of the first field.
        fields: GraphQL names of all fields that are unique together.
    """

    code = "UNIQUE_VIOLATION"

    def __init__(
        self, message: str, *, path: Sequence[str] = (), fields: Sequence[str] = ()
    ) -> None:
        super().__init__(message, path=path)
        self.fields: tuple[str, ...] = tuple(fields)


class ForeignKeyViolationError(WriteError):
    """A referenced row is missing, or a row is still referenced."""

    code = "FOREIGN_KEY_VIOLATION"


class CheckViolationError(WriteError):
    """A check constraint of the database refuses the row."""

    code = "CHECK_VIOLATION"


class StaleVersionError(WriteError):
    """The row has changed since the caller has seen it. They must read it again.

    Args:
        message: Safe to show.
        path: Where the expected version stands.
        version: The current one, as answers write it.
        entity: Name of the type of the row.
        key: What finds the row as it is now.
    """

    code = "STALE_VERSION"

    def __init__(
        self,
        message: str,
        *,
        path: Sequence[str] = (),
        version: str,
        entity: str = "",
        key: object = None,
    ) -> None:
        super().__init__(message, path=path)
        self.version = version
        self.entity = entity
        self.key = key


class NotFoundError(WriteError):
    """No row that the caller may see has this key."""

    code = "NOT_FOUND"


class ForbiddenError(WriteError):
    """The caller may not do this. They must ask for the right, or sign in as somebody else."""

    code = "FORBIDDEN"


class TooManyRowsError(WriteError):
    """More rows meet a condition than a write may touch. The caller must narrow it, or allow more."""

    code = "LIMIT_EXCEEDED"


class RateLimitedError(WriteError):
    """It was done too often. The caller must come back later.

    Args:
        message: Safe to show.
        path: Where the culprit stands in the arguments, if there is one.
        retry_after_s: In how many seconds to come back.
    """

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, path: Sequence[str] = (), retry_after_s: int) -> None:
        super().__init__(message, path=path)
        self.retry_after_s = retry_after_s


class WriteRefusedError(WriteError):
    """Several reasons at once.

    Args:
        errors: The reasons, in the order of the input; never empty.
    """

    code = "VALIDATION_FAILED"

    def __init__(self, errors: Sequence[WriteError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors: tuple[WriteError, ...] = tuple(errors)
