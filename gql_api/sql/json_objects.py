"""Objects and lists of JSON, as PostgreSQL builds them from rows and values.

Names of derived tables end with ``$`` and a number: no response key hides one.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gql_api.errors import NoPlainFormError
from gql_api.sql.json_forms import Expression

JSON = postgresql.JSON()

_MAX_NAME_BYTES = 63
_MAX_PAIRS = 50
"""Of ``json_build_object``, which takes 100 arguments."""


def label(response_key: str, value: Expression) -> Expression:
    """Label a column by a response key.

    Raises:
        NoPlainFormError: PostgreSQL would cut the key.
    """
    if len(response_key) > _MAX_NAME_BYTES:
        message = f"{response_key} has more than {_MAX_NAME_BYTES} characters"
        raise NoPlainFormError(message)
    return value.label(response_key)


def quoted(name: str) -> Expression:
    """Return a GraphQL name as a text: such a name needs no quoting."""
    return sa.literal_column(f"'{name}'", sa.Text())


def json_object(pairs: Sequence[tuple[str, Expression]]) -> Expression:
    """Compile an object.

    Raises:
        NoPlainFormError: It has more fields than PostgreSQL takes.
    """
    if len(pairs) > _MAX_PAIRS:
        message = f"an object has more than {_MAX_PAIRS} fields"
        raise NoPlainFormError(message)
    arguments = [each for key, value in pairs for each in (quoted(key), value)]
    return sa.func.json_build_object(*arguments, type_=JSON)


def json_list(item: Expression) -> Expression:
    """Compile the list of all rows of a statement."""
    listed = sa.func.json_agg(item, type_=JSON)
    return sa.func.coalesce(listed, sa.literal_column("'[]'"), type_=JSON)


def whole_row(table: Any) -> Expression:
    """Return the whole row of a derived table."""
    row: Expression = table.table_valued()
    return row
