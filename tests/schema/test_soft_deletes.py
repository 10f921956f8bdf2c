"""Rows that are deleted softly: hidden on every path, listed on demand, restored and purged."""

from typing import Any

import pytest
import sqlalchemy as sa

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.erasable import Board, BoardPolicy, Label, Log, Note, Thread, erasable_schema
from tests.fixtures.schema import Api

ERRORS = "errors { __typename message code path }"
DELETE = f"mutation($id: ID!) {{ deleteBoard(id: $id) {{ deletedId {ERRORS} }} }}"
RESTORE = f"mutation($id: ID!) {{ restoreBoard(id: $id) {{ board {{ slug version }} {ERRORS} }} }}"
PURGE = f"mutation($id: ID!) {{ purgeBoard(id: $id) {{ deletedId {ERRORS} }} }}"
MODERATOR = gql.Subject(1, frozenset({"moderator"}))
MEMBER = gql.Subject(2, frozenset({"member"}))


def id_of(api: Api, name: str, number: int) -> str:
    """Return the global id of a row."""
    return encode_global_id(api.schema.table.registry.entities[name], {"id": number})


async def payload(api: Api, text: str, *, subject: gql.Subject = gql.ANONYMOUS, **of: Any) -> Any:
    """Run a mutation of one field without top-level errors, and return its payload."""
    answer = await api.run(text, subject=subject, **of)
    assert answer.errors == ()
    ((_, found),) = answer.data.items()
    return found


async def delete(api: Api, name: str, *numbers: int) -> None:
    """Delete rows, which succeeds."""
    for number in numbers:
        text = f"mutation($id: ID!) {{ delete{name}(id: $id) {{ {ERRORS} }} }}"
        assert await payload(api, text, id=id_of(api, name, number)) == {"errors": []}


async def read(api: Api, text: str) -> Any:
    """Run a read that succeeds, and return its data."""
    answer = await api.run(text)
    assert answer.errors == ()
    return answer.data


async def stored(api: Api, statement: Any) -> list[Any]:
    """Select from the tables."""
    async with api.database.read_connection() as connection:
        return list(await connection.execute(statement))


def guarded(api: Api) -> Api:
    """Return the same rows behind the policy."""
    config = api.schema.table.config
    dialect = api.database.dialect.name
    schema = erasable_schema(dialect, policies=[BoardPolicy()], config=config)
    return Api(api.database, schema)


def error(typename: str, message: str, code: str, *path: str) -> dict[str, Any]:
    """Make the error of a payload."""
    return {"__typename": typename, "message": message, "code": code, "path": list(path)}


async def test_delete(erasable: Api):
    """A deleted row stays in its table, with another version, and is not found any more."""
    top = id_of(erasable, "Board", 1)

    found = await payload(erasable, DELETE, id=top)

    assert found == {"deletedId": top, "errors": []}
    text = f'{{ node(id: "{top}") {{ id }} board(id: "{top}") {{ id }} boardBy(key: {{rowId: 1}}) {{ id }} }}'
    assert await read(erasable, text) == {"node": None, "board": None, "boardBy": None}
    ((moment, version),) = await stored(
        erasable, sa.select(Board.deleted_at, Board.version).filter_by(id=1)
    )
    assert moment is not None
    assert version == 2


async def test_delete_again(erasable: Api):
    """Deleting what is deleted finds nothing."""
    await delete(erasable, "Board", 2)

    found = await payload(erasable, DELETE, id=id_of(erasable, "Board", 2))

    missing = error("NotFound", "There is no such Board.", "NOT_FOUND", "id")
    assert found == {"deletedId": None, "errors": [missing]}


