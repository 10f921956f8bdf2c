"""Where the migrations are, and what they compare the database with.

Migrations name no database schema: on PostgreSQL they run with ``search_path`` set to ``app``, elsewhere there is none.
One and the same revision thus serves every database.
"""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Column, FetchedValue, Index, MetaData, Table
from sqlalchemy.sql.schema import SchemaItem

from gql_api.app.base import NAMING_CONVENTION
from gql_api.app.models import Base

URL_OPTION = "sqlalchemy.url"
"""Main option of the configuration that holds the database's address."""

_PACKAGED = Path(__file__).parent / "migrations"
_CHECKOUT = Path(__file__).parents[2] / "alembic"


def alembic_config(database_url: str | URL) -> Config:
    """Configure Alembic for the bundled migrations.

    ``config.attributes["connection"]`` may be set to an open ``Connection``: migrations then run on it, in its
    transaction, and its owner commits.

    Args:
        database_url: Any form that ``normalize_url`` reads.
    """
    text = (
        database_url
        if isinstance(database_url, str)
        else database_url.render_as_string(hide_password=False)
    )
    config = Config()
    config.set_main_option("script_location", _escape(str(migrations_folder())))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", _escape("%(rev)s_%(slug)s"))
    config.set_main_option(URL_OPTION, _escape(text))
    return config


def migrations_folder() -> Path:
    """Find the migrations: inside an installed package, or at the root of a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def migration_metadata(dialect_name: str) -> MetaData:
    """Copy the models' tables as a dialect has them: without their schema, with its indexes only.

    Args:
        dialect_name: As in SQLAlchemy.
    """
    copied = MetaData(naming_convention=NAMING_CONVENTION)
    for table in Base.metadata.sorted_tables:
        copy = table.to_metadata(
            copied,
            schema=None,  # type: ignore[arg-type]  # documented as "no schema", missing in the annotation
            referred_schema_fn=lambda *_: None,
        )
        _keep_indexes(table, copy, dialect_name)
        if dialect_name != "postgresql":
            _forget_identities(copy)
    return copied


def _keep_indexes(table: Table, copy: Table, dialect_name: str) -> None:
    limited = {index.name: index.info["dialects"] for index in table.indexes if index.info}
    copy.indexes = {
        index for index in copy.indexes if dialect_name in limited.get(index.name, (dialect_name,))
    }


def _forget_identities(table: Table) -> None:
    """Leave counting to the kind of primary key, as databases without identity columns do."""
    for column in table.columns:
        if column.identity is not None:
            column.identity = column.server_default = None


def is_compared(
    item: SchemaItem,
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001 - Alembic passes it by position
    compared_to: SchemaItem | None,
) -> bool:
    """Tell whether the models say anything about an item: not about generated columns and their indexes.

    These stand in for partial indexes where there are none. The signature is that of Alembic's ``include_object``.
    """
    if not reflected or compared_to is not None:
        return True
    columns = item.columns if isinstance(item, Index) else [item]
    return not any(isinstance(column, Column) and column.computed for column in columns)


def is_default_changed(
    context: MigrationContext,
    found_column: Column[Any],
    model_column: Column[Any],
    found: str | None,
    wanted: FetchedValue | None,
    written: str | None,
) -> bool | None:
    """Compare server defaults that MySQL and MariaDB rewrite; None leaves it to Alembic.

    The signature is that of Alembic's ``compare_server_default``.
    """
    numbers = {"true": "1", "false": "0"}
    if found in {"0", "1"} and written in numbers:
        return found != numbers[written]
    return None


def _escape(text: str) -> str:
    """Protect what the configuration's parser would read as a reference."""
    return text.replace("%", "%%")
