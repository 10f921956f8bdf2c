"""Turn SQLAlchemy models into a complete, safe and fast GraphQL API."""

from strawberry import ID

from gql_api.access.column_sets import ColumnSet, all_but
from gql_api.access.policies import AllowAll, DenyAll, Owned, Policy, Roles
from gql_api.access.subjects import ANONYMOUS, UNRESTRICTED, Subject, SymbolicSubject
from gql_api.config import ApiConfig, Limits
from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.database.sqlite_types import DateText, InstantText
from gql_api.errors import (
    ApiError,
    BadUserInputError,
    CheckViolationError,
    ConfigurationError,
    ConflictError,
    DeadlineExceededError,
    ForbiddenError,
    ForeignKeyViolationError,
    GqlApiError,
    LimitExceededError,
    MappingError,
    NotFoundError,
    RateLimitedError,
    SchemaBuildError,
    StaleVersionError,
    TooManyRowsError,
    UnauthenticatedError,
    UniqueViolationError,
    ValidationError,
    WriteError,
    WriteRefusedError,
)
from gql_api.execution.context import Context, Info
from gql_api.execution.repository import Repository
from gql_api.execution.schema import build_schema
from gql_api.execution.unit_of_work import UnitOfWork, unit_of_work
from gql_api.mapping.soft_deletes import SoftDelete
from gql_api.naming import Inflector
from gql_api.persistence.hooks import Hooks, RowChange, WriteContext
from gql_api.persistence.refusals import refuse_any
from gql_api.schema.build import Schema
from gql_api.schema.declarations import auto, computed, field
from gql_api.schema.declarations import type_ as type  # noqa: A004 - read as gql.type
from gql_api.schema.operations import mutation, query
from gql_api.schema.scalars import JSON, Base64, BigInt, LocalDateTime
from gql_api.server.api_keys import api_key_authenticator, api_key_digest, new_api_key
from gql_api.server.app import create_app
from gql_api.server.application import Application, Authenticate
from gql_api.server.health import ReadinessCheck
from gql_api.server.persisted import PersistedDocuments, read_manifests
from gql_api.server.rates import Rate, RateCounter, RequestRates
from gql_api.server.router import graphql_router
from gql_api.server.session import WriteSession, write_session
from gql_api.sql.stored_answers import idempotency_table

__all__ = [
    "ANONYMOUS",
    "ID",
    "JSON",
    "UNRESTRICTED",
    "AllowAll",
    "ApiConfig",
    "ApiError",
    "Application",
    "Authenticate",
    "BadUserInputError",
    "Base64",
    "BigInt",
    "CheckViolationError",
    "ColumnSet",
    "ConfigurationError",
    "ConflictError",
    "Context",
    "Database",
    "DateText",
    "DeadlineExceededError",
    "DenyAll",
    "EngineOptions",
    "ForbiddenError",
    "ForeignKeyViolationError",
    "GqlApiError",
    "Hooks",
    "Inflector",
    "Info",
    "InstantText",
    "LimitExceededError",
    "Limits",
    "LocalDateTime",
    "MappingError",
    "NotFoundError",
    "Owned",
    "PersistedDocuments",
    "Policy",
    "Rate",
    "RateCounter",
    "RateLimitedError",
    "ReadinessCheck",
    "Repository",
    "RequestRates",
    "Roles",
    "RowChange",
    "Schema",
    "SchemaBuildError",
    "SoftDelete",
    "StaleVersionError",
    "Subject",
    "SymbolicSubject",
    "TooManyRowsError",
    "UnauthenticatedError",
    "UniqueViolationError",
    "UnitOfWork",
    "ValidationError",
    "WriteContext",
    "WriteError",
    "WriteRefusedError",
    "WriteSession",
    "all_but",
    "api_key_authenticator",
    "api_key_digest",
    "auto",
    "build_schema",
    "computed",
    "create_app",
    "field",
    "graphql_router",
    "idempotency_table",
    "mutation",
    "new_api_key",
    "open_database",
    "query",
    "read_manifests",
    "refuse_any",
    "type",
    "unit_of_work",
    "write_session",
]
