"""What a schema allows follows from the settings and from the number of models."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import gql_api as gql
from gql_api.cli.preparing import api_config, persisted_documents
from gql_api.errors import ConfigurationError
from gql_api.settings import Settings
from tests.fixtures import large, models


def _application(base: object) -> gql.Application:
    return gql.Application(
        name="test",
        models=base,
        build_schema=lambda *, dialect, config: gql.build_schema(
            base, dialect=dialect, config=config
        ),
    )


def _config(base: object, **options: bool) -> tuple[bool, bool]:
    config = api_config(Settings(_env_file=None, **options), _application(base))
    return config.has_aggregates, config.has_groups


def test_aggregates_of_many_models():
    """Hundreds of models have neither aggregates nor groups, unless the settings say so."""
    many = large.large_models()

    assert _config(models.Base) == (True, True)
    assert _config(many) == (False, False)
    assert _config(many, aggregates=True) == (True, True)
    assert _config(models.Base, groups=False) == (True, False)
    assert _config(models.Base, aggregates=False) == (False, False)


def test_groups_alone():
    """Groups without aggregates are refused."""
    with pytest.raises(ConfigurationError, match="has_aggregates is off"):
        _config(models.Base, aggregates=False, groups=True)


def test_writes_of_many_models():
    """Hundreds of models are written row by row, unless the settings say so."""
    many = _application(large.large_models())
    chosen = api_config(Settings(_env_file=None), many)
    asked = api_config(Settings(_env_file=None, bulk_writes=True, nested_writes=True), many)

    assert (chosen.has_bulk_writes, chosen.has_nested_writes) == (False, False)
    assert (asked.has_bulk_writes, asked.has_nested_writes) == (True, True)


_OTHERS: dict[str, Any] = {
    "default_page_size": 7,
    "max_page_size": 70,
    "read_only": True,
    "aggregates": False,
    "bulk_writes": False,
    "nested_writes": False,
    "isolation": "SERIALIZABLE",
    "max_attempts": 2,
    "idempotency_lifetime_s": 60,
    "request_timeout_s": 7,
    "socket_init_timeout_s": 3,
    "socket_send_timeout_s": 4,
    "snapshots": False,
    "row_level_security": True,
    "json_path": False,
    "introspection": "own",
    "suggestions": False,
    "unreadable_columns": "error",
    "show_cost": True,
    "max_depth": 9,
}
"""Settings that are not the defaults, one at least for each option of a schema."""


def test_each_option():
    """Each option of a schema can be chosen by a setting."""
    config = api_config(Settings(_env_file=None, **_OTHERS), _application(models.Base))

    defaults = gql.ApiConfig()
    same = [each.name for each in fields(config) if _value(config, each) == _value(defaults, each)]
    assert same == []


def test_production():
    """The mode of production tells strangers less; what is set wins."""
    preset = api_config(Settings(_env_file=None, mode="production"), _application(models.Base))
    chosen = api_config(
        Settings(_env_file=None, mode="production", introspection="own", suggestions=True),
        _application(models.Base),
    )

    assert (preset.introspection, preset.shows_suggestions) == ("admins", False)
    assert (chosen.introspection, chosen.shows_suggestions) == ("own", True)


def _value(config: gql.ApiConfig, field: Any) -> Any:
    return getattr(config, field.name)


def test_trusted_documents(tmp_path: Path):
    """The settings name a manifest, and say whether other documents are run."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"a": "{ a }"}')

    found = persisted_documents(
        Settings(
            _env_file=None,
            persisted_queries=False,
            trusted_documents=manifest,
            only_trusted_documents=True,
        )
    )

    assert found == gql.PersistedDocuments(
        trusted={"a": "{ a }"}, only_trusted=True, keeps_queries=False
    )
    assert persisted_documents(Settings(_env_file=None)) == gql.PersistedDocuments()
