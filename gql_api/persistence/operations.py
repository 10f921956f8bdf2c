"""Operations: new values computed from what a locked row holds, so that no change is lost."""

import decimal
from collections.abc import Mapping
from typing import Any

from gql_api.errors import ValidationError
from gql_api.mapping.descriptors import Column, Entity
from gql_api.mapping.values import INT32_LIMIT, INT64_LIMIT, ScalarKind
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.rules import check_values
from gql_api.plan.changes import Operation, Operator

_LIMITS = {ScalarKind.INT: INT32_LIMIT, ScalarKind.BIG_INT: INT64_LIMIT}


def compute_values(
    entity: Entity,
    row: Any,
    operations: Mapping[str, Operation],
    path: tuple[str, ...],
    earlier: Mapping[str, Any],
) -> dict[str, Any]:
    """Compute new values of a row. A null counts as 0, an empty list, or no document.

    Args:
        entity: Whose row.
        row: Its instance, locked; columns that it has not loaded are.
        operations: By attribute key.
        path: Where the input stands.
        earlier: Values that the row gets by the same write, before this change.

    Raises:
        ValidationError: A new value breaks a rule of its column, or does not fit in it.
        WriteRefusedError: Several of these.
    """
    found = {
        key: compute_value(
            operation, earlier[key] if key in earlier else getattr(row, key), entity.columns[key]
        )
        for key, operation in operations.items()
    }
    errors: list[ValidationError] = []
    for key, value in found.items():
        column, here = entity.columns[key], (*path, operations[key].operator.value)
        limit = _LIMITS.get(column.type.kind)
        if limit is not None and isinstance(value, int) and not -limit <= value < limit:
            message = f"{column.name} is out of range."
            errors.append(ValidationError(message, path=(*here, column.name)))
        errors += check_values(entity, {key: value}, is_new=False, path=here)
    refuse_any(errors)
    return found


def compute_value(operation: Operation, current: Any, column: Column) -> Any:
    """Compute the new value of a column from the one that it holds."""
    operand = operation.operand
    match operation.operator:
        case Operator.INCREMENT if column.type.kind is ScalarKind.DECIMAL:
            before = decimal.Decimal(0) if current is None else decimal.Decimal(str(current))
            value: Any = before + operand
        case Operator.INCREMENT:
            value = (0 if current is None else current) + operand
        case Operator.APPEND:
            value = [*(current or ()), *operand]
        case _:
            value = _merged(current, operand)
    return value


def _merged(current: Any, patch: Any) -> Any:
    """Merge a JSON document.

    Source:
        RFC 7396, "JSON Merge Patch".
    """
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(current) if isinstance(current, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged
