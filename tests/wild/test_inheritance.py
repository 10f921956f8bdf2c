"""Joined and single-table inheritance: classes with subclasses are interfaces of their rows."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from typing_extensions import override

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.schema import KINDS, Api
from tests.wild.staff import ROWS, Base, Employee, Engineer, Manager
from tests.wild.worlds import opened


@pytest.fixture(scope="module", params=KINDS)
async def staff(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Two companies and their staff, which tests only read."""
    folder = tmp_path_factory.mktemp("staff")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        yield api


def _with(api: Api, *policies: gql.Policy[Any]) -> Api:
    schema = gql.build_schema(Base, dialect=api.database.dialect.name, policies=policies)
    return Api(api.database, schema)


def _id(key: int, name: str = "Employee") -> str:
    registry = gql.build_schema(Base).table.registry
    return encode_global_id(registry.entities[name], {"id": key})


ALL = ["BaseEmployee", "BaseManager", "Director", "BaseEngineer", "Architect"]
ALL += ["BaseEmployee", "BaseEmployee"]


async def test_types_of_rows(staff: Api):
    """A list of a base gives each row its type; an unknown kind is the base's own."""
    data = await staff.data("{ employees { totalCount nodes { __typename name } } }", count=2)

    assert [row["__typename"] for row in data["employees"]["nodes"]] == ALL
    assert data["employees"]["totalCount"] == len(ALL)


async def test_fragments(staff: Api):
    """Columns of subtypes come with the same statement."""
    data = await staff.data(
        """{ employees(orderBy: [{name: ASC}]) { nodes { name
          ... on Manager { level } ... on Director { shares }
          ... on Engineer { language name } ... on BaseEmployee { kind } } } }""",
        count=1,
    )

    assert data["employees"]["nodes"] == [
        {"name": "ann", "kind": "employee"},
        {"name": "bob", "level": 5},
        {"name": "cyd", "level": 9, "shares": 100},
        {"name": "dan", "language": "C"},
        {"name": "eve", "language": "D"},
        {"name": "fay", "kind": "stranger"},
        {"name": "gus", "kind": None},
    ]


async def test_only_tables_that_are_needed(staff: Api):
    """Tables of subclasses are joined for the fragments that read them."""
    plain = await staff.run("{ employees { nodes { id name } } }")
    joined = await staff.run("{ employees { nodes { ... on Manager { level name } } } }")

    assert "JOIN" not in plain.statements[0]
    assert joined.statements[0].count("JOIN") == 1
    assert "director" not in joined.statements[0].lower()


async def test_relationship_of_the_base(staff: Api):
    """A relationship of the base is one statement for rows of all types."""
    data = await staff.data(
        """{ employees { nodes { company { name } mentor { __typename name }
          pupils { totalCount nodes { name ... on Manager { level } } } } } }""",
        count=5,
    )

    assert data["employees"]["nodes"][1:4] == [
        {
            "company": {"name": "One"},
            "mentor": None,
            "pupils": {"totalCount": 2, "nodes": [{"name": "cyd", "level": 9}, {"name": "dan"}]},
        },
        {
            "company": {"name": "Two"},
            "mentor": {"__typename": "BaseManager", "name": "bob"},
            "pupils": {"totalCount": 0, "nodes": []},
        },
        {
            "company": {"name": "One"},
            "mentor": {"__typename": "BaseManager", "name": "bob"},
            "pupils": {"totalCount": 1, "nodes": [{"name": "eve"}]},
        },
    ]


async def test_relationship_of_a_subtype(staff: Api):
    """A relationship in a fragment is one statement, for its rows and those of its subtypes."""
    data = await staff.data(
        """{ employees { edges { node { ... on Manager { projects { nodes { title } } }
          ... on Architect { client { name } } } } } }""",
        count=3,
    )

    nodes = [edge["node"] for edge in data["employees"]["edges"]]
    assert nodes == [
        {},
        {"projects": {"nodes": [{"title": "x"}]}},
        {"projects": {"nodes": [{"title": "y"}, {"title": "z"}]}},
        {},
        {"client": {"name": "One"}},
        {},
        {},
    ]


async def test_relatives(staff: Api):
    """Relationships lead to rows of every type of their target."""
    data = await staff.data(
        """{ companies { nodes { staff { totalCount nodes { __typename } }
          managers(orderBy: [{level: DESC}]) { totalCount nodes { __typename level } } } }
          projects { nodes { lead { name ... on Director { shares } } } } }""",
        count=7,
    )

    assert data["companies"]["nodes"] == [
        {
            "staff": {
                "totalCount": 3,
                "nodes": [{"__typename": each} for each in (ALL[0], ALL[1], ALL[3])],
            },
            "managers": {"totalCount": 1, "nodes": [{"__typename": "BaseManager", "level": 5}]},
        },
        {
            "staff": {
                "totalCount": 3,
                "nodes": [{"__typename": each} for each in (ALL[2], ALL[4], ALL[5])],
            },
            "managers": {"totalCount": 1, "nodes": [{"__typename": "Director", "level": 9}]},
        },
    ]
    leads = [node["lead"] for node in data["projects"]["nodes"]]
    assert leads == [{"name": "bob"}, *[{"name": "cyd", "shares": 100}] * 2]


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("managers", ["bob", "cyd"]),
        ("directors", ["cyd"]),
        ("engineers", ["dan", "eve"]),
        ("architects", ["eve"]),
        ("engineers(last: 1)", ["eve"]),
        ('engineers(where: {not: {language: {eq: "C"}}})', ["eve"]),
        ('managers(where: {name: {eq: "cyd"}, level: {gt: 5}})', ["cyd"]),
        ('architects(where: {client: {staff: {some: {name: {eq: "ann"}}}}})', ["eve"]),
        ('employees(where: {mentor: {kind: {eq: "manager"}}})', ["cyd", "dan"]),
        ('employees(where: {pupils: {some: {name: {eq: "eve"}}}})', ["dan"]),
        ("employees(orderBy: [{pupilsAggregate: {count: DESC}}], first: 1)", ["bob"]),
        ("companies(where: {managers: {every: {level: {gt: 5}}}})", ["Two"]),
        ("companies(where: {managersAggregate: {count: {eq: 1}}})", ["One", "Two"]),
    ],
)
async def test_lists(staff: Api, field: str, found: list[str]):
    """Lists, filters and orders see the rows of their own class and its subclasses alone."""
    answer = await staff.run(f"{{ f: {field} {{ totalCount nodes {{ name }} }} }}")

    assert answer.errors == ()
    assert [row["name"] for row in answer.data["f"]["nodes"]] == found