async def test_statements(erasable: Api):
    """A delete selects and updates the row, then selects what follows it, level by level."""
    top = id_of(erasable, "Board", 1)

    answer = await erasable.run(DELETE, id=top)

    verbs = [each.split(maxsplit=1)[0] for each in answer.statements]
    # the row; its boards and its threads, which are below each board; nothing below the last ones
    assert verbs.count("UPDATE") == 4
    assert verbs.count("SELECT") == 5
    assert len(verbs) == 9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("threads { totalCount }", {"totalCount": 2}),
        ("threads { nodes { title } }", {"nodes": [{"title": "b"}, {"title": "c"}]}),
        ("threads { aggregate { count sum { stars } } }", None),
        ("threads { groups(by: [{field: TITLE}]) { key { title } } }", None),
        ("notes { nodes { thread { title } } }", {"nodes": [{"thread": None}]}),
        ("notes(where: {thread: {}}) { totalCount }", {"totalCount": 0}),
        ("notes(where: {not: {thread: {}}}) { totalCount }", {"totalCount": 1}),
        (
            'boards(where: {threads: {some: {title: {eq: "a"}}}}) { totalCount }',
            {"totalCount": 0},
        ),
        ("boards(where: {threadsAggregate: {count: {eq: 2}}}) { totalCount }", {"totalCount": 0}),
        (
            "labels { nodes { name threads { totalCount nodes { title } } } }",
            {
                "nodes": [
                    {"name": "news", "threads": {"totalCount": 0, "nodes": []}},
                    {"name": "old", "threads": {"totalCount": 1, "nodes": [{"title": "b"}]}},
                ]
            },
        ),
        (
            (
                "boards(orderBy: [{threadsAggregate: {count: DESC}}, {rowId: ASC}]) "
                "{ nodes { rowId threads(first: 1) { nodes { title } pageInfo { hasNextPage } } } }"
            ),
            None,
        ),
    ],
)
async def test_hidden_on_every_path(erasable: Api, text: str, expected: Any):
    """A deleted row is in no list, count, aggregate, group, filter, order or relationship."""
    await delete(erasable, "Thread", 1)

    data = await read(erasable, f"{{ found: {text} }}")

    others: dict[str, Any] = {
        "aggregate": {"aggregate": {"count": 2, "sum": {"stars": "6"}}},
        "groups": {"groups": [{"key": {"title": "b"}}, {"key": {"title": "c"}}]},
        "boards": {
            "nodes": [
                {
                    "rowId": 1 + at,
                    "threads": {
                        "nodes": [{"title": title}],
                        "pageInfo": {"hasNextPage": False},
                    },
                }
                for at, title in enumerate("bc")
            ]
        },
    }
    if expected is None:
        (name,) = [each for each in ("aggregate {", "groups", "boards(orderBy") if each in text]
        expected = others[name.split("(")[0].strip(" {")]
    assert data["found"] == expected


async def test_proxy(erasable: Api):
    """A column of a deleted relative is null."""
    await erasable.run(
        "mutation($id: ID!) { deleteBoard(id: $id) { deletedId } }",
        id=id_of(erasable, "Board", 2),
    )
    inner = sa.update(Thread).where(Thread.id == 3).values(closed_at=None)
    async with erasable.database.write_engine.begin() as connection:
        await connection.execute(inner)

    text = '{ threads(where: {title: {eq: "c"}}) { nodes { boardSlug board { slug } } } }'

    nodes = [{"boardSlug": None, "board": None}]
    assert await read(erasable, text) == {"threads": {"nodes": nodes}}


async def test_children_follow(erasable: Api):
    """What the model cascades is deleted with a row, at every level, and restored with it."""
    counts = (
        "{ boards { totalCount } threads { totalCount } notes { totalCount } logs { totalCount } }"
    )
    await delete(erasable, "Thread", 2)
    await delete(erasable, "Board", 1)

    gone = await read(erasable, counts)
    await payload(erasable, RESTORE, id=id_of(erasable, "Board", 1))
    back = await read(erasable, counts)

    # a note is removed only with its thread's row, and a log does not follow
    assert [each["totalCount"] for each in gone.values()] == [0, 0, 1, 1]
    # the thread that was deleted before is deleted still
    assert [each["totalCount"] for each in back.values()] == [2, 2, 1, 1]


async def test_restore(erasable: Api):
    """A restored row is there again, with another version and its place in a list."""
    await delete(erasable, "Board", 2)
    inner = id_of(erasable, "Board", 2)

    found = await payload(erasable, RESTORE, id=inner)

    assert found == {"board": {"slug": "inner", "version": "3"}, "errors": []}
    assert (await read(erasable, "{ boards { totalCount } }"))["boards"]["totalCount"] == 2


@pytest.mark.parametrize("text", [RESTORE, PURGE])
async def test_only_what_is_deleted(erasable: Api, text: str):
    """A row that is not deleted is neither restored nor purged."""
    found = await payload(erasable, text, id=id_of(erasable, "Board", 1))

    message = "There is no such Board among the deleted ones."
    assert found["errors"] == [error("NotFound", message, "NOT_FOUND", "id")]


