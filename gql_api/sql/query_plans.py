"""``EXPLAIN``: how a database would run a statement."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

_PREFIXES = {"sqlite": "EXPLAIN QUERY PLAN "}


class QueryPlan(sa.Executable, sa.ClauseElement):
    """Selects the plan of a statement, which is not run; it takes the statement's parameters.

    Args:
        statement: A read.
    """

    inherit_cache = False
    is_select = True

    def __init__(self, statement: sa.Executable) -> None:
        self.statement = statement


@compiles(QueryPlan)
def _compile_query_plan(element: QueryPlan, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.statement, **options)  # type: ignore[arg-type]  # a clause too
    # rows of the plan have other columns than those of the statement
    compiler._result_columns = []  # noqa: SLF001 - no public twin
    return _PREFIXES.get(compiler.dialect.name, "EXPLAIN ") + text
