"""Joined and single-table inheritance: writes, rows of custom resolvers, declared types."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Optional

import pytest
import sqlalchemy as sa
import strawberry
from sqlalchemy import orm
from typing_extensions import override

import gql_api as gql
from gql_api.mapping.global_ids import decode_global_id
from tests.fixtures.schema import KINDS, Api
from tests.wild.staff import ROWS, Base, Employee, Manager
from tests.wild.worlds import opened


class Queries:
    """Rows that resolvers return."""

    @strawberry.field
    async def everybody(self, info: gql.Info) -> list["Person"]:
        """Employees of every kind that has a class, as instances."""
        async with info.context.read_session() as session:
            anyone = orm.with_polymorphic(Employee, "*")
            known = sa.select(anyone).where(anyone.id < 16).order_by(anyone.id)
            return list((await session.scalars(known)).all())

    @strawberry.field
    async def one(self, info: gql.Info, key: int) -> Optional["Person"]:
        """One employee, as an instance."""
        return await info.context.load(Employee, key)

    @gql.query
    async def somebody(self, info: gql.Info, key: int) -> Employee | None:
        """One employee."""
        return await info.context.load(Employee, key)


@gql.type(Employee, all_fields=True)
class Person:
    """Anyone."""

    @gql.computed(depends_on=[Employee.name])
    def shout(self: Any) -> str:
        """The name in capitals."""
        return str(self.name).upper()


class Lead(gql.Policy[Manager]):
    """Managers of level 9 stay as they are."""

    @override
    def updatable(self, row: Any, subject: Any) -> Any:
        return row.level < 9

    @override
    def deletable(self, row: Any, subject: Any) -> Any:
        return row.level < 9


@pytest.fixture(params=KINDS)
async def staff(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Two companies and their staff, with a declared base and a policy on one subclass."""
    async with opened(
        Base,
        request.param,
        tmp_path_factory.mktemp("staff"),
        make_postgres_database,
        rows=ROWS,
        types=[Person],
        queries=[Queries],
        policies=[Lead()],
    ) as api:
        yield api


async def _id(api: Api, name: str) -> str:
    text = "query($n: String!) { employees(where: {name: {eq: $n}}) { nodes { id } } }"
    answer = await api.run(text, n=name)
    id_: str = answer.data["employees"]["nodes"][0]["id"]
    return id_


async def test_create(staff: Api):
    """Each class that can have rows is created as itself; the discriminator is never an input."""
    answer = await staff.run(
        """mutation { a: createDirector(input: {name: "hal", level: 1, shares: 2}) {
            director { __typename id shares } edge { node { name } } errors { message } }
          b: createArchitect(input: {name: "ida", language: "E"}) { architect { __typename } }
          c: createEmployee(input: {name: "joe"}) { employee { __typename kind } } }"""
    )

    assert answer.errors == ()
    created = answer.data["a"].pop("director")
    entity, _key = decode_global_id(staff.schema.table.registry, created.pop("id"))
    assert entity.name == "Employee"
    assert created == {"__typename": "Director", "shares": 2}
    assert answer.data == {
        "a": {"edge": {"node": {"name": "hal"}}, "errors": []},
        "b": {"architect": {"__typename": "Architect"}},
        "c": {"employee": {"__typename": "BaseEmployee", "kind": "employee"}},
    }
    assert "kind:" not in staff.schema.as_str().split("input CreateDirector")[1].split("}")[0]


async def test_update_through_the_base(staff: Api):
    """A mutation of the base changes what the base has, and answers with the row's type."""
    answer = await staff.run(
        """mutation($id: ID!) { updateEmployee(id: $id, input: {name: "new"}) {
          employee { __typename name ... on Manager { level } } errors { message } } }""",
        id=await _id(staff, "bob"),
    )

    assert answer.errors == ()
    assert answer.data["updateEmployee"] == {
        "employee": {"__typename": "BaseManager", "name": "new", "level": 5},
        "errors": [],
    }


@pytest.mark.parametrize("field", ["updateEmployee", "updateManager", "updateDirector"])
async def test_update_against_the_policy(staff: Api, field: str):
    """The policy of a subclass holds for its rows, whichever mutation names them."""
    answer = await staff.run(
        f"""mutation($id: ID!) {{ {field}(id: $id, input: {{name: "new"}}) {{
          errors {{ code path }} }} }}""",
        id=await _id(staff, "cyd"),
    )

    assert answer.data[field]["errors"] == [{"code": "FORBIDDEN", "path": ["id"]}]


async def test_update_into_the_forbidden(staff: Api):
    """The policy of a subclass is asked of the changed row, too."""
    answer = await staff.run(
        "mutation($id: ID!) { updateManager(id: $id, input: {level: 9}) { errors { code path } } }",
        id=await _id(staff, "bob"),
    )

    assert answer.data["updateManager"]["errors"] == [{"code": "FORBIDDEN", "path": ["input"]}]


@pytest.mark.parametrize("field", ["updateEngineer", "deleteEngineer", "deleteDirector"])
async def test_row_of_another_class(staff: Api, field: str):
    """A mutation of a class finds no row of another."""
    given = ', input: {name: "new"}' if field.startswith("update") else ""
    answer = await staff.run(
        f"mutation($id: ID!) {{ {field}(id: $id{given}) {{ errors {{ code path }} }} }}",
        id=await _id(staff, "bob"),
    )

    assert answer.data[field]["errors"] == [{"code": "NOT_FOUND", "path": ["id"]}]