async def test_restore_taken(erasable: Api):
    """A row whose unique value is taken meanwhile stays deleted."""
    if erasable.database.dialect.name == "mysql":
        pytest.skip("without partial indexes")
    await delete(erasable, "Board", 2)
    async with erasable.database.write_engine.begin() as connection:
        await connection.execute(sa.insert(Board).values(id=9, slug="inner", version=1))

    found = await payload(erasable, RESTORE, id=id_of(erasable, "Board", 2))

    taken = error("UniqueViolation", "slug is taken already.", "UNIQUE_VIOLATION", "slug")
    assert found == {"board": None, "errors": [taken]}


async def test_unique_among_live_rows(erasable: Api):
    """An index over live rows makes a key, which finds the live row."""
    found = await read(erasable, '{ boardBy(key: {slug: "inner"}) { rowId } }')

    assert found == {"boardBy": {"rowId": 2}}


async def test_purge(erasable: Api):
    """A purged row is gone from its table, with what the model cascades."""
    await delete(erasable, "Board", 2)
    inner = id_of(erasable, "Board", 2)

    found = await payload(erasable, PURGE, id=inner)

    assert found == {"deletedId": inner, "errors": []}
    assert await stored(erasable, sa.select(Board.id)) == [(1,)]
    assert await stored(erasable, sa.select(Thread.id).order_by(Thread.id)) == [(1,), (2,)]


async def test_delete_many(erasable: Api):
    """All rows that meet a condition are marked by one statement, each with its version."""
    text = (
        f"mutation {{ deleteThreads(where: {{stars: {{lt: 3}}}}, atMost: 5) {{ count {ERRORS} }} }}"
    )

    answer = await erasable.run(text)

    assert answer.data == {"deleteThreads": {"count": 2, "errors": []}}
    assert [each.split(maxsplit=1)[0] for each in answer.statements] == ["SELECT", "UPDATE"]
    assert await stored(erasable, sa.select(Thread.id).where(Thread.closed_at.is_(None))) == [(3,)]
    assert len(await stored(erasable, sa.select(Note.id))) == 1


async def test_delete_many_with_listeners(erasable: Api):
    """Rows of a model with listeners are marked through the session."""
    text = (
        'mutation { deleteLabels(where: {name: {in: ["news", "old"]}}, atMost: 5) '
        f"{{ count {ERRORS} }} }}"
    )

    assert await payload(erasable, text) == {"count": 2, "errors": []}

    assert await stored(erasable, sa.select(Label.id).where(Label.deleted_at.is_(None))) == []


async def test_nested_delete(erasable: Api):
    """A relative that a nested write deletes is marked."""
    text = (
        "mutation($id: ID!) { updateBoard(id: $id, input: {threads: {delete: [{rowId: 1}, {rowId: 2}]}}) "
        f"{{ board {{ threads {{ totalCount }} }} {ERRORS} }} }}"
    )

    found = await payload(erasable, text, id=id_of(erasable, "Board", 1))

    assert found == {"board": {"threads": {"totalCount": 0}}, "errors": []}
    assert len(await stored(erasable, sa.select(Thread.id))) == 3


async def test_connect_deleted(erasable: Api):
    """Nothing is connected to a deleted row."""
    await delete(erasable, "Board", 2)
    text = (
        'mutation { createThread(input: {title: "d", board: {connect: {rowId: 2}}}) '
        f"{{ {ERRORS} }} }}"
    )

    (found,) = (await payload(erasable, text))["errors"]

    assert (found["code"], found["message"]) == ("NOT_FOUND", "There is no such Board.")


async def test_update_deleted(erasable: Api):
    """A deleted row is neither updated nor among those that meet a condition."""
    await delete(erasable, "Thread", 1)
    one = f'mutation($id: ID!) {{ updateThread(id: $id, input: {{title: "z"}}) {{ {ERRORS} }} }}'
    many = (
        'mutation { updateThreads(where: {stars: {lt: 9}}, set: {title: "z"}, atMost: 9) '
        "{ count } }"
    )

    (refused,) = (await payload(erasable, one, id=id_of(erasable, "Thread", 1)))["errors"]

    assert refused["code"] == "NOT_FOUND"
    assert await payload(erasable, many) == {"count": 2}


