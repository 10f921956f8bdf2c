"""Building a schema leaves the process as it was."""

import gc

import pytest

import gql_api as gql
from tests.server import notes


@pytest.mark.parametrize("models", [notes.Base, []])
def test_collector(models: object):
    """The collector of cycles works on after a build, one that fails too."""
    try:
        gql.build_schema(models)
    except gql.MappingError:
        assert models == []

    assert gc.isenabled()


def test_paused_collector():
    """A collector that was off stays off."""
    gc.disable()
    try:
        notes.build()

        assert not gc.isenabled()
    finally:
        gc.enable()
