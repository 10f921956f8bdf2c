"""Operations that are answered without the executor, as it would answer them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError

import gql_api as gql
from gql_api.errors import NoPlainFormError
from gql_api.execution.bypass import Bypass, WrittenResult
from gql_api.loading.answers import write_json
from tests.fixtures.schema import ROOMY, Answer, Api
from tests.loading.test_json import ROOTS


class Watched(SchemaExtension):
    """Sees each field resolved, so that the executor runs."""

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        """Resolve a field."""
        return _next(root, info, *args, **kwargs)


class Taken:
    """Counts the operations that the bypass answered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real, taken = Bypass.execute, self

        async def execute(self: Bypass, asked: Any) -> Any:
            result = await real(self, asked)
            taken.count += result is not None
            return result

        monkeypatch.setattr(Bypass, "execute", execute)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    return Taken(monkeypatch)


def _told(answer: Answer) -> tuple[Any, Sequence[Any]]:
    return answer.data, [each.formatted for each in answer.errors]


async def _same(api: Api, text: str, **variables: Any) -> Answer:
    """Answer an operation when it is known; the executor answers the same."""
    await api.run(text, **variables)
    answer = await api.run(text, **variables)
    executed = await api.of(extensions=[Watched]).run(text, **variables)
    assert _told(answer) == _told(executed)
    if answer.data is not None:
        assert list(answer.data) == list(executed.data)
    return answer


@pytest.mark.parametrize("text", ROOTS.values(), ids=ROOTS)
async def test_known_operation(api: Api, taken: Taken, text: str):
    """An operation of generated reads is answered without the executor when it is known."""
    await _same(api.of(), text)

    assert taken.count == 1


VARIED = """query Varied($id: ID!, $skip: Boolean = false, $n: Int, $where: BookFilter) {
  __typename a: books(first: $n, where: $where) { nodes { id title } }
  ...Rest @skip(if: $skip) book(id: $id) { title chapters(first: $n) { totalCount } }
  own: __typename }
  fragment Rest on Query { bookBy(key: {id: $id}) { id __typename } book(id: $id) { subtitle } }"""


@pytest.mark.parametrize(
    ("variables", "is_taken"),
    [
        pytest.param({}, True, id="defaults"),
        pytest.param({"skip": True, "n": 2}, True, id="skipped"),
        pytest.param({"n": None, "where": {"title": {"like": "a%"}}}, True, id="conditions"),
        pytest.param({"n": -1}, False, id="argument out of range"),
        pytest.param({"id": "nonsense"}, False, id="no id"),
        pytest.param({"n": "three"}, False, id="variable of another type"),
        pytest.param({"skip": None}, False, id="null condition"),
        pytest.param({"where": {"title": {"eq": None}}}, False, id="null operand"),
    ],
)
async def test_variables(api: Api, taken: Taken, variables: dict[str, Any], *, is_taken: bool):
    """Variables decide what is selected and asked; what is wrong with them, the executor tells."""
    api = api.of()
    listed = await api.data("{ books(first: 1) { nodes { id } } }", count=1)
    known = {"id": listed["books"]["nodes"][0]["id"]}

    answer = await _same(api, VARIED, **{**known, **variables})

    assert taken.count == is_taken
    assert bool(answer.errors) is not is_taken


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{ __schema { queryType { name } } }", id="introspection"),
        pytest.param("{ books { totalCount } __schema { queryType { name } } }", id="mixed"),
        pytest.param("{ books { nope } }", id="invalid"),
        pytest.param("{ nope", id="broken"),
        pytest.param("{ nodes(ids: []) { id } }", id="nodes"),
    ],
)
async def test_left_to_the_executor(api: Api, taken: Taken, text: str):
    """Whatever is no generated read alone is left to the usual way."""
    await _same(api.of(), text)

    assert taken.count == 0


async def test_nodes_by_id(api: Api, taken: Taken):
    """A row by its global id is a generated read, whatever its type; one by a text is executed."""
    api = api.of()
    text = """query ($id: ID!) { node(id: $id) { __typename id ... on Book { title }
      ... on Chapter { number book { title } } ... on Category { code } } }"""
    listed = await api.run(
        "{ books(first: 2) { nodes { id } } chapters(first: 1) { nodes { id } } "
        "categories(first: 1) { nodes { id } } }"
    )
    ids = [row["id"] for each in listed.data.values() for row in each["nodes"]]
    for each in ids:
        answer = await _same(api, text, id=each)
        assert answer.data["node"]["id"] == each
    before = taken.count

    gone = await _same(api, text, id="WyJCb29rIiw5OTk5XQ==")

    assert gone.data == {"node": None}
    assert (before, taken.count) == (5, 7)


