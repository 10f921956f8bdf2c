"""``gql-api schema`` from the outside."""

from pathlib import Path

import pytest
from graphql import build_schema

from gql_api.app.main import application
from gql_api.config import ApiConfig
from tests.cli.conftest import SHOP, Command

MODELS = ("--models", "shop:Base")


@pytest.fixture
def shop(command: Command) -> Command:
    """The command, with models to serve."""
    command.write_module("shop")
    return command


def test_export(command: Command):
    """The application's schema is printed as the library writes it."""
    outcome = command("schema", "export")

    built = application.build_schema(dialect="postgresql", config=ApiConfig())
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == built.as_str()


def test_export_for_a_role(command: Command):
    """What a role can never reach is left out; nobody has no further role."""
    admin = command("schema", "export", "--role", "admin")
    anonymous = command("schema", "export", "--role", "anonymous")
    both = command("schema", "export", "--role", "anonymous", "--role", "admin")

    assert admin.out == command("schema", "export").out
    assert "  signIn(" in anonymous.out
    assert "  createPost(" not in anonymous.out
    assert (both.status, both.out) == (1, "")
    assert both.err == (
        "Error: anonymous is nobody, and has no further role. Name it alone, or leave it out.\n"
    )


def test_export_with_costs(command: Command):
    """What fields cost is told where it is asked for, for a role too."""
    everything = command("schema", "export", "--costs").out
    anonymous = command("schema", "export", "--costs", "--role", "anonymous").out

    for text in (everything, anonymous):
        assert "directive @cost(weight: String!)" in text
        assert '  totalCount: Int! @cost(weight: "5")' in text
    assert '@cost(weight: "10")' in everything
    assert "  createPost(" in everything
    assert "  createPost(" not in anonymous
    assert "@cost" not in command("schema", "export").out


def test_export_to_file(shop: Command):
    """A file gets the text that would be printed."""
    outcome = shop("schema", "export", "-o", "shop.graphql", *MODELS)

    assert (outcome.status, outcome.out, outcome.err) == (0, "", "Wrote shop.graphql.\n")
    assert Path("shop.graphql").read_text() == shop("schema", "export", *MODELS).out


def test_export_of_tables(shop: Command, shop_url: str):
    """The schema of an existing database is printed."""
    outcome = shop("schema", "export", "--database", shop_url)

    assert outcome.status == 0
    assert "type Customer implements Node {" in outcome.out


def test_export_nowhere(shop: Command):
    """A file that cannot be written is one line."""
    outcome = shop("schema", "export", "-o", "none/shop.graphql", *MODELS)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        "Error: none/shop.graphql cannot be written: No such file or directory.\n"
    )


def test_dialect(shop: Command):
    """What a dialect lacks is left out; a wrong one is refused."""
    usual = shop("schema", "export", *MODELS).out
    sqlite = shop("schema", "export", "--dialect", "sqlite", *MODELS).out
    wrong = shop("schema", "export", "--dialect", "oracle", *MODELS)

    build_schema(sqlite)
    assert "type Customer" in usual
    assert (wrong.status, wrong.err.count("\n")) == (1, 1)
    assert "'oracle' is not supported" in wrong.err


def test_check(shop: Command):
    """A file that is current passes."""
    shop("schema", "export", "-o", "schema.graphql", *MODELS)

    outcome = shop("schema", "check", *MODELS)

    assert (outcome.status, outcome.out) == (0, "schema.graphql is current.\n")


def test_check_of_old_file(shop: Command):
    """A file that is out of date fails with the difference and the command that mends it."""
    shop("schema", "export", "-o", "schema.graphql", *MODELS)
    text = Path("schema.graphql").read_text()
    Path("schema.graphql").write_text(text.replace("  name: String!", "  title: String!"))

    outcome = shop("schema", "check", *MODELS)

    assert outcome.status == 1
    assert "-  title: String!\n+  name: String!\n" in outcome.out
    assert outcome.err == (
        "Error: schema.graphql is out of date. Run gql-api schema export --output schema.graphql.\n"
    )


def test_check_of_no_file(shop: Command):
    """A file that does not exist is one line."""
    outcome = shop("schema", "check", "none.graphql", *MODELS)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        "Error: none.graphql cannot be read: No such file or directory. "
        "Write it with gql-api schema export --output none.graphql.\n"
    )


def test_diff(command: Command):
    """A field that is gone breaks clients: listed, and status 1."""
    Path("old.graphql").write_text("type Query { a: Int b: Int }")
    Path("new.graphql").write_text("type Query { a: Int c(x: Int = 1): Int }")

    outcome = command("schema", "diff", "old.graphql", "new.graphql")

    assert outcome.status == 1
    assert outcome.out == "breaking: Field Query.b was removed.\n"
    assert outcome.err == (
        "Error: 1 changes break clients. Keep what they use, and deprecate it first.\n"
    )


def test_diff_without_break(shop: Command):
    """Against the application's own schema, additions pass; a new enum value is dangerous."""
    shop("schema", "export", "-o", "old.graphql", *MODELS)
    text = Path("old.graphql").read_text()
    first = '  """Rows without a value first, then least first."""\n  ASC_NULLS_FIRST\n\n'
    assert first in text
    Path("old.graphql").write_text(text.replace(first, ""))

    outcome = shop("schema", "diff", "old.graphql", *MODELS)

    assert outcome.status == 0
    assert outcome.out == (
        "dangerous: Enum value SortOrder.ASC_NULLS_FIRST was added.\n"
        "No breaking changes, 1 dangerous ones.\n"
    )


def test_diff_of_nonsense(command: Command):
    """A file that holds no schema is one line."""
    Path("old.graphql").write_text("type {")

    outcome = command("schema", "diff", "old.graphql")

    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert outcome.err.startswith("Error: old.graphql holds no GraphQL schema: Syntax Error")


def test_names(command: Command):
    """Models and attributes are listed with their names; those that gave way are marked."""
    text = SHOP.replace("class Order(", "class Node(").replace('"Order"', '"Node"')
    command.write_module("shop_of_nodes", text)

    outcome = command("schema", "names", "--models", "shop_of_nodes:Base")

    assert outcome.out.splitlines() == [
        "Customer -> Customer",
        "  id -> rowId",
        "  name -> name",
        "  orders -> orders",
        "shop_of_nodes.Node -> Node2  (not Node, which is taken or reserved)",
        "  id -> rowId",
        "  customer_id -> customerId",
        "  customer -> customer",
    ]


def test_names_of_subclasses(command: Command):
    """The type of rows that belong to no subclass is listed beside the interface."""
    command.write_module("staff", _STAFF)
    why = "which is taken or reserved"

    outcome = command("schema", "names", "--models", "staff:Base")

    assert [line for line in outcome.out.splitlines() if not line.startswith(" ")] == [
        "BaseEmployee -> BaseEmployee",
        "Employee -> Employee",
        f"Employee, rows of no subclass -> BaseEmployee2  (not BaseEmployee, {why})",
        "Manager -> Manager",
    ]


_STAFF = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}


class Manager(Employee):
    __mapper_args__ = {"polymorphic_identity": "manager"}


class BaseEmployee(Base):
    __tablename__ = "other"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
