"""The fixtures of the application's tests."""

from tests.fixtures.demo import (
    demo,
    demo_file,
    demo_template,
    mariadb_demo,
    mariadb_shared_demo,
    postgres_demo,
    postgres_shared_demo,
    restored_demo,
    shared_demo,
    sqlite_demo,
    sqlite_shared_demo,
)

__all__ = [
    "demo",
    "demo_file",
    "demo_template",
    "mariadb_demo",
    "mariadb_shared_demo",
    "postgres_demo",
    "postgres_shared_demo",
    "restored_demo",
    "shared_demo",
    "sqlite_demo",
    "sqlite_shared_demo",
]
