"""``gql-api doctor --production``: what is open to strangers, and what closes it."""

from collections.abc import Iterator

from gql_api.cli.databases import Address
from gql_api.cli.findings import Finding
from gql_api.cli.preparing import api_config
from gql_api.config import ApiConfig
from gql_api.errors import GqlApiError
from gql_api.schema.build import Schema
from gql_api.server.application import Application, authenticate_nobody
from gql_api.settings import Settings

_DIALECT = "postgresql"
_SHOWN_MODELS = 3


def open_findings(
    settings: Settings, application: Application, *, url: str | None = None
) -> Iterator[Finding]:
    """Look at everything that may be open to strangers. No I/O.

    Args:
        settings: Of the server.
        application: That is served.
        url: Of the database, where the settings name none or another one.

    Returns:
        A finding for each; the detail of an open one ends with what closes it.
    """
    config = api_config(settings, application)
    yield _finding(
        "mode",
        settings.mode == "production",
        "production",
        "dev: SQL of operations, reasons of failed checks and /openapi.json are told to everybody: "
        "GQL_API_MODE=production",
    )
    yield from _secrets(settings, application)
    yield from _disclosures(settings, config)
    yield from _callers(settings, application)
    yield from _models(settings, application, config, url)


def _finding(subject: str, is_closed: bool, closed: str, opened: str) -> Finding:  # noqa: FBT001 - the fact itself
    return Finding(subject, is_closed, closed if is_closed else opened)


def _secrets(settings: Settings, application: Application) -> Iterator[Finding]:
    if application.issue_token is not None:
        yield _finding(
            "secret",
            settings.secret_key is not None,
            "the key that signs tokens is set",
            f"the key that signs tokens lies in {settings.data_dir}: GQL_API_SECRET_KEY",
        )
    yield _finding(
        "logs",
        not (settings.echo or settings.echo_pool or settings.log_level == "debug"),
        "statements and their values are not logged",
        "statements or what pools do are logged, with values: "
        "GQL_API_ECHO=false, GQL_API_ECHO_POOL=false and GQL_API_LOG_LEVEL=info",
    )


def _disclosures(settings: Settings, config: ApiConfig) -> Iterator[Finding]:
    yield _finding(
        "schema",
        config.introspection != "all",
        f"told to {config.introspection}",
        "told to everybody: GQL_API_INTROSPECTION=admins, own or none",
    )
    yield _finding(
        "hints",
        not config.shows_suggestions,
        "to administrators only",
        "errors tell names that are like an unknown one: GQL_API_SUGGESTIONS=false",
    )
    has_graphiql = settings.mode == "dev" if settings.graphiql is None else settings.graphiql
    yield _finding(
        "graphiql", not has_graphiql, "none", "open to everybody: GQL_API_GRAPHIQL=false"
    )


def _callers(settings: Settings, application: Application) -> Iterator[Finding]:
    yield _finding(
        "callers",
        application.authenticate is not authenticate_nobody,
        "are asked who they are",
        "everybody is anonymous: Application(authenticate=...)",
    )
    origins = settings.cors_origins.split()
    yield _finding(
        "origins",
        "*" not in origins,
        f"pages of {len(origins)} other origins read answers",
        "pages of all origins read answers: name them in GQL_API_CORS_ORIGINS",
    )
    yield _finding(
        "attempts",
        settings.workers == 1 or settings.redis_url is not None,
        "to sign in are counted for all processes of this machine",
        f"to sign in are counted by each of {settings.workers} processes: GQL_API_REDIS_URL",
    )
    if settings.jwks_url is not None:
        yield _finding(
            "provider",
            settings.jwt_issuer is not None and settings.jwt_audience is not None,
            "issuer and audience of its tokens are checked",
            "its tokens for other applications count, too: "
            "GQL_API_JWT_ISSUER and GQL_API_JWT_AUDIENCE",
        )


def _models(
    settings: Settings, application: Application, config: ApiConfig, url: str | None
) -> Iterator[Finding]:
    try:
        address = url or settings.database_url
        dialect = _DIALECT if address is None else Address(address).dialect
        schema = application.build_schema(dialect=dialect, config=config)
    except GqlApiError as error:
        yield Finding("models", is_good=False, detail=str(error))
        return
    names = _unprotected(schema)
    more = f" and {len(names) - _SHOWN_MODELS} more" if len(names) > _SHOWN_MODELS else ""
    yield _finding(
        "models",
        not names,
        "each has a policy, or the default one",
        f"{', '.join(names[:_SHOWN_MODELS])}{more} may be read and written by everybody: "
        'a policy, or build_schema(default_policy=gql.Roles("admin"))',
    )


def _unprotected(schema: Schema) -> list[str]:
    """List the models that no policy is about."""
    if schema.default_policy is not None:
        return []
    return sorted(
        entity.name
        for entity in schema.table.registry
        if not any(each in schema.policies for each in entity.model.__mro__)
    )
