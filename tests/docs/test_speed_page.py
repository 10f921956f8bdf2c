"""``docs/speed.md`` shows what a run has measured."""

import re
from pathlib import Path

_DOCS = Path(__file__).parents[2] / "docs"
_TEXT = (_DOCS / "speed.md").read_text(encoding="utf-8")


def test_images():
    """Every plot that the page shows is there, and none besides."""
    shown = set(re.findall(r"\(images/(.+?)\)", _TEXT))

    assert shown == {path.name for path in (_DOCS / "images").glob("*.svg")}


def test_sections():
    """Every section holds a table, and the date of its run."""
    sections = re.findall(r"<!-- (.+?): begin -->(.*?)<!-- \1: end -->", _TEXT, re.DOTALL)

    assert len(sections) == 8
    for name, content in sections:
        assert re.search(r"^20\d\d-\d\d-\d\d, \d+ cores", content.strip()), name
        assert "| ---" in content, name
