"""Predicates that a change cannot have changed, so that they need not be asked again."""

from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from gql_api.sql.settled import is_settled


class _Base(orm.DeclarativeBase):
    """The models of these tests."""


class Note(_Base):
    """A row with columns that change by themselves."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    title: Mapped[str]
    owner_id: Mapped[int]
    is_open: Mapped[bool]
    touched_at: Mapped[int] = mapped_column(onupdate=1)
    size: Mapped[int] = mapped_column(sa.Computed("length(text)"))
    version: Mapped[int] = mapped_column()
    label = orm.synonym("title")

    __mapper_args__: ClassVar = {"version_id_col": version}


USER = sa.bindparam("user", type_=sa.Integer())


@pytest.mark.parametrize(
    "predicate",
    [
        sa.true(),
        Note.owner_id == USER,
        Note.is_open | (Note.owner_id == USER),
        ~Note.is_open & (Note.owner_id > 3),
        Note.owner_id.in_([1, 2]),
        Note.owner_id.is_not(None),
    ],
)
def test_other_columns(predicate: Any):
    """What is asked of columns that did not change holds as before."""
    assert is_settled(predicate, Note, {"text"})


@pytest.mark.parametrize(
    ("predicate", "changed"),
    [
        (Note.owner_id == USER, {"owner_id"}),
        (Note.is_open | (Note.owner_id == USER), {"text", "is_open"}),
        (Note.title == "x", {"label"}),
        (Note.touched_at == 1, {"text"}),
        (Note.size < 9, {"text"}),
        (Note.version < 9, {"text"}),
        (sa.func.length(Note.title) > 3, {"text"}),
        (sa.func.random() > 3, {"text"}),
        (sa.exists().where(Note.owner_id == 1), {"text"}),
        (sa.select(sa.func.count()).select_from(Note).scalar_subquery() < 9, {"text"}),
        (sa.case((Note.is_open, True), else_=False), {"text"}),
        (sa.literal_column("now() > '2020-01-01'"), {"text"}),
    ],
)
def test_doubt(predicate: Any, changed: set[str]):
    """What depends on a changed column, or on more than the row, is asked again."""
    assert not is_settled(predicate, Note, changed)
