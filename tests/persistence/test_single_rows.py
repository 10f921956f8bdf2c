"""New rows that are inserted alone, with the keys of what they link to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from typing_extensions import override

from gql_api.access.policies import Policy
from gql_api.errors import ForbiddenError, NotFoundError, UniqueViolationError
from gql_api.persistence.hooks import Hooks
from gql_api.persistence.rows import create_row
from gql_api.plan.changes import CreateRow, KeyValue, Link
from tests.persistence.conftest import Writes
from tests.persistence.models import Article, Author, Membership, State, Task, Team


class NoBob(Policy[Author]):
    """Bob is seen by nobody."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        """All but Bob."""
        return row.username != "bob"


class OwnTitle(Policy[Article]):
    """Who writes about Ada does so under her name."""

    @override
    def creatable(self, row: Any, subject: Any) -> Any:
        """No other title for Ada."""
        return sa.or_(row.title == "Ada", row.author_id != 901)


class Ratings(Hooks[Article]):
    """Every article begins with three stars."""

    @override
    def before_create(self, changes: Any, context: Any) -> None:
        """Rate the articles."""
        for change in changes:
            change.values["rating"] = 3


@pytest.fixture
async def people(writes: Writes) -> None:
    """Two authors and a team."""
    await writes.add(
        Author(id=901, username="ada"), Author(id=902, username="bob"), Team(code="red")
    )


def by(value: Any, *, column: str = "id", name: str = "author") -> Link:
    """Link to a row by a key."""
    return Link(name, KeyValue((column,), (value,)))


def article(*links: Link, **values: Any) -> CreateRow:
    """Make a new article."""
    return CreateRow("Article", {"title": "T", **values}, links)


@contextmanager
def listening(target: Any, name: str) -> Iterator[list[Any]]:
    """Note what a listener is told."""
    told: list[Any] = []

    def listen(*arguments: Any) -> None:
        told.append(arguments)

    event.listen(target, name, listen)
    yield told
    event.remove(target, name, listen)


@pytest.mark.usefixtures("people")
async def test_two_links(writes: Writes):
    """Two links to rows of one entity, by keys of two kinds, take one statement; so do defaults."""
    change = article(by(901), by("bob", column="username", name="reviewer"))

    with writes.statements() as sent:
        key = await create_row(change, writes())

    row = (await writes.session.execute(sa.select(Article))).unique().scalar_one()
    assert sent == ["INSERT"]
    assert key == KeyValue(("id",), (row.id,))
    assert (row.author_id, row.reviewer_id, row.views, row.state) == (901, 902, 7, State.DRAFT)


@pytest.mark.usefixtures("people")
async def test_composite_key(writes: Writes):
    """Links make the key of the row."""
    links = (by(901), by("red", column="code", name="team"))

    with writes.statements() as sent:
        key = await create_row(CreateRow("Membership", {"role": "lead"}, links), writes())

    assert sent == ["INSERT"]
    assert dict(zip(key.columns, key.values, strict=True)) == {"team_code": "red", "author_id": 901}
    assert await writes.value(Membership.role) == "lead"


@pytest.mark.parametrize("target", [777, 902, 2**40])
@pytest.mark.usefixtures("people")
async def test_missing_target(writes: Writes, target: int):
    """A target that is not there, not visible or not possible is named; nothing is written."""
    with pytest.raises(NotFoundError) as caught:
        await create_row(article(by(target)), writes(NoBob()))

    assert caught.value.path == ("input", "author", "connect")
    if target < 2**40:  # else the transaction is over
        assert await writes.count(Article) == 0


@pytest.mark.usefixtures("people")
async def test_policy(writes: Writes):
    """The new row is held against the policy, for one more statement."""
    with writes.statements() as sent:
        await create_row(article(by(902)), writes(OwnTitle()))
    with pytest.raises(ForbiddenError) as caught:
        await create_row(article(by(901)), writes(OwnTitle()))

    assert sent == ["INSERT", "SELECT"]
    assert caught.value.path == ("input",)


@pytest.mark.usefixtures("people")
async def test_refusal(writes: Writes):
    """What the database refuses is told by field."""
    await create_row(article(by(901), slug="s"), writes())

    with pytest.raises(UniqueViolationError) as caught:
        await create_row(article(by(901), slug="s"), writes())

    assert caught.value.fields == ("author", "slug")


@pytest.mark.usefixtures("people")
async def test_hooks(writes: Writes):
    """Hooks see the row, and what they set is written."""
    await create_row(article(by(901)), writes(hooks=[Ratings()]))

    assert await writes.value(Article.rating) == 3


@pytest.mark.parametrize("name", ["init", "before_insert", "after_insert"])
@pytest.mark.usefixtures("people")
async def test_listeners_of_model(writes: Writes, name: str):
    """Listeners of the model are told of the row."""
    with listening(Article, name) as told:
        await create_row(article(by(901)), writes())

    assert len(told) == 1


@pytest.mark.usefixtures("people")
async def test_listener_of_attribute(writes: Writes):
    """A listener of an attribute is told of its value."""
    with listening(Article.title, "set") as told:
        await create_row(article(by(901)), writes())

    assert [value for _, value, *_ in told] == ["T"]


@pytest.mark.usefixtures("people")
async def test_listener_of_session(writes: Writes):
    """A listener of the session is told of the flush."""
    with listening(writes.session.sync_session, "before_flush") as told:
        await create_row(article(by(901)), writes())

    assert len(told) == 1


@pytest.mark.usefixtures("people")
async def test_default_of_other_values(writes: Writes):
    """A default that looks at the other values of its row sees the foreign keys of links."""
    link = by("red", column="code", name="team")

    await create_row(CreateRow("Task", {}, (link,)), writes())

    assert await writes.value(Task.label) == "of red"
