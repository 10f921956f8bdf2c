"""Nested inputs: what they write, through every kind of relationship."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from typing_extensions import override

import gql_api as gql
from tests.fixtures import models
from tests.fixtures.schema import Answer, Api

ERRORS = "errors { __typename message code path }"
READ = """{
  authors(orderBy: [{rowId: ASC}]) { nodes { rowId penName written(orderBy: [{rowId: ASC}]) {
    nodes { rowId title editor { rowId } tags(orderBy: [{label: ASC}]) { nodes { label } } }
  } } }
}"""


async def write(api: Api, field: str, argument: str, value: Any, selection: str = "") -> Any:
    """Run a mutation of one argument, and return its payload."""
    type_ = api.schema.graphql_schema.mutation_type
    assert type_ is not None
    given = type_.fields[field].args[argument].type
    text = f"mutation($value: {given}) {{ {field}({argument}: $value) {{ {selection} {ERRORS} }} }}"
    answer = await api.run(text, value=value)
    assert answer.errors == ()
    return answer.data[field]


async def update(api: Api, field: str, row: str, value: Any) -> Answer:
    """Run an update of the row with an id."""
    type_ = api.schema.graphql_schema.mutation_type
    assert type_ is not None
    given = type_.fields[field].args["input"].type
    text = f"""mutation($id: ID!, $value: {given}) {{
      {field}(id: $id, input: $value) {{ {ERRORS} }}
    }}"""
    return await api.run(text, id=row, value=value)


async def state(api: Api) -> dict[str, Any]:
    """Read authors with the titles of their books, and the labels of these."""
    answer = await api.run(READ)
    return {
        author["penName"]: {
            book["title"]: [tag["label"] for tag in book["tags"]["nodes"]]
            for book in author["written"]["nodes"]
        }
        for author in answer.data["authors"]["nodes"]
    }


async def global_id(api: Api, field: str, number: int) -> str:
    """Read the global id of a row."""
    answer = await api.run(f"{{ {field}By(key: {{rowId: {number}}}) {{ id }} }}")
    return str(answer.data[f"{field}By"]["id"])


def book(number: int, title: str, **others: Any) -> dict[str, Any]:
    """Make the input of a book."""
    return {"rowId": number, "title": title, "isDraft": False, **others}


ANN = {"rowId": 1, "penName": "Ann", "isRetired": False}
BOB = {"rowId": 2, "penName": "Bob", "isRetired": False}
NEW, OLD = {"label": "new"}, {"label": "old"}


async def fill(api: Api) -> None:
    """Write two authors and three books with tags."""
    created = [
        {
            **ANN,
            "written": {
                "create": [
                    book(1, "One", tags={"create": [NEW, OLD]}),
                    book(2, "Two", tags={"create": [{"label": "two"}]}),
                ]
            },
        },
        {**BOB, "written": {"create": [book(3, "Three")]}},
    ]
    found = await write(api, "createAuthors", "inputs", created)
    assert found["errors"] == []


async def test_create_levels(written: Api):
    """Rows, what belongs to them and what belongs to that are created by one input."""
    await fill(written)

    assert await state(written) == {
        "Ann": {"One": ["new", "old"], "Two": ["two"]},
        "Bob": {"Three": []},
    }


async def test_statements(written: Api):
    """The number of statements depends on the levels, not on the rows of a level."""
    if written.database.dialect.name == "sqlite":
        pytest.skip("SQLite makes the keys of tags one by one")
    text = (
        "mutation($input: CreateAuthorInput!) { createAuthor(input: $input) { errors { code } } }"
    )
    counts = []
    for start, size in ((100, 2), (200, 7)):
        books = [
            book(start + at, "T", tags={"create": [{"label": f"{start + at}{x}"} for x in "ab"]})
            for at in range(size)
        ]
        given = {"rowId": start, "penName": "A", "isRetired": False, "written": {"create": books}}
        answer = await written.run(text, input=given)
        assert answer.data["createAuthor"]["errors"] == []
        counts.append(len(answer.statements))

    assert counts[0] == counts[1]


async def test_create_target(written: Api):
    """The row that a link leads to is created before the one that holds the foreign key."""
    given = book(1, "One", author={"create": ANN}, editor={"create": BOB})

    found = await write(
        written, "createBook", "input", given, "book { author { penName } editor { penName } }"
    )

    assert found == {
        "book": {"author": {"penName": "Ann"}, "editor": {"penName": "Bob"}},
        "errors": [],
    }


async def test_self_reference(written: Api):
    """A tree is created from any of its nodes, parents and children alike."""
    given = {
        "code": "middle",
        "parent": {"create": {"code": "top"}},
        "children": {"create": [{"code": "low"}, {"code": "lower"}]},
    }

    await write(written, "createCategory", "input", given)

    answer = await written.run(
        "{ categories(orderBy: [{code: ASC}]) { nodes { code parent { code } } } }"
    )
    assert answer.data["categories"]["nodes"] == [
        {"code": "low", "parent": {"code": "middle"}},
        {"code": "lower", "parent": {"code": "middle"}},
        {"code": "middle", "parent": {"code": "top"}},
        {"code": "top", "parent": None},
    ]


async def test_connect_or_create(written: Api):
    """A row that is there is taken; of rows that are not, one is created for all that name it."""
    await write(written, "createAuthor", "input", ANN)
    inputs = [
        book(
            number,
            "T",
            author={"connectOrCreate": {"key": {"rowId": author["rowId"]}, "create": author}},
        )
        for number, author in ((1, ANN), (2, BOB), (3, BOB))
    ]

    found = await write(written, "createBooks", "inputs", inputs, "books { author { penName } }")

    names = [each["author"]["penName"] for each in found["books"]]
    assert (names, found["errors"]) == (["Ann", "Bob", "Bob"], [])


async def test_connect(written: Api):
    """Rows are tied to a new one, by foreign keys and by association rows."""
    await fill(written)
    given = {"rowId": 3, "penName": "Cyd", "isRetired": False}
    given["written"] = {
        "connect": [{"rowId": 1}],
        "create": [book(9, "Nine", tags={"connect": [NEW, OLD, NEW]})],
    }

    found = await write(written, "createAuthor", "input", given)

    assert found["errors"] == []
    assert await state(written) == {
        "Ann": {"Two": ["two"]},
        "Bob": {"Three": []},
        "Cyd": {"One": ["new", "old"], "Nine": ["new", "old"]},
    }


async def test_update_levels(written: Api):
    """Rows of a list are changed, deleted and created, and theirs too."""
    await fill(written)
    change = {
        "penName": "Anna",
        "written": {
            "update": [
                {
                    "id": await global_id(written, "book", 1),
                    "input": {
                        "title": "Uno",
                        "tags": {"disconnect": [OLD], "connect": [{"label": "two"}]},
                    },
                }
            ],
            "create": [book(4, "Four", tags={"create": [{"label": "four"}]})],
        },
    }

    answer = await update(written, "updateAuthor", await global_id(written, "author", 1), change)

    assert answer.data["updateAuthor"]["errors"] == []
    assert await state(written) == {
        "Anna": {"Uno": ["new", "two"], "Two": ["two"], "Four": ["four"]},
        "Bob": {"Three": []},
    }


async def test_delete_of_a_list(written: Api):
    """Rows of a list are deleted, with the association rows that tie them."""
    await fill(written)
    change = {"tags": {"delete": [NEW]}}

    await update(written, "updateBook", await global_id(written, "book", 1), change)

    answer = await written.run("{ tags(orderBy: [{label: ASC}]) { nodes { label } } }")
    assert [each["label"] for each in answer.data["tags"]["nodes"]] == ["old", "two"]
    assert (await state(written))["Ann"]["One"] == ["old"]


@pytest.mark.parametrize(
    ("keys", "labels"),
    [([], []), ([OLD], ["old"]), ([{"label": "two"}, OLD], ["old", "two"])],
)
async def test_set_of_association(written: Api, keys: Any, labels: list[str]):
    """Exactly the rows that are named are related afterwards."""
    await fill(written)
    change = {"tags": {"set": keys}}

    answer = await update(written, "updateBook", await global_id(written, "book", 1), change)

    assert answer.data["updateBook"]["errors"] == []
    assert (await state(written))["Ann"] == {"One": labels, "Two": ["two"]}


async def test_set_of_dependents(written: Api):
    """Dependents that are not named are released, others are tied."""
    await fill(written)
    author = await global_id(written, "author", 1)
    await update(written, "updateAuthor", author, {"edited": {"connect": [{"rowId": 1}]}})

    answer = await update(
        written, "updateAuthor", author, {"edited": {"set": [{"rowId": 2}, {"rowId": 3}]}}
    )

    assert answer.data["updateAuthor"]["errors"] == []
    books = await written.run("{ books(orderBy: [{rowId: ASC}]) { nodes { editor { rowId } } } }")
    assert [each["editor"] for each in books.data["books"]["nodes"]] == [
        None,
        {"rowId": 1},
        {"rowId": 1},
    ]


async def test_rows_of_others(written: Api):
    """A row that belongs to another owner is as good as missing, and nothing is written."""
    await fill(written)
    before = await state(written)
    change = {
        "penName": "X",
        "written": {
            "update": [{"id": await global_id(written, "book", 1), "input": {"title": "X"}}]
        },
    }

    answer = await update(written, "updateAuthor", await global_id(written, "author", 2), change)

    assert answer.data["updateAuthor"]["errors"] == [
        {
            "__typename": "NotFound",
            "message": "There is no such Book.",
            "code": "NOT_FOUND",
            "path": ["input", "written", "update", "0", "id"],
        }
    ]
    assert await state(written) == before


@pytest.mark.parametrize("way", ["disconnect", "delete"])
async def test_tags_of_others(written: Api, way: str):
    """A row that no association row ties is as good as missing."""
    await fill(written)
    change = {"tags": {way: [{"label": "two"}]}}

    answer = await update(written, "updateBook", await global_id(written, "book", 1), change)

    (found,) = answer.data["updateBook"]["errors"]
    assert (found["code"], found["path"]) == ("NOT_FOUND", ["input", "tags", way, "0"])
    assert (await state(written))["Ann"] == {"One": ["new", "old"], "Two": ["two"]}


async def test_deep_refusal(written: Api):
    """The database's refusal of a row within is told by its place, and nothing is left."""
    given = [
        {**ANN, "written": {"create": [book(1, "One", tags={"create": [NEW]})]}},
        {
            **BOB,
            "written": {"create": [book(2, "Two"), book(3, "Three", tags={"create": [OLD, NEW]})]},
        },
    ]

    found = await write(written, "createAuthors", "inputs", given)

    assert found["errors"] == [
        {
            "__typename": "UniqueViolation",
            "message": "label is taken already.",
            "code": "UNIQUE_VIOLATION",
            "path": [
                *("inputs", "1", "written", "create", "1"),
                *("tags", "create", "1", "label"),
            ],
        }
    ]
    assert await state(written) == {}


