from pathlib import Path

import pytest

from bench.pages import write_section

PAGE = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"


def test_section(tmp_path: Path):
    """A section is replaced, as often as one likes; what stands around it is kept."""
    page = tmp_path / "page.md"
    page.write_text(PAGE)

    write_section(page, "x", "new\n")
    write_section(page, "x", "new\n")

    assert page.read_text() == "a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n"


def test_missing_section(tmp_path: Path):
    """A page without the section is left alone."""
    page = tmp_path / "page.md"
    page.write_text(PAGE)

    with pytest.raises(SystemExit, match="has no section y"):
        write_section(page, "y", "new")

    assert page.read_text() == PAGE