async def test_named_operations(api: Api, taken: Taken):
    """Each operation of a document is known by its name."""
    api = api.of()
    text = "query A { books { totalCount } } query B { b: books(first: 1) { nodes { title } } }"
    answers = []
    for name in ("A", "B", "A", "B"):
        context = gql.Context(api.database)
        result = await api.schema.execute(text, context_value=context, operation_name=name)
        answers.append(result.data)
        assert (context.operation_name, context.operation_type) == (name, "query")

    with pytest.raises(CannotGetOperationTypeError):
        await api.run(text)

    assert answers[0] == answers[2] == {"books": {"totalCount": 6}}
    assert answers[1] == answers[3]
    assert taken.count == 3


async def test_extension_that_looks_on(api: Api, taken: Taken):
    """An extension sees every operation: nothing goes past it."""
    await _same(api.of(extensions=[SchemaExtension]), "{ books { totalCount } }")

    assert taken.count == 0


async def test_limits_hold(api: Api, taken: Taken):
    """What an operation costs is judged with its variables, known or not."""
    cheap = api.of(config=gql.ApiConfig(limits=gql.Limits(max_cost=30), shows_cost=True))
    text = "query ($n: Int) { books(first: $n) { nodes { title } } }"
    await cheap.run(text, n=5)

    result = await cheap.schema.execute(
        text, variable_values={"n": 5}, context_value=gql.Context(cheap.database)
    )
    assert result.extensions is not None
    assert result.extensions["cost"]["limit"] == 30
    refused = await cheap.run(text, n=50)

    assert refused.errors[0].extensions["code"] == "MAX_COST_EXCEEDED"
    assert refused.statements == []
    assert taken.count == 1


async def test_failing_statement(api: Api, taken: Taken, monkeypatch: pytest.MonkeyPatch):
    """A read that fails is one located error, and is not repeated by the executor."""
    api = api.of()
    text = "{ book(id: %s) { title } books { totalCount } }"
    listed = await api.data("{ books(first: 1) { nodes { id } } }", count=1)
    text = text.replace("%s", f'"{listed["books"]["nodes"][0]["id"]}"')
    await api.run(text)
    calls = 0

    async def fail(*_arguments: Any, **_options: Any) -> Any:
        nonlocal calls
        calls += 1
        statement = "SELECT"
        raise sa.exc.OperationalError(statement, {}, OSError("out of memory"))

    monkeypatch.setattr("gql_api.execution.bypass.load_answer", fail)
    answer = await api.run(text)

    assert answer.data is None
    assert [each.path for each in answer.errors] == [["book"], ["books"]]
    told = {each.message for each in answer.errors}
    assert told == {"The database cannot be reached: retry in a moment."}
    assert (taken.count, calls) == (1, 2)


async def test_value_without_a_form(api: Api, taken: Taken, monkeypatch: pytest.MonkeyPatch):
    """A value that only the executor presents makes it answer the operation, from the start."""
    api = api.of()
    await api.run("{ books { totalCount } }")

    async def refuse(*_arguments: Any, **_options: Any) -> Any:
        reason = "NaN"
        raise NoPlainFormError(reason)

    monkeypatch.setattr("gql_api.execution.bypass.load_answer", refuse)
    answer = await api.run("{ books { totalCount } }")

    assert (answer.data, list(answer.errors)) == ({"books": {"totalCount": 6}}, [])
    assert taken.count == 0


async def test_policies(guarded: Api, taken: Taken):
    """Each caller sees own rows, known operation or not."""
    guarded = guarded.of(config=ROOMY, policies=list(guarded.schema.policies.values()))
    text = "{ books { totalCount nodes { title author { penName } } } }"
    subjects = [gql.ANONYMOUS, gql.Subject(roles=frozenset({"staff"})), gql.ANONYMOUS]
    executed = guarded.of(extensions=[Watched], policies=list(guarded.schema.policies.values()))

    for subject in subjects:
        answer = await guarded.run(text, subject=subject)
        assert _told(answer) == _told(await executed.run(text, subject=subject))
    assert taken.count == 2


@pytest.mark.parametrize(
    "config", [ROOMY, replace(ROOMY, has_json_path=False)], ids=["json", "rows"]
)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{ books { nodes { id title } } }", id="one"),
        pytest.param("{ a: __typename books { totalCount } b: books { nodes { id } } }", id="many"),
        pytest.param("{ books @skip(if: true) { totalCount } }", id="nothing"),
    ],
)
async def test_written_answer(api: Api, text: str, config: gql.ApiConfig):
    """An answer that is only sent on is written at once, as the executor's would be."""
    api = api.of(config=config)
    await api.run(text)
    expected = await api.of(extensions=[Watched]).run(text)
    context = gql.Context(api.database)
    context.takes_encoded = context.takes_body = True

    result = await api.schema.execute(text, context_value=context)

    body = result.body if isinstance(result, WrittenResult) else write_json({"data": result.data})
    assert orjson.loads(body) == {"data": expected.data}
    assert isinstance(result, WrittenResult) is (expected.data != {})
