"""The fixtures of all tests, by module."""

pytest_plugins = (
    "tests.fixtures.database",
    "tests.fixtures.schema",
    "tests.fixtures.chinook",  # after the one that it imports
    "tests.fixtures.server",
    "tests.fixtures.erasable",
    "tests.fixtures.redis",
    "tests.fixtures.provider",
)
