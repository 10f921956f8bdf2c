"""The locks pin everything by hash, and name no host."""

import json
import re
import tomllib
from collections import Counter

from tests.house.sources import ROOT, tracked_files

LOCK = ROOT / "requirements.lock"
ADDRESS = re.compile(r"https?://|file:|--(?:extra-)?index-url|--find-links|--trusted-host")


def pins() -> list[str]:
    """List the packages of the Python lock, without their extras."""
    return re.findall(r"^([a-z0-9][a-z0-9.-]*)(?:\[.*\])?==", LOCK.read_text(), re.MULTILINE)


def test_no_addresses():
    """No lock says where packages come from: that is for whoever installs."""
    locks = [LOCK, *(path for path in tracked_files() if path.name == "package-lock.json")]

    assert [path.name for path in locks if ADDRESS.search(path.read_text())] == []


def test_no_duplicates():
    """Each package is pinned once."""
    assert [name for name, times in Counter(pins()).items() if times > 1] == []


def test_hashes():
    """Each pin has a hash."""
    entries = re.split(r"^(?=[a-z0-9])", LOCK.read_text(), flags=re.MULTILINE)

    assert [entry for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []


def test_dependencies_are_locked():
    """What the project asks for is in the lock, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        asked += extra
    names = {re.split(r"[\[<>=;~ ]", text)[0].lower() for text in asked} - {"gql-api"}

    assert names - set(pins()) == set()


def test_extras():
    """Packages are pinned with their extras: older pips look for a pin of just that."""
    packages = re.findall(r"^[a-z0-9].*(?===)", LOCK.read_text(), re.MULTILINE)

    assert {"coverage[toml]", "sqlalchemy[asyncio]", "uvicorn[standard]"} <= set(packages)


def test_npm_packages_have_hashes():
    """Each npm package is pinned by hash."""
    for path in tracked_files():
        if path.name == "package-lock.json":
            packages = json.loads(path.read_text())["packages"]
            assert [
                name for name, each in packages.items() if name and not each.get("integrity")
            ] == []
