"""New rows of one entity, inserted together."""

from typing import Any

import pytest
import sqlalchemy as sa
from typing_extensions import override

from gql_api.access.policies import Policy
from gql_api.errors import (
    ForbiddenError,
    NotFoundError,
    UniqueViolationError,
    ValidationError,
    WriteRefusedError,
)
from gql_api.persistence.rows import create_rows
from gql_api.plan.changes import CreateRow, KeyValue, Link
from tests.persistence.conftest import Writes
from tests.persistence.models import Article, Author, Car, State, Team


class AuthorPolicy(Policy[Author]):
    """Nobody creates an admin."""

    @override
    def creatable(self, row: Any, subject: Any) -> Any:
        """No admin."""
        return row.username != "admin"


def authors(*names: str) -> list[CreateRow]:
    """Make new authors."""
    return [CreateRow("Author", {"username": name}) for name in names]


def paths(changes: list[CreateRow]) -> list[tuple[str, str]]:
    """Say where the changes stand."""
    return [("inputs", str(at)) for at in range(len(changes))]


def counts_keys(writes: Writes) -> bool:
    """Tell whether the database says which of many keys that it made belongs to which row."""
    return writes.database.dialect.name != "sqlite"


def by(name: str, column: str = "username") -> Link:
    """Link to an author."""
    return Link("author", KeyValue((column,), (name,)))


async def test_one_statement(writes: Writes):
    """Rows are inserted in one statement, and their keys come in the order of the input."""
    changes = authors("ada", "bob", "cyd")

    with writes.statements() as sent:
        keys = await create_rows(changes, writes(), paths(changes))

    found = (await writes.session.execute(sa.select(Author.id, Author.username))).all()
    assert sent == ["SAVEPOINT", *["INSERT"] * (1 if counts_keys(writes) else 3), "RELEASE"]
    assert [dict(map(tuple, found))[key.values[0]] for key in keys] == ["ada", "bob", "cyd"]


async def test_no_rows(writes: Writes):
    """Nothing is written for no input."""
    with writes.statements() as sent:
        assert await create_rows([], writes(), []) == []

    assert sent == []


async def test_ten_thousand_rows(writes: Writes):
    """Ten thousand rows with all kinds of columns take statements by the thousand."""
    await writes.add(Author(id=901, username="ada"))
    changes = [
        CreateRow(
            "Article",
            {"title": str(at), "extra": None if at % 2 else {"a": at}, "state": State.OPEN}
            | ({} if at % 3 else {"rating": 3}),
            (by("ada"),),
        )
        for at in range(10_000)
    ]

    with writes.statements() as sent:
        await create_rows(changes, writes(), paths(changes))

    assert sent.count("SELECT") == 1
    if counts_keys(writes):
        assert len(sent) <= 33
    assert await writes.count(Article) == 10_000
    assert await writes.count(Article, Article.extra.is_(sa.null())) == 5_000


async def test_joined_tables(writes: Writes):
    """Rows of a subclass take one statement per table."""
    changes = [CreateRow("Car", {"plate": str(at), "seats": 4}) for at in range(5)]

    with writes.statements() as sent:
        await create_rows(changes, writes(), paths(changes))

    assert sent.count("INSERT") == (2 if counts_keys(writes) else 6)
    assert await writes.count(Car) == 5


async def test_targets_in_one_statement(writes: Writes):
    """The targets of all links are found at once, whatever the spelling that the database folds."""
    await writes.add(Author(id=901, username="ada"), Author(id=902, username="bob"))
    links = [by("ada"), by("bob"), by("ada"), Link("author", KeyValue(("id",), (902,)))]
    changes = [CreateRow("Article", {"title": "T"}, (link,)) for link in links]

    with writes.statements() as sent:
        await create_rows(changes, writes(), paths(changes))

    found = await writes.session.scalars(sa.select(Article.author_id).order_by(Article.id))
    assert sent.count("SELECT") + sent.count("WITH") == 2
    assert sorted(found) == [901, 901, 902, 902]


async def test_missing_targets(writes: Writes):
    """Each target that is missing is an error with the place of its link, and nothing is written."""
    await writes.add(Author(id=901, username="ada"))
    names = ["ada", "eve", "ada", "mal"]
    changes = [CreateRow("Article", {"title": "T"}, (by(name),)) for name in names]

    with pytest.raises(WriteRefusedError) as caught:
        await create_rows(changes, writes(), paths(changes))

    assert [(type(error), error.path) for error in caught.value.errors] == [
        (NotFoundError, ("inputs", "1", "author", "connect")),
        (NotFoundError, ("inputs", "3", "author", "connect")),
    ]
    assert await writes.count(Article) == 0


async def test_broken_rules(writes: Writes):
    """Values that break a rule are all told, with their places, before anything is sent."""
    changes = authors("ada", "x", "bob", "y")

    with writes.statements() as sent, pytest.raises(WriteRefusedError) as caught:
        await create_rows(changes, writes(), paths(changes))

    assert sent == []
    assert [(type(error), error.path) for error in caught.value.errors] == [
        (ValidationError, ("inputs", "1", "username")),
        (ValidationError, ("inputs", "3", "username")),
    ]


@pytest.mark.parametrize("at", [0, 1, 37, 99])
async def test_refused_row(writes: Writes, at: int):
    """The row that the database refuses is found, in a number of statements far below the rows."""
    await writes.add(Author(id=901, username="taken"))
    names = [f"name{each}" for each in range(100)]
    names[at] = "taken"
    changes = authors(*names)

    with writes.statements() as sent, pytest.raises(UniqueViolationError) as caught:
        await create_rows(changes, writes(), paths(changes))

    assert caught.value.path == ("inputs", str(at), "username")
    if counts_keys(writes):
        assert len(sent) < 60


async def test_equal_rows(writes: Writes):
    """Of two inputs that cannot both be there, the second is refused."""
    changes = authors("ada", "bob", "ada")

    with pytest.raises(UniqueViolationError) as caught:
        await create_rows(changes, writes(), paths(changes))

    assert caught.value.path == ("inputs", "2", "username")


async def test_policy_in_one_statement(writes: Writes):
    """What a policy says of all new rows is one statement."""
    changes = authors("ada", "bob", "cyd")

    with writes.statements() as sent:
        await create_rows(changes, writes(AuthorPolicy()), paths(changes))

    assert sent.count("SELECT") == 1


async def test_forbidden_row(writes: Writes):
    """The first row that a policy forbids is told."""
    changes = authors("ada", "admin", "cyd")

    with pytest.raises(ForbiddenError) as caught:
        await create_rows(changes, writes(AuthorPolicy()), paths(changes))

    assert (caught.value.message, caught.value.path) == (
        "You may not create this Author.",
        ("inputs", "1"),
    )


async def test_text_keys(writes: Writes):
    """Keys that clients choose may be of any kind."""
    changes = [CreateRow("Team", {"code": each}) for each in ("red", "blue")]

    keys = await create_rows(changes, writes(), paths(changes))

    assert [key.values for key in keys] == [("red",), ("blue",)]
    assert await writes.count(Team) == 2
