"""Measure gql_api beside the peers, in one interleaved run: tables and plots of ratios.

The peers, their data and the runner that measures are a folder of their own: ``--peers-folder``.
Its ``setup.sh`` is run once; it needs npm and wrk. Everything big lives in ``$BENCH_WORK``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.copying import copied_blog
from bench.models import Base
from bench.pages import write_section
from bench.report import SHALLOW_OFFSET, cpu_chart, markdown, rate_chart
from bench.results import Results, read_results
from bench.servers import HERE, TARGETS, Target, named_targets, serving
from gql_api.mapping.global_ids import encode_global_id
from gql_api.mapping.registry import describe_models
from gql_api.naming import Inflector

DEEP_OFFSET = 900
_WRITES = ("M1.graphql", "M2.graphql")
_EDITED = range(99_001, 100_001)
"""Keys of the posts that M2 edits."""


@dataclass(frozen=True, slots=True)
class Peers:
    """The peers' folder, and what they run on."""

    folder: Path
    work: Path

    @property
    def python(self) -> Path:
        """Python of their runner."""
        return self.work / "pgvenv" / "bin" / "python"

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment of their programs."""
        return {**os.environ, "BENCH_WORK": str(self.work)}

    def start(self) -> str:
        """Set them up where that has not been done, and return the address of the database."""
        if not self.python.exists():
            subprocess.run([self.folder / "setup.sh"], check=True, env=self.environment)
        subprocess.run([self.python, "pg.py", "start"], check=True, **self._here())
        found = subprocess.run(
            [self.python, "-c", "import benchenv; print(benchenv.DSN)"],
            check=True,
            capture_output=True,
            text=True,
            **self._here(),
        )
        return str(found.stdout).strip()

    def measure(self, options: Sequence[str], name: str) -> Results:
        """Run their runner, and read what it has measured."""
        summary, slices = self.work / f"{name}.json", self.work / f"{name}-slices.json"
        ids = self.work / "global-ids.json"
        ids.write_text(json.dumps(_global_ids()))
        # -P: the folder of the script holds modules named like those of the standard library
        program = [self.python, "-P", HERE / "slices.py", self.folder, slices, ids]
        command = [*program, *options, f"--json={summary}"]
        subprocess.run(command, check=True, **self._here())
        return read_results(summary, slices)

    def _here(self) -> dict[str, object]:
        return {"cwd": self.folder, "env": self.environment}


def main() -> int:
    """Run the benchmark, and print or write its report."""
    options = _parse_options()
    peers = Peers(options.peers_folder.resolve(), work_folder())
    if not (peers.folder / "run.py").exists():
        print(f"{peers.folder} holds no run.py: pass --peers-folder.", file=sys.stderr)
        return 2
    database_url = peers.start()
    targets = named_targets([name for name in options.targets.split(",") if name])
    for max_offset in map(int, options.offsets.split(",")):
        with ExitStack() as stack:
            started = [_start(each, database_url, peers, stack) for each in targets]
            arguments = _runner_options(options, max_offset, started)
            results = peers.measure(arguments, f"gql_api-{max_offset}")
        _report(results, options.docs, "shallow" if max_offset <= SHALLOW_OFFSET else "deep")
    return 0


def work_folder() -> Path:
    """Return the folder of everything big."""
    return Path(os.environ.get("BENCH_WORK") or Path(tempfile.gettempdir()) / "bench-work")


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers-folder", type=Path, default=HERE.parents[1] / "shared" / "bench")
    parser.add_argument("--peers", default="limit,rest,strawberry_hand,postgraphile")
    parser.add_argument("--targets", default=",".join(target.name for target in TARGETS))
    parser.add_argument("--operations", default="Q1,Q2,Q3,Q4,Q5,Q6,M1,M2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of one slice; heavy ones take 3")
    parser.add_argument("--warmup", type=int, default=2, help="seconds before each operation")
    parser.add_argument(
        "--tries", type=int, default=3, help="of a slice that other programs disturbed"
    )
    parser.add_argument(
        "--offsets",
        default=f"{SHALLOW_OFFSET},{DEEP_OFFSET}",
        help="one run for each: how far pages by offset reach",
    )
    parser.add_argument("--docs", type=Path, help="folder of the pages: their tables and plots")
    return parser.parse_args()


def _start(
    target: Target, database_url: str, peers: Peers, stack: ExitStack
) -> tuple[str, str, Path]:
    """Start a target; return its name, its address and the folder of its documents."""
    url = database_url
    documents = HERE / target.operations
    if target.is_sqlite:
        url = copied_blog(database_url, peers.work / "blog.db")
        kept = peers.work / "reading-operations"
        shutil.rmtree(kept, ignore_errors=True)
        documents = shutil.copytree(documents, kept, ignore=shutil.ignore_patterns(*_WRITES))
    server = stack.enter_context(serving(target, url, peers.work / f"{target.name}.log"))
    return target.name, server.url, documents


def _runner_options(
    options: argparse.Namespace, max_offset: int, started: Sequence[tuple[str, str, Path]]
) -> list[str]:
    return [
        f"--peers={options.peers}",
        f"--ops={options.operations}",
        f"--rounds={options.rounds}",
        f"--seconds={options.seconds}",
        f"--warmup={options.warmup}",
        f"--tries={options.tries}",
        f"--max-offset={max_offset}",
        *(f"--target={name}={url}" for name, url, _ in started),
        *(f"--dialect={name}={documents}" for name, _, documents in started),
    ]


def _report(results: Results, docs: Path | None, depth: str) -> None:
    text = markdown(results)
    print(text)
    if docs is None:
        return
    images = docs / "images"
    images.mkdir(exist_ok=True)
    (images / f"cpu-{depth}.svg").write_text(cpu_chart(results))
    if "postgraphile" in results.servers:
        (images / f"rate-{depth}.svg").write_text(rate_chart(results))
    write_section(docs / "speed.md", f"peers-{depth}", text)


def _global_ids() -> dict[str, str]:
    """Write the ids of the posts that M2 edits, as answers hold them."""
    registry = describe_models(
        [each.class_ for each in Base.registry.mappers], inflector=Inflector()
    )
    post = registry.entities["Post"]
    return {str(key): encode_global_id(post, {"id": key}) for key in _EDITED}


if __name__ == "__main__":
    sys.exit(main())
