import pytest

from gql_api.server.headers import header_of

HEADERS = [(b"accept", b"a/b"), (b"x-name", b"\xe4"), (b"accept", b"c/d")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(b"accept", "a/b", id="first of two"),
        pytest.param(b"x-name", "ä", id="beyond ASCII"),
        pytest.param(b"missing", None, id="missing"),
    ],
)
def test_value(name, value):
    """The first value of a header is returned, None without one."""
    assert header_of({"headers": HEADERS}, name) == value
