"""Writes that are for one version of a row."""

import asyncio
import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql
from tests.fixtures.schema import Api

UPDATE = """mutation($id: ID!, $expected: String, $title: String!) {
  updatePage(id: $id, input: {title: $title}, expectedVersion: $expected) {
    page { title revision version }
    errors {
      __typename code message path
      ... on StaleVersion { version node { __typename id ... on Page { title } } }
    }
  }
}"""


class Base(orm.DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(20))
    revision: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 - declared as such upstream


class Draft(Base):
    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(20))
    changed_at: Mapped[dt.datetime] = mapped_column(
        sa.DateTime(timezone=True).with_variant(
            mysql.DATETIME(timezone=True, fsp=6), "mysql", "mariadb"
        ),
        info={"gql": {"version": True, "read_only": True}},
    )


@pytest.fixture
async def pages(database: gql.Database) -> tuple[Api, str]:
    """A schema with versions on each kind of database, and the id of its one page."""
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(Page).values(id=1, title="old", revision=1))
        moment = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)
        await connection.execute(sa.insert(Draft).values(id=1, title="old", changed_at=moment))
    api = Api(database, gql.build_schema(Base, dialect=database.dialect.name))
    found = await api.run("{ pages { nodes { id } } }")
    return api, found.data["pages"]["nodes"][0]["id"]


async def _update(api: Api, page_id: str, title: str, expected: str | None) -> Any:
    answer = await api.run(UPDATE, id=page_id, title=title, expected=expected)
    assert answer.errors == ()
    return answer.data["updatePage"]


async def test_update(pages: tuple[Api, str]):
    """A write for the current version is done, one for an older version is told the current row."""
    api, page_id = pages
    first = await _update(api, page_id, "new", "1")
    second = await _update(api, page_id, "lost", "1")
    any_version = await _update(api, page_id, "newer", None)

    assert first == {"page": {"title": "new", "revision": 2, "version": "2"}, "errors": []}
    assert second == {
        "page": {"title": "new", "revision": 2, "version": "2"},
        "errors": [
            {
                "__typename": "StaleVersion",
                "code": "STALE_VERSION",
                "message": "This Page has changed: read it again, and decide anew.",
                "path": ["expectedVersion"],
                "version": "2",
                "node": {"__typename": "Page", "id": page_id, "title": "new"},
            }
        ],
    }
    assert any_version["page"] == {"title": "newer", "revision": 3, "version": "3"}


async def test_delete(pages: tuple[Api, str]):
    """A row is not deleted by who has not seen it as it is."""
    api, page_id = pages
    text = """mutation($id: ID!, $expected: String) {
      deletePage(id: $id, expectedVersion: $expected) { deletedId errors { code } }
    }"""
    refused = await api.run(text, id=page_id, expected="7")
    done = await api.run(text, id=page_id, expected="1")

    assert refused.data["deletePage"] == {"deletedId": None, "errors": [{"code": "STALE_VERSION"}]}
    assert done.data["deletePage"] == {"deletedId": page_id, "errors": []}


async def test_race(pages: tuple[Api, str]):
    """Of many writes for one version exactly one is done."""
    api, page_id = pages
    async with asyncio.timeout(60):
        found = await asyncio.gather(*(_update(api, page_id, f"title {n}", "1") for n in range(8)))

    done = [each for each in found if not each["errors"]]
    stale = [each["errors"][0]["code"] for each in found if each["errors"]]
    assert (len(done), stale) == (1, ["STALE_VERSION"] * 7)


async def test_items(pages: tuple[Api, str]):
    """Each of many updates may expect a version; one that is stale refuses them all."""
    api, page_id = pages
    text = """mutation($id: ID!, $expected: String) {
      updatePagesById(items: [{id: $id, input: {title: "x"}, expectedVersion: $expected}]) {
        pages { title }
        errors { code path }
      }
    }"""
    refused = await api.run(text, id=page_id, expected="7")
    done = await api.run(text, id=page_id, expected="1")

    assert refused.data["updatePagesById"]["errors"] == [
        {"code": "STALE_VERSION", "path": ["items", "0", "expectedVersion"]}
    ]
    assert done.data["updatePagesById"] == {"pages": [{"title": "x"}], "errors": []}


async def test_statements(pages: tuple[Api, str]):
    """A version costs no statement of an update: the row is locked in any case."""
    api, page_id = pages
    plain = await api.run(UPDATE, id=page_id, title="a", expected=None)
    versioned = await api.run(UPDATE, id=page_id, title="b", expected="2")

    assert versioned.data["updatePage"]["errors"] == []
    assert len(versioned.statements) == len(plain.statements)


async def test_moment(pages: tuple[Api, str]):
    """A column that the model names is a version too, as answers write it."""
    api, _ = pages
    found = (await api.run("{ drafts { nodes { id changedAt } } }")).data["drafts"]["nodes"][0]
    text = """mutation($id: ID!, $expected: String) {
      updateDraft(id: $id, input: {title: "x"}, expectedVersion: $expected) { errors { code } }
    }"""
    refused = await api.run(text, id=found["id"], expected="2023-05-01T12:30:00+00:00")
    done = await api.run(text, id=found["id"], expected=found["changedAt"])

    assert refused.data["updateDraft"]["errors"] == [{"code": "STALE_VERSION"}]
    assert done.data["updateDraft"]["errors"] == []


def test_no_versions(offline: Api):
    """Models without versions have neither the argument nor the error."""
    sdl = offline.schema.as_str()

    assert "expectedVersion" not in sdl
    assert "StaleVersion" not in sdl
