"""Limits of documents and variables, for operations in process."""

import threading
from typing import Any

import graphql
import pytest
from graphql import ValidationRule, get_introspection_query
from strawberry.extensions import AddValidationRules, DisableValidation

import gql_api as gql
from tests.fixtures.schema import Api


def _limited(offline: Api, **limits: int) -> Api:
    return offline.of(config=gql.ApiConfig(limits=gql.Limits(**limits)))


@pytest.mark.parametrize(
    ("limits", "text", "code", "message"),
    [
        pytest.param(
            {"max_document_length": 22},
            "{ books { totalCount } }",
            "MAX_DOCUMENT_LENGTH_EXCEEDED",
            "The document has 24 characters: at most 22 are allowed. Send values as variables.",
            id="characters",
        ),
        pytest.param(
            {"max_tokens": 5},
            "{ books { totalCount } }",
            "MAX_TOKENS_EXCEEDED",
            "The document has more than 5 tokens: ask for less, or in several requests.",
            id="tokens",
        ),
        pytest.param(
            {"max_depth": 1},
            "{ books { totalCount } }",
            "MAX_DEPTH_EXCEEDED",
            "The document has 2 fields within each other: at most 1 are allowed.",
            id="depth",
        ),
        pytest.param(
            {"max_aliases": 1},
            "{ a: books { b: totalCount } }",
            "MAX_ALIASES_EXCEEDED",
            "The document has 2 aliases: at most 1 are allowed.",
            id="aliases",
        ),
        pytest.param(
            {"max_root_fields": 1},
            "{ __typename books { totalCount } }",
            "MAX_ROOT_FIELDS_EXCEEDED",
            "The document has 2 root fields: at most 1 are allowed.",
            id="root fields",
        ),
        pytest.param(
            {"max_directives": 1},
            "{ books @include(if: true) { totalCount @skip(if: false) } }",
            "MAX_DIRECTIVES_EXCEEDED",
            "The document has 2 directives: at most 1 are allowed.",
            id="directives",
        ),
    ],
)
async def test_document(offline: Api, limits: dict[str, int], text: str, code: str, message: str):
    """A document beyond a limit is refused with the limit and the amount, before any SQL."""
    assert await _limited(offline, **limits).refusal(text) == (code, message, None)


async def test_several_limits(offline: Api):
    """Every limit that a document exceeds is told, and nothing else."""
    api = _limited(offline, max_depth=1, max_aliases=1)

    answer = await api.run("{ a: books { b: unknown } }")

    codes = [error.extensions["code"] for error in answer.errors]
    assert codes == ["MAX_DEPTH_EXCEEDED", "MAX_ALIASES_EXCEEDED"]
    assert (answer.data, answer.statements) == (None, [])


async def test_variables(offline: Api):
    """Variables beyond a limit are refused for each request anew."""
    api = _limited(offline, max_variable_values=2, max_json_depth=2)
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    large = await api.refusal(text, ids=["a", "b"])
    deep = await api.refusal(text, ids=[[]])

    assert large[:2] == (
        "MAX_VARIABLE_VALUES_EXCEEDED",
        "The variables: there are 3 values or more, and at most 2 are allowed.",
    )
    assert deep[0] == "MAX_JSON_DEPTH_EXCEEDED"


async def test_introspection(offline: Api):
    """The introspection of tools is within the limits."""
    text = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True
    )

    data = await offline.data(text, count=0)

    assert data["__schema"]["queryType"]["name"] == "Query"


