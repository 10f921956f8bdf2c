"""The lifecycle of an operation: unit of work, failures, refused builds."""

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from gql_api.errors import SchemaBuildError
from tests.fixtures import models
from tests.fixtures.models import Author, Book, Tag
from tests.fixtures.schema import Api

CREATE = "{ tag { label } errors { __typename code message path } }"


def _create(label: str) -> str:
    return f'createTag(input: {{label: "{label}"}}) {CREATE}'


async def _labels(api: Api) -> list[str]:
    answer = await api.run("{ tags(orderBy: [{label: ASC}]) { nodes { label } } }")
    return [row["label"] for row in answer.data["tags"]["nodes"]]


def _errors(answer: Any) -> list[tuple[str, str, list[Any] | None]]:
    return [(error.extensions["code"], error.message, error.path) for error in answer.errors]


UNDONE = "a was undone, because a field failed."
NOT_RUN = "c was not run, because a field before it failed."


async def test_commit(written: Api):
    """All root fields that succeed are committed together."""
    answer = await written.run(f"mutation {{ a: {_create('x')} b: {_create('y')} }}")

    assert answer.errors == ()
    assert answer.data == {
        "a": {"tag": {"label": "x"}, "errors": []},
        "b": {"tag": {"label": "y"}, "errors": []},
    }
    assert await _labels(written) == ["x", "y"]


async def test_payload_error(written: Api):
    """A refusal in a payload undoes the fields before it, and those after it do not run."""
    answer = await written.run(
        f"mutation {{ a: {_create('x')} b: {_create('x')} c: {_create('z')} }}"
    )

    assert answer.data["a"] is None
    assert answer.data["b"]["tag"] is None
    assert [error["code"] for error in answer.data["b"]["errors"]] == ["UNIQUE_VIOLATION"]
    assert answer.data["c"] is None
    assert sorted(_errors(answer)) == [
        ("NOT_RUN", NOT_RUN, ["c"]),
        ("ROLLED_BACK", UNDONE, ["a"]),
    ]
    assert await _labels(written) == []


async def test_input_error(written: Api):
    """An argument that is refused fails the unit too."""
    answer = await written.run(
        f'mutation {{ a: {_create("x")} b: deleteTag(id: "garbage") {{ deletedId }}'
        f" c: {_create('z')} }}"
    )

    assert answer.data == {"a": None, "b": None, "c": None}
    assert sorted(_errors(answer)) == [
        (
            "BAD_USER_INPUT",
            'id is "garbage", no id of this API: pass an id that it returned.',
            ["b"],
        ),
        ("NOT_RUN", NOT_RUN, ["c"]),
        ("ROLLED_BACK", UNDONE, ["a"]),
    ]
    assert await _labels(written) == []


async def test_first_field_fails(written: Api):
    """After a first field that fails nothing runs."""
    answer = await written.run(
        f'mutation {{ a: deleteTag(id: "garbage") {{ deletedId }} c: {_create("z")} }}'
    )

    assert answer.data == {"a": None, "c": None}
    assert [code for code, *_ in _errors(answer)] == ["BAD_USER_INPUT", "NOT_RUN"]
    assert await _labels(written) == []


class Operations:
    """Mutations that write by hand."""

    @gql.mutation
    async def add_tag(self, info: gql.Info, label: str) -> Tag:
        """Add a tag without a flush."""
        tag = Tag(label=label)
        info.context.session.add(tag)
        return tag

    @gql.mutation
    async def refuse(self, info: gql.Info, label: str) -> Tag:
        """Write, then refuse."""
        info.context.session.add(Tag(label=label))
        await info.context.session.flush()
        message = "Not this one."
        raise gql.ForbiddenError(message, path=("label",))

    @gql.mutation
    async def crash(self, info: gql.Info, label: str) -> Tag:
        """Write, then fail by mistake."""
        info.context.session.add(Tag(label=label))
        await info.context.session.flush()
        message = f"secret detail of {label}"
        raise RuntimeError(message)

    @strawberry.mutation
    async def plain(self, info: gql.Info, label: str) -> str | None:
        """Return a plain value from the unit of work."""
        info.context.session.add(Tag(label=label))
        return label

    @strawberry.mutation
    def quick(self, info: gql.Info, label: str) -> str | None:
        """Write without awaiting."""
        info.context.session.add(Tag(label=label))
        if label == "bad":
            message = "bad label"
            raise ValueError(message)
        return label


@pytest.fixture
def handmade(written: Api) -> Api:
    """The test models with mutations written by hand."""
    return written.of(mutations=[Operations])


async def test_own_mutation(handmade: Api):
    """A returned instance is answered through the read path, and committed."""
    answer = await handmade.run(
        'mutation { addTag(label: "x") { tag { id label books { totalCount } } errors { code } } }'
    )

    assert answer.errors == ()
    assert answer.data["addTag"]["tag"]["label"] == "x"
    assert answer.data["addTag"]["tag"]["books"] == {"totalCount": 0}
    assert await _labels(handmade) == ["x"]


