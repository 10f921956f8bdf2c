"""Keys by their places in a list, where the database finds texts equal that differ in Python.

By a collation ``'a'`` may equal ``'A'`` or ``'a '``: a row of such a key says which of the values
asked for it meets, as the database compares, instead of its own spelling of the value.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import False_
from typing_extensions import override

from gql_api.database.dialects import Dialect

_POSTGRESQL: sa.Dialect = PGDialect()  # type: ignore[no-untyped-call]  # in SQLAlchemy
_NEVER: sa.ColumnElement[bool] = sa.literal_column("1 = 0", sa.Boolean())
_Place = tuple[sa.ColumnElement[int], sa.ColumnElement[bool]]


def is_folded(type_: sa.types.TypeEngine[Any], dialect: Dialect) -> bool:
    """Tell whether values of a type may be equal in a database that differ in Python.

    On SQLite, MariaDB and MySQL the table says so, not the type: every text may.
    """
    plain = type_.dialect_impl(_POSTGRESQL)
    while isinstance(plain, sa.types.TypeDecorator):
        plain = plain.impl_instance.dialect_impl(_POSTGRESQL)
    if not isinstance(plain, sa.String | postgresql.CITEXT) or isinstance(plain, sa.Enum):
        return False
    if dialect.name != "postgresql":
        return True
    return isinstance(plain, sa.CHAR | postgresql.CITEXT) or plain.collation is not None


def compile_place(
    keys: Sequence[sa.ColumnElement[Any]], index: int, like: sa.Select[Any], dialect: Dialect
) -> _Place:
    """Compile the place of a key in a list of values, and the predicate that it has one.

    Args:
        keys: All keys of the rows.
        index: Which of them; its list is bound by `place_parameters`.
        like: Selects anything that has the collation of the key.
        dialect: Of the database.

    Returns:
        The place, from 1 on, and the predicate. A row appears once for each value that it meets.
    """
    key = keys[index]
    if dialect.name == "postgresql":
        return _place_in_array(key, index)
    if dialect.name == "sqlite":
        return _place_in_json(key, index)
    return _place_in_arguments(key, index, like)


def lasting(predicates: Sequence[sa.ColumnElement[bool]]) -> list[sa.ColumnElement[bool]]:
    """Let false ones leave the others standing.

    SQLAlchemy drops what stands beside false, also what joins a list of keys, and then warns of a
    product of tables.
    """
    return [_NEVER if isinstance(each, False_) else each for each in predicates]


def place_parameters(index: int, values: Sequence[Any]) -> dict[str, Any]:
    """Return the parameters of the place of one key."""
    return {_list_name(index): values, _length_name(index): len(values)}


def places_of(keys: Sequence[tuple[Any, ...]], indexes: Sequence[int]) -> Mapping[int, list[Any]]:
    """Return the values of each placed key, each value once."""
    return {index: list(dict.fromkeys(key[index] for key in keys)) for index in indexes}


def _list_name(index: int) -> str:
    return f"places_{index}"


def _length_name(index: int) -> str:
    return f"places_{index}_length"


def _place_in_array(key: sa.ColumnElement[Any], index: int) -> _Place:
    values = sa.bindparam(_list_name(index), type_=sa.ARRAY(key.type))
    listed = (
        sa.func.unnest(values)
        .table_valued(sa.column("value", key.type), with_ordinality="place")
        .render_derived()
    )
    return listed.c.place, key == listed.c.value


def _place_in_json(key: sa.ColumnElement[Any], index: int) -> _Place:
    values = sa.bindparam(_list_name(index), type_=_JsonList(key.type))
    listed = sa.func.json_each(values).table_valued("key", sa.column("value", key.type))
    # the collation of the left side counts
    return listed.c.key + sa.literal_column("1"), key == listed.c.value


def _place_in_arguments(key: sa.ColumnElement[Any], index: int, like: sa.Select[Any]) -> _Place:
    """Number the places, and take the value at each: it has the collation of the last argument."""
    length = sa.bindparam(_length_name(index), type_=sa.Integer())
    places = sa.select(sa.literal_column("1", sa.Integer()).label("place")).cte(recursive=True)
    left, right = places.c.place * sa.literal_column("2"), places.c.place * sa.literal_column("2")
    right = right + sa.literal_column("1")
    places = places.union_all(
        sa.select(left).where(left <= length), sa.select(right).where(right <= length)
    )
    values = sa.bindparam(_list_name(index), expanding=True, type_=key.type)
    return places.c.place, key == _ValueAt(
        places.c.place, values, like.limit(sa.literal_column("0")).scalar_subquery()
    )


class _ValueAt(sa.sql.functions.FunctionElement[Any]):
    """``ELT(place, value, ..., like)`` of MariaDB and MySQL: the value at a place."""

    name = "elt"
    inherit_cache = True


@compiles(_ValueAt)
def _compile_value_at(element: _ValueAt, compiler: SQLCompiler, **options: Any) -> str:
    place, values, like = (compiler.process(each, **options) for each in element.clauses)
    # a list is compiled as IN takes it
    return f"ELT({place}, {values.removeprefix('(').removesuffix(')')}, {like})"


class _JsonList(sa.types.TypeDecorator[Any]):
    """A list of texts as a JSON array.

    Args:
        item: Type of each text.
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, item: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    @override
    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:
        own = self.item.dialect_impl(dialect)
        write: Callable[[Any], Any] | None = own.bind_processor(dialect)
        return json.dumps(value if write is None else [write(each) for each in value])
