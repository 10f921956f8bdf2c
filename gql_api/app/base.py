"""The declarative base of the bundled application, and the columns that its models share.

Migrations import ``INSTANT``, ``JSON_OBJECT``, ``UUID_VALUE`` and ``CurrentInstant`` from here: their SQL never changes.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Identity, Index, MetaData, Uuid, event
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateSchema
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from typing_extensions import override

SCHEMA = "app"
"""Database schema of all tables on PostgreSQL; SQLite and MariaDB translate it away."""

SCHEMA_TRANSLATE_MAP: dict[str | None, str | None] = {SCHEMA: None}
"""Execution option ``schema_translate_map`` for engines of databases without schemas."""

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints and indexes: equal on every database, so that migrations can name them."""

INSTANT = DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
"""A moment with microseconds; stored in UTC where the database has no time zones."""

JSON_OBJECT = JSON().with_variant(postgresql.JSONB(), "postgresql")
"""A JSON value, binary on PostgreSQL."""


UUID_VALUE = Uuid(native_uuid=False).with_variant(Uuid(), "postgresql")
"""A UUID; 32 characters elsewhere than on PostgreSQL, as offline SQL cannot tell MariaDB from MySQL."""


class CurrentInstant(FunctionElement[datetime]):
    """The present moment, in the form in which the database stores an ``INSTANT``.

    On SQLite that is text with six fractional digits, as bound values have, so that both compare.
    """

    type = DateTime(timezone=True)
    inherit_cache = True


@compiles(CurrentInstant)
def _compile_current_instant(element: CurrentInstant, compiler: SQLCompiler, **options: Any) -> str:
    return "CURRENT_TIMESTAMP"


@compiles(CurrentInstant, "mysql", "mariadb")
def _compile_current_instant_mysql(
    element: CurrentInstant, compiler: SQLCompiler, **options: Any
) -> str:
    return "CURRENT_TIMESTAMP(6)"


@compiles(CurrentInstant, "sqlite")
def _compile_current_instant_sqlite(
    element: CurrentInstant, compiler: SQLCompiler, **options: Any
) -> str:
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"


def limit_index(index: Index, *dialects: str) -> Index:
    """Create an index on some dialects only.

    Args:
        index: Of a table; kept in its metadata for readers, whatever the dialect.
        dialects: Names as in SQLAlchemy; also kept in ``info``, for comparing a database with the models.
    """

    def is_wanted(*_: Any, dialect: Dialect, **__: Any) -> bool:
        return dialect.name in dialects

    index.info["dialects"] = dialects
    return index.ddl_if(callable_=is_wanted)


class Base(DeclarativeBase):
    """Base of every model: tables in the schema ``app``, named constraints, defaults read back."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: INSTANT,
        dict[str, Any]: JSON_OBJECT,
        uuid.UUID: UUID_VALUE,
    }
    __mapper_args__: Any = {"eager_defaults": True}  # noqa: RUF012 - declared as such upstream

    repr_attributes: ClassVar[tuple[str, ...]] = ("id",)
    """Attributes that ``repr`` shows when they are loaded; never a secret."""

    @override
    def __repr__(self) -> str:
        """Name the row by what is loaded of it; never loads anything."""
        loaded = vars(self)
        shown = (f"{name}={loaded[name]!r}" for name in self.repr_attributes if name in loaded)
        return f"{type(self).__name__}({', '.join(shown)})"


class IntegerKey:
    """A primary key that the database counts; numbers of deleted rows are not given out again."""

    __table_args__: Any = {"sqlite_autoincrement": True}  # noqa: RUF012 - declared as such upstream

    id: Mapped[int] = mapped_column(
        Identity(), primary_key=True, sort_order=-1, doc="Number that identifies the row."
    )


class Timestamps:
    """When a row was written; set by the database and by every ``UPDATE``, bulk ones included."""

    created_at: Mapped[datetime] = mapped_column(
        server_default=CurrentInstant(),
        sort_order=1,
        doc="When it was created.",
        info={"gql": {"read_only": True}},
    )
    updated_at: Mapped[datetime] = mapped_column(
        server_default=CurrentInstant(),
        onupdate=CurrentInstant(),
        sort_order=1,
        doc="When it was last changed.",
        info={"gql": {"read_only": True}},
    )


# Metadata cannot create its own schema; on PostgreSQL it must exist before the first table.
event.listen(
    Base.metadata,
    "before_create",
    CreateSchema(SCHEMA, if_not_exists=True).execute_if(dialect="postgresql"),
)
