"""Models for a database that nobody described: its tables and views become mapped classes."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Inspector,
    MetaData,
    Table,
    inspect,
    select,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import registry

from gql_api.database.reflected_mapping import ForeignKey, map_tables
from gql_api.database.refusals import unusable_database
from gql_api.database.sqlite_types import DateText, InstantText
from gql_api.database.urls import is_memory_database, masked_url
from gql_api.errors import DatabaseError

_SYSTEM_SCHEMAS = ("information_schema", "mysql", "performance_schema", "sys")

_Place = tuple[str | None, str]
"""Schema, None for the default one, and name of a table."""


@dataclass(frozen=True, slots=True)
class ReflectedModels:
    """The mapped classes of a database, and what could not be read of it."""

    registry: registry
    classes: tuple[type, ...]
    """Tables before views, the default schema first, by name."""
    warnings: tuple[str, ...]
    """One line each; a column of unknown type is mapped, with no type."""


_BOOKKEEPING = frozenset({"alembic_version"})
"""Tables that tools keep for themselves."""


async def reflect_models(
    engine: AsyncEngine, *, schemas: Sequence[str] | None = None
) -> ReflectedModels:
    """Map the tables, views and materialised views of a database.

    Partitions are left out: their rows are those of the partitioned table. Foreign keys that lead
    out of the chosen schemas give no relationship. On SQLite, columns of dates compare instants
    (`InstantText`).

    Args:
        engine: The read engine: nothing is written.
        schemas: Names of database schemas; None for the default one.

    Raises:
        DatabaseError: The database cannot be used, a schema is unknown, or there are no tables.

    Cost:
        About ten statements per schema on PostgreSQL, several per table elsewhere.
    """
    _require_file(engine)
    with _recorded_warnings() as recorded:
        try:
            async with engine.connect() as connection:
                tables, foreign_keys, notes = await connection.run_sync(_read, schemas)
        except (SQLAlchemyError, OSError) as error:
            raise unusable_database(engine.url, error) from error
    mapped = map_tables(tables, foreign_keys)
    by_table = {mapper.local_table: mapper.class_ for mapper in mapped.mappers}
    return ReflectedModels(
        registry=mapped,
        classes=tuple(by_table[table] for table in tables),
        warnings=tuple(dict.fromkeys([*recorded, *notes])),
    )


def _require_file(engine: AsyncEngine) -> None:
    """Refuse a file that is not there, which SQLite would make."""
    url = engine.url
    if url.get_backend_name() != "sqlite" or is_memory_database(url) or "uri" in url.query:
        return
    if not Path(url.database or "").exists():
        message = f"The database file {url.database} does not exist."
        raise DatabaseError(message, fix="Correct the path in the database URL.")


@contextmanager
def _recorded_warnings() -> Iterator[list[str]]:
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield texts
    texts.extend(" ".join(str(warning.message).split()) for warning in caught)


def _read(
    connection: Connection, schemas: Sequence[str] | None
) -> tuple[list[Table], list[ForeignKey], list[str]]:
    inspector: Inspector = inspect(connection)
    chosen = _chosen_schemas(inspector, schemas)
    partitions = _partitions(connection)
    metadata = MetaData()
    notes: list[str] = []
    tables: dict[_Place, Table] = {}
    for schema in chosen:
        names = [
            name
            for name in _relation_names(inspector, schema)
            if (schema or inspector.default_schema_name, name) not in partitions
        ]
        notes += _reflect(connection, metadata, schema, names)
        found = ((name, metadata.tables.get(_key(schema, name))) for name in names)
        tables |= {
            (schema, name): table
            for name, table in found
            if table is not None and len(table.columns)
        }
    if not tables:
        raise _no_tables(inspector, connection, schemas)
    _compare_dates(connection, tables.values())
    foreign_keys = list(_foreign_keys(inspector, chosen, tables))
    _drop_unresolved(tables.values())
    return list(tables.values()), foreign_keys, notes


def _key(schema: str | None, name: str) -> str:
    return name if schema is None else f"{schema}.{name}"


def _chosen_schemas(inspector: Inspector, schemas: Sequence[str] | None) -> list[str | None]:
    if schemas is None:
        return [None]
    known = inspector.get_schema_names()
    for schema in schemas:
        if schema not in known:
            message = f"The database has no schema {schema!r}."
            raise DatabaseError(message, fix=f"Choose from: {', '.join(_own_schemas(known))}.")
    # The default schema goes by no name, so that a table has one place only.
    default = inspector.default_schema_name
    named = sorted(set(schemas) - {default} if default else set(schemas))
    return [*([None] if default in schemas else []), *named]


def _own_schemas(names: Iterable[str]) -> list[str]:
    return sorted(
        name for name in names if name not in _SYSTEM_SCHEMAS and not name.startswith("pg_")
    )


def _no_tables(
    inspector: Inspector, connection: Connection, schemas: Sequence[str] | None
) -> DatabaseError:
    url = masked_url(connection.engine.url)
    where = ", ".join(schemas or [inspector.default_schema_name or ""])
    message = f"The database {url} has no tables or views in the schema {where}."
    looked_at = set(schemas) if schemas else {inspector.default_schema_name or ""}
    others = [name for name in _own_schemas(inspector.get_schema_names()) if name not in looked_at]
    choice = f", or choose other schemas: it has {', '.join(others)}" if others else ""
    return DatabaseError(message, fix=f"Create them{choice}.")


def _relation_names(inspector: Inspector, schema: str | None) -> list[str]:
    """List the tables, then the views, then the materialised views of a schema, by name."""
    kinds = [inspector.get_table_names(schema), inspector.get_view_names(schema)]
    if inspector.dialect.name == "postgresql":
        kinds.append(inspector.get_materialized_view_names(schema))
    return [name for names in kinds for name in sorted(names) if name not in _BOOKKEEPING]


def _partitions(connection: Connection) -> frozenset[tuple[str, str]]:
    """Find the partitions of PostgreSQL, by schema and name."""
    if connection.dialect.name != "postgresql":
        return frozenset()
    relation = sql_table(
        "pg_class",
        sql_column("relname"),
        sql_column("relnamespace"),
        sql_column("relispartition"),
        schema="pg_catalog",
    )
    namespace = sql_table(
        "pg_namespace", sql_column("oid"), sql_column("nspname"), schema="pg_catalog"
    )
    statement = (
        select(namespace.c.nspname, relation.c.relname)
        .join_from(relation, namespace, relation.c.relnamespace == namespace.c.oid)
        .where(relation.c.relispartition)
    )
    return frozenset((schema, name) for schema, name in connection.execute(statement))


def _reflect(
    connection: Connection, metadata: MetaData, schema: str | None, names: list[str]
) -> list[str]:
    """Reflect relations all at once; where one cannot be read, the rest one by one."""
    wanted = frozenset(names)
    try:
        # Not `only=names`: that leaves out tables whose name exists in a schema reflected before.
        metadata.reflect(
            connection,
            schema=schema,
            views=True,
            only=lambda name, _: name in wanted,
            resolve_fks=False,
        )
    except SQLAlchemyError:
        places = ((name, _key(schema, name)) for name in names)
        missing = [name for name, key in places if key not in metadata.tables]
        return [
            note
            for name in missing
            if (note := _reflect_one(connection, metadata, schema, name)) is not None
        ]
    return []


def _reflect_one(
    connection: Connection, metadata: MetaData, schema: str | None, name: str
) -> str | None:
    """Reflect one relation, at least its columns; give a note where even they cannot be read."""
    try:
        Table(name, metadata, schema=schema, autoload_with=connection, resolve_fks=False)
    except SQLAlchemyError:
        return _reflect_columns(connection, metadata, schema, name)
    return None


def _reflect_columns(
    connection: Connection, metadata: MetaData, schema: str | None, name: str
) -> str | None:
    """Reflect the columns and key of a relation, and give a note where even they cannot be read."""
    inspector: Inspector = inspect(connection)
    try:
        key = inspector.get_pk_constraint(name, schema)["constrained_columns"]
        columns = [
            Column(
                column["name"],
                column["type"],
                nullable=column["nullable"],
                comment=column.get("comment"),
                primary_key=column["name"] in key,
            )
            for column in inspector.get_columns(name, schema)
        ]
    except SQLAlchemyError as error:
        return f"{_key(schema, name)} is left out: {str(error).splitlines()[0]}"
    Table(name, metadata, *columns, schema=schema)
    return None


def _compare_dates(connection: Connection, tables: Iterable[Table]) -> None:
    if connection.dialect.name != "sqlite":
        return
    for table in tables:
        for column in table.columns:
            if isinstance(column.type, DateTime):
                column.type = InstantText()  # type: ignore[no-untyped-call]  # in SQLAlchemy
            elif isinstance(column.type, Date):
                column.type = DateText()  # type: ignore[no-untyped-call]  # in SQLAlchemy


def _foreign_keys(
    inspector: Inspector, schemas: Iterable[str | None], tables: dict[_Place, Table]
) -> Iterator[ForeignKey]:
    """Find the foreign keys whose both ends are at hand.

    The inspector's plain names serve better than SQLAlchemy's references, which a dot in a name or
    another case of letters (SQLite) leads astray.
    """
    folded = {(schema, name.casefold()): table for (schema, name), table in tables.items()}
    for schema in schemas:
        constraints = inspector.get_multi_foreign_keys(schema, kind=ObjectKind.TABLE)
        for (_, name), found in constraints.items():
            source = tables.get((schema, name))
            for constraint in found if source is not None else ():
                place = _referred_place(inspector, schema, constraint)
                target = tables.get(place, folded.get((place[0], place[1].casefold())))
                if source is not None and target is not None:
                    yield from _foreign_key(source, target, constraint)


def _referred_place(
    inspector: Inspector, schema: str | None, constraint: ReflectedForeignKeyConstraint
) -> _Place:
    referred = constraint["referred_schema"]
    if referred is None and inspector.dialect.name == "mysql":
        referred = schema
    is_default = referred == inspector.default_schema_name
    return (None if is_default else referred, constraint["referred_table"])


def _foreign_key(
    source: Table, target: Table, constraint: ReflectedForeignKeyConstraint
) -> Iterator[ForeignKey]:
    columns = [source.columns.get(name) for name in constraint["constrained_columns"]]
    by_name = {column.name.casefold(): column for column in target.columns}
    referred = [
        target.columns.get(name, by_name.get(name.casefold()))
        for name in constraint["referred_columns"]
    ]
    if not referred:  # SQLite: the key of the table, which SQLAlchemy did not find by this name
        referred = list(target.primary_key.columns)
    known = tuple(column for column in columns if column is not None)
    known_referred = tuple(column for column in referred if column is not None)
    if len(known) == len(columns) == len(known_referred) > 0:
        yield ForeignKey(source, known, target, known_referred)


def _drop_unresolved(tables: Iterable[Table]) -> None:
    """Take away references that lead nowhere, which would fail whoever follows them later."""
    for table in tables:
        for constraint in list(table.foreign_key_constraints):
            try:
                for reference in constraint.elements:
                    _ = reference.column
            except SQLAlchemyError:
                table.constraints.discard(constraint)
                table.foreign_keys.difference_update(constraint.elements)
                for reference in constraint.elements:
                    reference.parent.foreign_keys.discard(reference)
