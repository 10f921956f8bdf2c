"""Conditions on one column: what an operator object means."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gql_api.database.documents import is_index
from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Column
from gql_api.mapping.values import ScalarKind
from gql_api.plan import filters
from gql_api.plan.filters import DocumentValue, Filter, Operator, Step
from gql_api.schema.operands import (
    Operands,
    check_json,
    check_text,
    column_operand,
    comparison_operand,
)
from gql_api.schema.operators import DOCUMENT_VALUES

Path = tuple[str, ...]

_MAX_STEPS = 16
_MAX_INDEX_STEPS = 4  # each doubles the expression of a path on MySQL and MariaDB


def read_conditions(
    column: Column, value: Mapping[str, Any], operands: Operands, path: Path
) -> list[Filter]:
    """Read the operator object of a column; all parts hold.

    Raises:
        BadUserInputError: An operand is null, or one that no database takes.
    """
    if column.type.dimensions:
        read = _read_list_operator
    elif column.type.kind is ScalarKind.JSON and column.type.own is None:
        read = _read_document_operator
    else:
        read = _read_operator
    return [
        part
        for name, operand in operations(value, path)
        for part in read(name, operand, column, operands, (*path, name))
    ]


def operations(value: Mapping[str, Any], path: Path) -> list[tuple[str, Any]]:
    """Return the operators of an operator object; an empty one is no condition."""
    return [(name, given(each, (*path, name))) for name, each in value.items()]


def given(value: Any, path: Path) -> Any:
    """Return an operand.

    Raises:
        BadUserInputError: It is null.
    """
    if value is not None:
        return value
    message = f'{".".join(path)} is null: leave it out, or ask with "isNull".'
    raise BadUserInputError(message, path=path)


def _read_operator(
    name: str, value: Any, column: Column, operands: Operands, path: Path
) -> list[Filter]:
    if name == "isNull":
        return [filters.IsNull(column.key, bool(value))]
    operator = Operator(name)
    operand = comparison_operand(operator, column_operand(column, value, path), path)
    return [filters.Compare(column.key, operator, operands.add(operand))]


def _read_list_operator(
    name: str, value: Any, column: Column, operands: Operands, path: Path
) -> list[Filter]:
    if name == "isNull":
        return [filters.IsNull(column.key, bool(value))]
    slot = operands.add(column_operand(column, value, path))
    return [filters.Compare(column.key, Operator(name), slot)]


def _read_document_operator(
    name: str, value: Any, column: Column, operands: Operands, path: Path
) -> list[Filter]:
    match name:
        case "isNull":
            return [filters.IsNull(DocumentValue(column.key), bool(value))]
        case "path":
            return _read_path(value, column, operands, path)
        case Operator.HAS_KEY:
            check_text(value, path)
        case _:
            check_json(value, path)
    return [filters.Compare(column.key, Operator(name), operands.add(value))]


def _read_path(
    value: Mapping[str, Any], column: Column, operands: Operands, path: Path
) -> list[Filter]:
    """Read the conditions on the value at a path, as on a column of its kind."""
    steps = _read_steps(value["at"], operands, (*path, "at"))
    parts: list[Filter] = []
    for name, part in operations(value, path):
        if name == "isNull":
            parts.append(filters.IsNull(DocumentValue(column.key, steps), bool(part)))
        elif name != "at":
            found = DocumentValue(column.key, steps, DOCUMENT_VALUES[name][0])
            parts += _read_value_operators(found, part, operands, (*path, name))
    return parts


def _read_value_operators(
    found: DocumentValue, value: Mapping[str, Any], operands: Operands, path: Path
) -> list[Filter]:
    parts: list[Filter] = []
    for name, operand in operations(value, path):
        here = (*path, name)
        if name == "isNull":
            parts.append(filters.IsNull(found, bool(operand)))
            continue
        bound = comparison_operand(Operator(name), _document_operand(operand, here), here)
        parts.append(filters.Compare(found, Operator(name), operands.add(bound)))
    return parts


def _document_operand(value: Any, path: Path) -> Any:
    """Return what the value in a document is compared with: numbers as the decimals they show."""
    if isinstance(value, list):
        return [_document_operand(each, path) for each in value]
    if isinstance(value, str):
        check_text(value, path)
    return Decimal(repr(value)) if isinstance(value, float) else value


def _read_steps(steps: list[str], operands: Operands, path: Path) -> tuple[Step, ...]:
    """Read a path into a document.

    Raises:
        BadUserInputError: It is too long, or databases differ on what it means.
    """
    indexes = sum(map(is_index, steps))
    if len(steps) > _MAX_STEPS or indexes > _MAX_INDEX_STEPS:
        message = (
            f"{'.'.join(path)} is too long: pass at most {_MAX_STEPS} steps, "
            f"{_MAX_INDEX_STEPS} of them in digits."
        )
        raise BadUserInputError(message, path=path)
    return tuple(_read_step(step, operands, (*path, str(at))) for at, step in enumerate(steps))


def _read_step(step: str, operands: Operands, path: Path) -> Step:
    check_text(step, path)
    if not is_index(step) and step.strip().lstrip("+-").isdigit():
        message = f"{'.'.join(path)} is {step!r}: write an index in digits alone."
        raise BadUserInputError(message, path=path)
    return Step(operands.add(step), is_index(step))
