"""The README's code runs, and what it says of it is true."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text()


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def library() -> dict[str, Any]:
    """What the README's Python defines."""
    (code,) = _blocks(_README, "python")
    namespace: dict[str, Any] = {"__name__": "library"}
    exec(compile(code, "README.md", "exec"), namespace)  # noqa: S102 - the project's own text
    return namespace


def test_python(library: dict[str, Any]) -> None:
    """The models of the README give the root fields that it names."""
    schema = library["schema"].graphql_schema

    named = {"author", "authorBy", "authors", "book", "bookBy", "books", "node", "nodes"}
    assert set(schema.query_type.fields) == named
    assert len(schema.mutation_type.fields) == 15


@pytest.mark.parametrize("page", ["README.md", "docs/queries.md", "docs/writes.md"])
def test_graphql(page: str) -> None:
    """The documents are valid against the bundled application's schema."""
    schema = build_schema((_ROOT / "schema.graphql").read_text())
    documents = _blocks((_ROOT / page).read_text(), "graphql")

    assert documents
    assert [validate(schema, parse(document)) for document in documents] == [[]] * len(documents)


@pytest.mark.parametrize(
    "page", ["README.md", "docs/queries.md", "docs/writes.md", "CONTRIBUTING.md"]
)
def test_links(page: str) -> None:
    """Every link to a file of the project leads somewhere."""
    folder = (_ROOT / page).parent
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (_ROOT / page).read_text())

    assert [target for target in targets if not (folder / target).exists()] == []
