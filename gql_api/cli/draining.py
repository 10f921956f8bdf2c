"""A server that stops without losing a request: what is accepted is answered, the rest is refused."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from typing_extensions import override
from uvicorn import Server
from uvicorn.supervisors import Multiprocess, multiprocess

from gql_api.server.health import DRAINING, STOPPING

LINGER_S = 1.0
"""Connections without a request stay this long: their client may just be sending one."""

_LOOK_S = 0.02


class DrainingServer(Server):
    """Uvicorn's server, whose end is gentler.

    It takes all connections that the system has accepted before it stops to listen, tells each
    client that its connection ends with the answer, and closes those without a request a moment
    later. Subscriptions that are sent as events end. Everything else that runs by then has the time that the configuration gives it.
    """

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state[STOPPING] = asyncio.Event()
        await super().startup(sockets)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state[DRAINING] = True
        self.lifespan.state[STOPPING].set()
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        await self._stop_listening(sockets or [])
        for connection in self._busy():
            connection.shutdown()  # after its answer
        for _ in range(round(LINGER_S / _LOOK_S)):
            if len(self._busy()) == len(state.connections):
                break
            await asyncio.sleep(_LOOK_S)
        await super().shutdown()

    def _busy(self) -> Sequence[Any]:
        """List the connections of HTTP with a request that is not answered, and those of sockets."""
        return [each for each in self.server_state.connections if _is_busy(each)]

    async def _stop_listening(self, sockets: Sequence[socket.socket]) -> None:
        """Stop to listen in the moment in which nobody waits to be accepted."""
        listeners = [each.dup() for each in sockets]
        for server in self.servers:
            server.close()
        for each in sockets:
            each.close()
        accepted: list[socket.socket] = []
        for listener in listeners:
            listener.settimeout(0)
            with suppress(OSError):  # nobody waits any more
                while True:
                    accepted.append(listener.accept()[0])
            listener.close()
        loop = asyncio.get_running_loop()
        for each in accepted:
            each.settimeout(0)
            with suppress(OSError):  # gone already
                await loop.connect_accepted_socket(self._make_protocol, each)

    def _make_protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol


class DrainingWorkers(Multiprocess):
    """Uvicorn's processes, each with a server that drains."""

    @override
    def terminate_all(self) -> None:
        for each in self.sockets:
            each.close()  # else the system would accept for nobody
        super().terminate_all()


class _Worker(multiprocess.Process):
    @property
    @override
    def server(self) -> Server:
        if self._server is None:
            self._server = DrainingServer(self.config)
        return self._server


multiprocess.Process = _Worker  # type: ignore[misc]  # it takes no other from anybody


def _is_busy(connection: Any) -> bool:
    cycle = getattr(connection, "cycle", None)
    if not hasattr(connection, "cycle"):
        return True
    return cycle is not None and not cycle.response_complete
