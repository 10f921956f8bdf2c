"""The two forms of an answer: a tree of loaded rows for resolvers, and plain data for the wire.

Answers are made column by column: what a statement returned is turned round once, each column is
converted as a whole, and the objects of the answer are zipped together from the columns.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from gql_api.database.documents import value_at
from gql_api.loading.rows import LoadedRow, RowType
from gql_api.loading.wire_values import convert_column, convert_versions
from gql_api.mapping.descriptors import ValueType
from gql_api.mapping.versions import write_version

Values = Sequence[Any]
"""One value per row."""

Convert = Callable[[Values], Values]
"""Turns a column of database values into one of values of the answer."""


class Form(Protocol):
    """How the values of an answer look."""

    name: str
    """Told apart by it."""

    is_plain: bool
    """Whether the answer is final: what is null although it must not be is refused."""

    def converter(self, type_: ValueType, *, is_nullable: bool) -> Convert:
        """Return what converts database values of a type."""
        ...

    def version_writer(self, type_: ValueType) -> Convert:
        """Return what writes database values of a type as versions of rows."""
        ...

    def value_at(self, documents: Values, path: Sequence[str] | None) -> Values:
        """Return what stands at a path of JSON documents."""
        ...

    def rows(
        self, type_: RowType, names: Sequence[str], answers: Sequence[Values], fetched: Values
    ) -> list[Any]:
        """Make the answers of rows.

        Args:
            type_: Of the rows.
            names: Response keys.
            answers: One column per response key.
            fetched: The rows themselves.
        """
        ...


class TreeForm:
    """Loaded rows with the database's values: GraphQL's executor reads and serializes them."""

    name = "tree"
    is_plain = False

    def converter(self, type_: ValueType, *, is_nullable: bool) -> Convert:
        """Leave values as they are."""
        del type_, is_nullable
        return _as_they_are

    def version_writer(self, type_: ValueType) -> Convert:
        """Write versions; what has no form is left for GraphQL's executor to refuse."""
        return partial(_write_versions, type_)

    def value_at(self, documents: Values, path: Sequence[str] | None) -> Values:
        """Leave documents whole: their field cuts them."""
        del path
        return documents

    def rows(
        self, type_: RowType, names: Sequence[str], answers: Sequence[Values], fetched: Values
    ) -> list[Any]:
        """Make loaded rows."""
        made = objects(names, answers, len(fetched))
        return [LoadedRow(type_, row, answer) for row, answer in zip(fetched, made, strict=True)]


class WireForm:
    """Dictionaries of values that JSON is written of."""

    name = "wire"
    is_plain = True

    def converter(self, type_: ValueType, *, is_nullable: bool) -> Convert:
        """Write values as the scalars and enumerations of the schema do."""
        return convert_column(type_, is_nullable=is_nullable)

    def version_writer(self, type_: ValueType) -> Convert:
        """Write versions."""
        return convert_versions(type_)

    def value_at(self, documents: Values, path: Sequence[str] | None) -> Values:
        """Cut documents."""
        return documents if path is None else [value_at(each, path) for each in documents]

    def rows(
        self, type_: RowType, names: Sequence[str], answers: Sequence[Values], fetched: Values
    ) -> list[Any]:
        """Make dictionaries."""
        del type_
        return objects(names, answers, len(fetched))


TREE = TreeForm()
WIRE = WireForm()


def objects(names: Sequence[str], columns: Iterable[Values], count: int) -> list[dict[str, Any]]:
    """Zip columns into one object per row.

    Args:
        names: One per column; there may be none.
        columns: Of ``count`` values each.
        count: Number of rows.
    """
    if not names:
        return [{} for _ in range(count)]
    make = _MAKERS.get(len(names))
    if make is not None:
        return make(names, zip(*columns, strict=True))
    return [dict(zip(names, row, strict=False)) for row in zip(*columns, strict=True)]


def _make_1(names: Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    (a,) = names
    return [{a: x} for (x,) in rows]


def _make_2(names: Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    a, b = names
    return [{a: x, b: y} for x, y in rows]


def _make_3(names: Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    a, b, c = names
    return [{a: x, b: y, c: z} for x, y, z in rows]


def _make_4(names: Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    a, b, c, d = names
    return [{a: w, b: x, c: y, d: z} for w, x, y, z in rows]


def _make_5(names: Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    a, b, c, d, e = names
    return [{a: v, b: w, c: x, d: y, e: z} for v, w, x, y, z in rows]


def _make_6(names: Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    a, b, c, d, e, f = names
    return [{a: u, b: v, c: w, d: x, e: y, f: z} for u, v, w, x, y, z in rows]


_MAKERS = MappingProxyType({1: _make_1, 2: _make_2, 3: _make_3, 4: _make_4, 5: _make_5, 6: _make_6})
"""By the number of names: a literal takes less than half the time of ``dict(zip(...))``."""


def _write_versions(type_: ValueType, values: Values) -> Values:
    return [_version_or_error(type_, value) for value in values]


def _version_or_error(type_: ValueType, value: Any) -> Any:
    try:
        return value if isinstance(value, BaseException) else write_version(type_, value)
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        return error


def _as_they_are(values: Values) -> Values:
    return values
