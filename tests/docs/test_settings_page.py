"""``docs/settings.md`` lists every setting with its default."""

import re
from pathlib import Path
from typing import Any

from gql_api.settings import PREFIX, Settings

_PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()


def _written(default: Any) -> str:
    if default is None:
        return ""
    return f"{default}".lower() if isinstance(default, bool) else f"{default}"


def test_tables():
    """Each setting stands in one table, once, with its default."""
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \| (?:`(.*?)` )?\| \S.* \|$", _PAGE, re.MULTILINE)

    expected = {
        name.upper(): _written(each.default) for name, each in Settings.model_fields.items()
    }
    assert dict(rows) == expected
    assert len(rows) == len(expected)
