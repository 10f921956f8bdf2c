"""Sections of a page that a run writes anew, between two comments that name them."""

from pathlib import Path


def write_section(page: Path, name: str, text: str) -> None:
    """Replace a section of a page.

    Raises:
        SystemExit: The page has no such section.
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    content = page.read_text(encoding="utf-8")
    before, found, rest = content.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        message = f"{page} has no section {name}."
        raise SystemExit(message)
    page.write_text(f"{before}{begin}\n{text.rstrip()}\n\n{end}{after}", encoding="utf-8")
