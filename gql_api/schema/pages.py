"""Pages: the arguments of every list, and what they mean."""

from collections.abc import Mapping
from typing import Any

from strawberry.types.arguments import StrawberryArgument

from gql_api.config import ApiConfig
from gql_api.errors import BadUserInputError, PageSizeExceededError
from gql_api.mapping.descriptors import Entity
from gql_api.plan.pages import OrderKey, Page, Seek
from gql_api.schema.definitions import argument, list_of, nullable
from gql_api.schema.operands import Operands
from gql_api.schema.table import TypeTable
from gql_api.sql.cursors import CursorCodec

Path = tuple[str, ...]

INCLUDE_DELETED = "includeDeleted"
"""Argument of lists whose rows are deleted softly."""

_INT32_LIMIT = 2**31
_LEAST_BOUND = 8
"""Databases plan pages alike that are smaller."""


def list_arguments(entity: Entity, table: TypeTable) -> list[StrawberryArgument]:
    """Return the arguments of a list of an entity; without a key there are no cursors."""
    types = table.entities[entity.name]
    config = table.config
    given = [
        argument("where", nullable(types.filter), "Conditions on the rows."),
        argument(
            "orderBy",
            nullable(list_of(types.order)),
            "Most significant first; the primary key follows.",
        ),
        argument(
            "first",
            nullable(int),
            f"Number of rows; {config.default_page_size} when left out, "
            f"at most {config.max_page_size}.",
        ),
        argument("offset", nullable(int), "Number of rows to skip."),
    ]
    if entity.soft_delete is not None:
        text = "Whether deleted rows are listed too; refused unless the caller may see them."
        given.append(argument(INCLUDE_DELETED, nullable(bool), text))
    if entity.is_keyless:
        return given
    return [
        *given,
        argument("after", nullable(str), "Rows after this cursor."),
        argument("last", nullable(int), "Number of rows, counted from the end."),
        argument("before", nullable(str), "Rows before this cursor."),
    ]


class PageReader:
    """Turns page arguments into a plan page.

    Args:
        table: Configuration and registry.
        operands: Takes the values.
    """

    def __init__(self, table: TypeTable, operands: Operands) -> None:
        self._table = table
        self._operands = operands

    def read(
        self,
        arguments: Mapping[str, Any],
        entity: Entity,
        order: tuple[OrderKey, ...],
        path: Path,
    ) -> Page:
        """Read the page of a list; null counts as absent.

        Raises:
            BadUserInputError: Arguments exclude each other or are out of range.
            CursorMismatchError: A cursor belongs to another order.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        _refuse_mixtures(given, path)
        is_backward = "last" in given
        name = "last" if is_backward else "first"
        size = read_size(given.get(name), self._table.config, (*path, name))
        offset = _natural(given["offset"], (*path, "offset")) if "offset" in given else None
        return Page(
            # one row more than the page tells whether there are more
            limit_slot=self._operands.add(size + 1),
            at_most=max(1 << size.bit_length(), _LEAST_BOUND),
            is_backward=is_backward,
            offset_slot=None if offset is None else self._operands.add(offset),
            after=self._seek(given, "after", entity, order),
            before=self._seek(given, "before", entity, order),
        )

    def _seek(
        self, given: Mapping[str, Any], name: str, entity: Entity, order: tuple[OrderKey, ...]
    ) -> Seek | None:
        if name not in given:
            return None
        codec = CursorCodec(entity, order, self._table.registry, self._operands.values)
        place = codec.decode(given[name], argument=name)
        return Seek(
            slots=tuple(self._operands.add(value) for value in place),
            nulls=tuple(value is None for value in place),
        )


def read_size(size: int | None, config: ApiConfig, path: Path) -> int:
    """Return the number of rows, or groups, that is asked for; the default where none is.

    Raises:
        BadUserInputError: It is negative.
        PageSizeExceededError: It is above the maximum.
    """
    size = _natural(config.default_page_size if size is None else size, path)
    if size > config.max_page_size:
        message = f"{'.'.join(path)} is {size}: ask for at most {config.max_page_size} rows."
        raise PageSizeExceededError(message, path=path)
    return size


def _refuse_mixtures(given: Mapping[str, Any], path: Path) -> None:
    if "first" in given and "last" in given:
        message = f"{'.'.join(path)} has both first and last: pass one of them."
        raise BadUserInputError(message, path=path)
    mixed = [name for name in ("after", "before", "last") if name in given]
    if "offset" in given and mixed:
        message = f"{'.'.join(path)} has both offset and {mixed[0]}: pass one of them."
        raise BadUserInputError(message, path=path)


def _natural(value: int, path: Path) -> int:
    if not 0 <= value < _INT32_LIMIT:
        message = f"{'.'.join(path)} is {value}: pass 0 or more."
        raise BadUserInputError(message, path=path)
    return value
