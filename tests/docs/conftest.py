"""The fixtures of the pages' tests."""

from tests.fixtures.demo import demo_file, sqlite_demo

__all__ = ["demo_file", "sqlite_demo"]
