"""Every defect can be made, so that a change of the sources shows where one is lost."""

import ast

import pytest

from tests.proof.access_defects import ACCESS_MUTANTS
from tests.proof.column_defects import COLUMN_MUTANTS
from tests.proof.defects import CONTROL, MUTANTS, Mutant
from tests.proof.mutants import mutated
from tests.proof.write_defects import WRITE_MUTANTS


@pytest.mark.parametrize(
    "mutant",
    [CONTROL, *MUTANTS, *COLUMN_MUTANTS, *WRITE_MUTANTS, *ACCESS_MUTANTS],
    ids=lambda mutant: mutant.name,
)
def test_applies(mutant: Mutant) -> None:
    """The text of a defect stands exactly once, and Python understands the module with it."""
    assert ast.parse(mutated(mutant))