async def test_depth(offline: Api):
    """Four levels of rows are written at once, no more; what is deeper is refused unsent."""
    given: dict[str, Any] = {"code": "e"}
    for code in "dcba":
        given = {"code": code, "children": {"create": [given]}}
    text = "mutation($i: CreateCategoryInput!) { createCategory(input: $i) { errors { code } } }"

    code, message, path = await offline.refusal(text, i=given)

    place = "input" + ".children.create.0" * 4
    assert (code, path) == ("BAD_USER_INPUT", place)
    assert message == (f"{place} is level 5 of the input: write at most 4 levels of rows at once.")


async def test_null_list(offline: Api):
    """Null for a list is a mistake: absent is what leaves it alone."""
    text = "mutation($i: CreateCategoryInput!) { createCategory(input: $i) { errors { code } } }"

    refusal = await offline.refusal(text, i={"code": "a", "children": {"create": None}})

    path = "input.children.create"
    assert refusal == ("BAD_USER_INPUT", f"{path} is null: leave it out.", path)


class _Guard(gql.Policy[models.Book]):
    """Drafts are seen by nobody; books of the author 2 are changed, created and deleted by nobody."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return ~row.is_draft

    @override
    def creatable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.author_id != 2

    @override
    def updatable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.author_id != 2

    @override
    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.author_id != 2


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"connect": [{"rowId": 2}]}, "NOT_FOUND", ["connect", "0"]),
        ({"connect": [{"rowId": 3}]}, "FORBIDDEN", ["connect", "0"]),
        ({"delete": [{"rowId": 2}]}, "NOT_FOUND", ["delete", "0"]),
        ({"create": [book(5, "Five")]}, None, []),
    ],
)
async def test_policy(written: Api, change: Any, code: str | None, place: list[str]):
    """Hidden rows are missing and those that are not the subject's stay as they are."""
    await fill(written)
    async with gql.unit_of_work(written.database) as unit:
        drafts = sa.update(models.Book).where(models.Book.id == 2).values(is_draft=True)
        await unit.session.execute(drafts)
    before = await state(written)
    guarded = written.of(policies=[_Guard()])

    answer = await update(
        guarded, "updateAuthor", await global_id(written, "author", 1), {"written": change}
    )

    found = [(each["code"], each["path"]) for each in answer.data["updateAuthor"]["errors"]]
    assert found == ([] if code is None else [(code, ["input", "written", *place])])
    assert (await state(written) == before) is (code is not None)


