"""What exists for clients: neither private nor hidden, by the model or by the caller."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from gql_api.errors import MappingError

Hidden = str | type[TypeEngine[Any]]
"""``"User.password"``, ``"*.token"`` or a column type."""

RULES = frozenset({"min_length", "max_length", "pattern", "minimum", "maximum", "not_empty"})
"""Options that limit what a column accepts."""

_FLAGS = frozenset({"hidden", "read_only", "key", "search", "version", "soft_delete"})
_SEARCH = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?", re.ASCII)


def attribute_info(attribute: ColumnProperty[Any]) -> Mapping[Any, Any]:
    """Return the ``info`` of an attribute, or else of its column; an SQL expression has none."""
    info: Mapping[Any, Any] = attribute.info or getattr(attribute.columns[0], "info", {})
    return info


def gql_options(info: Mapping[Any, Any], attribute: Any) -> Mapping[str, Any]:
    """Return ``info["gql"]`` of an attribute.

    Raises:
        MappingError: An option is unknown; the message names the attribute.
    """
    options: Mapping[str, Any] = info.get("gql", {})
    unknown = set(options) - _FLAGS - RULES
    if unknown:
        message = f'{attribute} has the unknown option "{min(unknown)}" in info["gql"].'
        known = ", ".join(sorted(_FLAGS | RULES))
        raise MappingError(message, fix=f"Known options: {known}.")
    if "pattern" in options:
        _check_pattern(options["pattern"], attribute)
    if not _SEARCH.fullmatch(str(options.get("search", "simple"))):
        message = f'{attribute} has an invalid "search" in info["gql"]: {options["search"]!r}.'
        raise MappingError(message, fix='Name a text search configuration, such as "english".')
    return options


def _check_pattern(pattern: str, attribute: Any) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        message = f'{attribute} has an invalid "pattern" in info["gql"]: {error}.'
        raise MappingError(message, fix="Correct the regular expression.") from error


def public_key(mapper: Mapper[Any], key: str) -> str:
    """Return the key under which an attribute is known: a private one's public synonym, or its own."""
    if not key.startswith("_"):
        return key
    public = (
        synonym.key
        for synonym in mapper.synonyms
        if synonym.name == key and not synonym.key.startswith("_")
    )
    return next(public, key)


class Visibility:
    """Tells which attributes exist for clients.

    Args:
        hidden: Patterns of ``Class.attribute``, and column types; what they match is hidden.
        mappers: Configured mappers whose attributes are shown.

    Raises:
        MappingError: A name without wildcards matches nothing.
    """

    def __init__(self, hidden: Sequence[Hidden], mappers: Iterable[Mapper[Any]]) -> None:
        self._patterns = [each for each in hidden if isinstance(each, str)]
        self._types = tuple(each for each in hidden if not isinstance(each, str))
        self._columns: set[Any] = set()
        self._check(mappers := list(mappers))
        for mapper in mappers:
            for attribute in mapper.column_attrs:
                key = public_key(mapper, attribute.key)
                if self.is_hidden(mapper, key, attribute_info(attribute), attribute):
                    self._columns.update(attribute.columns)

    def is_shown(
        self,
        mapper: Mapper[Any],
        key: str,
        info: Mapping[Any, Any],
        attribute: ColumnProperty[Any] | None = None,
    ) -> bool:
        """Tell whether an attribute exists for clients: neither hidden nor private (``_name``)."""
        return not key.startswith("_") and not self.is_hidden(mapper, key, info, attribute)

    def is_hidden(
        self,
        mapper: Mapper[Any],
        key: str,
        info: Mapping[Any, Any],
        attribute: ColumnProperty[Any] | None = None,
    ) -> bool:
        """Tell whether an attribute is hidden: by its options, its name or its type."""
        if gql_options(info, f"{mapper.class_.__name__}.{key}").get("hidden"):
            return True
        if key in mapper.synonyms and mapper.synonyms[key].info.get("gql", {}).get("hidden"):
            return True
        if attribute is not None and self._has_hidden_type(attribute.columns[0].type):
            return True
        names = [f"{each.class_.__name__}.{key}" for each in mapper.iterate_to_root()]
        return any(fnmatchcase(name, pattern) for name in names for pattern in self._patterns)

    def reads_hidden(self, expression: Any) -> bool:
        """Tell whether an expression of the unaliased model reads a hidden column of any table."""
        return any(
            not self._columns.isdisjoint(element.base_columns)
            for element in visitors.iterate(expression)
            if isinstance(element, sa.ColumnClause)
        )

    def _has_hidden_type(self, type_: TypeEngine[Any]) -> bool:
        if isinstance(type_, self._types):
            return True
        return isinstance(type_, sa.ARRAY) and self._has_hidden_type(type_.item_type)

    def _check(self, mappers: Sequence[Mapper[Any]]) -> None:
        known = {
            f"{mapper.class_.__name__}.{key}"
            for mapper in mappers
            for key, _ in mapper.all_orm_descriptors.items()
        }
        for pattern in self._patterns:
            if not any(fnmatchcase(name, pattern) for name in known) and "*" not in pattern:
                message = f'hidden names "{pattern}", which is no attribute of any model.'
                raise MappingError(message, fix='Write "Class.attribute", with * for any text.')
