"""Settings from the environment."""

from pathlib import Path

import pytest

from gql_api.errors import ConfigurationError
from gql_api.settings import PREFIX, Settings, load_settings, unknown_settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the settings of whoever runs the tests."""
    names = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for name in (*names, "DATABASE_URL", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults():
    """The defaults are those that the documentation names."""
    settings = load_settings()

    assert (settings.database_url, settings.host, settings.port) == (None, "127.0.0.1", 8000)
    pool = (settings.pool_size, settings.max_overflow, settings.pool_timeout, settings.pool_recycle)
    assert pool == (5, 10, 10, 1800)
    assert settings.pool_pre_ping is None
    assert (settings.echo, settings.echo_pool, settings.jit) == (False, False, False)
    assert settings.application_name == "gql_api"
    assert (settings.max_page_size, settings.default_page_size) == (100, 20)
    assert settings.secret_key is None


def test_names_of_hosting_platforms(monkeypatch: pytest.MonkeyPatch):
    """The database, host and port are read from their bare names too."""
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    monkeypatch.setenv("HOST", "::1")
    monkeypatch.setenv("PORT", "9000")

    settings = load_settings()

    assert (settings.database_url, settings.host, settings.port) == ("sqlite://", "::1", 9000)


def test_own_name_wins(monkeypatch: pytest.MonkeyPatch):
    """The prefixed name beats the bare one."""
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("GQL_API_PORT", "9001")

    assert load_settings().port == 9001


def test_environment_file(tmp_path: Path):
    """A ``.env`` file in the working directory counts, and may hold what others need."""
    (tmp_path / ".env").write_text("GQL_API_POOL_SIZE=7\nSOMETHING_ELSE=1\n")

    assert load_settings().pool_size == 7


def test_keyword_arguments():
    """Settings can be given by name, for an application within another."""
    assert Settings(port=1, database_url="sqlite://").port == 1


def test_unusable_values(monkeypatch: pytest.MonkeyPatch):
    """One line names each variable and what is wrong with it, but no value."""
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("GQL_API_SECRET_KEY", "hunter2")

    with pytest.raises(ConfigurationError) as refused:
        load_settings()

    message = str(refused.value)
    assert message.startswith("Settings cannot be used: ")
    assert "GQL_API_PORT or PORT: Input should be a valid integer" in message
    assert "GQL_API_SECRET_KEY: Value should have at least 32 items" in message
    assert message.endswith("Correct or unset them.")
    assert "hunter2" not in message
    assert "\n" not in message


def test_secrets_are_not_printed():
    """Neither the password of the database nor the key is in what is logged."""
    settings = Settings(database_url="postgresql://u:hunter2@h/d", secret_key="k" * 32)

    assert "hunter2" not in repr(settings)
    assert "kkk" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        pytest.param("GQL_API_POOLSIZE", "GQL_API_POOL_SIZE", id="near"),
        pytest.param("GQL_API_MAX_PAGESIZE", "GQL_API_MAX_PAGE_SIZE", id="near two"),
        pytest.param("gql_api_prot", "GQL_API_PORT", id="lower case"),
        pytest.param("GQL_API_XYZZY", None, id="far"),
    ],
)
def test_unknown_name(name: str, nearest: str | None):
    """A name that is no setting comes with the nearest that is."""
    assert unknown_settings({name: "1", "GQL_API_PORT": "1", "PATH": "/"}) == [(name, nearest)]


def test_names_of_the_test_suite():
    """What configures the tests is no mistake."""
    assert unknown_settings(["GQL_API_TEST_MARIADB_URL"]) == []
