"""What stands in the files of the project: settings are documented, places of a machine are not."""

import re

from gql_api.settings import PREFIX, Settings
from tests.house.sources import ROOT, texts

# Spelled in parts: this file is checked too.
LOCAL_PATH = re.compile(
    "(?<![\\w.:/-])/(?:" + "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot"]) + ")/\\w"
)
REGISTRY = re.compile(
    "|".join(["py" + r"pi\.org", "pythonho" + "sted", "npmj" + r"s\.(?:com|org)"])
)


def test_settings_are_documented():
    """``.env.example`` lists every setting once, all commented out, so that copying changes nothing."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = re.findall(rf"^# ({PREFIX}[A-Z_]+)=", "\n".join(lines), re.MULTILINE)
    bare = re.findall(r"^# ([A-Z_]+)=", "\n".join(lines), re.MULTILINE)

    assert sorted(named) == sorted(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)
    assert {"DATABASE_URL", "HOST", "PORT"} <= set(bare)
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_no_local_paths():
    """No file names a folder of somebody's machine."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in texts()
        for match in LOCAL_PATH.finditer(text)
    ]

    assert found == []


def test_no_registry_hosts():
    """No file names a package registry: that is for whoever installs."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in texts()
        for match in REGISTRY.finditer(text)
    ]

    assert found == []
