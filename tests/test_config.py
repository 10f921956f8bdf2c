"""Options of a schema."""

import pytest

from gql_api.config import ApiConfig
from gql_api.errors import ConfigurationError


def test_equal_sizes():
    """The default page may be as large as the greatest."""
    config = ApiConfig(default_page_size=5, max_page_size=5)

    assert config.default_page_size == config.max_page_size


@pytest.mark.parametrize(
    ("default", "maximum"),
    [
        pytest.param(0, 10, id="no rows"),
        pytest.param(-1, 10, id="negative"),
        pytest.param(11, 10, id="default above maximum"),
    ],
)
def test_impossible_sizes(default: int, maximum: int):
    """Sizes that cannot work are refused with both of them and the fix."""
    with pytest.raises(ConfigurationError) as caught:
        ApiConfig(default_page_size=default, max_page_size=maximum)

    assert str(caught.value) == (
        f"default_page_size is {default} and max_page_size is {maximum}. "
        "Choose 0 < default_page_size <= max_page_size."
    )


def test_large_schema():
    """The preset for large schemas leaves out aggregates and groups; other options are one's own."""
    config = ApiConfig.for_large_schema(max_page_size=50)

    assert (config.has_aggregates, config.has_groups) == (False, False)
    assert (config.default_page_size, config.max_page_size) == (20, 50)