@pytest.mark.parametrize("field", ["updateEmployee", "deleteEmployee"])
@pytest.mark.parametrize("name", ["fay", "gus"])
async def test_row_of_an_unknown_kind(staff: Api, field: str, name: str):
    """A row whose kind no class has is not written: the ORM could make no instance of it."""
    given = ', input: {name: "new"}' if field.startswith("update") else ""
    answer = await staff.run(
        f"mutation($id: ID!) {{ {field}(id: $id{given}) {{ errors {{ code path }} }} }}",
        id=await _id(staff, name),
    )

    assert answer.errors == ()
    assert answer.data[field]["errors"] == [{"code": "NOT_FOUND", "path": ["id"]}]


@pytest.mark.parametrize(
    ("name", "codes"), [("cyd", []), ("dan", [{"code": "NOT_FOUND"}])], ids=["subclass", "other"]
)
async def test_link(staff: Api, name: str, codes: list[Any]):
    """A link leads to rows of its target and of subclasses of that, by the id of the base."""
    answer = await staff.run(
        """mutation($id: ID!) { createProject(input: {rowId: 9, title: "new",
          lead: {connect: {id: $id}}}) { project { lead { name } } errors { code } } }""",
        id=await _id(staff, name),
    )

    assert answer.errors == ()
    assert answer.data["createProject"]["errors"] == codes


async def test_delete_through_the_base(staff: Api):
    """A deleted row is gone from the tables of all its classes."""
    id_ = await _id(staff, "eve")
    answer = await staff.run(
        "mutation($id: ID!) { deleteEmployee(id: $id) { deletedId errors { message } } }", id=id_
    )
    left = await staff.data("{ architects { totalCount } employees { totalCount } }", count=2)

    assert answer.data == {"deleteEmployee": {"deletedId": id_, "errors": []}}
    assert left == {"architects": {"totalCount": 0}, "employees": {"totalCount": 6}}


async def test_delete_against_the_policy(staff: Api):
    """The policy of a subclass holds for deletion through the base."""
    answer = await staff.run(
        "mutation($id: ID!) { deleteEmployee(id: $id) { errors { code } } }",
        id=await _id(staff, "cyd"),
    )

    assert answer.data["deleteEmployee"]["errors"] == [{"code": "FORBIDDEN"}]


async def test_rows_of_resolvers(staff: Api):
    """Instances that a resolver returns have the type of their class, and share what it inherits."""
    data = await staff.data(
        """{ everybody { __typename id name shout company { name }
          ... on Architect { language client { name } } } }""",
        count=3,
    )

    found = data["everybody"]
    assert [row["__typename"] for row in found] == [
        "BaseEmployee",
        "BaseManager",
        "Director",
        "BaseEngineer",
        "Architect",
    ]
    assert found[4].pop("id") == await _id(staff, "eve")
    assert found[4] == {
        "__typename": "Architect",
        "name": "eve",
        "shout": "EVE",
        "company": {"name": "Two"},
        "language": "D",
        "client": {"name": "One"},
    }


async def test_instance_by_key(staff: Api):
    """An instance that is loaded by key has the columns of its own class."""
    data = await staff.data(
        "{ one(key: 13) { __typename shout ... on Director { level shares } } }", count=1
    )

    assert data["one"] == {"__typename": "Director", "shout": "CYD", "level": 9, "shares": 100}


async def test_instance_of_a_query(staff: Api):
    """A query that returns an instance is loaded again, with its type."""
    data = await staff.data(
        "{ somebody(key: 13) { __typename shout ... on Director { shares } } }", count=2
    )

    assert data["somebody"] == {"__typename": "Director", "shout": "CYD", "shares": 100}


def test_declared_base():
    """What a declared base does not list does not exist on its subclasses."""

    @gql.type(Employee)
    class Worker:
        """Only a name."""

        name: gql.auto

    @gql.type(Manager)
    class Chief:
        """Only a level, and what its base shows."""

        level: gql.auto

    schema = gql.build_schema(Base, types=[Worker, Chief]).graphql_schema
    shown = {name: list(schema.type_map[name].fields) for name in ("Employee", "BaseManager")}

    assert shown == {"Employee": ["id", "name"], "BaseManager": ["id", "name", "level"]}
    assert sorted(schema.type_map["Architect"].fields) == [
        "client",
        "clientId",
        "id",
        "language",
        "name",
    ]


async def test_repository(staff: Api):
    """A repository gives instances of the rows' own classes, found by columns of any of them."""
    async with gql.unit_of_work(staff.database) as unit:
        employees = gql.Repository.within(Employee, unit, staff.schema)

        everybody = await employees.list()
        managers = await employees.list(Manager.level.is_not(None))
        mentors = await employees.list(Employee.pupils.any(Employee.id > 0))

        of_visible = {row.mentor_id for row in everybody} & {row.id for row in everybody}
        assert of_visible <= {row.id for row in mentors}
        assert {row.id for row in managers} == {
            row.id for row in everybody if isinstance(row, Manager)
        }
        assert len({type(row) for row in everybody}) > 2
        assert len(everybody) == await employees.count()
