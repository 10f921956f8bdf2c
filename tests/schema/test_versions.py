"""The field ``version`` on each path of a read, and versions that writes expect."""

import datetime as dt
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
import strawberry
from sqlalchemy import orm
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

import gql_api as gql
from tests.fixtures.schema import Api
from tests.proof.paths import compare_paths, planned_fields

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


class Base(orm.DeclarativeBase):
    pass


class Shelf(Base):
    """Has no version of its own."""

    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(9))
    boxes: Mapped[list["Box"]] = relationship(
        back_populates="shelf", lazy="raise", cascade="all, delete-orphan"
    )


class Box(Base):
    """Its version is a counter of the same name."""

    __tablename__ = "box"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[int] = mapped_column(default=1)
    shelf_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shelf.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="boxes", lazy="raise")
    __mapper_args__: ClassVar = {"version_id_col": version}


class Note(Base):
    """Its version is the moment of the last change, null before the first."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.String(20))
    updated_at: Mapped[dt.datetime | None] = mapped_column(
        MOMENT,
        onupdate=lambda: dt.datetime.now(dt.UTC),
        info={"gql": {"version": True, "read_only": True}},
    )


def _now() -> dt.datetime:
    return dt.datetime(2024, 5, 1, 12, 30, 0, 1, tzinfo=dt.UTC)


class Queries:
    @strawberry.field
    async def by_hand(self, info: gql.Info) -> list["BoxType"]:
        """Instances, as resolvers of one's own return them."""
        async with info.context.read_session() as session:
            return list((await session.scalars(sa.select(Box).order_by(Box.id))).all())


@gql.type(Box, all_fields=True)
class BoxType:
    """A box."""


@pytest.fixture
async def api(database: gql.Database) -> Api:
    """A schema with versions of each kind on each kind of database."""
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(Shelf).values(id=1, version="v"))
        await connection.execute(sa.insert(Box).values(id=1, label="one", version=1, shelf_id=1))
        await connection.execute(sa.insert(Box).values(id=2, label="two", version=7, shelf_id=1))
        await connection.execute(sa.insert(Note).values(id=1, text="dated", updated_at=_now()))
        await connection.execute(sa.insert(Note).values(id=2, text="new", updated_at=None))
    return Api(database, gql.build_schema(Base, dialect=database.dialect.name))


async def _boxes(api: Api) -> list[dict[str, Any]]:
    text = "{ boxes(orderBy: [{label: ASC}]) { nodes { id version } } }"
    found: list[dict[str, Any]] = (await api.run(text)).data["boxes"]["nodes"]
    return found


async def test_paths(api: Api):
    """The version is a text, the same on every path, beside the column that it comes from."""
    text = """{
      boxes(orderBy: [{label: ASC}]) { edges { node { version rowVersion shelf { version } } } }
      notes(orderBy: [{text: ASC}]) { nodes { v: version updatedAt } }
      shelves { nodes { boxes(orderBy: [{rowVersion: DESC}]) { nodes { version } } } }
    }"""
    with planned_fields(api.schema) as found:
        answer = await api.run(text)
        difference = await compare_paths(
            api.database, api.schema, gql.ANONYMOUS, found, answer.data
        )
    moment = "2024-05-01T12:30:00.000001+00:00"

    assert (answer.errors, difference, len(found)) == ((), None, 3)
    assert answer.data["boxes"]["edges"] == [
        {"node": {"version": "1", "rowVersion": 1, "shelf": {"version": "v"}}},
        {"node": {"version": "7", "rowVersion": 7, "shelf": {"version": "v"}}},
    ]
    assert answer.data["notes"]["nodes"] == [
        {"v": moment, "updatedAt": moment},
        {"v": "", "updatedAt": None},
    ]
    assert answer.data["shelves"]["nodes"][0]["boxes"]["nodes"] == [
        {"version": "7"},
        {"version": "1"},
    ]


async def test_statement(api: Api):
    """A version costs no statement of a read."""
    await api.data("{ boxes { nodes { label version } } }", count=1)


async def test_microseconds(api: Api):
    """A version of microseconds is exact: what was read may be written, and then no more."""
    found = (await api.run("{ notes(orderBy: [{text: ASC}]) { nodes { id version } } }")).data
    text = """mutation($id: ID!, $expected: String) {
      updateNote(id: $id, input: {text: "x"}, expectedVersion: $expected) {
        note { version }
        errors { code }
      }
    }"""
    for each in found["notes"]["nodes"]:
        variables = {"id": each["id"], "expected": each["version"]}
        done = (await api.run(text, **variables)).data["updateNote"]
        stale = (await api.run(text, **variables)).data["updateNote"]
        read = (await api.run("query($id: ID!) { note(id: $id) { version } }", id=each["id"])).data

        assert (done["errors"], stale["errors"]) == ([], [{"code": "STALE_VERSION"}])
        assert done["note"] == stale["note"] == read["note"] != {"version": each["version"]}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param(
            'updateBox(id: $id, input: {label: "x"}, expectedVersion: "old") { errors { %s } }',
            ["expectedVersion"],
            id="update",
        ),
        pytest.param(
            'deleteBox(id: $id, expectedVersion: "") { errors { %s } }',
            ["expectedVersion"],
            id="delete",
        ),
        pytest.param(
            'updateBoxesById(items: [{id: $id, input: {}, expectedVersion: "1.0"}]) '
            "{ errors { %s } }",
            ["items", "0", "expectedVersion"],
            id="item",
        ),
    ],
)
async def test_foreign_text(api: Api, text: str, path: list[str]):
    """A text that is no version is refused without a statement."""
    (box, _) = await _boxes(api)
    fields = "__typename code message path"
    answer = await api.run(f"mutation($id: ID!) {{ {text % fields} }}", id=box["id"])

    assert answer.data is not None
    assert answer.statements == []
    (payload,) = answer.data.values()
    assert payload["errors"] == [
        {
            "__typename": "ValidationError",
            "code": "VALIDATION_FAILED",
            "message": "expectedVersion is no version of a Box: pass its version as it was read.",
            "path": path,
        }
    ]


