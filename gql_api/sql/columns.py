"""How columns are selected, where that is not how they compare."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from typing_extensions import override


class ReadableEnum(sa.types.TypeDecorator[Any]):
    """Reads an enumeration; a stored label outside of it is read as the label itself.

    SQLAlchemy's own type fails the whole result instead.

    Args:
        enumeration: The type of the column.
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, enumeration: sa.Enum) -> None:
        super().__init__()
        self.enumeration = enumeration

    @override
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any] | None:
        own = self.enumeration.dialect_impl(dialect)
        read: Callable[[Any], Any] | None = own.result_processor(dialect, coltype)
        if read is None:
            return None

        def process(value: Any) -> Any:
            try:
                return read(value)
            except LookupError:
                return value

        return process


def readable(expression: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return an expression as it is selected."""
    if isinstance(expression.type, sa.Enum):
        return sa.type_coerce(expression, ReadableEnum(expression.type))
    return expression
