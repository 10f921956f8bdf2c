"""Column sets: which attributes of a model a policy opens for reading, or for writing."""

from collections.abc import Collection
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
