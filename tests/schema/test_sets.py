"""Root mutation fields that write many rows of an entity."""

from typing import Any

import pytest

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures import models
from tests.fixtures.schema import Api

ERRORS = "errors { __typename message code path }"
CREATE = (
    "mutation($inputs: [CreateTagInput!]!) "
    f"{{ createTags(inputs: $inputs) {{ tags {{ label }} {ERRORS} }} }}"
)
UPDATE = f"""
mutation($where: TagFilter!, $set: UpdateTagInput!, $atMost: Int!) {{
  updateTags(where: $where, set: $set, atMost: $atMost) {{ tags {{ label }} count {ERRORS} }}
}}"""
UPDATE_BY_ID = (
    "mutation($items: [UpdateTagItem!]!) "
    f"{{ updateTagsById(items: $items) {{ tags {{ id label }} {ERRORS} }} }}"
)
DELETE = f"""
mutation($where: TagFilter!, $atMost: Int!) {{
  deleteTags(where: $where, atMost: $atMost) {{ deletedIds count {ERRORS} }}
}}"""

UPSERT = f"""
mutation($label: String!, $new: String!) {{
  upsertTag(key: {{label: $label}}, create: {{label: $label}}, update: {{label: $new}}) {{
    isNew tag {{ label }} {ERRORS}
  }}
}}"""


async def make(api: Api, *labels: str) -> dict[str, str]:
    """Create tags; return their global ids by label."""
    await api.run(CREATE, inputs=[{"label": each} for each in labels])
    answer = await api.run("{ tags { nodes { id label } } }")
    return {row["label"]: row["id"] for row in answer.data["tags"]["nodes"]}


async def labels(api: Api) -> list[str]:
    """Read the labels of all tags."""
    answer = await api.run("{ tags(orderBy: [{label: ASC}]) { nodes { label } } }")
    return [row["label"] for row in answer.data["tags"]["nodes"]]


def error(typename: str, message: str, code: str, *path: str) -> dict[str, Any]:
    """Make the error of a payload."""
    return {"__typename": typename, "message": message, "code": code, "path": list(path)}


async def payload(api: Api, text: str, **variables: Any) -> Any:
    """Run a mutation without top-level errors, and return its payload."""
    answer = await api.run(text, **variables)
    assert answer.errors == ()
    ((_, found),) = answer.data.items()
    return found


async def test_create(written: Api):
    """Rows are created together and come back in the order of the input."""
    found = await payload(written, CREATE, inputs=[{"label": each} for each in ("b", "a", "c")])

    assert found == {"tags": [{"label": "b"}, {"label": "a"}, {"label": "c"}], "errors": []}
    assert await labels(written) == ["a", "b", "c"]


async def test_create_none(written: Api):
    """An empty list creates nothing."""
    assert await payload(written, CREATE, inputs=[]) == {"tags": [], "errors": []}


async def test_create_refused(written: Api):
    """One row that is refused leaves no trace of the others, and its place is told."""
    inputs = [{"label": each} for each in ("a", "b", "a")]

    found = await payload(written, CREATE, inputs=inputs)

    taken = error(
        "UniqueViolation", "label is taken already.", "UNIQUE_VIOLATION", "inputs", "2", "label"
    )
    assert found == {"tags": None, "errors": [taken]}
    assert await labels(written) == []


async def test_create_with_wrong_key(offline: Api):
    """An argument that cannot be read is refused with its place before anything is sent."""
    text = """mutation($inputs: [CreateCoverInput!]!) {
      createCovers(inputs: $inputs) { covers { id } }
    }"""
    tag = encode_global_id(offline.schema.table.registry.by_model[models.Tag], {"id": 1})
    inputs = [{"book": {"connect": {"rowId": 1}}}, {"book": {"connect": {"id": tag}}}]

    refusal = await offline.refusal(text, inputs=inputs)

    path = "inputs.1.book.connect.id"
    message = f"{path} is an id of Tag: pass an id of Book."
    assert refusal == ("BAD_USER_INPUT", message, path)


async def test_update(written: Api):
    """All rows that meet the condition change."""
    await make(written, "a")

    found = await payload(
        written, UPDATE, where={"label": {"eq": "a"}}, set={"label": "z"}, atMost=1
    )

    assert found == {"tags": [{"label": "z"}], "count": 1, "errors": []}
    assert await labels(written) == ["z"]


