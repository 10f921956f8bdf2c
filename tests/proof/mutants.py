"""Deliberate defects, each of which the generated tests or the authorization matrix must catch.

Run with ``python -m tests.proof.mutants``: each defect is made in a copy of the package, and
``tests/proof`` is run against the copy, two copies at once. Prints a table; the exit status is 1 if
one survives, and 2 if the copy without a defect fails.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.proof.access_defects import ACCESS_MUTANTS
from tests.proof.column_defects import COLUMN_MUTANTS
from tests.proof.defects import CONTROL, MUTANTS, Mutant
from tests.proof.write_defects import WRITE_MUTANTS

_ROOT = Path(__file__).parents[2]
_PROCESSES = 2
_SEQUENCES = 120
"""Of mutations, for a defect of writes: a few show in rare ones only."""

_TESTS = ("generated", "again", "walks", "totals", "inheritance")


def main() -> int:
    """Try every defect, or those whose name contains the argument."""
    known = (*MUTANTS, *COLUMN_MUTANTS, *WRITE_MUTANTS, *ACCESS_MUTANTS)
    chosen = [each for each in known if not sys.argv[1:] or sys.argv[1] in each.name]
    controls = {
        replace(
            CONTROL,
            database=each.database,
            seeds=each.seeds,
            matrix=each.matrix,
            has_writes=each.has_writes,
        ): None
        for each in chosen
    }
    survivors = 0
    with ThreadPoolExecutor(_PROCESSES) as pool:
        if any(pool.map(_is_caught, controls)):
            print("The tests fail without any defect: mend that first.")  # noqa: T201 - its output
            return 2
        for mutant, is_caught in zip(chosen, pool.map(_is_caught, chosen), strict=True):
            survivors += not is_caught
            result = "caught" if is_caught else "SURVIVED"
            print(f"| {mutant.name} | `{mutant.module}` | {result} |")  # noqa: T201 - its output
            sys.stdout.flush()
    return 1 if survivors else 0


def mutated(mutant: Mutant) -> str:
    """Return the module with the defect.

    Raises:
        ValueError: The text that it replaces stands not exactly once.
    """
    text = (_ROOT / "gql_api" / mutant.module).read_text()
    if text.count(mutant.text) != 1:
        message = f"{mutant.name}: {mutant.text!r} stands not exactly once in {mutant.module}"
        raise ValueError(message)
    return text.replace(mutant.text, mutant.defect)


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
        (copy / "gql_api" / mutant.module).write_text(mutated(mutant))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        finished = subprocess.run(  # noqa: S603 - our own command
            [*command, *_modules(mutant)],
            cwd=copy,
            env={
                **os.environ,
                "PYTHONPATH": str(copy),
                "HYPOTHESIS_PROFILE": "mutants",
                "GQL_API_PROOF_SEEDS": mutant.seeds,
                "GQL_API_PROOF_DATABASES": mutant.database,
                "GQL_API_MATRICES": f"{mutant.database}-strict",
                **({"GQL_API_PROOF_EXAMPLES": str(_SEQUENCES)} if mutant.has_writes else {}),
            },
            capture_output=True,
            check=False,
        )
        return finished.returncode == 1


def _modules(mutant: Mutant) -> list[str]:
    """Return the tests that must catch a defect."""
    if mutant.matrix:
        return [f"tests/access/test_matrix_{mutant.matrix}.py"]
    return [
        f"tests/proof/test_{name}.py" for name in (("writes",) if mutant.has_writes else _TESTS)
    ]


if __name__ == "__main__":
    sys.exit(main())
