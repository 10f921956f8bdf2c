import pytest
import sqlalchemy as sa

import gql_api as gql
from gql_api.execution.explain import HIDDEN, may_explain, present_explanation
from gql_api.loading.explanations import Explanation
from tests.fixtures import models
from tests.fixtures.models import Author
from tests.fixtures.schema import BY_ROWS, Api


async def explained(
    api: Api, text: str, *, subject: gql.Subject = gql.ANONYMOUS, has_plans: bool = False
):
    """Run an operation and return what is told about it."""
    context = gql.Context(api.database, subject)
    context.explanation = Explanation()
    result = await api.schema.execute(text, context_value=context)
    assert result.errors is None
    return await present_explanation(
        context.explanation,
        api.schema,
        api.database,
        names=result.data or (),
        has_plans=has_plans,
    )


class SecretPolicy(gql.Policy[Author]):
    """Authors with a secret that nobody is told."""

    def visible(self, row, subject):
        return row.secret == "s3cret"  # noqa: S105 - of a test


class NamedPolicy(gql.Policy[Author]):
    """Authors of one name."""

    def visible(self, row, subject):
        return row.pen_name != "nobody"


async def test_statements(api: Api):
    """Each statement of a read stands there, in order, with what it was given and brought."""
    told = await explained(
        api.of(config=BY_ROWS),
        "{ a: authors(first: 1) { nodes { penName written { totalCount } } } }",
    )

    first, second = told["statements"]
    assert told["fields"].keys() == {"a"}
    assert (first["field"], second["field"]) == ("a", "a")
    assert "author" in first["sql"]
    assert "book" in second["sql"]
    assert 2 in first["parameters"]  # one more than the page
    assert (first["rows"], second["rows"]) == (2, 1)
    assert first["durationMs"] > 0
    assert "plan" not in first


async def test_paths(api: Api):
    """The path that each root field took stands there, and why."""
    api = api.of()
    told = await explained(api, "{ authors { nodes { penName } } books { __typename } }")
    rows = await explained(api.of(config=BY_ROWS), "{ authors { nodes { penName } } }")

    paths = {name: each["path"] for name, each in told["fields"].items()}
    assert paths == dict.fromkeys(("authors", "books"), "json" if api.has_json_path else "rows")
    assert rows["fields"]["authors"]["path"] == "rows"
    assert rows["fields"]["authors"]["reason"] == "The json path is switched off."


async def test_path_of_nodes(api: Api):
    """Rows by several ids are answered as a whole, without the executor."""
    found = await api.run("{ authors(first: 2) { nodes { id } } }")
    ids = ", ".join(f'"{row["id"]}"' for row in found.data["authors"]["nodes"])

    told = await explained(api.of(), f"{{ nodes(ids: [{ids}]) {{ id }} }}")

    assert told["fields"]["nodes"] == {
        "path": "rows",
        "reason": "Rows of several keys, in the order of the keys.",
    }


async def test_plan(api: Api):
    """The database tells how it would run each read."""
    told = await explained(api, "{ authors { nodes { penName } } }", has_plans=True)

    (sent,) = told["statements"]
    assert any("author" in line for line in sent["plan"])


async def test_value_beside_a_hidden_column(api: Api):
    """A constant of a policy over a hidden column is not told, nor is a plan that would hold it."""
    guarded = api.of(policies=[SecretPolicy()])

    told = await explained(guarded, "{ authors { nodes { penName } } }", has_plans=True)

    (sent,) = told["statements"]
    assert "s3cret" not in str(told)
    assert HIDDEN in sent["parameters"]
    assert sent["plan"] is None


async def test_value_beside_a_visible_column(api: Api):
    """A constant of a policy over a visible column is told."""
    guarded = api.of(policies=[NamedPolicy()])

    told = await explained(guarded, "{ authors { nodes { penName } } }", has_plans=True)

    (sent,) = told["statements"]
    assert "nobody" in sent["parameters"]
    assert sent["plan"]


async def test_subject(api: Api):
    """The caller's own key is told."""
    guarded = api.of(policies=models.POLICIES)

    told = await explained(
        guarded, "{ books { nodes { title } } }", subject=gql.Subject(user_id=4711)
    )

    assert 4711 in told["statements"][0]["parameters"]


async def test_field_without_statements(api: Api):
    """A field that reads nothing is named too."""
    told = await explained(api, "{ __typename }")

    assert told["statements"] == []
    assert told["fields"]["__typename"]["path"] == "resolvers"


async def test_nothing_asked(api: Api):
    """An operation that nobody wants explained collects nothing."""
    context = gql.Context(api.database)

    await api.schema.execute("{ authors { nodes { penName } } }", context_value=context)

    assert context.explanation is None
    assert context.reader_of("authors") is context.reader


async def test_write(written: Api):
    """A write tells its statements in order; what it writes into hidden columns is hidden."""
    text = 'mutation { createAuthor(input: {rowId: 900, penName: "Zoe"}) { author { penName } } }'

    told = await explained(written, text, has_plans=True)

    (insert,) = (each for each in told["statements"] if each["sql"].startswith("INSERT"))
    read = told["statements"][-1]
    assert (insert["field"], insert["rows"]) == (None, 1)
    assert "Zoe" in insert["parameters"]
    assert HIDDEN in insert["parameters"]
    assert "s3cret" not in str(told)
    assert "plan" not in insert
    assert (read["field"], read["rows"]) == ("createAuthor", 1)


class Queries:
    @gql.query
    async def first_author(self, info: gql.Info) -> Author | None:
        async with info.context.read_session() as session:
            statement = sa.select(Author).where(Author.id == 1)
            return (await session.scalars(statement)).first()


async def test_resolver_by_hand(api: Api):
    """What a resolver reads in a session of its own is told, without a field."""
    told = await explained(api.of(queries=[Queries]), "{ firstAuthor { rowId } }")

    sent = told["statements"][0]
    assert sent["field"] is None
    assert 1 in sent["parameters"]


async def test_long_list(api: Api):
    """Of a list that is one parameter the first items are told."""
    if not api.database.dialect.has_arrays:
        pytest.skip("a list is many parameters")
    listed = list(range(100))

    told = await explained(
        api, f"{{ authors(where: {{rowId: {{in: {listed}}}}}) {{ nodes {{ penName }} }} }}"
    )

    assert [*range(50), "(and 50 more)"] in told["statements"][0]["parameters"]


@pytest.mark.parametrize(
    ("roles", "is_development", "expected"),
    [
        (set(), True, True),
        (set(), False, False),
        ({"admin"}, False, True),
        ({"editor"}, False, False),
    ],
)
def test_may_explain(roles, is_development, expected):
    """In development everybody may, else administrators."""
    subject = gql.Subject(1, frozenset(roles))

    assert may_explain(subject, is_development=is_development) is expected
