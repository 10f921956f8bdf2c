"""Rules that no linter knows, each with the mistake that it prevents."""

import ast
import re

from sqlalchemy.orm import class_mapper

from gql_api.app.models import Base
from tests.house.sources import PACKAGE, calls, modules, place, tree_of

STATEMENT_PACKAGES = ("sql", "app", "database")
COMMITTING = {PACKAGE / "execution" / "unit_of_work.py"}
DERIVED_NAME = re.compile(r"\w(Connection|Edge|Input|Payload)$")


def docstrings(tree: ast.Module) -> set[int]:
    """Find the nodes of docstrings."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def annotations(tree: ast.Module) -> set[int]:
    """Find the nodes within annotations: names of Python's types, quoted."""
    found = []
    for node in ast.walk(tree):
        found += [getattr(node, name, None) for name in ("annotation", "returns")]
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cast":
            found.append(node.args[0])
    return {id(part) for node in found if node is not None for part in ast.walk(node)}


def test_names_from_inflector():
    """Names of derived types are made in ``naming.py`` only, so that collisions are seen there."""
    found = []
    for path in modules():
        if path.name == "naming.py":
            continue
        tree = tree_of(path)
        allowed = docstrings(tree) | annotations(tree)
        found += [
            f"{place(path, node)} {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if id(node) not in allowed and DERIVED_NAME.search(node.value)
        ]

    assert found == []


def test_statements_in_sql():
    """Statements are built where scopes are applied, so that none goes round a policy."""
    found = [
        place(path, node)
        for path in modules()
        if path.relative_to(PACKAGE).parts[0] not in STATEMENT_PACKAGES
        for node, name in calls(path)
        if name == "select"
    ]

    assert found == []


def test_commit_at_edge():
    """One place commits, so that an operation is one transaction."""
    found = [
        place(path, node)
        for path in modules()
        if path not in COMMITTING
        for node, name in calls(path)
        if name == "commit"
    ]

    assert found == []


def test_lazy_raise():
    """The application's relationships never load on access: an N+1 is an error at once."""
    found = [
        f"{mapper.class_.__name__}.{relationship.key}: {relationship.lazy}"
        for mapper in Base.registry.mappers
        for relationship in class_mapper(mapper.class_).relationships
        if relationship.lazy not in {"raise", "write_only"}
    ]

    assert found == []


def test_environment_in_settings():
    """Settings are read in one place; the embedded server's programs get an environment of theirs."""
    found = [
        place(path, node)
        for path in modules()
        if path != PACKAGE / "settings.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]

    assert found == []
