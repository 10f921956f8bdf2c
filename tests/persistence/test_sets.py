"""Sets of rows: all that meet a condition are updated or deleted, or none if they are too many."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from typing_extensions import override

from gql_api.access.policies import Policy
from gql_api.access.subjects import Subject
from gql_api.errors import (
    CheckViolationError,
    ForbiddenError,
    ForeignKeyViolationError,
    NotFoundError,
    TooManyRowsError,
    ValidationError,
    WriteError,
)
from gql_api.persistence.sets import RowSet, delete_set, update_set
from gql_api.plan.changes import KeyValue, Link, UpdateRow
from gql_api.plan.filters import TRUE, Compare, Operator
from tests.persistence.conftest import Writes
from tests.persistence.models import (
    Article,
    Author,
    Book,
    Car,
    Document,
    File,
    Folder,
    Membership,
    Pin,
    Team,
    Track,
    Vehicle,
)

ADA = Subject(user_id=901)


class ArticlePolicy(Policy[Article]):
    """Articles rated 5 are seen by nobody; the rest are written by their authors."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        """Not rated 5."""
        return sa.func.coalesce(row.rating, 0) < 5

    @override
    def updatable(self, row: Any, subject: Any) -> Any:
        """One's own."""
        return row.author_id == subject.user_id

    @override
    def deletable(self, row: Any, subject: Any) -> Any:
        """One's own."""
        return row.author_id == subject.user_id


class MembershipPolicy(Policy[Membership]):
    """Members of the red team alone are changed."""

    @override
    def updatable(self, row: Any, subject: Any) -> Any:
        """Of the red team."""
        return row.team_code == "red"


def some(entity: str, column: str, value: Any, at_most: int = 100) -> RowSet:
    """The rows with a value."""
    return RowSet(entity, Compare(column, Operator.EQ, 0), (value,), at_most)


def change(entity: str, **values: Any) -> UpdateRow:
    """Make a change of all rows of a set."""
    return UpdateRow(entity, KeyValue((), ()), values)


async def add_articles(writes: Writes) -> None:
    """Insert two articles of Ada, one of them hidden by its rating, and one of Bob."""
    await writes.add(Author(id=901, username="ada"), Author(id=902, username="bob"))
    await writes.add(
        Article(id=901, title="T", author_id=901),
        Article(id=902, title="T", author_id=901, rating=5),
        Article(id=903, title="T", author_id=902),
        Article(id=904, title="U", author_id=901),
    )


async def titles(writes: Writes) -> list[str]:
    """Read all titles."""
    return list(await writes.session.scalars(sa.select(Article.title).order_by(Article.id)))


async def test_update_is_one_statement(writes: Writes):
    """Rows that meet the condition are locked in one statement and changed in another."""
    await add_articles(writes)

    with writes.statements() as sent:
        keys = await update_set(
            some("Article", "title", "T"), change("Article", title="V"), writes()
        )

    assert sent == ["SELECT", "UPDATE"]
    assert [key.values for key in keys] == [(901,), (902,), (903,)]
    assert await titles(writes) == ["V", "V", "V", "U"]


async def test_update_what_may_be_updated(writes: Writes):
    """Rows that the subject may not see or not change stay as they are, and are not told of."""
    await add_articles(writes)
    write = writes(ArticlePolicy(), subject=ADA)

    keys = await update_set(some("Article", "title", "T"), change("Article", title="V"), write)

    assert [key.values for key in keys] == [(901,)]
    assert await titles(writes) == ["V", "T", "T", "U"]


async def test_update_within_policy(writes: Writes):
    """A change that takes a row out of the subject's hands is refused."""
    await add_articles(writes)
    link = Link("author", KeyValue(("id",), (902,)))
    changed = UpdateRow("Article", KeyValue((), ()), {}, (link,))

    write = writes(ArticlePolicy(), subject=ADA)

    with pytest.raises(ForbiddenError) as caught:
        await update_set(some("Article", "title", "T"), changed, write)

    assert (caught.value.message, caught.value.path) == (
        "You may not change a Article in this way.",
        ("set",),
    )


