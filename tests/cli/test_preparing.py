"""What a schema allows follows from the settings and from the number of models."""

import pytest

import gql_api as gql
from gql_api.cli.preparing import api_config
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
