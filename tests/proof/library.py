"""One set of models by hand: every kind of relationship, nulls, ties, and a policy on drafts."""

from tests.proof.description import Column, Link, Models, Policy, Relation, Table

_AUTHOR = Table(
    "Author",
    (
        Column("rowId", "key"),
        Column("name", "text", is_nullable=True),
        Column("rank", "integer", is_nullable=True),
        Column("life", "words", is_nullable=True),
        Column("traits", "json"),
    ),
    ("rowId",),
    relations=(
        Relation(
            "books",
            "Book",
            is_list=True,
            pairs=(("rowId", "authorId"),),
            order=(("title", "DESC"), ("pages", "ASC_NULLS_FIRST")),
            reverse="author",
        ),
        Relation("edited", "Book", is_list=True, pairs=(("rowId", "editorId"),), reverse="editor"),
        Relation(
            "draft",
            "Book",
            is_list=False,
            pairs=(("rowId", "authorId"),),
            condition="isDraft",
            order=(("title", "ASC"),),
        ),
    ),
)
_BOOK = Table(
    "Book",
    (
        Column("rowId", "key"),
        Column("title", "text"),
        Column("pages", "integer", is_nullable=True),
        Column("price", "decimal", is_nullable=True),
        Column("printedAt", "moment", is_nullable=True),
        Column("mood", "enum", is_nullable=True),
        Column("isDraft", "boolean"),
        Column("facts", "jsonb", is_nullable=True),
        Column("extras", "longtext", is_nullable=True),
        Column("marks", "texts", is_nullable=True),
        Column("about", "words"),
        Column("authorId", "key", is_nullable=True, is_indexed=True),
        Column("editorId", "key", is_nullable=True),
        Column("parentId", "key", is_nullable=True),
    ),
    ("rowId",),
    relations=(
        Relation(
            "author",
            "Author",
            is_list=False,
            pairs=(("authorId", "rowId"),),
            reverse="books",
            is_foreign_key=True,
        ),
        Relation(
            "editor",
            "Author",
            is_list=False,
            pairs=(("editorId", "rowId"),),
            reverse="edited",
            is_foreign_key=True,
        ),
        Relation(
            "parent",
            "Book",
            is_list=False,
            pairs=(("parentId", "rowId"),),
            reverse="children",
            is_foreign_key=True,
        ),
        Relation(
            "children", "Book", is_list=True, pairs=(("rowId", "parentId"),), reverse="parent"
        ),
        Relation(
            "draftsBelow",
            "Book",
            is_list=True,
            pairs=(("rowId", "parentId"),),
            condition="isDraft",
        ),
        Relation("tags", "Tag", is_list=True, link="BookTag", reverse="books"),
        Relation("notes", "Note", is_list=True, pairs=(("rowId", "bookId"),), reverse="book"),
    ),
    policy=Policy("flag", "isDraft", owner="authorId"),
    secrets=("price", "editorId"),
)
_TAG = Table(
    "Tag",
    (Column("rowId", "key"), Column("label", "text")),
    ("rowId",),
    ("label",),
    relations=(
        Relation("books", "Book", is_list=True, link="BookTag", is_from_right=True, reverse="tags"),
    ),
)
_NOTE = Table(
    "Note",
    (
        Column("bookId", "key"),
        Column("mark", "text"),
        Column("text", "text", is_nullable=True),
        Column("parts", "numbers"),
        Column("days", "dates", is_nullable=True),
        Column("length", "span", is_nullable=True),
        Column("sky", "native", is_nullable=True),
    ),
    ("bookId", "mark"),
    relations=(
        Relation(
            "book",
            "Book",
            is_list=False,
            pairs=(("bookId", "rowId"),),
            reverse="notes",
            is_foreign_key=True,
        ),
    ),
)
LIBRARY = Models("library", (_AUTHOR, _BOOK, _TAG, _NOTE), (Link("BookTag", "Book", "Tag"),))
