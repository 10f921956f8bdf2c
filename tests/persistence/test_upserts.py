"""A row that is updated if it is there, and created if it is not."""

from typing import Any

import pytest
from typing_extensions import override

from gql_api.access.policies import Policy
from gql_api.errors import ForbiddenError, UniqueViolationError, ValidationError
from gql_api.persistence.upserts import upsert_row
from gql_api.plan.changes import CreateRow, KeyValue, Link, UpdateRow
from tests.persistence.conftest import Writes
from tests.persistence.models import Article, Author, Membership, Team

NO_KEY = KeyValue((), ())
ADA = KeyValue(("username",), ("ada",))


class AuthorPolicy(Policy[Author]):
    """Retired authors are hidden; the active ones are not changed."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        """Active."""
        return row.is_active

    @override
    def updatable(self, row: Any, subject: Any) -> Any:
        """Not active."""
        return ~row.is_active


def creation(**values: Any) -> CreateRow:
    """Make a new author."""
    return CreateRow("Author", values)


def change(**values: Any) -> UpdateRow:
    """Make a change of an author."""
    return UpdateRow("Author", NO_KEY, values)


async def test_create(writes: Writes):
    """A row that is not there is created, with the key that was asked for."""
    with writes.statements() as sent:
        found = await upsert_row(ADA, creation(email="a@x"), change(email="b@x"), writes())

    assert sent == ["SELECT", "SAVEPOINT", "INSERT", "RELEASE"]
    assert found.is_new
    assert await writes.count(Author, Author.username == "ada", Author.email == "a@x") == 1


async def test_update(writes: Writes):
    """A row that is there is changed."""
    await writes.add(Author(id=901, username="ada"))

    with writes.statements() as sent:
        found = await upsert_row(ADA, creation(email="a@x"), change(email="b@x"), writes())

    assert sent == ["SELECT", "UPDATE"]
    assert (found.key, found.is_new) == (KeyValue(("id",), (901,)), False)
    assert await writes.value(Author.email) == "b@x"


async def test_hidden_row(writes: Writes):
    """A row that the subject does not see is in the way, and stays as it is."""
    await writes.add(Author(id=901, username="ada", email="x", is_active=False))
    write = writes(AuthorPolicy())

    with pytest.raises(UniqueViolationError) as caught:
        await upsert_row(ADA, creation(email="a@x"), change(email="b@x"), write)

    assert (caught.value.message, caught.value.path) == (
        "username is taken already.",
        ("create", "username"),
    )
    assert await writes.value(Author.email) == "x"


async def test_forbidden_row(writes: Writes):
    """A row that the subject sees but may not change is refused."""
    await writes.add(Author(id=901, username="ada"))

    with pytest.raises(ForbiddenError) as caught:
        await upsert_row(ADA, creation(), change(email="b@x"), writes(AuthorPolicy()))

    assert caught.value.path == ("key",)


async def test_other_key(writes: Writes):
    """A new row with another key is refused before anything is sent."""
    with writes.statements() as sent, pytest.raises(ValidationError) as caught:
        await upsert_row(ADA, creation(username="bob"), change(), writes())

    assert sent == []
    assert (caught.value.message, caught.value.path) == (
        "username is not the one in key.",
        ("create", "username"),
    )


async def test_broken_rules(writes: Writes):
    """Both the new row and the changes must keep the rules, whichever is used."""
    with writes.statements() as sent, pytest.raises(ValidationError) as caught:
        await upsert_row(ADA, creation(), change(bio=" "), writes())

    assert sent == []
    assert caught.value.path == ("update", "bio")


async def test_key_of_links(writes: Writes):
    """A key of foreign keys finds the row; a new row gets it from its links."""
    await writes.add(Team(code="red"), Author(id=901, username="ada"))
    key = KeyValue(("team_code", "author_id"), ("red", 901))
    links = (Link("team", KeyValue(("code",), ("red",))), Link("author", ADA))
    create = CreateRow("Membership", {"role": "a"}, links)
    update = UpdateRow("Membership", NO_KEY, {"role": "b"})

    first = await upsert_row(key, create, update, writes())
    second = await upsert_row(key, create, update, writes())

    assert (first.is_new, second.is_new) == (True, False)
    assert await writes.value(Membership.role) == "b"


async def test_other_link(writes: Writes):
    """A new row whose link leads to another row than its key says is refused."""
    await writes.add(Team(code="red"), Author(id=901, username="ada"), Author(username="bob"))
    key = KeyValue(("team_code", "author_id"), ("red", 901))
    bob = Link("author", KeyValue(("username",), ("bob",)))
    links = (Link("team", KeyValue(("code",), ("red",))), bob)

    with pytest.raises(ValidationError) as caught:
        await upsert_row(
            key,
            CreateRow("Membership", {"role": "a"}, links),
            UpdateRow("Membership", NO_KEY, {}),
            writes(),
        )

    assert (caught.value.message, caught.value.path) == (
        "author is not the one in key.",
        ("create", "author"),
    )
    assert await writes.count(Membership) == 0


async def test_another_unique_key(writes: Writes):
    """A value of the new row that is taken elsewhere is told by its place."""
    await writes.add(Author(id=901, username="ada"), Author(id=902, username="bob", code="x"))
    await writes.add(Article(title="T", slug="s", author_id=901))
    key = KeyValue(("username",), ("cyd",))

    with pytest.raises(UniqueViolationError) as caught:
        await upsert_row(key, creation(code="x"), change(), writes())

    assert caught.value.path == ("create",)
    assert await writes.count(Author) == 2


async def test_taken_by_update(writes: Writes):
    """A change that the database refuses is told by its place, and nothing is tried again."""
    await writes.add(Author(id=901, username="ada"), Author(id=902, username="bob"))

    with pytest.raises(UniqueViolationError) as caught:
        await upsert_row(ADA, creation(), change(username="bob"), writes())

    assert caught.value.path == ("update", "username")


async def test_moved_key(writes: Writes):
    """A change of the primary key is told by the new one."""
    await writes.add(Team(code="red"), Team(code="blue"), Author(id=901, username="ada"))
    await writes.add(Membership(team_code="red", author_id=901, role="a"))
    key = KeyValue(("team_code", "author_id"), ("red", 901))
    red, blue = (Link("team", KeyValue(("code",), (code,))) for code in ("red", "blue"))
    create = CreateRow("Membership", {"role": "b"}, (red, Link("author", ADA)))

    found = await upsert_row(key, create, UpdateRow("Membership", NO_KEY, {}, (blue,)), writes())

    assert (found.key.values, found.is_new) == (("blue", 901), False)