async def test_policy_of_new_rows(written: Api):
    """What may not be created may not be created within another row either."""
    guarded = written.of(policies=[_Guard()])
    given = {**BOB, "written": {"create": [book(1, "One")]}}

    found = await write(guarded, "createAuthor", "input", given)

    assert [(each["code"], each["path"]) for each in found["errors"]] == [
        ("FORBIDDEN", ["input", "written", "create", "0"])
    ]
    assert await state(written) == {}


async def test_hidden_relatives_stay(written: Api):
    """A list that is replaced keeps the rows that the subject does not see."""
    await fill(written)
    author = await global_id(written, "author", 1)
    await update(
        written, "updateAuthor", author, {"edited": {"connect": [{"rowId": 1}, {"rowId": 2}]}}
    )
    async with gql.unit_of_work(written.database) as unit:
        drafts = sa.update(models.Book).where(models.Book.id == 2).values(is_draft=True)
        await unit.session.execute(drafts)
    guarded = written.of(policies=[_Guard()])

    answer = await update(guarded, "updateAuthor", author, {"edited": {"set": []}})

    assert answer.data["updateAuthor"]["errors"] == []
    books = await written.run("{ books(orderBy: [{rowId: ASC}]) { nodes { editor { rowId } } } }")
    assert [each["editor"] for each in books.data["books"]["nodes"]] == [None, {"rowId": 1}, None]


