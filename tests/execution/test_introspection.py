"""Introspection in process: the answers of graphql-core, and what is none of it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import build_schema, execute_sync, get_introspection_query, parse
from strawberry.extensions import SchemaExtension
from typing_extensions import override

from gql_api.execution.introspection import IntrospectionAnswers
from tests.fixtures.held import Held
from tests.fixtures.schema import Api

VARIED = """
query Named($deep: Boolean = false, $name: String!) {
  __typename
  ...Types
  ... on Query { one: __type(name: $name) { name fields @include(if: $deep) { name } } }
}
fragment Types on Query { __schema { queryType { name } } }
"""


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        pytest.param(get_introspection_query(input_value_deprecation=True), {}, id="all"),
        pytest.param(VARIED, {"name": "Book"}, id="shallow"),
        pytest.param(VARIED, {"name": "Book", "deep": True}, id="deep"),
        pytest.param(VARIED, {"name": "Nothing"}, id="no such type"),
    ],
)
async def test_answer(offline: Api, text: str, variables: dict[str, Any]):
    """The answer is that of graphql-core, the second time too, without any SQL."""
    schema = offline.schema.graphql_schema
    expected = execute_sync(schema, parse(text), variable_values=variables)

    first = await offline.data(text, count=0, **variables)
    second = await offline.data(text, count=0, **variables)

    assert expected.errors is None
    assert first == second == expected.data


async def test_own_copy(offline: Api):
    """A caller that changes its answer changes nobody else's."""
    text = "{ __schema { queryType { name } } }"

    changed = await offline.data(text, count=0)
    changed["__schema"]["queryType"]["name"] = "Changed"

    assert await offline.data(text, count=0) == {"__schema": {"queryType": {"name": "Query"}}}


async def test_error(offline: Api):
    """A variable that is missing is refused, each time."""
    for _ in range(2):
        code, message, _path = await offline.refusal(VARIED)

        assert code == "BAD_USER_INPUT"
        assert message.startswith("Variable '$name' has invalid value")


async def test_mixed(api: Api):
    """An operation that selects data too is run as usual."""
    text = "{ __typename books { totalCount } }"

    assert await api.data(text, count=1) == {"__typename": "Query", "books": {"totalCount": 6}}


async def test_mutation(offline: Api):
    """A mutation is never taken for introspection."""
    answer = await offline.run("mutation { __typename }")

    assert answer.data == {"__typename": "Mutation"}
    assert answer.errors == ()


class _Renaming(SchemaExtension):
    """Resolves fields itself."""

    @override
    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        value = _next(root, info, *args, **kwargs)
        return "Renamed" if info.field_name == "name" else value


async def test_resolving_extension(offline: Api):
    """An extension that resolves fields is asked for those of introspection too."""
    api = offline.of(extensions=[_Renaming])
    text = "{ __schema { queryType { name } } }"

    assert await api.data(text, count=0) == {"__schema": {"queryType": {"name": "Renamed"}}}


class _Watching(SchemaExtension):
    """Looks at the answer when it is there."""

    seen: Any = None

    @override
    def on_execute(self) -> Iterator[None]:
        yield
        result: Any = self.execution_context.result
        type(self).seen = result.data


async def test_watching_extension(offline: Api):
    """An extension that looks at the answer sees Python's values."""
    api = offline.of(extensions=[_Watching])

    await api.data("{ __typename }", count=0)

    assert _Watching.seen == {"__typename": "Query"}


async def test_bounded(offline: Api):
    """The answer that was not used for longest makes room."""
    schema = offline.schema.graphql_schema
    answers = IntrospectionAnswers(max_bytes=2 * len("{ a: __typename }{}" + '{"a":"Query"}'))
    keys = [(f"{{ {alias}: __typename }}", None, b"{}", None) for alias in "abac"]
    for key in keys:
        await answers.get(lambda: schema, parse(key[0]), key, {})

    kept = [key[0] for key in answers.known]

    assert kept == ["{ a: __typename }", "{ c: __typename }"]


async def test_too_large(offline: Api):
    """An answer larger than all that are kept together is given, and not kept."""
    answers = IntrospectionAnswers(max_bytes=4)
    key = ("{ __typename }", None, b"{}", None)

    answer = await answers.get(lambda: offline.schema.graphql_schema, parse(key[0]), key, {})

    assert answer == b'{"__typename":"Query"}'
    assert answers.known == ()


async def test_one_who_leaves():
    """Who stops waiting does not take the answer from the one who waits on."""
    schema, answers = build_schema("type Query { a: Int }"), IntrospectionAnswers()
    held = Held(schema, "Query")

    def ask(text: str) -> asyncio.Task[Any]:
        return asyncio.create_task(
            answers.get(lambda: schema, parse(text), (text, None, b"{}", None), {})
        )

    first = ask('{ __type(name: "Query") { description } }')
    await held.reached()
    leaving, staying = ask("{ __typename }"), ask("{ __typename }")
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    held.let_go.set()

    assert await staying == b'{"__typename":"Query"}'
    assert await first == b'{"__type":{"description":"Held."}}'
