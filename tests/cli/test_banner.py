"""What a server that is ready prints."""

from importlib.metadata import version

import pytest

from gql_api.app.models import Base
from gql_api.cli.banner import show_banner
from gql_api.cli.databases import Address
from gql_api.server.application import Application


def build_nothing(**_options: object) -> object:
    """Stand where nothing is built."""
    raise AssertionError


def test_banner(capsys: pytest.CaptureFixture[str]):
    """The addresses and a query are printed as they are, without comments and passwords."""
    application = Application(
        name="shop [new]",
        models=Base,
        build_schema=build_nothing,  # type: ignore[arg-type]  # never called
        default_query="# Welcome!\n{\n  tags { totalCount } # all\n}\n",
    )

    show_banner(application, Address("postgresql://ada:secret@db/shop"), "http://127.0.0.1:1")

    assert capsys.readouterr().out.splitlines() == [
        f"shop [new] on postgresql+asyncpg://ada:***@db/shop, by gql-api {version('gql-api')}",
        "",
        "  GraphiQL  http://127.0.0.1:1/graphiql/",
        "  GraphQL   http://127.0.0.1:1/graphql",
        "  Schema    http://127.0.0.1:1/schema.graphql",
        "",
        "A query to try, in GraphiQL:",
        "",
        "  {",
        "    tags { totalCount } # all",
        "  }",
        "",
        "Stop with Ctrl-C.",
    ]
