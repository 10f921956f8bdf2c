"""ORM relationships become descriptors."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gql_api.mapping.descriptors import JoinKind, Registry, Relationship, RelationshipJoin
from gql_api.mapping.registry import describe_models, mapped_classes
from tests.fixtures import models


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The entities of the test models."""
    return describe_models(mapped_classes(models.Base))


def _of(registry: Registry, path: str) -> Relationship:
    entity, key = path.split(".")
    return registry.entities[entity].relationships[key]


@pytest.mark.parametrize(
    ("path", "join"),
    [
        ("Book.author", RelationshipJoin(JoinKind.DIRECT, ("author_id",), ("id",))),
        ("Book.editor", RelationshipJoin(JoinKind.DIRECT, ("editor_id",), ("id",))),
        ("Author.edited", RelationshipJoin(JoinKind.DIRECT, ("id",), ("editor_id",))),
        ("Category.parent", RelationshipJoin(JoinKind.DIRECT, ("parent_code",), ("code",))),
        ("Category.children", RelationshipJoin(JoinKind.DIRECT, ("code",), ("parent_code",))),
        ("Book.cover", RelationshipJoin(JoinKind.DIRECT, ("id",), ("book_id",))),
        ("Book.long_chapters", RelationshipJoin(JoinKind.CUSTOM, ("id",))),
        ("Book.namesake", RelationshipJoin(JoinKind.CUSTOM, ("id",))),
        (
            "Book.tags",
            RelationshipJoin(JoinKind.SECONDARY, ("id",), ("book_id",), (("tag_id", "id"),)),
        ),
        (
            "Tag.books",
            RelationshipJoin(JoinKind.SECONDARY, ("id",), ("tag_id",), (("book_id", "id"),)),
        ),
    ],
)
def test_joins(registry: Registry, path: str, join: RelationshipJoin):
    """A relationship knows the attributes that find its rows."""
    assert _of(registry, path).join == join


def test_composite_join(registry: Registry):
    """A composite foreign key pairs attributes, not column names."""
    join = _of(registry, "Footnote.chapter").join

    assert set(zip(join.local_keys, join.remote_keys, strict=True)) == {
        ("book_id", "book_id"),
        ("chapter_number", "number"),
    }


@pytest.mark.parametrize(
    ("path", "is_list", "is_required", "foreign_keys"),
    [
        ("Book.author", False, True, ("author_id",)),
        ("Book.editor", False, False, ("editor_id",)),
        ("Book.cover", False, False, ()),
        ("Cover.book", False, True, ("book_id",)),
        ("Book.chapters", True, False, ()),
        ("Category.parent", False, False, ("parent_code",)),
    ],
)
def test_cardinality(
    registry: Registry,
    path: str,
    is_list: bool,  # noqa: FBT001 - a table of cases
    is_required: bool,  # noqa: FBT001 - a table of cases
    foreign_keys: tuple[str, ...],
):
    """A relationship knows how many rows it leads to, and who holds the key."""
    found = _of(registry, path)

    assert (found.is_list, found.is_required, found.foreign_keys) == (
        is_list,
        is_required,
        foreign_keys,
    )


def test_viewonly(registry: Registry):
    """A viewonly relationship is not writable."""
    assert not _of(registry, "Book.long_chapters").is_writable
    assert _of(registry, "Book.chapters").is_writable


def test_target(registry: Registry):
    """The registry leads to the target."""
    assert registry.target(_of(registry, "Book.author")) is registry.entities["Author"]


def test_absent_target():
    """A relationship to a model that is no part of the schema does not exist."""
    registry = describe_models([models.Book, models.Author])

    assert set(registry.entities["Book"].relationships) == {"author", "editor", "namesake"}
    assert not registry.entities["Book"].columns["category_code"].is_foreign_key


def test_hidden():
    """A hidden relationship does not exist, and its foreign key is a column again."""

    class Base(orm.DeclarativeBase):
        pass

    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        up_id: Mapped[int | None] = mapped_column(sa.ForeignKey("node.id"))
        up: Mapped[Any] = relationship(
            "Node", remote_side="Node.id", info={"gql": {"hidden": True}}
        )

    (node,) = describe_models([Node])
    assert node.relationships == {}
    assert not node.columns["up_id"].is_foreign_key


def test_unmapped_join_column():
    """A join over a column that is not mapped goes through the parent."""

    class Base(orm.DeclarativeBase):
        pass

    class Left(Base):
        __tablename__ = "left"
        id: Mapped[int] = mapped_column(primary_key=True)
        rights: Mapped[list["Right"]] = relationship(back_populates="left", viewonly=True)

    class Right(Base):
        __table__ = sa.Table(
            "right",
            Base.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("left_id", sa.ForeignKey("left.id")),
        )
        __mapper_args__ = {"exclude_properties": ["left_id"]}  # noqa: RUF012
        left: Mapped[Left | None] = relationship(viewonly=True)

    registry = describe_models([Left, Right])
    custom = RelationshipJoin(JoinKind.CUSTOM, ("id",))
    assert registry.entities["Left"].relationships["rights"].join == custom
    assert registry.entities["Right"].relationships["left"].join == custom