async def test_include_deleted(erasable: Api):
    """A list that includes deleted rows counts, adds up and pages them like others."""
    await delete(erasable, "Thread", 1)
    text = (
        "{ threads(includeDeleted: true, first: 1) { totalCount aggregate { sum { stars } } "
        "groups(by: [{field: TITLE}]) { key { title } } nodes { title } pageInfo { hasNextPage } } "
        "boards(first: 1) { nodes { a: threads { totalCount } "
        "b: threads(includeDeleted: true) { totalCount nodes { title } } } } }"
    )

    data = await read(erasable, text)

    assert data["threads"] == {
        "totalCount": 3,
        "aggregate": {"sum": {"stars": "7"}},
        "groups": [{"key": {"title": each}} for each in "abc"],
        "nodes": [{"title": "a"}],
        "pageInfo": {"hasNextPage": True},
    }
    (board,) = data["boards"]["nodes"]
    assert board["a"] == {"totalCount": 1}
    assert board["b"] == {"totalCount": 2, "nodes": [{"title": "a"}, {"title": "b"}]}


async def test_include_deleted_by_variable(erasable: Api):
    """The same document lists deleted rows, or does not."""
    await delete(erasable, "Thread", 1)
    text = "query($all: Boolean) { threads(includeDeleted: $all) { totalCount } }"

    found = [
        (await erasable.run(text, all=each)).data["threads"]["totalCount"]
        for each in (True, False, None, True)
    ]

    assert found == [3, 2, 2, 3]


async def test_include_deleted_refused(erasable: Api):
    """Who may not see deleted rows is told so before any statement, at any depth."""
    api = guarded(erasable)
    message = "You may not see deleted rows of Board: leave out includeDeleted."

    for text in (
        "{ boards(includeDeleted: true) { totalCount } }",
        "{ boards { nodes { children(includeDeleted: true) { totalCount } } } }",
    ):
        for subject in (gql.ANONYMOUS, MEMBER):
            answer = await api.run(text, subject=subject)
            assert [each.extensions["code"] for each in answer.errors] == ["FORBIDDEN"]
            assert [each.message for each in answer.errors] == [message]
            assert answer.statements == []


async def test_include_deleted_allowed(erasable: Api):
    """A role that may see deleted rows does, and another one does not through the same document."""
    api = guarded(erasable)
    await delete(erasable, "Board", 2)
    text = "query($all: Boolean) { boards(includeDeleted: $all) { totalCount } }"

    allowed = await api.run(text, subject=MODERATOR, all=True)
    refused = await api.run(text, subject=MEMBER, all=True)

    assert allowed.data == {"boards": {"totalCount": 2}}
    assert refused.data is None
    assert len(refused.errors) == 1


@pytest.mark.parametrize(
    ("text", "subject", "verb"),
    [
        pytest.param(DELETE, gql.ANONYMOUS, "delete", id="delete"),
        pytest.param(PURGE, MODERATOR, "purge", id="purge"),
    ],
)
async def test_policies(erasable: Api, text: str, subject: gql.Subject, verb: str):
    """Each operation asks the policy its own question."""
    if verb != "delete":
        await delete(erasable, "Board", 2)

    found = await payload(guarded(erasable), text, subject=subject, id=id_of(erasable, "Board", 2))

    message = f"You may not {verb} this Board."
    assert found["errors"] == [error("Forbidden", message, "FORBIDDEN", "id")]


@pytest.mark.parametrize("text", [RESTORE, PURGE], ids=["restore", "purge"])
async def test_unseen_deleted_rows(erasable: Api, text: str):
    """To those who may neither see nor restore a deleted row it is missing, as one that never was."""
    await delete(erasable, "Board", 2)
    api = guarded(erasable)

    deleted, missing = [
        await payload(api, text, subject=MEMBER, id=id_of(erasable, "Board", key))
        for key in (2, 99)
    ]

    message = "There is no such Board among the deleted ones."
    assert deleted["errors"] == [error("NotFound", message, "NOT_FOUND", "id")]
    assert missing == deleted


async def test_moment_is_not_written(erasable: Api):
    """No input has the moment of deletion."""
    fields = '{ __type(name: "UpdateBoardInput") { inputFields { name } } }'

    data = await read(erasable, fields)

    assert "deletedAt" not in [each["name"] for each in data["__type"]["inputFields"]]


async def test_log_follows_nothing(erasable: Api):
    """A relationship may be told not to follow."""
    await delete(erasable, "Thread", 1)

    assert await stored(erasable, sa.select(Log.deleted_at)) == [(None,)]