async def test_update_statements(written: Api):
    """One statement locks, one changes, one reads the answer."""
    await make(written, "a", "b")
    text = UPDATE.replace("tags { label } ", "")

    answer = await written.run(text, where={"label": {"eq": "a"}}, set={"label": "z"}, atMost=10)

    assert [each.split()[0] for each in answer.statements] == ["SELECT", "UPDATE"]


async def test_too_many(written: Api):
    """More rows than allowed are refused and stay as they were."""
    await make(written, "a", "b")
    where = {"label": {"in": ["a", "b"]}}
    refusal = error(
        "LimitExceeded",
        "More than 1 rows meet the condition: nothing was written.",
        "LIMIT_EXCEEDED",
        "atMost",
    )

    updated = await payload(written, UPDATE, where=where, set={"label": "z"}, atMost=1)
    deleted = await payload(written, DELETE, where=where, atMost=1)

    assert updated == {"tags": None, "count": None, "errors": [refusal]}
    assert deleted == {"deletedIds": None, "count": None, "errors": [refusal]}
    assert await labels(written) == ["a", "b"]


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"and": []},
        {"not": {"or": []}},
        {"label": {"notIn": []}},
        {"id": {"notIn": []}},
        {"rowId": {"isNull": False}},
        {"or": [{"label": {"eq": "a"}}, {}]},
    ],
)
async def test_every_row(written: Api, where: Any):
    """A condition that holds whatever the rows deletes nothing."""
    await make(written, "a")

    found = await payload(written, DELETE, where=where, atMost=10)

    message = "where holds for every row: name the rows that are meant."
    refusal = error("ValidationError", message, "VALIDATION_FAILED", "where")
    assert found == {"deletedIds": None, "count": None, "errors": [refusal]}
    assert await labels(written) == ["a"]


async def test_negative_bound(offline: Api):
    """A bound below 0 is a mistake."""
    refusal = await offline.refusal(DELETE, where={"label": {"eq": "a"}}, atMost=-1)

    assert refusal == ("BAD_USER_INPUT", "atMost is -1: pass 0 or more.", "atMost")


async def test_delete(written: Api):
    """The ids of the rows that are gone are told."""
    ids = await make(written, "a", "b", "c")

    found = await payload(written, DELETE, where={"label": {"ne": "b"}}, atMost=2)

    assert sorted(found["deletedIds"]) == sorted([ids["a"], ids["c"]])
    assert (found["count"], found["errors"]) == (2, [])
    assert await labels(written) == ["b"]


async def test_update_by_id(written: Api):
    """Each row changes in its own way, and all of them come back in the order of the items."""
    ids = await make(written, "a", "b")
    items = [
        {"id": ids["b"], "input": {"label": "y"}},
        {"id": ids["a"], "input": {"label": "x"}},
    ]

    found = await payload(written, UPDATE_BY_ID, items=items)

    rows = [{"id": ids["b"], "label": "y"}, {"id": ids["a"], "label": "x"}]
    assert found == {"tags": rows, "errors": []}


async def test_update_by_id_refused(written: Api):
    """The item that is refused is told by its place, and no other is written."""
    ids = await make(written, "a", "b", "c")
    items = [
        {"id": ids["a"], "input": {"label": "x"}},
        {"id": ids["b"], "input": {"label": "c"}},
    ]

    found = await payload(written, UPDATE_BY_ID, items=items)

    assert found["errors"] == [
        error(
            "UniqueViolation",
            "label is taken already.",
            "UNIQUE_VIOLATION",
            *("items", "1", "input", "label"),
        )
    ]
    assert await labels(written) == ["a", "b", "c"]


async def test_missing_items(written: Api):
    """Each row that is not there is told by the place of its id."""
    ids = await make(written, "a", "b", "c")
    await payload(written, DELETE, where={"label": {"ne": "b"}}, atMost=2)
    items = [{"id": ids[each], "input": {"label": "x"}} for each in ("a", "b", "c")]

    found = await payload(written, UPDATE_BY_ID, items=items)

    assert [(each["code"], each["path"]) for each in found["errors"]] == [
        ("NOT_FOUND", ["items", "0", "id"]),
        ("NOT_FOUND", ["items", "2", "id"]),
    ]
    assert await labels(written) == ["b"]


