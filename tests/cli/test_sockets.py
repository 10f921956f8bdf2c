"""Ports that are free, taken or nonsense."""

import socket

import pytest

from gql_api.cli.sockets import base_url, listen
from gql_api.errors import ConfigurationError


def test_taken_port():
    """A port that somebody listens on is refused in one line with the ways out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ConfigurationError) as refused:
            listen("127.0.0.1", port)

    assert str(refused.value) == (
        f"Port {port} of 127.0.0.1 is taken. "
        "Stop what listens there, or choose another with --port or PORT."
    )


def test_any_port():
    """Port 0 takes a free one, on which clients wait from now on."""
    with listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()[:2], timeout=5) as client:
            assert client.getpeername() == listener.getsockname()

        assert base_url(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_unknown_host():
    """A host that does not exist is refused by name."""
    with pytest.raises(ConfigurationError, match=r"The host nowhere\.invalid is unknown"):
        listen("nowhere.invalid", 0)


def test_foreign_host():
    """An address of another machine is refused."""
    with pytest.raises(ConfigurationError, match=r"Cannot listen on port 80 of 192\.0\.2\.1: "):
        listen("192.0.2.1", 80)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        pytest.param("0.0.0.0", "127.0.0.1", id="everywhere"),  # noqa: S104 - for a moment
        pytest.param("localhost", "127.0.0.1", id="name"),
    ],
)
def test_address_for_browsers(host: str, shown: str):
    """The address printed is one that a browser on this machine can open."""
    with listen(host, 0) as listener:
        url = base_url(listener)

    assert url.startswith((f"http://{shown}:", "http://[::1]:"))
