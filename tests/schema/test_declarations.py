"""Types declared by hand."""

from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from gql_api.errors import SchemaBuildError
from tests.fixtures import models
from tests.fixtures.schema import Api


@gql.type(models.Book)
class Book:
    """A book, in short."""

    title: gql.auto
    author: Any = gql.field(non_null=True, description="Who wrote it.")
    tags: gql.auto

    @gql.computed(depends_on=[models.Book.subtitle])
    def heading(self: Any, length: int = 3) -> str:
        """Beginning of the hidden subtitle."""
        return (self.subtitle or "none")[:length]

    @strawberry.field
    async def writer(self: Any, info: gql.Info) -> str:
        """Name of the author, loaded by hand."""
        author = await info.context.load(models.Author, self.author_id)
        return author.pen_name if author else "nobody"


@gql.type(models.Tag, all_fields=True)
class Tag:
    """A tag with one field more."""

    @gql.computed(depends_on=[models.Tag.label])
    def shout(self: Any) -> str:
        """The label in capitals."""
        return str(self.label).upper()


@gql.type(models.Author, all_fields=True)
class Everybody:
    """Authors as resolvers return them."""


@gql.type(models.Book, all_fields=True)
class AnyBook:
    """Books as resolvers return them."""


@pytest.fixture(scope="module")
def declared(api: Api) -> Api:
    """The test models, two of them declared."""
    return api.of(types=[Book, Tag])


async def test_listed_fields(declared: Api):
    """Only what is listed exists: in answers, filters, orders, keys and inputs."""
    types: Any = declared.schema.graphql_schema.type_map

    assert sorted(types["Book"].fields) == ["author", "heading", "id", "tags", "title", "writer"]
    assert sorted(types["BookFilter"].fields) == [
        "and",
        "author",
        "id",
        "not",
        "or",
        "tags",
        "tagsAggregate",
        "title",
    ]
    searched = ["searchRank"] if declared.database.dialect.has_text_search else []
    assert sorted(types["BookOrder"].fields) == ["author", *searched, "tagsAggregate", "title"]
    assert sorted(types["BookKey"].fields) == ["id"]
    assert "isDraft" not in types["CreateBookInput"].fields


def test_types_and_descriptions(declared: Api):
    """A declaration changes nullability and descriptions."""
    types: Any = declared.schema.graphql_schema.type_map

    assert str(types["Book"].fields["author"].type) == "Author!"
    assert types["Book"].fields["author"].description == "Who wrote it."
    assert types["Book"].description == "A book, in short."
    assert types["Book"].fields["heading"].description == "Beginning of the hidden subtitle."


def test_all_fields(declared: Api):
    """All mapped fields can stay beside those of the declaration."""
    types: Any = declared.schema.graphql_schema.type_map

    assert sorted(types["Tag"].fields) == ["books", "id", "label", "rowId", "shout"]


async def test_computed(declared: Api):
    """A computed field reads its column with the row, once for all of its names."""
    answer = await declared.run(
        "{ books(first: 2) { nodes { heading long: heading(length: 9) } } }"
    )

    assert answer.errors == ()
    assert answer.data["books"]["nodes"] == [
        {"heading": "Str", "long": "Straße"},
        {"heading": "STR", "long": "STRASSE"},
    ]
    (statement,) = answer.statements
    assert ".title" not in statement


async def test_computed_beside_columns(declared: Api):
    """Computed and mapped fields share a row, in nested lists too."""
    data = await declared.data(
        "{ books(first: 1) { nodes { title tags { nodes { label shout } } } } }", count=2
    )

    assert data["books"]["nodes"] == [
        {
            "title": "100% wool",
            "tags": {"nodes": [{"label": "new", "shout": "NEW"}, {"label": "old", "shout": "OLD"}]},
        }
    ]


async def test_load(api: Api):
    """Instances that resolvers ask for are loaded together."""

    @gql.type(models.Book, all_fields=True)
    class WithWriter:
        @strawberry.field
        async def writer(self: Any, info: gql.Info) -> str:
            author = await info.context.load(models.Author, self.author_id)
            return str(author and author.pen_name)

    data = await api.of(types=[WithWriter]).data("{ books { nodes { writer } } }", count=2)

    names = [row["writer"] for row in data["books"]["nodes"]]
    assert names == ["Ann", "Ann", "Ann", "Bob", "Cyd", "Dan"]


async def test_load_of_hidden_row(api: Api):
    """What a resolver loads obeys the policies."""

    @gql.type(models.Book, all_fields=True)
    class WithWriter:
        @strawberry.field
        async def writer(self: Any, info: gql.Info) -> str | None:
            author = await info.context.load(models.Author, self.author_id)
            return author and author.pen_name

    guarded = api.of(types=[WithWriter], policies=models.POLICIES)
    data = await guarded.data("{ books { nodes { writer } } }", count=2)

    names = [row["writer"] for row in data["books"]["nodes"]]
    assert names == ["Ann", "Ann", "Bob", None, "Dan"]


