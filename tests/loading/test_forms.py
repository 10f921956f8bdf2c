"""The forms of answers."""

import pytest

from gql_api.loading.forms import objects


@pytest.mark.parametrize("width", range(9))
def test_objects(width: int):
    """Columns become one object per row, whose keys keep their order, whatever their number."""
    names = [f"n{at}" for at in range(width)]
    columns = [(at, -at) for at in range(width)]
    made = objects(names, columns, 2)
    assert [list(each.items()) for each in made] == [
        [(name, at) for at, name in enumerate(names)],
        [(name, -at) for at, name in enumerate(names)],
    ]


@pytest.mark.parametrize("width", [2, 7])
def test_uneven_columns(width: int):
    """Columns of different lengths are a defect that is told."""
    names = [f"n{at}" for at in range(width)]
    with pytest.raises(ValueError, match="shorter"):
        objects(names, [*[(1, 2)] * (width - 1), (1,)], 2)
