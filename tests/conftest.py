"""The fixtures of all tests, by module."""

import pytest

pytest_plugins = (
    "tests.fixtures.chinook",
    "tests.fixtures.database",
    "tests.fixtures.schema",
    "tests.fixtures.server",
)


def pytest_configure(config: pytest.Config) -> None:
    """Keep pytest-alembic from collecting built-in tests: its collector fails on pytest 9.2."""
    config.option.pytest_alembic_tests_path = "nowhere"
