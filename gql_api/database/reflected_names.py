"""Python names for what a database calls by any name: always the same, and never two alike.

A name that is taken gets the next free number, in the order of the database's own names.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, count

from gql_api.naming import pascal_case, plural, singular, snake_case

# Nouns whose singular is the same, or so rare that nobody looks for it.
_UNCHANGED = frozenset({"data", "goods", "kudos", "media", "metadata", "species"})
_SHORT = 3
_VOWELS = frozenset("aeiouy")
_KEY_SUFFIX = "_id"


def class_name(table: str) -> str:
    """Name the class of a table: ``order_details`` becomes ``OrderDetail``."""
    *words, last = _identifier(table, "table").split("_")
    return pascal_case("_".join([*words, _singular(last)]))


def attribute_names(columns: Iterable[str]) -> dict[str, str]:
    """Name the attributes of all columns of a table: ``AlbumId`` becomes ``album_id``.

    No name begins with an underscore or a digit: leading underscores are dropped, a leading digit
    gets ``c_`` in front.

    Returns:
        Attribute by column, in the order given. Columns that have their attribute's name already
        keep it.
    """
    listed = list(columns)
    wanted = {column: _identifier(column, "column") for column in listed}
    taken = {column for column, name in wanted.items() if name == column}
    return {
        column: name if name == column else claim(taken, name) for column, name in wanted.items()
    }


def key_name(attributes: Sequence[str]) -> str:
    """Name a foreign key after its attributes, without ``_id``."""
    return "_and_".join(attribute.removesuffix(_KEY_SUFFIX) for attribute in attributes)


def to_one_name(attributes: Sequence[str], target: str, taken: set[str], *, is_only: bool) -> str:
    """Name the relationship along a foreign key.

    Args:
        attributes: Those of the foreign key.
        target: Class that it refers to.
        taken: Names of the class; the new one is added.
        is_only: Whether no other foreign key of the table refers to that class.
    """
    key, noun = key_name(attributes), snake_case(target)
    if len(attributes) == 1:
        # reports_to is a column itself: the relationship is reports_to_employee.
        return claim(taken, key, f"{key}_{noun}")
    by_key = f"{noun}_by_{key}"
    return claim(taken, noun, by_key) if is_only else claim(taken, by_key)


def reverse_name(
    attributes: Sequence[str], source: str, taken: set[str], *, is_only: bool, is_unique: bool
) -> str:
    """Name the relationship against a foreign key.

    Args:
        attributes: Those of the foreign key.
        source: Class that has it.
        taken: Names of the class referred to; the new one is added.
        is_only: Whether no other foreign key leads between the two, and they are different.
        is_unique: Whether at most one row refers to each.
    """
    noun = snake_case(source) if is_unique else _plural(snake_case(source))
    by_key = f"{noun}_by_{key_name(attributes)}"
    return claim(taken, noun, by_key) if is_only else claim(taken, by_key)


def across_name(target: str, association: str, key: str, taken: set[str], *, is_self: bool) -> str:
    """Name the relationship across an association table.

    Args:
        target: Class at the other side.
        association: Class of the association table.
        key: Name of the foreign key that leads to the other side.
        taken: Names of the class; the new one is added.
        is_self: Whether both sides are one class.
    """
    noun = _plural(snake_case(target))
    by_association = f"{noun}_by_{snake_case(association)}"
    if is_self:
        return claim(taken, f"{by_association}_{key}")
    return claim(taken, noun, by_association)


def claim(taken: set[str], *wanted: str) -> str:
    """Take the first free name, or the last one with the lowest free number from 2 on."""
    numbered = (f"{wanted[-1]}_{number}" for number in count(2))
    name = next(name for name in chain(wanted, numbered) if name not in taken)
    taken.add(name)
    return name


def _identifier(text: str, otherwise: str) -> str:
    name = snake_case(text).strip("_") or otherwise
    return f"{otherwise[0]}_{name}" if name[0].isdigit() else name


def _singular(word: str) -> str:
    # Abbreviations such as gps and sms, and gas, bus, dns.
    if len(word) <= _SHORT or word in _UNCHANGED or not _VOWELS & set(word):
        return word
    return singular(word)


def _plural(name: str) -> str:
    *words, last = name.split("_")
    return "_".join([*words, plural(last)])
