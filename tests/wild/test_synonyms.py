"""Private attributes, and the public names that models give them."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

import gql_api as gql
from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Job(Base):
    """Its columns are private, most have a public name."""

    __tablename__ = "job"

    _number: Mapped[int] = mapped_column("id", primary_key=True, autoincrement=False)
    number: Mapped[int] = synonym("_number")
    _state: Mapped[str] = mapped_column("state", sa.String(9), unique=True)
    state: Mapped[str] = synonym("_state")
    _token: Mapped[str | None] = mapped_column(
        "token", sa.String(9), info={"gql": {"hidden": True}}
    )
    token: Mapped[str | None] = synonym("_token")
    _veiled: Mapped[str | None] = mapped_column("veiled", sa.String(9))
    veiled: Mapped[str | None] = synonym("_veiled", info={"gql": {"hidden": True}})
    _named: Mapped[str | None] = mapped_column("named", sa.String(9))
    named: Mapped[str | None] = synonym("_named")
    _bare: Mapped[str | None] = mapped_column("bare", sa.String(9))
    title: Mapped[str | None] = mapped_column(sa.String(9))
    caption: Mapped[str | None] = synonym("title")
    _rank: Mapped[int | None] = mapped_column("rank")
    _after_id: Mapped[int | None] = mapped_column("after_id", sa.ForeignKey("job.id"))

    after: Mapped["Job | None"] = relationship(remote_side=_number, lazy="raise")
    before: Mapped[list["Job"]] = relationship(
        order_by="Job.state.desc()", viewonly=True, lazy="raise"
    )

    @hybrid_property
    def rank(self) -> int | None:
        """Place in the queue."""
        return self._rank


ROWS = [
    (
        Job.__table__,
        [
            {"id": 1, "state": "new", "rank": 5, "after_id": None},
            {"id": 2, "state": "done", "rank": 4, "after_id": 1},
            {"id": 3, "state": "gone", "rank": None, "after_id": 1},
        ],
    )
]


@pytest.fixture(params=KINDS)
async def jobs(
    request: pytest.FixtureRequest, tmp_path: Any, make_postgres_database: Callable[[], str]
) -> AsyncIterator[Api]:
    """Three jobs."""
    options = {"rows": ROWS, "hidden": ["Job.named"]}
    async with opened(Base, request.param, tmp_path, make_postgres_database, **options) as api:
        yield api


def test_names():
    """A private column has its public name once; bare, hidden and doubled ones do not exist."""
    types: Any = gql.build_schema(Base, hidden=["Job.named"]).graphql_schema.type_map

    assert sorted(types["Job"].fields) == [
        "after", "before", "id", "number", "rank", "state", "title",
    ]  # fmt: skip
    assert sorted(types["JobKey"].fields) == ["id", "number", "state"]
    assert sorted(types["CreateJobInput"].fields) == ["after", "number", "state", "title"]


async def test_reads(jobs: Api):
    """A public name is selected, filtered, sorted by, looked up and walked as a column."""
    data = await jobs.data(
        """{ jobs(where: {state: {ne: "gone"}, rank: {gt: 1}}, orderBy: [{state: ASC}]) {
          edges { cursor node { number state rank after { state before { nodes { number } } } } } }
          jobBy(key: {state: "new"}) { number } }""",
        count=4,
    )

    done, new = (edge["node"] for edge in data["jobs"]["edges"])
    after = {"state": "new", "before": {"nodes": [{"number": 3}, {"number": 2}]}}
    assert done == {"number": 2, "state": "done", "rank": 4, "after": after}
    assert new == {"number": 1, "state": "new", "rank": 5, "after": None}
    assert data["jobBy"] == {"number": 1}


async def test_writes(jobs: Api):
    """A public name is written as a column, and a constraint is about it."""
    answer = await jobs.run(
        """mutation { createJob(input: {number: 4, state: "late", after: {connect: {number: 1}}}) {
          job { number state after { state } } errors { message } } }"""
    )
    assert answer.data["createJob"] == {
        "job": {"number": 4, "state": "late", "after": {"state": "new"}},
        "errors": [],
    }

    refused = await jobs.run(
        'mutation { createJob(input: {number: 5, state: "late"}) { errors { code path } } }'
    )
    assert refused.data["createJob"]["errors"] == [
        {"code": "UNIQUE_VIOLATION", "path": ["input", "state"]}
    ]