@pytest.mark.parametrize("field", ["employees", "managers", "engineers", "directors"])
async def test_cursors(staff: Api, field: str):
    """Pages of one row walk the whole list, forwards and backwards."""
    text = f"""query($after: String, $before: String, $first: Int, $last: Int) {{
      f: {field}(after: $after, before: $before, first: $first, last: $last) {{ totalCount
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} nodes {{ name }} }} }}"""

    forwards, place = [], None
    while True:
        data = (await staff.run(text, first=1, after=place)).data["f"]
        forwards += [row["name"] for row in data["nodes"]]
        place = data["pageInfo"]["endCursor"]
        if not data["pageInfo"]["hasNextPage"]:
            break
    backwards, place = [], None
    while len(backwards) < data["totalCount"]:
        data = (await staff.run(text, last=1, before=place)).data["f"]
        backwards += [row["name"] for row in data["nodes"]]
        place = data["pageInfo"]["startCursor"]

    assert len(forwards) == data["totalCount"]
    assert forwards == backwards[::-1]
    assert not data["pageInfo"]["hasPreviousPage"]


async def test_one_id_per_row(staff: Api):
    """A row has the id of its topmost base in every list, and every field finds it by that."""
    data = await staff.data(
        '{ employees(where: {name: {eq: "cyd"}}) { nodes { id } } managers { nodes { id } }'
        " directors { nodes { id } } }",
        count=3,
    )
    id_ = data["directors"]["nodes"][0]["id"]
    again = await staff.data(
        """query($id: ID!) { employee(id: $id) { name } manager(id: $id) { __typename }
          director(id: $id) { shares } engineer(id: $id) { name }
          node(id: $id) { __typename ... on Director { shares } }
          managerBy(key: {id: $id}) { name } managers(where: {id: {eq: $id}}) { totalCount } }""",
        count=7,
        id=id_,
    )

    assert data["employees"]["nodes"][0]["id"] == data["managers"]["nodes"][1]["id"] == id_
    assert again == {
        "employee": {"name": "cyd"},
        "manager": {"__typename": "Director"},
        "director": {"shares": 100},
        "engineer": None,
        "node": {"__typename": "Director", "shares": 100},
        "managerBy": {"name": "cyd"},
        "managers": {"totalCount": 1},
    }


async def test_nodes(staff: Api):
    """Nodes of one hierarchy are one statement, whatever their types."""
    ids = [_id(key) for key in (15, 12, 99, 11)]
    data = await staff.data(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Employee { name } } }",
        count=1,
        ids=ids,
    )

    assert data["nodes"] == [
        {"__typename": "Architect", "name": "eve"},
        {"__typename": "BaseManager", "name": "bob"},
        None,
        {"__typename": "BaseEmployee", "name": "ann"},
    ]


async def test_id_of_another_hierarchy(staff: Api):
    """An id of another hierarchy is refused by name before any SQL."""
    code, message, _path = await staff.refusal(
        "query($id: ID!) { manager(id: $id) { name } }", id=_id(1, "Project")
    )

    assert code == "BAD_USER_INPUT"
    assert message == "manager.id is an id of Project: pass an id of Manager."


class VisibleLevels(gql.Policy[Manager]):
    """Hides managers of low level."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.level > 5


class VisibleEngineers(gql.Policy[Engineer]):
    """Hides engineers of some language."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.language != "D"


class VisibleNames(gql.Policy[Employee]):
    """Hides a name."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.name != "cyd"


@pytest.mark.parametrize(
    ("policies", "field", "found"),
    [
        ([VisibleLevels()], "employees", ["ann", "cyd", "dan", "eve", "fay", "gus"]),
        ([VisibleLevels()], "managers", ["cyd"]),
        ([VisibleEngineers()], "employees", ["ann", "bob", "cyd", "dan", "fay", "gus"]),
        ([VisibleEngineers()], "architects", []),
        ([VisibleNames()], "directors", []),
        ([VisibleNames(), VisibleLevels()], "managers", []),
        ([VisibleNames(), VisibleLevels()], "employees", ["ann", "dan", "eve", "fay", "gus"]),
        ([VisibleLevels()], "employees(where: {mentor: {}})", ["eve", "fay"]),
        ([VisibleLevels()], 'companies(where: {staff: {some: {kind: {eq: "manager"}}}})', []),
    ],
)
async def test_policies(staff: Api, policies: list[gql.Policy[Any]], field: str, found: list[str]):
    """A row meets the policies of its class and of all classes above, whichever list it is in."""
    data = await _with(staff, *policies).data(
        f"{{ f: {field} {{ totalCount nodes {{ name }} }} }}", count=2
    )

    assert sorted(row["name"] for row in data["f"]["nodes"]) == found
    assert data["f"]["totalCount"] == len(found)
