"""How much memory documents take that are all different: a server is sent thousands over HTTP.

Each asks under other names, so that neither its plan nor its SQL equals that of another one. What is
kept of them is bounded: memory grows until the bounds are reached, and then no more.
"""

import argparse
import json
import os
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import memory_mb
from bench.run import Peers, work_folder
from bench.servers import HERE, TARGETS, RunningServer, serving

COUNT = 10_000
_STEPS = 10
_TEXT = """query D{n}($offset: Int!) {{
  p{n}: posts(first: 3, offset: $offset, where: {{ viewCount: {{ gt: {n} }} }}) {{
    totalCount
    nodes {{ i{n}: rowId t{n}: title author {{ u{n}: username }} comments(first: 2) {{ nodes {{ body }} }} }}
  }}
}}"""


def main() -> None:
    """Send the documents, and tell the memory of the server after each tenth of them."""
    options = _options()
    peers = Peers(options.peers_folder.resolve(), work_folder())
    database_url = peers.start()
    with serving(TARGETS[0], database_url, peers.work / "documents.log") as server:
        print("documents  memory, MB", flush=True)
        _send(server, 0, 1)
        print(f"{0:>9,}  {memory_mb(server.process.pid):>10.0f}", flush=True)
        step = options.count // _STEPS
        for begin in range(1, options.count, step):
            _send(server, begin, begin + step)
            print(f"{begin + step - 1:>9,}  {memory_mb(server.process.pid):>10.0f}", flush=True)


def _send(server: RunningServer, begin: int, end: int) -> None:
    """Send documents, one after the other.

    Raises:
        SystemExit: An answer holds errors.
    """
    address = urlsplit(server.url)
    connection = HTTPConnection(address.hostname or "", address.port)
    for number in range(begin, end):
        body = json.dumps({"query": _TEXT.format(n=number), "variables": {"offset": number % 10}})
        headers = {"Content-Type": "application/json"}
        connection.request("POST", address.path, body, headers)
        answer = json.loads(connection.getresponse().read())
        if "errors" in answer:
            raise SystemExit(str(answer["errors"][0]))
    connection.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    folder = Path(os.environ.get("BENCH_PEERS", HERE.parent.parent / "shared" / "bench"))
    parser.add_argument("--peers-folder", type=Path, default=folder, help="servers and data")
    parser.add_argument("--count", type=int, default=COUNT, help="different documents")
    return parser.parse_args()


if __name__ == "__main__":
    main()