async def test_twins(written: Api):
    """A row that two items name is refused."""
    ids = await make(written, "a")
    items = [{"id": ids["a"], "input": {"label": each}} for each in ("x", "y")]

    found = await payload(written, UPDATE_BY_ID, items=items)

    message = "id names a row that another item names: put all changes of a row in one."
    refusal = error("ValidationError", message, "VALIDATION_FAILED", "items", "1", "id")
    assert found == {"tags": None, "errors": [refusal]}


async def test_hidden_rows(written: Api):
    """Rows that a policy hides are neither written nor counted, and a created one is not shown."""
    guarded = written.of(policies=models.POLICIES)
    text = """mutation { createAuthors(inputs: [
      {rowId: 1, penName: "A", isRetired: true}, {rowId: 2, penName: "A", isRetired: false}
    ]) { authors { rowId } errors { message } } }"""
    made = await payload(guarded, text)

    changed = await payload(
        guarded,
        """mutation { updateAuthors(where: {penName: {eq: "A"}}, set: {penName: "B"}, atMost: 1) {
          count errors { message }
        } }""",
    )

    staff = gql.Subject(user_id=1, roles=frozenset({"staff"}))
    answer = await guarded.run("{ authors { nodes { rowId penName } } }", subject=staff)
    assert made == {"authors": [None, {"rowId": 2}], "errors": []}
    assert changed == {"count": 1, "errors": []}
    assert answer.data["authors"]["nodes"] == [
        {"rowId": 1, "penName": "A"},
        {"rowId": 2, "penName": "B"},
    ]


class _ByHand:
    """A creation and a deletion with rules of their own."""

    @gql.mutation
    async def create_tag(self, info: gql.Info, label: str) -> models.Tag:
        """Create a tag."""
        raise NotImplementedError

    @gql.mutation
    async def delete_tag(self, info: gql.Info, tag_id: gql.ID) -> models.Tag:
        """Delete a tag."""
        raise NotImplementedError


def test_fields_by_hand(offline: Api):
    """Where a field is written by hand, no generated one goes round its rules."""
    schema = offline.of(mutations=[_ByHand]).schema.graphql_schema
    assert schema.mutation_type is not None

    names = {name for name in schema.mutation_type.fields if "Tag" in name}

    assert names == {"createTag", "deleteTag", "updateTag", "updateTags", "updateTagsById"}


def test_without_bulk_writes(offline: Api):
    """Mutations of many rows can be left out."""
    config = gql.ApiConfig(has_bulk_writes=False)
    schema = offline.of(config=config).schema.graphql_schema
    assert schema.mutation_type is not None

    names = {name for name in schema.mutation_type.fields if "Tag" in name}

    assert names == {"createTag", "updateTag", "deleteTag"}


async def test_cost(written: Api):
    """Rows that a mutation writes cost as often as there are inputs."""
    config = gql.ApiConfig(shows_cost=True, limits=gql.Limits(max_cost=60))
    api = written.of(config=config)

    few = await api.run(CREATE, inputs=[{"label": str(at)} for at in range(5)])
    many = await api.run(CREATE, inputs=[{"label": str(at)} for at in range(100)])
    all_ = await api.run(UPDATE, where={"label": {"eq": "a"}}, set={}, atMost=1000)

    assert few.errors == ()
    assert [each.extensions["code"] for each in (*many.errors, *all_.errors)] == [
        "MAX_COST_EXCEEDED",
        "MAX_COST_EXCEEDED",
    ]


async def test_upsert(written: Api):
    """A row is created at first, and changed afterwards."""
    first = await payload(written, UPSERT, label="a", new="b")
    second = await payload(written, UPSERT, label="a", new="b")

    assert first == {"isNew": True, "tag": {"label": "a"}, "errors": []}
    assert second == {"isNew": False, "tag": {"label": "b"}, "errors": []}
    assert await labels(written) == ["b"]


def test_keys_of_upserts(offline: Api):
    """A row is found by keys that a new one sets, never by those that the database makes."""
    types = offline.schema.graphql_schema.type_map

    keys = {name: sorted(types[f"{name}UpsertKey"].fields) for name in ("Tag", "Chapter", "Author")}

    assert keys == {
        "Tag": ["label"],
        "Chapter": ["bookIdHeading", "bookIdNumber"],
        "Author": ["email", "rowId"],
    }
