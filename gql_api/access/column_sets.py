"""Column sets: which attributes of a model a policy opens for reading, or for writing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Mapper, QueryableAttribute

from gql_api.errors import ConfigurationError
from gql_api.mapping.visibility import public_key

Attribute = str | QueryableAttribute[Any]
"""An attribute of a model, or its key."""


@dataclass(frozen=True, slots=True)
class AllBut:
    """All columns of a model but some: columns that are added later are open."""

    keys: frozenset[str]


ColumnSet = AllBut | Collection[Attribute] | None
"""Columns by attribute or key; None for all of them."""


def all_but(*attributes: Attribute) -> AllBut:
    """Return all columns of a model but these.

    Args:
        attributes: Attributes of the model, or their keys.
    """
    return AllBut(frozenset(map(attribute_key, attributes)))


def attribute_key(attribute: Attribute) -> str:
    """Return the key of an attribute."""
    return attribute if isinstance(attribute, str) else attribute.key


def named_keys(columns: ColumnSet, mapper: Mapper[Any], owner: str) -> frozenset[str]:
    """Return the keys that a column set names, as clients see them.

    Args:
        columns: The column set.
        mapper: Of the model that it speaks of.
        owner: Whose it is, for errors.

    Raises:
        ConfigurationError: It names what is no column of the model.
    """
    if columns is None:
        return frozenset()
    if isinstance(columns, str):
        message = f"{owner} is the text {columns!r}."
        raise ConfigurationError(message, fix="Return a set of columns.")
    keys = columns.keys if isinstance(columns, AllBut) else set(map(attribute_key, columns))
    for key in sorted(keys):
        if key not in mapper.all_orm_descriptors or key in mapper.relationships:
            message = f"{owner} names {key}, which is no column of {mapper.class_.__name__}."
            raise ConfigurationError(message, fix="Correct the name.")
    return frozenset(public_key(mapper, key) for key in keys)


def withheld_keys(
    columns: ColumnSet, named: frozenset[str], known: Collection[str]
) -> frozenset[str]:
    """Return the keys of columns that a column set leaves out.

    Args:
        columns: The column set.
        named: The keys that it names.
        known: Keys of all columns that it speaks of.
    """
    if columns is None:
        return frozenset()
    return named.intersection(known) if isinstance(columns, AllBut) else frozenset(known) - named


def common_columns(sets: Sequence[ColumnSet]) -> ColumnSet:
    """Return the columns that all of some column sets open."""
    found: ColumnSet = None
    for each in map(_plain, sets):
        if found is None:
            found = each
        elif isinstance(found, AllBut):
            found = _without(each, found.keys)
        elif isinstance(each, AllBut):
            found = _without(found, each.keys)
        elif each is not None:
            found = frozenset(found).intersection(each)
    return found


def united_columns(sets: Sequence[ColumnSet]) -> ColumnSet:
    """Return the columns that at least one of some column sets opens; all where there is none."""
    left_out = [_plain(each) for each in sets]
    if not left_out or None in left_out:
        return None
    named = frozenset(
        key for each in left_out if isinstance(each, frozenset) for key in map(attribute_key, each)
    )
    rest = [each.keys for each in left_out if isinstance(each, AllBut)]
    return AllBut(frozenset.intersection(*rest) - named) if rest else named


def _without(columns: ColumnSet, keys: frozenset[str]) -> ColumnSet:
    if columns is None:
        return AllBut(keys)
    if isinstance(columns, AllBut):
        return AllBut(columns.keys | keys)
    return frozenset(map(attribute_key, columns)) - keys


def _plain(columns: ColumnSet) -> ColumnSet:
    """Return a column set by keys."""
    if columns is None or isinstance(columns, AllBut | str):
        return columns
    return frozenset(map(attribute_key, columns))
