"""Deliberate defects, each of which the generated tests alone must catch.

Run with ``python -m tests.proof.mutants``: each defect is made in a copy of the package, and
``tests/proof`` is run against the copy. Prints a table; the exit status is 1 if one survives, and
2 if the copy without a defect fails.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One defect: a replacement of source text that stands exactly once."""

    name: str
    module: str
    text: str
    defect: str


CONTROL = Mutant("no defect at all", "sql/pages.py", "def select_page(", "def select_page(")
"""Passes: else the others would be caught by a copy that does not work."""

MUTANTS = (
    Mutant(
        "limit over the whole batch, not per parent",
        "sql/pages.py",
        ".over(partition_by=source.keys, order_by=order_by)",
        ".over(order_by=order_by)",
    ),
    Mutant(
        "offset ignored on nested lists",
        "sql/pages.py",
        "outer.where(rank > offset, rank <= offset + limit)",
        "outer.where(rank <= offset + limit)",
    ),
    Mutant(
        "a page found through an index is not the parent's",
        "sql/pages.py",
        "[*tied, *self.predicates]",
        "self.predicates",
    ),
    Mutant(
        "scope missing where pages are found through an index",
        "sql/pages.py",
        "predicates = [*_conditions(connection.filter, source, compilation), *seek]",
        "predicates = [*_conditions(connection.filter, source, compilation)[1:], *seek]",
    ),
    Mutant(
        "pages found through an index have no limit",
        "sql/pages.py",
        "_paged(one, page).lateral",
        "one.lateral",
    ),
    Mutant("scope missing in lists and counts", "sql/pages.py", "[source.scope]", "[sa.true()]"),
    Mutant(
        "scope missing in counts alone",
        "sql/pages.py",
        "    predicates = list_predicates(connection.filter, source, compilation)\n    values = [",
        "    predicates = list_predicates(connection.filter, source, compilation)[1:]\n"
        "    values = [",
    ),
    Mutant(
        "count over the page",
        "loading/pages.py",
        ".aggregates = dict(zip(wanted, each[width:], strict=True))",
        ".aggregates = {wanted[0]: len(groups[tuple(each[:width])].rows)}",
    ),
    Mutant(
        "a join instead of EXISTS",
        "sql/predicates.py",
        "case Quantifier.SOME:\n            return _compile_exists(relatives, sa.and_(tied, condition))",
        "case Quantifier.SOME:\n            return sa.and_(tied, condition)",
    ),
    Mutant(
        "count ignores the filter",
        "sql/pages.py",
        "    predicates = list_predicates(connection.filter, source, compilation)\n    values = [",
        "    predicates = list_predicates(None, source, compilation)\n    values = [",
    ),
    Mutant(
        "page before the cursor's row forgets that row",
        "sql/pages.py",
        "compile_seek(turned, page.after, compilation, is_inclusive=True)",
        "compile_seek(turned, page.after, compilation)",
    ),
    Mutant(
        "backward pages keep the forward order",
        "sql/pages.py",
        "reverse(keys) if connection.page.is_backward else keys",
        "keys",
    ),
    Mutant(
        "scope missing in filters through relationships",
        "sql/predicates.py",
        "tied = sa.and_(correlate(relatives, source, relationship), relatives.scope)",
        "tied = sa.and_(correlate(relatives, source, relationship))",
    ),
    Mutant(
        "every is true where the condition is unknown",
        "sql/predicates.py",
        "condition.is_not(sa.true())",
        "sa.not_(condition)",
    ),
    Mutant(
        "none means some",
        "sql/predicates.py",
        "return ~_compile_exists(relatives, sa.and_(tied, condition))",
        "return _compile_exists(relatives, sa.and_(tied, condition))",
    ),
    Mutant(
        "an empty or is true",
        "sql/predicates.py",
        "sa.false(), *(compile_filter",
        "*(compile_filter",
    ),
    Mutant(
        "wildcards of literal texts work",
        "sql/operands.py",
        "return pattern.format(literal)",
        "return pattern.format(value)",
    ),
    Mutant(
        "nulls stand where the database puts them",
        "sql/ordering.py",
        "if not key.is_nullable or is_default:",
        "if True:",
    ),
    Mutant(
        "rows after a value without the nulls behind it",
        "sql/ordering.py",
        "return sa.or_(later, key.expression.is_(None))",
        "return later",
    ),
    Mutant(
        "nothing follows a null",
        "sql/ordering.py",
        "return key.expression.is_not(None) if key.are_nulls_first else sa.false()",
        "return sa.false()",
    ),
    Mutant(
        "the opposite order keeps the places of nulls",
        "sql/ordering.py",
        "are_nulls_first=not key.are_nulls_first",
        "are_nulls_first=key.are_nulls_first",
    ),
    Mutant(
        "a hidden relative sorts like a visible one",
        "sql/ordering.py",
        "tied = sa.and_(correlate(relatives, source, relationship), relatives.scope)",
        "tied = sa.and_(correlate(relatives, source, relationship))",
    ),
    Mutant(
        "the primary key is not appended to the order",
        "schema/orders.py",
        "tuple(dict.fromkeys([*given, *rest]))",
        "tuple(dict.fromkeys(given)) or tuple(rest)",
    ),
    Mutant(
        "plain DESC puts nulls last",
        "schema/orders.py",
        " or direction is SortOrder.DESC\n",
        "\n",
    ),
    Mutant(
        "cursors lose microseconds",
        "mapping/values.py",
        "text = value.replace(tzinfo=None).isoformat()",
        "text = value.replace(tzinfo=None, microsecond=0).isoformat()",
    ),
    Mutant(
        "a full page always has a next one",
        "loading/pages.py",
        "group.has_more = len(group.rows) > size",
        "group.has_more = len(group.rows) >= size",
    ),
    Mutant(
        "rows of one parent are given to another",
        "loading/pages.py",
        "group = groups[tuple(each[:width])]",
        "group = groups[next(iter(groups))]",
    ),
    Mutant(
        "the custom condition of a relationship is ignored",
        "mapping/relationships.py",
        "if equalities is None or len(equalities) != len(pairs):",
        "if False:",
    ),
)


def main() -> int:
    """Try every defect, or those whose name contains the argument."""
    if _is_caught(CONTROL):
        print("The tests fail without any defect: mend that first.")  # noqa: T201 - its output
        return 2
    chosen = [each for each in MUTANTS if not sys.argv[1:] or sys.argv[1] in each.name]
    survivors = 0
    for mutant in chosen:
        is_caught = _is_caught(mutant)
        survivors += not is_caught
        print(f"| {mutant.name} | `{mutant.module}` | {'caught' if is_caught else 'SURVIVED'} |")  # noqa: T201 - its output
        sys.stdout.flush()
    return 1 if survivors else 0


def _is_caught(mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("gql_api", "tests"):
            shutil.copytree(_ROOT / name, copy / name, ignore=shutil.ignore_patterns("static"))
        shutil.copy(_ROOT / "pyproject.toml", copy)
        # the proof needs the databases' fixtures alone
        (copy / "tests" / "conftest.py").write_text(
            'pytest_plugins = ("tests.fixtures.database",)\n'
        )
        source = copy / "gql_api" / mutant.module
        text = source.read_text()
        assert text.count(mutant.text) == 1, f"{mutant.name}: the text stands not exactly once"
        source.write_text(text.replace(mutant.text, mutant.defect))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        finished = subprocess.run(  # noqa: S603 - our own command
            [*command, "tests/proof"],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "HYPOTHESIS_PROFILE": "mutants"},
            capture_output=True,
            check=False,
        )
        return finished.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
