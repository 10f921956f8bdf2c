"""Functions and modules stay small."""

import ast

from tests.house.sources import ROOT, modules, place, tree_of

MAX_FUNCTION_LINES = 50
MAX_MODULE_LINES = 500
MAX_TEST_MODULE_LINES = 600


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function below its docstring."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions():
    """No function of the package has more than 50 lines."""
    long = [
        f"{place(path, node)} {node.name}: {body_lines(node)}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if body_lines(node) > MAX_FUNCTION_LINES
    ]

    assert long == []


def test_modules():
    """No module of the package has more than 500 lines."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()
    }

    assert {name: lines for name, lines in lengths.items() if lines > MAX_MODULE_LINES} == {}


def test_test_modules():
    """No module of the tests has more than 600 lines."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}

    assert {name: lines for name, lines in lengths.items() if lines > MAX_TEST_MODULE_LINES} == {}
