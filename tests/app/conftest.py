"""The fixtures of the application's tests."""

import pytest

from gql_api.app.accounts.attempts import attempts
from gql_api.app.identity_provider import identity_provider
from gql_api.app.signing import signing
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


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signing key, and no attempts yet."""
    monkeypatch.setenv("GQL_API_SECRET_KEY", "k" * 32)
    signing.cache_clear()
    attempts.cache_clear()
    identity_provider.cache_clear()
