"""The key that signs tokens: set, or generated once."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import gql_api as gql
from gql_api.app.signing import kept_key, signing


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder of the test's own, and no other settings."""
    for name in ("GQL_API_SECRET_KEY", "GQL_API_MODE", "GQL_API_TOKEN_LIFETIME_S"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GQL_API_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    signing.cache_clear()
    return tmp_path / "data"


def test_key_of_the_operator(monkeypatch: pytest.MonkeyPatch, folder: Path):
    """A key that is set is used, and nothing is written."""
    monkeypatch.setenv("GQL_API_SECRET_KEY", "s" * 32)

    assert signing().key == "s" * 32
    assert (signing().lifetime_s, signing().refresh_lifetime_s) == (15 * 60, 30 * 24 * 3600)
    assert not folder.exists()


def test_generated_key(folder: Path):
    """Without a setting a long key is generated, kept, and the same after a restart."""
    first = signing().key
    signing.cache_clear()

    assert len(first) >= 32
    assert signing().key == first
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_rights_of_the_file(folder: Path):
    """Only the owner reads the key, or looks into its folder."""
    signing()

    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_several_processes(tmp_path: Path):
    """Those who start at the same time agree on one key."""
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(kept_key, [tmp_path / "secret_key"] * 32))

    assert len(set(keys)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_production(monkeypatch: pytest.MonkeyPatch, folder: Path):
    """In production a key must be set."""
    monkeypatch.setenv("GQL_API_MODE", "production")

    with pytest.raises(gql.ConfigurationError) as refusal:
        signing()

    assert str(refusal.value) == (
        "GQL_API_SECRET_KEY is not set. Set it to at least 32 random characters."
    )
    assert not folder.exists()


def test_no_place_for_the_key(folder: Path):
    """A folder that cannot be written is named, with the way out."""
    folder.write_text("a file in its way")

    with pytest.raises(gql.ConfigurationError) as refusal:
        signing()

    assert str(refusal.value).startswith(f"The key for tokens cannot be kept in {folder}: ")
    assert str(refusal.value).endswith("Set GQL_API_SECRET_KEY.")
