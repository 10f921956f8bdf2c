"""The long run: generated operations on each database until enough of them were compared.

Run with ``python -m tests.proof.long [operations] [first seed]``. It takes sets of models two at a
time, each pair in a process of its own, and prints a line for each: seeds, operations, result. The
exit status is 1 if one differs. A line's seeds repeat it:
``GQL_API_PROOF_SEEDS="1 2" HYPOTHESIS_PROFILE=proof pytest tests/proof --hypothesis-seed=1``.
"""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

_DATABASES = ("postgresql", "sqlite", "mariadb")
_SETS = 2
_PROCESSES = 3


def main() -> int:
    """Run on all databases at once; give the exit status."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    with ThreadPoolExecutor(_PROCESSES) as pool:
        results = list(pool.map(lambda name: _run(name, wanted, first), _DATABASES))
    for name, (count, written, seed, differences) in zip(_DATABASES, results, strict=True):
        _say(
            f"{name}: {count} operations, {written} mutation fields, "
            f"seeds {first} to {seed - 1}, {differences} differ"
        )
    return 1 if any(differences for *_, differences in results) else 0


def _run(name: str, wanted: int, seed: int) -> tuple[int, int, int, int]:
    """Run on one database; give operations, mutation fields, the next seed and the failed tests."""
    total = written = differences = 0
    while total < wanted:
        seeds = " ".join(map(str, range(seed, seed + _SETS)))
        output = _run_sets(name, seeds, seed)
        found = re.search(r"^proof: (\d+) operations", output, re.MULTILINE)
        fields = re.search(r"^proof: (\d+) mutation fields", output, re.MULTILINE)
        failed = re.search(r"(\d+) (failed|error)", output)
        passed = re.search(r"\d+ passed.*", output)
        total += int(found[1]) if found else 0
        written += int(fields[1]) if fields else 0
        differences += int(failed[1]) if failed else 0
        _say(
            f"{name}: seeds {seeds}: {found[1] if found else 0} operations, {passed and passed[0]}"
        )
        if failed or not found:
            _say(output)
        seed += _SETS
        if not found:
            return total, written, seed, differences + 1
    return total, written, seed, differences


def _run_sets(name: str, seeds: str, seed: int) -> str:
    command = [sys.executable, "-m", "pytest", "tests/proof", "-q", "--tb=short"]
    finished = subprocess.run(  # noqa: S603 - our own command
        [
            *command,
            "--ignore=tests/proof/test_loads.py",
            "--ignore=tests/proof/test_kills.py",
            "-p",
            "no:cacheprovider",
            f"--hypothesis-seed={seed}",
        ],
        env={
            **os.environ,
            "HYPOTHESIS_PROFILE": "proof",
            "GQL_API_PROOF_SEEDS": seeds,
            "GQL_API_PROOF_DATABASES": name,
        },
        capture_output=True,
        check=False,
        text=True,
    )
    return finished.stdout


def _say(text: str) -> None:
    print(text)  # noqa: T201 - its output
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
