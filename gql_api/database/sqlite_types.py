"""How values of SQLite are read, bound and compared: dates in all their forms, decimals.

`COLSPECS` stands in for SQLAlchemy's own types on the SQLite engines, whatever the models declare.
How a column compares is a matter of the column's own type: reflection gives `InstantText` and
`DateText` to columns of existing files.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import Date, DateTime, Dialect, Numeric, func
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine
from typing_extensions import override

from gql_api.database.sqlite_functions import Scalar, parse_date, parse_datetime


class SqliteDateTime(sqlite.DATETIME):
    """Date-times: read tolerantly, written as ``2021-03-04 05:06:07.000000``, aware ones in UTC."""

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        write: Any = super().bind_processor(dialect)

        def process(value: Any) -> str | None:
            if isinstance(value, datetime) and value.tzinfo is not None:
                value = value.astimezone(UTC).replace(tzinfo=None)
            text: str | None = write(value)
            return text

        return process

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Scalar], datetime | None]:
        return _parse_aware if self.timezone else parse_datetime


class SqliteDate(sqlite.DATE):
    """Dates: read tolerantly, written as ``2021-03-04``."""

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Scalar], date | None]:
        return parse_date


class SqliteNumeric(Numeric[Any]):
    """Decimals: stored as numbers, read as the shortest decimal that is the same number.

    Exact up to 15 digits, whole numbers up to 64 bits. SQLAlchemy's own type warns on each
    statement instead.
    """

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], int | float | None]:
        return _write_number

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Scalar], Decimal | float | None]:
        if not self.asdecimal:
            return _read_float
        if self.scale is None:
            return _read_decimal
        unit = Decimal(1).scaleb(-self.scale)

        def process(value: Scalar) -> Decimal | None:
            decimal = _read_decimal(value)
            if decimal is None or not decimal.is_finite():
                return decimal
            return decimal.quantize(unit, context=_WIDE)

        return process


class _TextComparator(TypeEngine.Comparator[Any]):
    """Compares and orders by the normal form of a text instead of the text."""

    @override
    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        operands = [normal_form(operand) for operand in other]
        compared: ColumnElement[Any] = op(normal_form(self.expr), *operands, **kwargs)
        return compared


class InstantText(SqliteDateTime):
    """A date-time column that holds several written forms of one instant, and compares instants.

    ``2021-03-04``, ``2021-03-04 00:00:00`` and ``2021-03-04T00:00:00.000000Z`` are equal. No index
    serves these comparisons.
    """

    comparator_factory = _TextComparator


class DateText(SqliteDate):
    """A date column that may hold date-times, and compares dates."""

    comparator_factory = _TextComparator


COLSPECS: dict[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {
    DateTime: SqliteDateTime,
    Date: SqliteDate,
    Numeric: SqliteNumeric,
}
"""Generic type to the one that the SQLite engines use."""


_WRITTEN_LENGTH = len("2021-03-04 05:06:07.000000")
_MAX_WHOLE = 2**63 - 1
_WIDE = Context(prec=1_000)
_DATE_TIME: TypeEngine[Any] = SqliteDateTime()  # type: ignore[no-untyped-call]  # in SQLAlchemy
_DATE: TypeEngine[Any] = SqliteDate()  # type: ignore[no-untyped-call]  # in SQLAlchemy


def normal_form(operand: Any) -> Any:
    """Return what stands for a column that compares by the normal form of its text."""
    type_ = getattr(operand, "type", None)
    if isinstance(type_, InstantText):
        return func.gql_instant(operand, type_=_DATE_TIME)
    if isinstance(type_, DateText):
        return func.gql_date(operand, type_=_DATE)
    return operand


def _parse_aware(value: Scalar) -> datetime | None:
    if isinstance(value, str) and len(value) == _WRITTEN_LENGTH:
        try:
            return datetime.fromisoformat(f"{value}+00:00")  # as most are written
        except ValueError:
            pass
    parsed = parse_datetime(value)
    return None if parsed is None else parsed.replace(tzinfo=UTC)


def _write_number(value: Any) -> int | float | None:
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        whole = int(value)
        return whole if abs(whole) <= _MAX_WHOLE else float(value)
    return None if value is None else float(value)


def _read_decimal(value: Scalar) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _read_float(value: Scalar) -> float | None:
    return None if value is None else float(value)
