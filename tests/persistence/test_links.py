"""Links: to-one relationships become values of foreign keys."""

from typing import Any

import pytest
import sqlalchemy as sa
from typing_extensions import override

from gql_api.access.policies import Policy
from gql_api.access.subjects import Subject
from gql_api.errors import NotFoundError, ValidationError, WriteRefusedError
from gql_api.persistence.rows import create_row, update_row
from gql_api.plan.changes import CreateRow, KeyValue, Link, NewLink, UpdateRow
from tests.persistence.conftest import Writes
from tests.persistence.models import Article, Author, Membership, Task, Team

ARTICLE = KeyValue(("id",), (901,))
TASK = KeyValue(("id",), (901,))


class AuthorPolicy(Policy[Author]):
    """Authors see themselves alone."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        """Oneself."""
        return row.id == subject.user_id


class NobodyPolicy(Policy[Author]):
    """Nobody sees an author."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        """None."""
        return sa.false()


def author(name: str, value: Any, column: str = "id") -> Link:
    """Link to an author."""
    return Link(name, KeyValue((column,), (value,)))


def membership(team_code: str, author_id: int) -> Link:
    """Link to a membership."""
    return Link("membership", KeyValue(("team_code", "author_id"), (team_code, author_id)))


async def add_article(writes: Writes) -> None:
    """Insert two authors and an article of the first, reviewed by the second."""
    await writes.add(Author(id=901, username="ada"), Author(id=902, username="grace"))
    await writes.add(Article(id=901, title="T", author_id=901, reviewer_id=902))


async def add_memberships(writes: Writes) -> None:
    """Insert an author who is member of two teams."""
    await writes.add(Author(id=901, username="ada"), Team(code="red"), Team(code="blue"))
    await writes.add(
        Membership(team_code="red", author_id=901, role="a"),
        Membership(team_code="blue", author_id=901, role="b"),
    )


async def test_connect_by_unique_key(writes: Writes):
    """Any key finds the target; the foreign key takes what it refers to."""
    await add_article(writes)

    await update_row(
        UpdateRow("Article", ARTICLE, {}, (author("author", "grace", "username"),)), writes()
    )

    assert await writes.value(Article.author_id) == 902


async def test_never_visible_targets(writes: Writes):
    """Where no target is ever visible, several by texts are missing, and nothing warns of a product."""
    await add_article(writes)
    links = (author("author", "ada", "username"), author("reviewer", "grace", "username"))

    with pytest.raises(WriteRefusedError) as raised:
        await update_row(UpdateRow("Article", ARTICLE, {}, links), writes(NobodyPolicy()))

    assert [each.path for each in raised.value.errors] == [
        ("input", "author", "connect"),
        ("input", "reviewer", "connect"),
    ]


async def test_loaded_relationship_is_replaced(writes: Writes):
    """A relationship that the session has loaded neither hinders the link nor stays as it was."""
    await add_article(writes)
    article = await writes.session.get_one(Article, 901)
    assert article.reviewer.id == 902

    await update_row(UpdateRow("Article", ARTICLE, {}, (author("reviewer", 901),)), writes())

    assert await writes.value(Article.reviewer_id) == 901
    assert "reviewer" not in article.__dict__


async def test_disconnect(writes: Writes):
    """A link to nothing costs no SELECT and sets NULL."""
    await add_article(writes)

    with writes.statements() as sent:
        await update_row(UpdateRow("Article", ARTICLE, {}, (Link("reviewer", None),)), writes())

    assert sent == ["SELECT", "UPDATE"]
    assert await writes.value(Article.reviewer_id) is None


async def test_missing_target(writes: Writes):
    """A target that does not exist is NotFound, at the link; nothing is written."""
    await add_article(writes)

    with writes.statements() as sent, pytest.raises(NotFoundError) as caught:
        await update_row(UpdateRow("Article", ARTICLE, {}, (author("author", 909),)), writes())

    assert sent == ["SELECT", "SELECT"]
    assert (caught.value.code, caught.value.message, caught.value.path) == (
        "NOT_FOUND",
        "There is no such Author.",
        ("input", "author", "connect"),
    )


async def test_invisible_target(writes: Writes):
    """A target that may not be seen is as good as missing."""
    await add_article(writes)
    write = writes(AuthorPolicy(), subject=Subject(user_id=901))
    change = UpdateRow("Article", ARTICLE, {}, (author("reviewer", 902),))

    with pytest.raises(NotFoundError) as caught:
        await update_row(change, write)

    assert (caught.value.message, caught.value.path) == (
        "There is no such Author.",
        ("input", "reviewer", "connect"),
    )


async def test_visible_target(writes: Writes):
    """A target within the subject's scope is linked."""
    await add_article(writes)
    write = writes(AuthorPolicy(), subject=Subject(user_id=901))

    await update_row(UpdateRow("Article", ARTICLE, {}, (author("reviewer", 901),)), write)

    assert await writes.value(Article.reviewer_id) == 901