async def test_instances(api: Api):
    """Rows that a resolver of one's own returns have versions, too."""
    schema = gql.build_schema(
        Base, dialect=api.database.dialect.name, types=[BoxType], queries=[Queries]
    )
    answer = await Api(api.database, schema).run("{ byHand { version rowVersion } }")

    assert answer.errors == ()
    assert answer.data["byHand"] == [
        {"version": "1", "rowVersion": 1},
        {"version": "7", "rowVersion": 7},
    ]


async def test_hidden(api: Api):
    """A version that is hidden is no version for clients."""
    schema = gql.build_schema(Base, dialect=api.database.dialect.name, hidden=["Box.version"])
    types = schema.graphql_schema.type_map

    assert "version" not in types["Box"].fields
    assert "expectedVersion" not in types["Mutation"].fields["updateBox"].args


class _Labelled(gql.Policy[Box]):
    def visible(self, row: Any, subject: gql.Subject) -> Any:
        return row.label == "two"


async def test_not_visible(api: Api):
    """A row that may not be seen is not told to have changed."""
    (box, _) = await _boxes(api)
    schema = gql.build_schema(Base, dialect=api.database.dialect.name, policies=[_Labelled()])
    text = """mutation($id: ID!) {
      deleteBox(id: $id, expectedVersion: "0") { errors { code ... on StaleVersion { version } } }
    }"""
    answer = await Api(api.database, schema).run(text, id=box["id"])

    assert answer.data["deleteBox"]["errors"] == [{"code": "NOT_FOUND"}]


async def test_deleted_meanwhile(api: Api):
    """The error of a refused deletion shows the row as it is."""
    (_, box) = await _boxes(api)
    text = """mutation($id: ID!) {
      deleteBox(id: $id, expectedVersion: "6") {
        errors { code ... on StaleVersion { node { id ... on Box { label shelf { version } } } } }
      }
    }"""
    answer = await api.run(text, id=box["id"])

    assert answer.data["deleteBox"]["errors"] == [
        {
            "code": "STALE_VERSION",
            "node": {"id": box["id"], "label": "two", "shelf": {"version": "v"}},
        }
    ]


class Mutations:
    @gql.mutation
    async def refuse(self, info: gql.Info) -> Box:
        """Refuse by hand."""
        message = "Old."
        raise gql.StaleVersionError(message, path=("at",), version="5")


async def test_by_hand(api: Api):
    """An error that a resolver of one's own raises may name no row."""
    schema = gql.build_schema(Base, dialect=api.database.dialect.name, mutations=[Mutations])
    text = """mutation {
      refuse { errors { path ... on StaleVersion { version node { id } } } }
    }"""
    answer = await Api(api.database, schema).run(text)

    assert answer.data["refuse"]["errors"] == [{"path": ["at"], "version": "5", "node": None}]


NESTED = """mutation($shelf: ID!, $boxes: UpdateShelfBoxesInput!) {
  updateShelf(id: $shelf, input: {boxes: $boxes}) {
    errors { code path ... on StaleVersion { version node { ... on Box { label } } } }
  }
}"""


@pytest.mark.parametrize("way", ["update", "delete"])
async def test_nested(api: Api, way: str):
    """Rows that a nested input changes or deletes may be expected to have a version."""
    one, two = await _boxes(api)
    shelf = (await api.run("{ shelves { nodes { id } } }")).data["shelves"]["nodes"][0]["id"]

    def item(box: dict[str, Any], version: str | None) -> dict[str, Any]:
        named = (
            {"id": box["id"], "input": {"label": "x"}} if way == "update" else {"key": box_key(box)}
        )
        return {**named, "expectedVersion": version}

    stale = [item(one, "1"), item(two, "6")]
    refused = await api.run(NESTED, shelf=shelf, boxes={way: stale})
    foreign = await api.run(NESTED, shelf=shelf, boxes={way: [item(one, "?")]})
    done = await api.run(NESTED, shelf=shelf, boxes={way: [item(one, None), item(two, "7")]})

    place = ["input", "boxes", way]
    assert refused.data["updateShelf"]["errors"] == [
        {
            "code": "STALE_VERSION",
            "path": [*place, "1", "expectedVersion"],
            "version": "7",
            "node": {"label": "two"},
        }
    ]
    assert foreign.data["updateShelf"]["errors"] == [
        {"code": "VALIDATION_FAILED", "path": [*place, "0", "expectedVersion"]}
    ]
    assert foreign.statements == []
    assert done.data["updateShelf"]["errors"] == []


def box_key(box: dict[str, Any]) -> dict[str, Any]:
    """Name a box by its global id."""
    return {"id": box["id"]}
