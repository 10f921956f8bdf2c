"""Groups of lists."""

import pytest

import gql_api as gql
from gql_api.database.reflection import reflect_models
from tests.fixtures.schema import Api


async def test_keys_and_aggregates(api: Api):
    """Rows that share values, null among them, are one group; sorted by the key, nulls last."""
    data = await api.data(
        """{ books { groups(by: [{field: CATEGORY_CODE}, {field: IS_DRAFT}]) {
          key { categoryCode isDraft title } aggregate { count sum { rowId } }
        } } }""",
        count=1,
    )

    found = [
        (*each["key"].values(), each["aggregate"]["count"], each["aggregate"]["sum"]["rowId"])
        for each in data["books"]["groups"]
    ]
    assert found == [
        ("", False, None, 1, "1"),
        ("leaf", False, None, 2, "6"),
        ("other", False, None, 1, "6"),
        (None, False, None, 1, "5"),
        (None, True, None, 1, "3"),
    ]


async def test_having_order_and_first(api: Api):
    """Groups are chosen and sorted by their aggregates, which need not be selected."""
    data = await api.data(
        """{ books { groups(
          by: [{field: AUTHOR_ID}], having: {sum: {rowId: {gte: 5}}},
          orderBy: [{max: {rowId: ASC}}, {key: {authorId: DESC}}], first: 2
        ) { key { authorId } } } }""",
        count=1,
    )

    assert [each["key"]["authorId"] for each in data["books"]["groups"]] == [1, 3]


async def test_nodes(api: Api):
    """The first rows of each group come with it, in the order of the list."""
    data = await api.data(
        """{ books(orderBy: [{rowId: DESC}]) { groups(by: [{field: AUTHOR_ID}]) {
          key { authorId }
          nodes(first: 2) { rowId author { penName } }
          one: nodes(first: 1) { rowId }
          none: nodes(first: 0) { rowId }
        } } }""",
        count=2,
    )

    first = data["books"]["groups"][0]
    assert first["key"] == {"authorId": 1}
    assert first["nodes"] == [
        {"rowId": 3, "author": {"penName": "Ann"}},
        {"rowId": 2, "author": {"penName": "Ann"}},
    ]
    assert first["one"] == [{"rowId": 3}]
    assert first["none"] == []
    assert [len(each["nodes"]) for each in data["books"]["groups"]] == [2, 1, 1, 1]


async def test_null_groups_have_nodes(api: Api):
    """Rows without a value are a group with rows like any other."""
    data = await api.data(
        """{ books { groups(by: [{field: CATEGORY_CODE}], orderBy: [{key: {categoryCode: DESC}}]) {
          key { categoryCode } nodes { rowId }
        } } }""",
        count=1,
    )

    assert data["books"]["groups"][0] == {
        "key": {"categoryCode": None},
        "nodes": [{"rowId": 3}, {"rowId": 5}],
    }


async def test_nested(api: Api):
    """Groups and their number hold per parent, with one statement for all parents."""
    data = await api.data(
        """{ authors(orderBy: [{rowId: ASC}]) { nodes { written {
          groups(by: [{field: TITLE}], first: 2) { key { title } aggregate { count } nodes { rowId } }
        } } } }""",
        count=2,
    )

    groups = [each["written"]["groups"] for each in data["authors"]["nodes"]]
    assert [len(each) for each in groups] == [2, 1, 1, 1, 0]
    assert groups[3] == [
        {"key": {"title": "a_b"}, "aggregate": {"count": 1}, "nodes": [{"rowId": 6}]}
    ]


async def test_policy(guarded: Api):
    """Rows outside of a policy are in no group."""
    text = "{ books { totalCount groups(by: [{field: TITLE}]) { aggregate { count } nodes { rowId } } } }"
    data = (await guarded.run(text)).data["books"]

    assert sum(each["aggregate"]["count"] for each in data["groups"]) == data["totalCount"]
    assert sum(len(each["nodes"]) for each in data["groups"]) == data["totalCount"]


@pytest.mark.parametrize(
    ("arguments", "path", "message"),
    [
        pytest.param("by: []", "by", "is empty: name at least one field.", id="no key"),
        pytest.param(
            "by: [{field: TITLE}, {field: TITLE}]", "by.1", "names title twice", id="twice"
        ),
        pytest.param(
            "by: [{field: TITLE, bucket: DAY}]", "by.0.bucket", "title is no DateTime", id="bucket"
        ),
        pytest.param(
            'by: [{field: TITLE, timeZone: "UTC"}]', "by.0.timeZone", "no bucket", id="zone alone"
        ),
        pytest.param(
            "by: [{field: TITLE}], orderBy: [{key: {rowId: ASC}}]",
            "orderBy.0.key.rowId",
            "is not among the fields in by",
            id="order by another field",
        ),
        pytest.param(
            "by: [{field: TITLE}], first: 1000", "first", "ask for at most 100 rows", id="too many"
        ),
        pytest.param(
            "by: [{field: TITLE}], having: {count: {gt: null}}",
            "having.count.gt",
            "is null",
            id="null operand",
        ),
    ],
)
async def test_refusals(api: Api, arguments: str, path: str, message: str):
    """Arguments that make no sense are refused with their place before anything is sent."""
    text = f"{{ books {{ groups({arguments}) {{ aggregate {{ count }} }} }} }}"
    code, said, where = await api.refusal(text)

    assert code in {"BAD_USER_INPUT", "PAGE_SIZE_EXCEEDED"}
    assert where == f"books.groups.{path}"
    assert message in said


async def test_unknown_time_zone(api: Api):
    """A time zone is an IANA name."""
    text = '{ samples { groups(by: [{field: MOMENT, bucket: DAY, timeZone: "Mars/Base"}]) { key { moment } } } }'
    code, said, where = await api.refusal(text)

    assert (code, where) == ("BAD_USER_INPUT", "samples.groups.by.0.timeZone")
    assert "no IANA time zone" in said


@pytest.mark.parametrize("field", ["at", "day"])
async def test_dates_of_files(sqlite: gql.Database, field: str):
    """One date is one group, in whatever forms a file of SQLite holds it."""
    async with sqlite.write_engine.begin() as connection:
        await connection.exec_driver_sql(
            "CREATE TABLE event (id INTEGER PRIMARY KEY, at DATETIME, day DATE)"
        )
        for form in ("2021-03-04", "2021-03-04 00:00:00", "2021-03-04T00:00:00Z", "2021-03-05"):
            await connection.exec_driver_sql(
                "INSERT INTO event (at, day) VALUES (?, ?)", (form, form)
            )
    models = await reflect_models(sqlite.read_engine)
    api = Api(sqlite, gql.build_schema(models.registry, dialect="sqlite"))

    data = await api.data(
        f"""{{ events {{ groups(by: [{{field: {field.upper()}}}]) {{
          aggregate {{ count }} nodes {{ rowId }}
        }} }} }}""",
        count=1,
    )

    assert [each["aggregate"]["count"] for each in data["events"]["groups"]] == [3, 1]
    assert [len(each["nodes"]) for each in data["events"]["groups"]] == [3, 1]
