"""Posts as clients see them."""

import pytest
import sqlalchemy as sa

from gql_api.app import models
from tests.fixtures.demo import Demo

TEXT = "The first line,\n\nand   the second one."
READ = "query($length: Int!) { posts(first: 1) { nodes { excerpt(length: $length) } } }"


@pytest.mark.parametrize(
    ("length", "excerpt"),
    [
        pytest.param(80, "The first line, and the second one.", id="fits"),
        pytest.param(35, "The first line, and the second one.", id="just fits"),
        pytest.param(34, "The first line, and the second…", id="cut between words"),
        pytest.param(16, "The first line…", id="no comma before the ellipsis"),
        pytest.param(2, "T…", id="shorter than a word"),
        pytest.param(0, "…", id="nothing"),
        pytest.param(-5, "…", id="less than nothing"),
    ],
)
async def test_excerpt(sqlite_demo: Demo, length: int, excerpt: str):
    """An excerpt is one line, cut between words, and says so."""
    await sqlite_demo.write(sa.update(models.Post).values(content=TEXT, is_published=True))

    answer = await sqlite_demo.run(READ, length=length)

    assert answer.data == {"posts": {"nodes": [{"excerpt": excerpt}]}}
    assert length <= 0 or len(excerpt) <= length


async def test_statements(shared_demo: Demo):
    """A computed field is no statement of its own."""
    answer = await shared_demo.run(READ, length=20)

    assert len(answer.statements) == 1