async def test_link_of_all(writes: Writes):
    """A link is found once for all rows."""
    await add_articles(writes)
    link = Link("author", KeyValue(("username",), ("bob",)))
    changed = UpdateRow("Article", KeyValue((), ()), {}, (link,))

    with writes.statements() as sent:
        await update_set(some("Article", "title", "T"), changed, writes())

    assert sent == ["SELECT", "SELECT", "UPDATE"]
    assert await writes.count(Article, Article.author_id == 902) == 3


async def test_missing_link(writes: Writes):
    """A link to a row that is missing is told with its place."""
    await add_articles(writes)
    link = Link("author", KeyValue(("username",), ("eve",)))
    changed = UpdateRow("Article", KeyValue((), ()), {}, (link,))

    with pytest.raises(NotFoundError) as caught:
        await update_set(some("Article", "title", "T"), changed, writes())

    assert caught.value.path == ("set", "author", "connect")


@pytest.mark.parametrize("at_most", [0, 2])
async def test_too_many(writes: Writes, at_most: int):
    """Where more rows meet the condition than allowed, none is written."""
    await add_articles(writes)
    rows = some("Article", "title", "T", at_most)

    with writes.statements() as sent, pytest.raises(TooManyRowsError) as caught:
        await update_set(rows, change("Article", title="V"), writes())
    with pytest.raises(TooManyRowsError):
        await delete_set(rows, writes())

    assert sent == ["SELECT"]
    assert (caught.value.message, caught.value.path) == (
        f"More than {at_most} rows meet the condition: nothing was written.",
        ("atMost",),
    )
    assert await titles(writes) == ["T", "T", "T", "U"]


async def test_all_rows(writes: Writes):
    """A condition that holds for every row is refused before anything is sent."""
    rows = RowSet("Article", TRUE, (), 100)

    with writes.statements() as sent:
        for refused in (
            update_set(rows, change("Article", title="V"), writes()),
            delete_set(rows, writes()),
        ):
            with pytest.raises(ValidationError) as caught:
                await refused
            assert (caught.value.message, caught.value.path) == (
                "where holds for every row: name the rows that are meant.",
                ("where",),
            )

    assert sent == []


async def test_no_row(writes: Writes):
    """A condition that no row meets changes nothing."""
    rows = some("Article", "title", "T")

    assert await update_set(rows, change("Article", title="V"), writes()) == []
    assert await delete_set(rows, writes()) == []


async def test_refused_value(writes: Writes):
    """What the database refuses is told by the place of the value."""
    await add_articles(writes)

    with pytest.raises(CheckViolationError) as caught:
        await update_set(some("Article", "title", "T"), change("Article", rating=9), writes())

    assert caught.value.path == ("set", "rating")


async def test_broken_rule(writes: Writes):
    """A value that breaks a rule is refused before anything is sent."""
    with writes.statements() as sent, pytest.raises(ValidationError) as caught:
        await update_set(some("Article", "title", "T"), change("Article", views=-1), writes())

    assert sent == []
    assert caught.value.path == ("set", "views")


async def test_version(writes: Writes):
    """A counter of versions counts changes of sets too, in one statement."""
    await writes.add(Document(text="a"), Document(text="a"))

    with writes.statements() as sent:
        await update_set(some("Document", "text", "a"), change("Document", text="b"), writes())

    assert sent == ["SELECT", "UPDATE"]
    assert await writes.count(Document, Document.version == 2, Document.text == "b") == 2


async def test_json_null(writes: Writes):
    """Null for a JSON column is NULL, not the document ``null``."""
    await add_articles(writes)

    await update_set(some("Article", "title", "T"), change("Article", extra=None), writes())

    assert await writes.count(Article, Article.extra.is_(sa.null())) == 4


async def test_instances_of_the_session(writes: Writes):
    """What the session held of a row is read anew afterwards."""
    await add_articles(writes)
    held = await writes.session.get(Article, 901)

    await update_set(some("Article", "title", "T"), change("Article", title="V"), writes())

    await writes.session.refresh(held, ["title"])
    assert held is not None
    assert held.title == "V"


async def test_update_inherited(writes: Writes):
    """Rows of several tables are changed in each."""
    await writes.add(Car(plate="a", seats=4), Car(plate="b", seats=4), Vehicle(plate="c"))

    keys = await update_set(some("Car", "seats", 4), change("Car", seats=2), writes())

    assert len(keys) == 2
    assert await writes.count(Car, Car.seats == 2) == 2


