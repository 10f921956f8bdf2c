"""Soft deletes: rows that are marked as deleted, and stay until they are restored or purged.

A model says which of its columns holds the moment of the deletion, by ``__gql_soft_delete__``; the
mixin ``SoftDelete`` brings both.
"""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

from gql_api.errors import MappingError

_INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


class SoftDelete:
    """Mixin of models whose rows are hidden when they are deleted, and can be restored or purged.

    A model with a column of its own for it names that column instead:

    ```python
    class Invoice(Base):
        __gql_soft_delete__ = "voided_at"
        voided_at: Mapped[datetime | None]
    ```
    """

    __gql_soft_delete__: ClassVar[str] = "deleted_at"

    deleted_at: orm.Mapped[datetime | None] = orm.mapped_column(
        _INSTANT, doc="When it was deleted; null while it is not."
    )


def soft_delete_key(mapper: orm.Mapper[Any]) -> str | None:
    """Return the attribute key of the moment of deletion; None where rows are removed at once.

    Raises:
        MappingError: It is no nullable column of date-times, or the base of the hierarchy has
            another one, so that its lists could not tell which rows are deleted.
    """
    key: str | None = getattr(mapper.class_, "__gql_soft_delete__", None)
    if key is None:
        return None
    _check_column(mapper, key)
    base = mapper.base_mapper.class_
    if getattr(base, "__gql_soft_delete__", None) != key:
        message = (
            f"{mapper.class_.__name__} is deleted softly, and its base {base.__name__} is not."
        )
        raise MappingError(message, fix=f"Let {base.__name__} be deleted softly.")
    return key


def _check_column(mapper: orm.Mapper[Any], key: str) -> None:
    attribute = mapper.column_attrs.get(key)
    column = None if attribute is None else attribute.columns[0]
    if isinstance(column, sa.Column) and column.nullable and _holds_moments(column.type):
        return
    message = f'__gql_soft_delete__ of {mapper.class_.__name__} names "{key}".'
    raise MappingError(message, fix="Name a nullable column of date-times.")


def _holds_moments(type_: Any) -> bool:
    impl = type_.impl_instance if isinstance(type_, sa.types.TypeDecorator) else type_
    return isinstance(impl, sa.DateTime)


def is_index_of_live_rows(index: sa.Index, mapper: orm.Mapper[Any]) -> bool:
    """Tell whether a partial index holds the rows that are not deleted, and no others."""
    key = soft_delete_key(mapper)
    if key is None:
        return False
    column = mapper.column_attrs[key].columns[0]
    given = [
        condition
        for option, condition in index.dialect_kwargs.items()
        if option.endswith("_where") and condition is not None
    ]
    return bool(given) and all(_asks_for_null(each, column) for each in given)


def _asks_for_null(condition: Any, column: Any) -> bool:
    text = str(condition).replace('"', "").replace("`", "").strip("() ").lower()
    *_, name = text.removesuffix(" is null").split(".")
    return text.endswith(" is null") and name == column.name.lower()