def test_what_is_possible(offline: Api):
    """Required foreign keys are neither released nor replaced, fixed keys never connected."""
    fields = {
        name: sorted(offline.schema.graphql_schema.type_map[name].fields)
        for name in (
            "UpdateAuthorWrittenInput",
            "UpdateAuthorEditedInput",
            "UpdateBookChaptersInput",
            "CreateBookTagsInput",
        )
    }

    assert fields == {
        "UpdateAuthorWrittenInput": ["connect", "connectOrCreate", "create", "delete", "update"],
        "UpdateAuthorEditedInput": [
            *("connect", "connectOrCreate", "create", "delete", "disconnect", "set", "update"),
        ],
        "UpdateBookChaptersInput": ["create", "delete", "update"],
        "CreateBookTagsInput": ["connect", "connectOrCreate", "create"],
    }


def test_without_nested_writes(offline: Api):
    """Inputs within inputs can be left out."""
    schema = offline.of(config=gql.ApiConfig(has_nested_writes=False)).schema.graphql_schema

    assert sorted(schema.type_map["CreateBookAuthorInput"].fields) == ["connect"]
    assert "tags" not in schema.type_map["CreateBookInput"].fields


async def test_connect_or_create_at_the_same_time(written: Api):
    """A row that several create at the same moment is created once, and all of them take it."""
    author = {"connectOrCreate": {"key": {"rowId": 1}, "create": ANN}}
    inputs = [book(number, "T", author=author) for number in range(6)]

    found = await asyncio.gather(*(write(written, "createBook", "input", each) for each in inputs))

    assert [each["errors"] for each in found] == [[]] * 6
    answer = await written.run("{ authors { nodes { written { totalCount } } } }")
    assert answer.data["authors"]["nodes"] == [{"written": {"totalCount": 6}}]


async def test_upsert_at_the_same_time(written: Api):
    """Of several who create a row at the same moment one does, and the others change it."""
    text = f"""mutation($n: Int!) {{
      upsertAuthor(
        key: {{rowId: 1}}
        create: {{rowId: 1, penName: "A", isRetired: false, rank: $n}}
        update: {{increment: {{rank: $n}}}}
      ) {{ isNew {ERRORS} }}
    }}"""

    answers = await asyncio.gather(*(written.run(text, n=1) for _ in range(6)))

    found = [each.data["upsertAuthor"] for each in answers]
    assert [each["errors"] for each in found] == [[]] * 6
    assert sorted(each["isNew"] for each in found) == [False] * 5 + [True]
    answer = await written.run("{ authors { nodes { rank } } }")
    assert answer.data["authors"]["nodes"] == [{"rank": 6}]
