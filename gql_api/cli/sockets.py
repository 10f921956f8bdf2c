"""Taking the port before anything else is started."""

import errno
import socket

from gql_api.errors import ConfigurationError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address: from now on clients wait for an answer instead of being refused.

    Args:
        host: Name or number.
        port: 0 takes any free one.

    Raises:
        ConfigurationError: It is taken, not allowed, or unknown.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        message = f"The host {host} is unknown: {error.strerror}."
        raise ConfigurationError(message, fix="Name another with --host or HOST.") from error
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from error
    return listener


def _refused(host: str, port: int, error: OSError) -> ConfigurationError:
    choose = "choose another with --port or PORT."
    match error.errno:
        case errno.EADDRINUSE:
            return ConfigurationError(
                f"Port {port} of {host} is taken.", fix=f"Stop what listens there, or {choose}"
            )
        case errno.EACCES:
            return ConfigurationError(f"Port {port} is kept for root.", fix=choose.capitalize())
        case _:
            return ConfigurationError(
                f"Cannot listen on port {port} of {host}: {error.strerror}.",
                fix=f"Name another host with --host or HOST, or {choose}",
            )


def base_url(listener: socket.socket) -> str:
    """Give the address for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
