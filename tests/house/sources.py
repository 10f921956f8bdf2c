"""What the checks of the house read: the files of the project."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "gql_api"


@cache
def modules() -> tuple[Path, ...]:
    """List the modules of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.AST) -> str:
    """Say where something stands."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """List the calls of a module with the last part of what is called."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            yield node, name


@cache
def tracked_files() -> tuple[Path, ...]:
    """List the files of the repository; all files where there is no repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git is where PATH says
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        return tuple(path for path in PACKAGE.rglob("*") if path.is_file())
    names = listed.stdout.decode().split("\0")
    return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Read the tracked text files that people write."""
    for path in tracked_files():
        if "static" in path.parts or path.name == "package-lock.json":
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