async def test_listener(writes: Writes):
    """A listener of the model hears of each row."""
    await add_articles(writes)
    heard: list[str] = []

    def hear(_mapper: Any, _connection: Any, row: Article) -> None:
        heard.append(row.title)

    event.listen(Article, "before_update", hear)
    try:
        await update_set(some("Article", "title", "T"), change("Article", title="V"), writes())
    finally:
        event.remove(Article, "before_update", hear)

    assert heard == ["V", "V", "V"]


async def test_delete_is_one_statement(writes: Writes):
    """Rows that nothing depends on are locked in one statement and deleted in another."""
    await add_articles(writes)

    with writes.statements() as sent:
        keys = await delete_set(some("Article", "title", "T"), writes())

    assert sent == ["SELECT", "DELETE"]
    assert [key.values for key in keys] == [(901,), (902,), (903,)]
    assert await titles(writes) == ["U"]


async def test_delete_what_may_be_deleted(writes: Writes):
    """Rows that the subject may not see or not delete stay, and are not told of."""
    await add_articles(writes)

    keys = await delete_set(some("Article", "title", "T"), writes(ArticlePolicy(), subject=ADA))

    assert [key.values for key in keys] == [(901,)]
    assert await writes.count(Article) == 3


async def test_delete_inherited(writes: Writes):
    """Rows of several tables are deleted from each."""
    await writes.add(Car(plate="a", seats=4), Car(plate="b", seats=4), Vehicle(plate="c"))

    await delete_set(some("Car", "seats", 4), writes())

    assert await writes.count(Vehicle) == 1


async def test_delete_still_referenced(writes: Writes):
    """A row that others refer to stays: nothing is deleted."""
    await writes.add(Author(id=901, username="ada"))
    await writes.add(Article(title="T", author_id=901))

    with pytest.raises(ForeignKeyViolationError) as caught:
        await delete_set(some("Author", "username", "ada"), writes())

    assert caught.value.path == ("where",)


async def _add_folders(writes: Writes, count: int) -> None:
    await writes.add(*(Folder(id=900 + at, name="F") for at in range(count)))
    for at in range(count):
        await writes.add(
            File(folder_id=900 + at), Track(folder_id=900 + at), Pin(folder_id=900 + at)
        )


async def test_cascades_of_the_orm(writes: Writes):
    """Dependents that the ORM deletes or releases are loaded for all rows at once."""
    await _add_folders(writes, 2)
    await writes.add(Folder(id=990, name="G"))

    with writes.statements() as sent:
        await delete_set(some("Folder", "name", "F"), writes())

    assert await writes.count(Folder) == 1
    assert await writes.count(File) == await writes.count(Track) == 0
    assert await writes.count(Pin, Pin.folder_id.is_(None)) == 2
    assert sent.count("DELETE") <= 4


async def test_cascade_that_is_refused(writes: Writes):
    """A dependent that keeps its row undoes the deletion of all."""
    await _add_folders(writes, 2)
    await writes.add(Book(folder_id=901))

    with pytest.raises(WriteError) as caught:
        await delete_set(some("Folder", "name", "F"), writes())

    assert caught.value.path == ("where",)


async def move_members(writes: Writes, *policies: Policy[Any]) -> list[KeyValue]:
    """Move all members of the red team, whose key the team is a part of, to the blue one."""
    await writes.add(Team(code="red"), Team(code="blue"))
    await writes.add(Author(id=901, username="ada"), Author(id=902, username="bob"))
    await writes.add(*(Membership(team_code="red", author_id=id_, role="a") for id_ in (901, 902)))
    blue = Link("team", KeyValue(("code",), ("blue",)))
    moved = UpdateRow("Membership", KeyValue((), ()), {}, (blue,))
    return await update_set(some("Membership", "team_code", "red"), moved, writes(*policies))


async def test_moved_keys(writes: Writes):
    """A change of primary keys is told by the new ones."""
    keys = await move_members(writes)

    assert [key.values for key in keys] == [("blue", 901), ("blue", 902)]


async def test_moved_away(writes: Writes):
    """Rows are not moved to where the subject may not change them."""
    with pytest.raises(ForbiddenError) as caught:
        await move_members(writes, MembershipPolicy())

    assert caught.value.path == ("set",)
