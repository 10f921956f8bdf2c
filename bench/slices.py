"""Runs the peers' own runner, and keeps each slice that it measures. Needs its Python, not ours.

    python slices.py FOLDER SLICES GLOBAL_IDS [options of the runner]

The runner keeps medians alone; ratios of two servers are better taken slice by slice.
"""

import json
import sys
from pathlib import Path
from typing import Any

_KIND = "kind"
"""Of the resolvers path: nobody else has it."""

_WARM_UP = 2
"""Arguments of a slice that only warms up, besides server and operation; measured ones have more."""


def main() -> None:
    """Measure, and write the slices and the memory of each server."""
    folder, slices, ids = (Path(each) for each in sys.argv[1:4])
    sys.path.insert(0, str(folder))
    sys.argv = ["run.py", *sys.argv[4:]]
    import run  # type: ignore[import-not-found]  # noqa: PLC0415 - of the peers, at a path just given

    global_ids = json.loads(ids.read_text())
    kept: list[dict[str, Any]] = []
    variables, norm, wrk = run.variables, run.norm, run.wrk

    def variables_with_ids(operation: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = variables(operation)
        if operation != "M2":
            return found
        return [{**each, "globalId": global_ids[str(each["id"])]} for each in found]

    def norm_without_kind(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            value = {name: each for name, each in value.items() if name != _KIND}
        return norm(value, key)

    def kept_slice(target: Any, operation: str, *arguments: Any) -> Any:
        measured = wrk(target, operation, *arguments)
        if len(arguments) > _WARM_UP:
            facts = {"server": target["name"], "operation": operation}
            kept.append({**facts, **measured, "rss_mb": run.rss_mb(target["pid"])})
            slices.write_text(json.dumps(kept))
        return measured

    run.variables, run.norm, run.wrk = variables_with_ids, norm_without_kind, kept_slice
    run.main()


if __name__ == "__main__":
    main()
