"""Which application is served, and what is said where there is none."""

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.app.main import application
from gql_api.cli.applications import (
    Source,
    find_application,
    load_object,
    mapped_tables,
    named_application,
)
from gql_api.config import ApiConfig
from gql_api.database.engines import Database
from gql_api.errors import ConfigurationError
from tests.cli.conftest import SHOP, Command


def test_default():
    """Without options the installed default is served."""
    assert named_application(Source()) is application


def test_application_by_attribute():
    """An application may be named by module and attribute."""
    assert named_application(Source(application="gql_api.app.main:application")) is application


def test_models(command: Command):
    """Models of the working directory become an application without migrations."""
    name = command.write_module("shop_of_models")

    found = named_application(Source(models=f"{name}:Base"))

    sdl = found.build_schema(dialect="sqlite", config=ApiConfig()).as_str()
    assert (found.name, found.alembic_config) == (f"{name}:Base", None)
    assert "createOrder(" in sdl


def test_models_of_schemas(command: Command):
    """Database schemas of models are left out where the database has none."""
    text = SHOP.replace('"customers"\n', '"customers"\n    __table_args__ = {"schema": "shop"}\n')
    name = command.write_module("shop_in_schema", text.replace("customers.id", "shop.customers.id"))

    found = named_application(Source(models=f"{name}:Base"))

    assert dict(found.schema_translate_map) == {"shop": None}


@pytest.mark.parametrize(
    ("source", "is_reflected"),
    [
        pytest.param(Source(), False, id="default"),
        pytest.param(Source(database="sqlite://"), True, id="database"),
        pytest.param(Source(schemas=("a",)), True, id="schema"),
        pytest.param(Source(database="sqlite://", models="a:b"), False, id="models"),
        pytest.param(Source(database="sqlite://", application="a"), False, id="application"),
    ],
)
def test_reflection(source: Source, *, is_reflected: bool):
    """Tables are served as found where a database or its schemas are named, and nothing else."""
    assert source.is_reflected is is_reflected


async def test_empty_database(postgres: Database):
    """A database without tables is refused with its name."""
    with pytest.raises(ConfigurationError, match=r"has no tables or views in the schema public"):
        await find_application(Source(database="postgresql://"), postgres)


def test_contradiction():
    """An application and models exclude each other."""
    with pytest.raises(ConfigurationError) as refused:
        Source(application="a", models="b:c")

    assert str(refused.value) == "--app and --models both say what to serve. Leave one of them out."


def test_schemas_of_models():
    """Database schemas are chosen for reflection only."""
    with pytest.raises(ConfigurationError, match="--schema chooses the tables to reflect"):
        Source(models="b:c", schemas=("a",))


def test_other_kind():
    """What is no application is refused with its type."""
    with pytest.raises(ConfigurationError) as refused:
        named_application(Source(application="gql_api.app.models:Base"))

    assert str(refused.value).endswith(
        "not an Application. Name a gql_api.Application, or use --models."
    )


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        pytest.param("shop", "'shop' names no attribute of a module. It must look", id="form"),
        pytest.param(
            "nowhere_at_all:Base",
            "nowhere_at_all:Base cannot be imported: ModuleNotFoundError: No module",
            id="module",
        ),
        pytest.param(
            "gql_api.app.models:Bass",
            "gql_api.app.models:Bass cannot be imported: AttributeError: module",
            id="attribute",
        ),
    ],
)
def test_wrong_reference(reference: str, message: str):
    """A reference that leads nowhere is refused with the cause."""
    with pytest.raises(ConfigurationError) as refused:
        load_object(reference)

    assert str(refused.value).startswith(message)


def test_broken_module(command: Command):
    """A module that raises is refused with what it raised."""
    name = command.write_module("shop_that_raises", "raise RuntimeError('out of stock')")

    with pytest.raises(ConfigurationError) as refused:
        load_object(f"{name}:Base")

    assert str(refused.value) == (
        f"{name}:Base cannot be imported: RuntimeError: out of stock. "
        "Correct the module or its name."
    )


def test_models_in_a_cycle():
    """Tables that refer to each other in a circle are listed."""
    metadata = sa.MetaData()
    here = sa.Table("here", metadata, sa.Column("id", sa.ForeignKey("there.id"), primary_key=True))
    sa.Table("there", metadata, sa.Column("id", sa.ForeignKey("here.id"), primary_key=True))
    models = orm.registry(metadata=metadata)
    models.map_imperatively(type("Here", (), {}), here)

    assert {table.name for table in mapped_tables(models)} == {"here", "there"}