async def test_own_refusal(handmade: Api):
    """A refusal of one's own is data of the payload, and nothing is written."""
    answer = await handmade.run(
        f'mutation {{ a: {_create("a")} refuse(label: "x") {CREATE} c: {_create("c")} }}'
    )

    assert answer.data == {
        "a": None,
        "refuse": {
            "tag": None,
            "errors": [
                {
                    "__typename": "Forbidden",
                    "code": "FORBIDDEN",
                    "message": "Not this one.",
                    "path": ["label"],
                }
            ],
        },
        "c": None,
    }
    assert [code for code, *_ in _errors(answer)] == ["NOT_RUN", "ROLLED_BACK"]
    assert await _labels(handmade) == []


async def test_defect(handmade: Api, caplog: pytest.LogCaptureFixture):
    """A mistake is masked, logged with its reference, and undoes everything."""
    answer = await handmade.run(f'mutation {{ a: {_create("a")} crash(label: "x") {CREATE} }}')

    assert answer.data == {"a": None, "crash": None}
    assert _errors(answer) == [
        ("INTERNAL_SERVER_ERROR", "Something went wrong on the server.", ["crash"]),
        ("ROLLED_BACK", UNDONE, ["a"]),
    ]
    assert {error.extensions["requestId"] for error in answer.errors} == {"r-1"}
    (record,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert record.__dict__["request_id"] == "r-1"
    assert await _labels(handmade) == []


@pytest.mark.parametrize("field", ["plain", "quick"])
async def test_plain_mutation(handmade: Api, field: str):
    """A Strawberry mutation, awaiting or not, runs in the same unit."""
    answer = await handmade.run(f'mutation {{ {field}(label: "x") a: {_create("y")} }}')

    assert answer.errors == ()
    assert await _labels(handmade) == ["x", "y"]


async def test_plain_mutation_fails(handmade: Api):
    """A Strawberry mutation that raises at once stops the rest."""
    answer = await handmade.run(f'mutation {{ quick(label: "bad") c: {_create("z")} }}')

    assert answer.data == {"quick": None, "c": None}
    assert [code for code, *_ in _errors(answer)] == ["INTERNAL_SERVER_ERROR", "NOT_RUN"]
    assert await _labels(handmade) == []


async def test_failing_answer(handmade: Api):
    """A mutation whose answer fails is undone as well."""
    answer = await handmade.run(
        'mutation { addTag(label: "x") { tag { books(first: 1000) { totalCount } } } }'
    )

    assert answer.data == {"addTag": None}
    assert [code for code, *_ in _errors(answer)] == ["BAD_USER_INPUT"]
    assert await _labels(handmade) == []


async def test_own_changes_are_seen(handmade: Api):
    """Payloads read what the mutation wrote, before it is committed."""
    answer = await handmade.run(
        f'mutation {{ a: {_create("x")} addTag(label: "y") {{ tag {{ label }} }}'
        f' b: createTag(input: {{label: "z"}}) {{ edge {{ cursor node {{ label }} }} }} }}'
    )

    assert answer.errors == ()
    assert answer.data["b"]["edge"]["node"] == {"label": "z"}
    assert answer.data["b"]["edge"]["cursor"]


async def test_one_transaction(handmade: Api):
    """A mutation begins no second transaction and commits once."""
    commits: list[str] = []
    engine = handmade.database.write_engine.sync_engine

    def note(_connection: Any) -> None:
        commits.append("commit")

    sa.event.listen(engine, "commit", note)
    try:
        await handmade.run(f"mutation {{ a: {_create('x')} b: {_create('y')} }}")
    finally:
        sa.event.remove(engine, "commit", note)

    assert commits == ["commit"]


async def test_non_null_mutation():
    """A root mutation field that cannot be null is refused when the schema is built."""

    @strawberry.type
    class Wrong:
        @strawberry.mutation
        async def rename(self) -> str:
            return "x"

    with pytest.raises(SchemaBuildError) as caught:
        gql.build_schema(models.Base, mutations=[Wrong])

    assert str(caught.value) == (
        "The mutation rename is not nullable, so that one failure nulls all answers. "
        "Make its type nullable."
    )


def test_no_operations():
    """A class without operations is refused."""
    with pytest.raises(SchemaBuildError) as caught:
        gql.build_schema(models.Base, queries=[dict])

    assert str(caught.value) == (
        "dict declares no operations. Use @gql.query, @gql.mutation or strawberry.field."
    )


def test_query_of_no_model():
    """A query that returns no model is refused."""

    class Wrong:
        @gql.query
        async def number(self) -> int:
            return 1

    with pytest.raises(SchemaBuildError) as caught:
        gql.build_schema(models.Base, queries=[Wrong])

    assert str(caught.value) == (
        "The query number returns <class 'int'>. Annotate a mapped model, or use strawberry.field."
    )


async def test_own_query(api: Api):
    """A query that returns an instance is answered through the read path and its policies."""

    class Queries:
        @gql.query
        async def a_book(self, info: gql.Info, book_id: int) -> Book | None:
            """A book by number."""
            async with info.context.read_session() as session:
                return await session.get(Book, book_id)

    guarded = api.of(queries=[Queries], policies=models.POLICIES)
    data = await guarded.data(
        """{ aBook(bookId: 1) { title author { penName } } hidden: aBook(bookId: 3) { title }
          missing: aBook(bookId: 99) { title } }""",
        count=6,
    )

    assert data == {
        "aBook": {"title": "100% wool", "author": {"penName": "Ann"}},
        "hidden": None,
        "missing": None,
    }


@dataclasses.dataclass
class Results:
    """What a mutation of several results returns."""

    tag: Tag | None
    how_many: int


async def test_several_results(written: Api):
    """The fields of a dataclass are the fields of the payload, all nullable."""

    class Several:
        @gql.mutation
        async def count_tags(self, info: gql.Info) -> Results:
            tag = Tag(label="x")
            info.context.session.add(tag)
            return Results(tag, 7)

    api = written.of(mutations=[Several])
    types: Any = api.schema.graphql_schema.type_map
    answer = await api.run("mutation { countTags { tag { label } howMany errors { code } } }")

    assert answer.data == {"countTags": {"tag": {"label": "x"}, "howMany": 7, "errors": []}}
    fields = types["CountTagsPayload"].fields
    assert {name: str(field.type) for name, field in fields.items()} == {
        "tag": "Tag",
        "howMany": "Int",
        "errors": "[Error!]!",
    }


async def test_commit_fails(postgres: gql.Database):
    """A constraint that is checked at commit leaves no trace, and its failure is the answer."""
    schema = gql.build_schema([models.Author, models.Book])
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(Author.metadata.create_all)
        for name in ("book_author_id_fkey", "book_editor_id_fkey"):
            await connection.exec_driver_sql(
                f"ALTER TABLE book ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED"
            )

    class Orphan:
        @strawberry.mutation
        async def orphan(self, info: gql.Info) -> str | None:
            info.context.session.add(Book(id=1, title="x", author_id=99))
            await info.context.session.flush()
            return "added"

    api = Api(postgres, schema).of(mutations=[Orphan])
    answer = await api.run("mutation { orphan }")

    assert answer.data == {"orphan": None}
    assert _errors(answer) == [
        (
            "FOREIGN_KEY_VIOLATION",
            "author refers to a row that does not exist.",
            ["orphan"],
        )
    ]
    after = await api.run("{ books { totalCount } }")
    assert after.data == {"books": {"totalCount": 0}}


async def test_no_mutations(api: Api):
    """A read-only schema has no mutations."""
    config = gql.ApiConfig(is_read_only=True)
    read_only = api.of(config=config, mutations=[Operations])

    assert read_only.schema.graphql_schema.mutation_type is None


async def test_session_of_a_query(api: Api, caplog: pytest.LogCaptureFixture):
    """A query has no session to write in."""

    @strawberry.type
    class Queries:
        @strawberry.field
        async def sly(self, info: gql.Info) -> str | None:
            info.context.session.add(Tag(label="x"))
            return "x"

    answer = await api.of(queries=[Queries]).run("{ sly }")

    assert answer.data == {"sly": None}
    assert len(answer.errors) == 1
    assert answer.errors[0].message == "Something went wrong on the server."
    assert "Only mutations have a unit of work" in caplog.text


async def test_wrong_context(offline: Api):
    """A context that is not the package's is a mistake of the developer."""
    result = await offline.schema.execute("{ books { totalCount } }", context_value={"a": 1})

    assert [error.message for error in result.errors or ()] == [
        (
            "The operation runs with dict as its context. "
            "Pass context_value=gql_api.Context(database, subject)."
        )
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ books { ", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { books(first: $n) { totalCount } }", "BAD_USER_INPUT"),
    ],
)
async def test_codes_of_graphql(offline: Api, text: str, code: str):
    """Errors of GraphQL itself have a code and the request's reference."""
    answer = await offline.run(text)

    assert len(answer.errors) == 1
    assert answer.errors[0].extensions == {"code": code, "requestId": "r-1"}


async def test_broken_database(offline: Api):
    """A read that the database cannot answer is masked: no address, no statement."""
    broken = Api(gql.open_database("sqlite:////nowhere/at/all.db"), offline.schema)

    answer = await broken.run("{ books { totalCount } }")

    assert answer.data is None
    assert _errors(answer) == [
        ("INTERNAL_SERVER_ERROR", "Something went wrong on the server.", ["books"])
    ]