async def test_known_document(offline: Api, monkeypatch: pytest.MonkeyPatch):
    """A good document is parsed and judged once."""
    api = offline.of()
    await api.data("{ __typename }", count=0)

    def forbidden(*_arguments: Any, **_options: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("gql_api.execution.limits.validate", forbidden)
    monkeypatch.setattr("strawberry.schema.schema.parse", forbidden)

    assert await api.data("{ __typename }", count=0) == {"__typename": "Query"}


async def test_refused_document(offline: Api):
    """A document that was refused is refused again."""
    first = await offline.refusal("{ unknown }")

    assert await offline.refusal("{ unknown }") == first
    assert first[0] == "GRAPHQL_VALIDATION_FAILED"


async def test_without_validation(offline: Api):
    """The limits hold where an extension turns the validation off."""
    config = gql.ApiConfig(limits=gql.Limits(max_depth=1))
    api = offline.of(config=config, extensions=[DisableValidation])

    assert (await api.refusal("{ books { totalCount } }"))[0] == "MAX_DEPTH_EXCEEDED"
    assert (await api.run("{ unknown }")).data == {}


async def test_rules_of_extensions(offline: Api):
    """Rules that an extension adds are applied."""
    seen = []

    class Rule(ValidationRule):
        def enter_field(self, node: Any, *_rest: Any) -> None:
            seen.append(node.name.value)

    api = offline.of(extensions=[lambda: AddValidationRules([Rule])])
    await api.data("{ __typename }", count=0)

    assert seen == ["__typename"]


@pytest.mark.parametrize(("length", "is_aside"), [(2_000, False), (2_001, True)])
async def test_long_documents(offline: Api, length: int, *, is_aside: bool):
    """Long documents are judged beside the loop, which goes on with others meanwhile."""
    seen = []

    class Rule(ValidationRule):
        def enter_field(self, *_rest: Any) -> None:
            seen.append(threading.current_thread() is not threading.main_thread())

    api = offline.of(extensions=[lambda: AddValidationRules([Rule])])
    text = "{ __typename }".ljust(length, "#")

    assert await api.data(text, count=0) == {"__typename": "Query"}
    assert seen == [is_aside]


async def test_long_documents_parsed(offline: Api, monkeypatch: pytest.MonkeyPatch):
    """Long documents are parsed beside the loop; what is wrong with one is told as of a short one."""
    parsed = []

    def parse(*arguments: Any, **options: Any) -> Any:
        parsed.append(threading.current_thread() is not threading.main_thread())
        return graphql.parse(*arguments, **options)

    monkeypatch.setattr("gql_api.execution.limits.parse", parse)
    refusals = [await offline.refusal("{ a(".ljust(length, " ")) for length in (2_000, 2_001)]

    assert refusals[0] == refusals[1]
    assert refusals[0][0] == "GRAPHQL_PARSE_FAILED"
    assert parsed == [True]


@pytest.mark.parametrize(
    ("limits", "text", "code", "message", "path"),
    [
        pytest.param(
            {"max_cost": 20},
            "{ books { nodes { title } } }",
            "MAX_COST_EXCEEDED",
            "The operation costs 22 points: at most 20 are allowed.",
            None,
            id="cost",
        ),
        pytest.param(
            {"max_filter_depth": 2},
            '{ x: books(where: {not: {title: {eq: "x"}}}) { totalCount } }',
            "MAX_FILTER_DEPTH_EXCEEDED",
            "x.where nests 3 input objects: at most 2 are allowed.",
            "x.where",
            id="filter depth",
        ),
        pytest.param(
            {"max_list_length": 2},
            '{ books(where: {title: {in: ["a", "b", "c"]}}) { totalCount } }',
            "MAX_LIST_LENGTH_EXCEEDED",
            "books.where holds a list of 3 items: at most 2 are allowed.",
            "books.where",
            id="list",
        ),
    ],
)
async def test_request(
    offline: Api,
    limits: dict[str, int],
    text: str,
    code: str,
    message: str,
    path: str | None,
):
    """A request beyond a limit is refused with the limit and the amount, before any SQL."""
    assert await _limited(offline, **limits).refusal(text) == (code, message, path)


async def test_cost_of_each_request(offline: Api):
    """One document may be refused with some variables and run with others."""
    api = _limited(offline, max_cost=5)
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    refused = await api.refusal(text, ids=["x"] * 6)

    assert refused[0] == "MAX_COST_EXCEEDED"
    assert await api.data(text, ids=[], count=0) == {"nodes": []}


async def test_shown_cost(offline: Api):
    """The answer tells the cost where the configuration says so."""
    shown = offline.of(config=gql.ApiConfig(shows_cost=True))
    text = "{ nodes(ids: []) { id } }"

    results = [
        await api.schema.execute(text, context_value=gql.Context(api.database))
        for api in (shown, offline)
    ]

    assert [each.extensions for each in results] == [{"cost": {"requested": 0, "limit": 20000}}, {}]
