"""One run of a plan."""

from typing import Any

import pytest

from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet
from gql_api.database.dialects import POSTGRESQL, SQLITE, Dialect
from gql_api.loading.run import Run
from gql_api.mapping.registry import describe_models
from gql_api.sql.sources import Compilation
from tests.fixtures.models import Tag


def _run(dialect: Dialect, *values: Any) -> Run:
    compilation = Compilation(describe_models([Tag]), Scopes(RoleSet(), {}), dialect)
    reader: Any = None
    return Run(compilation, reader, values, {"subject_user_id": 7})


def test_parameters():
    """A statement binds slots, subject and parents."""
    run = _run(SQLITE, "a", 5)

    subject = {"subject_user_id": 7}
    assert run.parameters() == {"v0": "a", "v1": 5, **subject}
    both = {"v0": "a", "v1": 5, **subject}
    assert run.parameters([(1,)]) == {**both, "parent_keys": [1]}
    assert run.parameters([(1, 2)]) == {**both, "parent_keys": [(1, 2)]}


@pytest.mark.parametrize(
    ("dialect", "width", "total", "sizes"),
    [
        pytest.param(POSTGRESQL, 1, 100_001, [50_000, 50_000, 1], id="arrays"),
        pytest.param(POSTGRESQL, 2, 20_000, [16_133, 3_867], id="tuples"),
        pytest.param(SQLITE, 1, 40_000, [32_266, 7_734], id="parameters"),
        pytest.param(SQLITE, 3, 5, [5], id="few"),
    ],
)
def test_chunks(dialect: Dialect, width: int, total: int, sizes: list[int]):
    """Keys are cut below the limits of the driver, none lost."""
    keys = [(number,) * width for number in range(total)]

    chunks = list(_run(dialect).chunks(keys))

    assert [len(chunk) for chunk in chunks] == sizes
    assert [key for chunk in chunks for key in chunk] == keys