async def test_key_with_null(writes: Writes):
    """A key that is null leads nowhere, although rows with NULL exist."""
    await add_article(writes)
    change = UpdateRow("Article", ARTICLE, {}, (author("author", None, "email"),))

    with pytest.raises(NotFoundError):
        await update_row(change, writes())


async def test_all_missing_targets(writes: Writes):
    """Each link that leads nowhere is an error."""
    links = (author("author", 909), author("reviewer", 908))

    with pytest.raises(WriteRefusedError) as caught:
        await create_row(CreateRow("Article", {"title": "T"}, links), writes())

    assert [(error.code, error.path) for error in caught.value.errors] == [
        ("NOT_FOUND", ("input", "author", "connect")),
        ("NOT_FOUND", ("input", "reviewer", "connect")),
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [pytest.param("id", 2**40, id="driver"), pytest.param("username", "a\x00", id="server")],
)
async def test_impossible_key(writes: Writes, column: str, value: Any):
    """A key that no column can hold leads nowhere, whoever refuses it."""
    await add_article(writes)
    links = (author("author", value, column), author("reviewer", value, column))

    with pytest.raises((NotFoundError, WriteRefusedError)) as caught:
        await update_row(UpdateRow("Article", ARTICLE, {}, links), writes())

    errors = getattr(caught.value, "errors", (caught.value,))
    assert errors[0].path == ("input", "author", "connect")
    assert {error.code for error in errors} == {"NOT_FOUND"}


async def test_impossible_row_key(writes: Writes):
    """A row to change whose key no column can hold is missing."""
    with pytest.raises(NotFoundError) as caught:
        await update_row(UpdateRow("Price", KeyValue(("id",), (2**40,)), {"amount": 1}), writes())

    assert caught.value.path == ("id",)


async def test_composite_link(writes: Writes):
    """A link over two columns sets both."""
    await add_memberships(writes)

    await create_row(CreateRow("Task", {}, (membership("red", 901),)), writes())

    assert await writes.count(Task, Task.team_code == "red", Task.author_id == 901) == 1


async def test_links_that_agree(writes: Writes):
    """Two links may share a column when both mean the same value."""
    await add_memberships(writes)
    links = (Link("team", KeyValue(("code",), ("red",))), membership("red", 901))

    await create_row(CreateRow("Task", {}, links), writes())

    assert await writes.value(Task.team_code) == "red"


async def test_links_that_contradict(writes: Writes):
    """Two links that want different values for one column are refused."""
    await add_memberships(writes)
    links = (Link("team", KeyValue(("code",), ("blue",))), membership("red", 901))

    with pytest.raises(ValidationError) as caught:
        await create_row(CreateRow("Task", {}, links), writes())

    assert (caught.value.message, caught.value.path) == (
        "membership does not go together with the other values.",
        ("input", "membership"),
    )


async def test_disconnect_keeps_shared_columns(writes: Writes):
    """A link that is released leaves alone what another link needs."""
    await add_memberships(writes)
    await writes.add(Task(id=901, team_code="red", author_id=901))

    await update_row(UpdateRow("Task", TASK, {}, (Link("membership", None),)), writes())

    assert await writes.count(Task, Task.team_code == "red", Task.author_id.is_(None)) == 1


async def test_created_since_the_transaction_began(writes: Writes):
    """A row that somebody else commits meanwhile is taken, though the transaction began before."""
    if writes.database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    assert await writes.count(Author) == 0  # from here on MariaDB shows no newer rows
    async with writes.database.write_engine.begin() as connection:
        await connection.execute(sa.insert(Author).values(id=990, username="new"))
    try:
        create = CreateRow("Author", {"id": 990, "username": "new"})
        link = NewLink("author", create, KeyValue(("id",), (990,)))

        await create_row(CreateRow("Article", {"id": 990, "title": "T"}, (link,)), writes())

        assert await writes.count(Article, Article.author_id == 990) == 1
    finally:
        await writes.session.rollback()
        async with writes.database.write_engine.begin() as connection:
            await connection.execute(sa.delete(Author).where(Author.id == 990))
