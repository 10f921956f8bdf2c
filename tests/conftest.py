"""The fixtures of all tests, by module."""

pytest_plugins = (
    "tests.fixtures.chinook",
    "tests.fixtures.database",
    "tests.fixtures.schema",
    "tests.fixtures.server",
)
