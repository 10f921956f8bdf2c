"""Values of subjects that policies wait for: loaded once per request, by the first statement in need."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import operators, visitors

from gql_api.access.subjects import VALUE_PREFIX, Subject
from gql_api.database.kept import KeptStatement
from gql_api.errors import ConfigurationError

LoadValue = Callable[[Subject, AsyncSession], Awaitable[Any]]
"""Loads a value of a subject; its own name is that of the value. It may read, and writes nothing."""

RunLoad = Callable[[LoadValue, Subject], Awaitable[Any]]
"""Calls it with a session of the request."""

_Statement = sa.Select[Any] | sa.Insert | KeptStatement


class ValueLoaders:
    """The values that policies of a schema may name.

    Args:
        loaders: One per value.

    Raises:
        ConfigurationError: Two have the same name.
    """

    def __init__(self, loaders: Iterable[LoadValue]) -> None:
        self._by_name: dict[str, LoadValue] = {}
        self._names: WeakKeyDictionary[_Statement, Sequence[str]] = WeakKeyDictionary()
        for each in loaders:
            name = getattr(each, "__name__", type(each).__name__)
            if name in self._by_name:
                message = f"Two subject values are named {name}."
                raise ConfigurationError(message, fix="Rename one of the functions.")
            self._by_name[name] = each

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._by_name)

    def __getitem__(self, name: str) -> LoadValue:
        """Return what loads a value.

        Raises:
            ConfigurationError: Nothing does.
        """
        found = self._by_name.get(name)
        if found is None:
            message = f"A policy names the subject value {name!r}, which nothing loads."
            fix = "Pass a function of this name to build_schema(subject_values=[...])."
            raise ConfigurationError(message, fix=fix)
        return found

    def names_in(self, statement: _Statement) -> Sequence[str]:
        """Return the names of the values that a statement needs. No I/O."""
        found = self._names.get(statement)
        if found is None:
            plain = statement.select if isinstance(statement, KeptStatement) else statement
            found = self._names[statement] = _value_names(plain)
        return found


class SubjectValues:
    """The values that one request has loaded.

    Args:
        loaders: Of the schema.
        run: Calls a loader with a session of the request.
    """

    def __init__(self, loaders: ValueLoaders, run: RunLoad) -> None:
        self._loaders = loaders
        self._run = run
        self._lock = asyncio.Lock()
        self._loaded: dict[int, tuple[Subject, dict[str, Any]]] = {}

    async def bound(
        self, statement: _Statement, parameters: Mapping[str, Any], subject: Subject
    ) -> Mapping[str, Any]:
        """Return the parameters of a statement with the values that it needs.

        Raises:
            ConfigurationError: Nothing loads one of them.

        Cost:
            What loaders of values cost that no statement of the request has needed before.
        """
        names = self._loaders.names_in(statement)
        if not names:
            return parameters
        # the subject is kept beside its values, so that no other one gets its id()
        _, loaded = self._loaded.setdefault(id(subject), (subject, {}))
        async with self._lock:
            for name in names:
                if name not in loaded:
                    loaded[name] = _bindable(await self._run(self._loaders[name], subject))
        return {**parameters, **{VALUE_PREFIX + name: loaded[name] for name in names}}


def _bindable(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else value


def _value_names(statement: sa.Select[Any] | sa.Insert) -> Sequence[str]:
    key = statement._generate_cache_key()  # noqa: SLF001 - as executions do, no public twin
    binds = statement.compile().binds.values() if key is None else key.bindparams
    keys = dict.fromkeys(each.key for each in binds if each.key.startswith(VALUE_PREFIX))
    return [each.removeprefix(VALUE_PREFIX) for each in keys]


def with_arrays(predicate: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return a predicate whose lists of values are one array each, so that its SQL never changes."""
    if not any(map(_is_value_list, visitors.iterate(predicate))):
        return predicate
    replaced: sa.ColumnElement[bool] = visitors.replacement_traverse(predicate, {}, _as_array)
    return replaced


def _is_value_list(element: Any) -> bool:
    return (
        isinstance(element, sa.BinaryExpression)
        and element.operator in (operators.in_op, operators.not_in_op)
        and isinstance(element.right, sa.BindParameter)
        and element.right.key.startswith(VALUE_PREFIX)
    )


def _as_array(element: Any, **_options: Any) -> Any:
    if not _is_value_list(element):
        return None
    column = element.left
    array = sa.bindparam(element.right.key, type_=sa.ARRAY(column.type))
    if element.operator is operators.in_op:
        return column == sa.any_(array)
    return column != sa.all_(array)