async def test_load_by_composite_key(api: Api):
    """Composite keys are tuples; a missing row is None."""

    @gql.type(models.Book, all_fields=True)
    class WithChapter:
        @strawberry.field
        async def second(self: Any, info: gql.Info) -> int | None:
            chapter = await info.context.load(models.Chapter, (self.id, 2))
            return chapter and chapter.pages

    data = await api.of(types=[WithChapter]).data("{ books { nodes { second } } }", count=2)

    assert [row["second"] for row in data["books"]["nodes"]] == [15, 3, None, None, None, None]


async def test_undeclared_column(api: Api, caplog: pytest.LogCaptureFixture):
    """A computed field that reads more than it declares is masked, and the log names the fix."""

    @gql.type(models.Book, all_fields=True)
    class Careless:
        @gql.computed(depends_on=[])
        def broken(self: Any) -> str:
            return str(self.title)

    answer = await api.of(types=[Careless]).run("{ books(first: 1) { nodes { broken } } }")

    assert len(answer.errors) == 1
    assert answer.errors[0].message == "Something went wrong on the server."
    (record,) = caplog.records
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == (
        "Book.title is not loaded: declare it in depends_on, or await info.context.load(...)."
    )


async def test_non_null_relative(declared: Api):
    """A relative that was declared non-null is loaded as any other."""
    data = await declared.data("{ books(last: 1) { nodes { author { penName } } } }", count=2)

    assert data["books"]["nodes"] == [{"author": {"penName": "Dan"}}]


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        pytest.param("rowId penName", 0, id="columns"),
        pytest.param("id __typename", 0, id="id"),
        pytest.param("written { totalCount nodes { title } }", 2, id="to-many"),
        pytest.param(
            "written(first: 1) { nodes { tags { nodes { label } } } }", 2, id="two levels"
        ),
        pytest.param(
            "a: written(first: 1) { nodes { title } } b: written(last: 1) { nodes { title } }",
            2,
            id="aliases",
        ),
    ],
)
async def test_instances(api: Api, selection: str, count: int):
    """Relationships of instances that a resolver returns are batched: a statement per level."""

    @strawberry.type
    class Queries:
        @strawberry.field
        async def everybody(self, info: gql.Info) -> list[Everybody]:
            async with info.context.read_session() as session:
                found = await session.scalars(sa.select(models.Author).order_by(models.Author.id))
                return list(found)  # type: ignore[arg-type]  # instances stand for their type

    custom = api.of(types=[Everybody], queries=[Queries])
    data = await custom.data(f"{{ everybody {{ {selection} }} }}", count=count + 1)
    expected = await custom.run(f"{{ authors {{ nodes {{ {selection} }} }} }}")

    assert data["everybody"] == expected.data["authors"]["nodes"]


async def test_to_one_of_instances(api: Api):
    """To-one relatives of instances are batched; a NULL key asks for nothing."""

    @strawberry.type
    class Queries:
        @strawberry.field
        async def shelf(self, info: gql.Info) -> list[AnyBook]:
            async with info.context.read_session() as session:
                found = await session.scalars(sa.select(models.Book).order_by(models.Book.id))
                return list(found)  # type: ignore[arg-type]  # instances stand for their type

    custom = api.of(types=[AnyBook], queries=[Queries])
    selection = "title editor { penName } cover { artist } namesake { rowId } category { code }"
    data = await custom.data(f"{{ shelf {{ {selection} }} }}", count=5)
    expected = await custom.run(f"{{ books {{ nodes {{ {selection} }} }} }}")

    assert data["shelf"] == expected.data["books"]["nodes"]


def test_unknown_attribute():
    """A listed attribute that does not exist is refused by name."""

    @gql.type(models.Tag)
    class Wrong:
        colour: gql.auto

    with pytest.raises(SchemaBuildError) as caught:
        gql.build_schema(models.Base, types=[Wrong])

    assert str(caught.value) == (
        "Wrong.colour is no attribute of <class 'tests.fixtures.models.Tag'>. "
        "Correct the name, or write a resolver."
    )


def test_unmapped_model():
    """A declaration for a model outside of the schema is refused."""
    with pytest.raises(SchemaBuildError) as caught:
        gql.build_schema([models.Author], types=[Tag])

    assert str(caught.value) == (
        "Tag declares <class 'tests.fixtures.models.Tag'>, which is not mapped. "
        "Pass its model to build_schema."
    )


def test_undeclared_class():
    """A class without a declaration is refused."""
    with pytest.raises(SchemaBuildError) as caught:
        gql.build_schema(models.Base, types=[int])

    assert str(caught.value) == (
        "int is not declared with @gql.type. Decorate it, or leave it out of types=."
    )


def test_value_for_a_field():
    """An attribute whose value is no field is refused."""
    with pytest.raises(SchemaBuildError) as caught:

        @gql.type(models.Tag)
        class Wrong:
            label: str = "x"

    assert str(caught.value) == (
        "Wrong.label is 'x', which is no field of a mapped type. "
        "Annotate it with gql.auto, or write a resolver."
    )
