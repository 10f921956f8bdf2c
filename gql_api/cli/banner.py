"""What a server that is ready tells whoever started it."""

from importlib.metadata import version

from rich.console import Console
from rich.markup import escape

from gql_api.cli.databases import Address
from gql_api.server.application import Application

_SAMPLE = "{ __schema { queryType { fields { name } } } }"


def show_banner(
    application: Application, address: Address, base: str, *, has_graphiql: bool = True
) -> None:
    """Print where everything is, and a query to try.

    Args:
        application: What is served.
        address: Where its data is.
        base: Address of the server.
        has_graphiql: Whether there is GraphiQL.
    """
    console = Console(highlight=False, soft_wrap=True)
    name, place = escape(application.name), escape(address.label)
    console.print(f"[bold]{name}[/bold] on {place}, by gql-api {version('gql-api')}\n")
    pages = [("GraphQL", "/graphql"), ("Schema", "/schema.graphql")]
    if has_graphiql:
        pages.insert(0, ("GraphiQL", "/graphiql/"))
    for title, path in pages:
        console.print(f"  {title:<10}[cyan]{base}{path}[/cyan]")
    console.print("\nA query to try" + (", in GraphiQL:\n" if has_graphiql else ":\n"))
    console.print(_indented(_sample_query(application)), markup=False)
    console.print("\nStop with Ctrl-C.")


def _sample_query(application: Application) -> str:
    lines = (application.default_query or _SAMPLE).strip().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
