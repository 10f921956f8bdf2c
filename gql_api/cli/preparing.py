"""Everything that must hold before the first request: nothing is served, or half set up, without it."""

from dataclasses import dataclass, fields, replace

from fastapi import FastAPI

from gql_api.cli.applications import Source, find_application
from gql_api.cli.databases import Address, engine_options, opened, require_file, require_tables
from gql_api.cli.migrations import HeadCheck, Migrations, migrations_of
from gql_api.cli.seeding import seed_database
from gql_api.config import ApiConfig, Limits
from gql_api.database.engines import EngineOptions
from gql_api.mapping.registry import mapped_classes
from gql_api.server.app import create_app
from gql_api.server.application import Application
from gql_api.server.health import ReadinessCheck
from gql_api.server.persisted import PersistedDocuments, read_manifests
from gql_api.server.rates import Rate, RateCounter, RequestRates
from gql_api.settings import Settings

_MOST_MODELS_WITH_ALL = 150
"""With more, the schema has neither aggregates nor groups unless the settings say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to serve, from where, and how. Can be sent to another process."""

    source: Source
    settings: Settings
    address: Address
    is_read_only: bool = False
    is_development: bool = True


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is ready to be served."""

    app: FastAPI
    application: Application


async def prepare(plan: Plan) -> Prepared:
    """Find the application, build its schema and see that the database fits.

    The embedded server's database is brought to the head and gets demo data; others are only
    looked at.

    Raises:
        ConfigurationError: Something does not fit; nothing was changed.

    Cost:
        A dozen statements; those of the migrations and of the demo data on the first start of the
        embedded server.
    """
    require_file(plan.address)
    async with opened(plan.address.url, EngineOptions(null_pool=True)) as database:
        application = await find_application(plan.source, database)
        if application.check_settings is not None:
            application.check_settings()
        app = build_app(plan, application)
        migrations = migrations_of(application, plan.address)
        if migrations is not None:
            await _bring_to_head(plan, application, migrations)
        elif not plan.source.is_reflected:
            await require_tables(application, database, fix=_create_command(plan.source))
    return Prepared(app, application)


async def prepare_worker(plan: Plan) -> FastAPI:
    """Build the application in a process that serves, after `prepare` in the first one."""
    async with opened(plan.address.url, EngineOptions(null_pool=True)) as database:
        return build_app(plan, await find_application(plan.source, database))


def build_app(plan: Plan, application: Application) -> FastAPI:
    """Build the schema and the FastAPI application around it. No I/O.

    Raises:
        ConfigurationError: The schema cannot be built.
    """
    dialect = plan.address.dialect
    is_read_only = plan.is_read_only or plan.source.is_reflected
    config = api_config(plan.settings, application, is_read_only=is_read_only)
    migrations = migrations_of(application, plan.address)
    return create_app(
        application.build_schema(dialect=dialect, config=config),
        database_url=plan.address.url,
        options=engine_options(plan.settings, application, dialect=dialect),
        authenticate=application.authenticate,
        default_query=application.default_query,
        title=application.name,
        readiness=[] if migrations is None else [head_check(migrations)],
        is_development=plan.is_development,
        documents=persisted_documents(plan.settings),
        origins=plan.settings.cors_origins.split(),
        rates=request_rates(plan.settings),
        has_graphiql=plan.settings.graphiql,
    )


def request_rates(settings: Settings) -> RequestRates | None:
    """Say how much one caller may ask for, as the settings do; None where there is no rate.

    Raises:
        ConfigurationError: The address of Redis cannot be used.
    """
    if not settings.rate_requests and not settings.rate_cost:
        return None
    requests, cost = (
        Rate(amount, settings.rate_period_s) if amount else None
        for amount in (settings.rate_requests, settings.rate_cost)
    )
    return RequestRates(counter=RateCounter(settings.redis_url), requests=requests, cost=cost)


def persisted_documents(settings: Settings) -> PersistedDocuments:
    """Say which documents are found by their ids, as the settings do.

    Raises:
        ConfigurationError: The manifest cannot be read, or is missing where nothing else is run.
    """
    manifests = [] if settings.trusted_documents is None else [settings.trusted_documents]
    return PersistedDocuments(
        trusted=read_manifests(manifests),
        only_trusted=settings.only_trusted_documents,
        keeps_queries=settings.persisted_queries,
    )


def api_config(
    settings: Settings, application: Application, *, is_read_only: bool = False
) -> ApiConfig:
    """Say what a schema allows, as the settings do.

    Raises:
        ConfigurationError: The sizes of pages contradict each other, or groups want aggregates.
    """
    is_development = settings.mode == "dev"
    preset = ApiConfig() if is_development else ApiConfig.for_production()
    is_small = len(mapped_classes(application.models)) <= _MOST_MODELS_WITH_ALL
    has_aggregates = _chosen(settings.aggregates, is_small)
    return replace(
        preset,
        introspection=settings.introspection or preset.introspection,
        has_aggregates=has_aggregates,
        has_groups=_chosen(settings.groups, has_aggregates),
        has_bulk_writes=_chosen(settings.bulk_writes, is_small),
        has_nested_writes=_chosen(settings.nested_writes, is_small),
        default_page_size=settings.default_page_size,
        max_page_size=settings.max_page_size,
        is_read_only=is_read_only or settings.read_only,
        isolation=settings.isolation,
        max_attempts=settings.max_attempts,
        idempotency_lifetime_s=settings.idempotency_lifetime_s,
        request_timeout_s=settings.request_timeout_s,
        socket_init_timeout_s=settings.socket_init_timeout_s,
        socket_send_timeout_s=settings.socket_send_timeout_s,
        has_snapshots=settings.snapshots,
        has_row_level_security=settings.row_level_security,
        shows_suggestions=_chosen(settings.suggestions, preset.shows_suggestions),
        limits=Limits(**{each.name: getattr(settings, each.name) for each in fields(Limits)}),
        shows_cost=settings.show_cost,
        unreadable_columns=settings.unreadable_columns,
        has_json_path=settings.json_path,
    )


def _chosen(setting: bool | None, default: bool) -> bool:  # noqa: FBT001 - both are values
    return default if setting is None else setting


def head_check(migrations: Migrations) -> ReadinessCheck:
    """Check in ``/readyz`` that the database is not behind."""
    return ReadinessCheck("migrations", HeadCheck(migrations))


async def _bring_to_head(plan: Plan, application: Application, migrations: Migrations) -> None:
    if not plan.address.is_embedded:
        await migrations.require_head()
        return
    if set(await migrations.current()) != set(migrations.heads):
        await migrations.upgrade()
    if application.seed is not None:
        options = engine_options(plan.settings, application, dialect=plan.address.dialect)
        async with opened(plan.address.url, options) as database:
            await seed_database(application, database, size="demo")


def _create_command(source: Source) -> str:
    chosen = f" --models {source.models}" if source.models else ""
    chosen = f" --app {source.application}" if source.application else chosen
    return f"Make them with gql-api db create{chosen}."
