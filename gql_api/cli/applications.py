"""Finding what to serve: an installed application, an attribute of a module, models, or tables."""

import importlib
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.schema import sort_tables_and_constraints

from gql_api.config import ApiConfig
from gql_api.database.engines import Database
from gql_api.database.reflection import reflect_models
from gql_api.errors import ConfigurationError, GqlApiError
from gql_api.execution.schema import build_schema
from gql_api.mapping.registry import mapped_classes
from gql_api.schema.build import Schema
from gql_api.server.application import Application

ENTRY_POINTS = "gql_api.applications"
"""Group of the entry points by which packages offer applications."""

DEFAULT = "default"
"""Name of the entry point that is served when none is chosen."""

_FORM = "It must look like package.module:attribute."


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What to serve, as the options of the command say it.

    Raises:
        ConfigurationError: The options contradict each other.
    """

    application: str | None = None
    """Name of an entry point, or ``package.module:attribute``."""

    models: str | None = None
    """``package.module:attribute`` of a declarative base."""

    database: str | None = None
    """Address given on the command line."""

    schemas: tuple[str, ...] = ()
    """Database schemas to reflect; empty for the default one."""

    def __post_init__(self) -> None:
        """Refuse options that exclude each other."""
        if self.application is not None and self.models is not None:
            message = "--app and --models both say what to serve."
            raise ConfigurationError(message, fix="Leave one of them out.")
        if self.schemas and not self.is_reflected:
            message = (
                "--schema chooses the tables to reflect, which --app and --models name already."
            )
            raise ConfigurationError(message, fix="Leave it out.")

    @property
    def is_reflected(self) -> bool:
        """Whether the tables of a database are served as they are found."""
        is_named = self.application is not None or self.models is not None
        return not is_named and (self.database is not None or bool(self.schemas))


async def find_application(source: Source, database: Database) -> Application:
    """Find what to serve; tables are reflected, and served read-only.

    Args:
        source: What the options say.
        database: Read where tables are reflected, else not touched.

    Raises:
        ConfigurationError: It does not exist, cannot be imported, or is of another kind.
        DatabaseError: There are no tables.

    Cost:
        No statement, or those of ``reflect_models``.
    """
    if source.is_reflected:
        return await _reflected_application(source, database)
    return named_application(source)


def named_application(source: Source) -> Application:
    """Find an application that needs no reflection.

    Raises:
        ConfigurationError: It does not exist, cannot be imported, or is of another kind.
    """
    if source.models is not None:
        return _application_of_models(source.models)
    name = source.application or DEFAULT
    found = load_object(name) if ":" in name else _load_entry_point(name)
    if not isinstance(found, Application):
        message = f"{name} is a {type(found).__name__}, not an Application."
        raise ConfigurationError(message, fix="Name a gql_api.Application, or use --models.")
    return found


def load_object(reference: str) -> Any:
    """Import an attribute of a module, from the working directory too.

    Args:
        reference: ``package.module:attribute``; the attribute may have dots.

    Raises:
        ConfigurationError: There is none, or its module cannot be imported.
    """
    module_name, _, attribute = reference.partition(":")
    if not module_name or not attribute:
        message = f"{reference!r} names no attribute of a module."
        raise ConfigurationError(message, fix=_FORM)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
        for name in attribute.split("."):
            found = getattr(found, name)
    except AttributeError as error:
        raise _not_importable(reference, error, fix=_FORM) from error
    except Exception as error:
        raise _not_importable(reference, error, fix="Correct the module or its name.") from error
    return found


def _load_entry_point(name: str) -> Any:
    known = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in known:
        message = f"There is no application {name!r}."
        names = ", ".join(sorted(known)) or "none is installed"
        raise ConfigurationError(message, fix=f"Known ones: {names}. Or use package.module:name.")
    try:
        return known[name].load()
    except Exception as error:
        raise _not_importable(name, error, fix="Correct its module.") from error


def _not_importable(reference: str, error: Exception, *, fix: str) -> ConfigurationError:
    if isinstance(error, GqlApiError):
        return ConfigurationError(f"{reference} cannot be used: {error}")
    message = f"{reference} cannot be imported: {type(error).__name__}: {error}."
    return ConfigurationError(message, fix=fix)


def _application_of_models(reference: str) -> Application:
    models = load_object(reference)
    schemas = {table.schema for table in mapped_tables(models) if table.schema is not None}

    def build(*, dialect: str, config: ApiConfig) -> Schema:
        return build_schema(models, dialect=dialect, config=config)

    return Application(
        name=reference,
        models=models,
        build_schema=build,
        schema_translate_map=dict.fromkeys(schemas),
    )


async def _reflected_application(source: Source, database: Database) -> Application:
    reflected = await reflect_models(database.read_engine, schemas=source.schemas or None)

    def build(*, dialect: str, config: ApiConfig) -> Schema:
        return build_schema(reflected.registry, dialect=dialect, config=config)

    return Application(
        name=database.url.database or "database",
        models=reflected.registry,
        build_schema=build,
    )


def mapped_tables(models: Any) -> list[Any]:
    """List the tables of models, those between many-to-many relationships too, parents first.

    Args:
        models: A declarative base or a SQLAlchemy registry.

    Raises:
        MappingError: It is neither, or maps nothing.
    """
    mappers: list[Any] = [inspect(model) for model in mapped_classes(models)]
    collections = {table.metadata: None for mapper in mappers for table in mapper.tables}
    tables = [metadata.tables[key] for metadata in collections for key in sorted(metadata.tables)]
    # not metadata.sorted_tables, which warns of cycles
    ordered: Any = sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]  # in SQLAlchemy
    return [table for table, _ in ordered if table is not None]
