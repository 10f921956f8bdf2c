"""Rows created, updated and deleted on the session of an operation."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from typing_extensions import override

from gql_api.access.policies import Policy
from gql_api.access.subjects import Subject
from gql_api.errors import (
    ForbiddenError,
    ForeignKeyViolationError,
    NotFoundError,
    ValidationError,
    WriteRefusedError,
)
from gql_api.persistence.rows import create_row, delete_row, update_row
from gql_api.persistence.sets import delete_instances
from gql_api.persistence.targets import Wanted
from gql_api.plan.changes import CreateRow, DeleteRow, KeyValue, Link, UpdateRow
from tests.persistence.conftest import Writes
from tests.persistence.models import (
    Article,
    Author,
    Badge,
    Book,
    Branch,
    Car,
    Coin,
    Document,
    File,
    Folder,
    Log,
    Membership,
    Pin,
    Point,
    Price,
    State,
    Team,
    Track,
    Vehicle,
)

ADA = Subject(user_id=901)
GRACE = Subject(user_id=902)


class ArticlePolicy(Policy[Article]):
    """Drafts are seen by their author; articles are written by their author, until published."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        """Published, or one's own."""
        return row.is_published | (row.author_id == subject.user_id)

    @override
    def creatable(self, row: Any, subject: Any) -> Any:
        """One's own; nothing for nobody."""
        return row.author_id == subject.user_id if subject.is_authenticated else sa.false()

    @override
    def updatable(self, row: Any, subject: Any) -> Any:
        """One's own."""
        return row.author_id == subject.user_id

    @override
    def deletable(self, row: Any, subject: Any) -> Any:
        """One's own, unless published."""
        return (row.author_id == subject.user_id) & ~row.is_published


def key(value: Any, *columns: str) -> KeyValue:
    """Make a key, over ``id`` unless columns are named."""
    return KeyValue(columns or ("id",), value if isinstance(value, tuple) else (value,))


def link(relationship: str, value: Any) -> Link:
    """Link to the row with an id, or to none."""
    return Link(relationship, None if value is None else key(value))


async def add_authors(writes: Writes) -> None:
    """Insert Ada and Grace."""
    await writes.add(Author(id=901, username="ada"), Author(id=902, username="grace"))


async def add_articles(writes: Writes) -> None:
    """Insert a draft and a published article of Ada."""
    await add_authors(writes)
    await writes.add(
        Article(id=901, title="Draft", author_id=901),
        Article(id=902, title="Open", author_id=901, is_published=True),
    )


async def test_create_is_one_insert(writes: Writes):
    """A row without links and policies costs one statement, and defaults fill the rest."""
    with writes.statements() as sent:
        created = await create_row(CreateRow("Author", {"username": "ada"}), writes())

    assert sent == ["INSERT"]
    assert created.columns == ("id",)
    assert await writes.value(Author.id) == created.values[0]
    assert await writes.value(Author.is_active) is True


async def test_create_with_link(writes: Writes):
    """A link sets the foreign key, within the statement that inserts the row."""
    await add_authors(writes)
    change = CreateRow("Article", {"title": "T"}, (link("author", 901),))

    with writes.statements() as sent:
        await create_row(change, writes())

    assert sent == ["INSERT"]
    assert await writes.value(Article.author_id) == 901
    assert await writes.value(Article.views) == 7
    assert await writes.value(Article.state) is State.DRAFT


async def test_create_with_python_key(writes: Writes):
    """A key made by a default of the model is returned."""
    created = await create_row(CreateRow("Document", {"text": "T"}), writes())

    assert created.values == (await writes.value(Document.id),)
    assert await writes.value(Document.version) == 1


async def test_create_with_composite_key(writes: Writes):
    """Links make a composite key, returned in the order of its columns."""
    await add_authors(writes)
    await writes.add(Team(code="red"))
    links = (link("author", 901), Link("team", key("red", "code")))

    created = await create_row(CreateRow("Membership", {"role": "lead"}, links), writes())

    assert created == key(("red", 901), "team_code", "author_id")
    assert await writes.count(Membership) == 1


async def test_create_of_subclass(writes: Writes):
    """Joined inheritance inserts into both tables."""
    with writes.statements() as sent:
        created = await create_row(
            CreateRow("Car", {"id": 905, "plate": "A 1", "seats": 4}), writes()
        )

    assert sent == ["INSERT", "INSERT"]
    assert await writes.value(Vehicle.kind) == "car"
    assert await writes.value(Car.id) == created.values[0]


async def test_create_of_dataclass(writes: Writes):
    """A dataclass that demands a relationship is made from its columns alone."""
    await writes.add(Folder(id=901))
    change = CreateRow("Point", {"name": "p"}, (link("folder", 901),))

    await create_row(change, writes())

    assert await writes.value(Point.folder_id) == 901
    assert await writes.value(Point.size) == 3


async def test_create_through_constructor(writes: Writes):
    """A constructor of the model's own runs; what it does not take is set beside it."""
    await create_row(CreateRow("Badge", {"name": "n", "note": "x"}), writes())

    assert await writes.value(Badge.color) == "red"
    assert await writes.value(Badge.note) == "x"


async def test_null_json_is_null(writes: Writes):
    """Null for a JSON column is NULL, not the JSON value."""
    await add_authors(writes)
    values = {"title": "T", "author_id": 901, "extra": None}

    await create_row(CreateRow("Article", values), writes())

    assert await writes.count(Article, sa.type_coerce(Article.extra, sa.String).is_(None)) == 1


@pytest.mark.parametrize(
    ("values", "unit"),
    [pytest.param({"unit": None}, None, id="null"), pytest.param({}, "kg", id="absent")],
)
async def test_null_is_no_default(writes: Writes, values: dict[str, Any], unit: str | None):
    """Null is written; what is absent takes its default."""
    await create_row(CreateRow("Price", {"amount": 1, **values}), writes())

    assert await writes.value(Price.unit) == unit


async def test_rules_come_before_sql(writes: Writes):
    """Broken rules are all reported, and nothing is sent."""
    with writes.statements() as sent, pytest.raises(WriteRefusedError) as caught:
        await create_row(CreateRow("Author", {"username": "A"}), writes())

    assert sent == []
    assert [error.code for error in caught.value.errors] == ["VALIDATION_FAILED"] * 2


async def test_single_broken_rule(writes: Writes):
    """One broken rule is raised as it is."""
    with pytest.raises(ValidationError) as caught:
        await create_row(CreateRow("Author", {"username": "ad"}), writes(), ("inputs", "0"))

    assert caught.value.path == ("inputs", "0", "username")


async def test_read_only_is_not_written(writes: Writes):
    """A read-only column is refused, whoever put it into the values."""
    with pytest.raises(ValidationError) as caught:
        await create_row(CreateRow("Document", {"text": "T", "version": 9}), writes())

    assert caught.value.message == "rowVersion cannot be written."


async def test_unknown_attribute(writes: Writes):
    """Only column attributes are set: anything else is a defect."""
    values = {"username": "ada", "metadata": 1}

    with pytest.raises(KeyError):
        await create_row(CreateRow("Author", values), writes())


async def test_create_under_policy(writes: Writes):
    """The new row is checked by one more SELECT."""
    await add_authors(writes)
    write = writes(ArticlePolicy(), subject=ADA)

    with writes.statements() as sent:
        await create_row(CreateRow("Article", {"title": "T", "author_id": 901}), write)

    assert sent == ["INSERT", "SELECT"]
    assert await writes.count(Article) == 1


async def test_create_forbidden(writes: Writes):
    """A new row that the policy refuses is Forbidden."""
    await add_authors(writes)
    write = writes(ArticlePolicy(), subject=GRACE)

    with pytest.raises(ForbiddenError) as caught:
        await create_row(CreateRow("Article", {"title": "T", "author_id": 901}), write)

    assert (caught.value.code, caught.value.message, caught.value.path) == (
        "FORBIDDEN",
        "You may not create this Article.",
        ("input",),
    )


async def test_create_never_allowed(writes: Writes):
    """A policy that allows nothing is enforced without a statement."""
    write = writes(ArticlePolicy())

    with writes.statements() as sent, pytest.raises(ForbiddenError):
        await create_row(CreateRow("Article", {"title": "T", "author_id": 901}), write)

    assert sent == []


async def test_unrestricted_subject(writes: Writes):
    """Policies do not apply to trusted code."""
    await add_authors(writes)
    write = writes(ArticlePolicy(), subject=Subject(is_unrestricted=True))

    await create_row(CreateRow("Article", {"title": "T", "author_id": 901}), write)

    assert await writes.count(Article) == 1


async def test_update(writes: Writes):
    """An update is a SELECT and an UPDATE of what is given."""
    await add_articles(writes)

    with writes.statements() as sent:
        changed = await update_row(UpdateRow("Article", key(901), {"title": "New"}), writes())

    assert sent == ["SELECT", "UPDATE"]
    assert changed == key(901)
    assert await writes.count(Article, Article.title == "New", Article.views == 7) == 1


async def test_update_without_changes(writes: Writes):
    """An empty update is allowed, and nothing but the rights to the row is asked."""
    await add_articles(writes)
    write = writes(ArticlePolicy(), subject=ADA)

    with writes.statements() as sent:
        changed = await update_row(UpdateRow("Article", key(901), {}), write)

    assert sent == ["SELECT"]
    assert changed == key(901)


async def test_update_by_unique_key(writes: Writes):
    """A unique key finds the row; the primary key is returned."""
    await add_authors(writes)
    change = UpdateRow("Author", key("ada", "username"), {"bio": "B"})

    assert await update_row(change, writes()) == key(901)
    assert await writes.count(Author, Author.bio == "B", Author.id == 901) == 1


async def test_update_of_key(writes: Writes):
    """A changed primary key is returned as it is afterwards."""
    await writes.add(Team(code="red"))

    changed = await update_row(UpdateRow("Team", key("red", "code"), {"code": "blue"}), writes())

    assert changed == key("blue", "code")
    assert await writes.value(Team.code) == "blue"


async def test_update_of_composite_key(writes: Writes):
    """All columns of a composite key find the row."""
    await add_authors(writes)
    await writes.add(Team(code="red"), Team(code="blue"))
    await writes.add(
        Membership(team_code="red", author_id=901, role="a"),
        Membership(team_code="blue", author_id=901, role="b"),
    )
    row = key((901, "red"), "author_id", "team_code")

    changed = await update_row(UpdateRow("Membership", row, {"role": "z"}), writes())

    assert changed == key(("red", 901), "team_code", "author_id")
    assert await writes.count(Membership, Membership.role == "z") == 1


async def test_update_of_subclass(writes: Writes):
    """Columns of both tables of a joined subclass change."""
    await writes.add(Car(id=901, plate="A 1", seats=4))
    change = UpdateRow("Car", key(901), {"plate": "B 2", "seats": 5})

    with writes.statements() as sent:
        await update_row(change, writes())

    assert sent == ["SELECT", "UPDATE", "UPDATE"]
    assert await writes.count(Car, Car.plate == "B 2", Car.seats == 5) == 1


async def test_update_sees_changes_of_the_session(writes: Writes):
    """What the operation changed before is flushed, not overwritten by the row as it was read."""
    await add_articles(writes)
    article = await writes.session.get_one(Article, 901)
    article.slug = "kept"

    await update_row(UpdateRow("Article", key(901), {"title": "New"}), writes())

    assert await writes.count(Article, Article.slug == "kept", Article.title == "New") == 1


async def test_update_refreshes_the_row(writes: Writes):
    """A row that the session holds is read again: what others changed is seen."""
    await add_articles(writes)
    article = await writes.session.get_one(Article, 901)
    statement = sa.update(Article).values(title="Other").where(Article.id == 901)
    await writes.session.execute(statement.execution_options(synchronize_session=False))

    await update_row(UpdateRow("Article", key(901), {"title": "Draft"}), writes())

    assert article.title == "Draft"
    assert await writes.count(Article, Article.title == "Draft") == 1


async def test_update_of_missing_row(writes: Writes):
    """A missing row is NotFound, at the id."""
    with pytest.raises(NotFoundError) as caught:
        await update_row(UpdateRow("Article", key(909), {"title": "New"}), writes())

    assert (caught.value.code, caught.value.message, caught.value.path) == (
        "NOT_FOUND",
        "There is no such Article.",
        ("id",),
    )


async def test_update_of_invisible_row(writes: Writes):
    """A row that may not be seen is as good as missing: the same error, no UPDATE."""
    await add_articles(writes)
    write = writes(ArticlePolicy(), subject=GRACE)

    with writes.statements() as sent, pytest.raises(NotFoundError) as caught:
        await update_row(UpdateRow("Article", key(901), {"title": "New"}), write)

    assert sent == ["SELECT"]
    assert (caught.value.message, caught.value.path) == ("There is no such Article.", ("id",))


async def test_update_forbidden(writes: Writes):
    """A visible row that may not be changed is Forbidden."""
    await add_articles(writes)
    write = writes(ArticlePolicy(), subject=GRACE)

    with writes.statements() as sent, pytest.raises(ForbiddenError) as caught:
        await update_row(UpdateRow("Article", key(902), {"title": "New"}), write)

    assert sent == ["SELECT"]
    assert (caught.value.message, caught.value.path) == (
        "You may not change this Article.",
        ("id",),
    )


async def test_update_for_anonymous(writes: Writes):
    """A predicate that is NULL forbids: nobody is the author."""
    await add_articles(writes)

    with writes.statements() as sent, pytest.raises(ForbiddenError):
        await update_row(UpdateRow("Article", key(902), {"title": "New"}), writes(ArticlePolicy()))

    assert sent == ["SELECT"]


async def test_update_into_forbidden_row(writes: Writes):
    """What a row becomes must be allowed, too: an article cannot be given away."""
    await add_articles(writes)
    change = UpdateRow("Article", key(901), {}, (link("author", 902),))

    with writes.statements() as sent, pytest.raises(ForbiddenError) as caught:
        await update_row(change, writes(ArticlePolicy(), subject=ADA))

    assert sent == ["SELECT", "SELECT", "UPDATE", "SELECT"]
    assert (caught.value.message, caught.value.path) == (
        "You may not change this Article in this way.",
        ("input",),
    )


async def test_update_counts_versions(writes: Writes):
    """A version counter goes up by one."""
    created = await create_row(CreateRow("Document", {"text": "T"}), writes())

    await update_row(UpdateRow("Document", created, {"text": "U"}), writes())

    assert await writes.value(Document.version) == 2


async def test_stale_row(writes: Writes):
    """A row that changes between its SELECT and its UPDATE is NotFound."""
    created = await create_row(CreateRow("Document", {"text": "T"}), writes())

    def interfere(session: Any, *_: Any) -> None:
        session.connection().execute(sa.update(Document.__table__).values(version=9))

    event.listen(writes.session.sync_session, "before_flush", interfere)

    with pytest.raises(NotFoundError) as caught:
        await update_row(UpdateRow("Document", created, {"text": "U"}), writes())

    assert caught.value.path == ("id",)


async def test_delete(writes: Writes):
    """A delete is a SELECT and a DELETE."""
    await add_articles(writes)

    with writes.statements() as sent:
        deleted = await delete_row(DeleteRow("Article", key(901)), writes())

    assert sent == ["SELECT", "DELETE"]
    assert deleted == key(901)
    assert await writes.value(Article.id) == 902


async def test_delete_of_subclass(writes: Writes):
    """Both rows of a joined subclass go."""
    await writes.add(Car(id=901, plate="A 1", seats=4))

    await delete_row(DeleteRow("Vehicle", key(901)), writes())

    assert await writes.count(Vehicle) == 0


async def test_delete_of_missing_row(writes: Writes):
    """What is deleted already is NotFound."""
    await add_articles(writes)
    await delete_row(DeleteRow("Article", key(901)), writes())

    with pytest.raises(NotFoundError) as caught:
        await delete_row(DeleteRow("Article", key(901)), writes())

    assert caught.value.path == ("id",)


async def test_delete_of_invisible_row(writes: Writes):
    """A row that may not be seen is as good as missing."""
    await add_articles(writes)

    with pytest.raises(NotFoundError):
        await delete_row(DeleteRow("Article", key(901)), writes(ArticlePolicy(), subject=GRACE))


async def test_delete_forbidden(writes: Writes):
    """A visible row that may not be deleted is Forbidden."""
    await add_articles(writes)

    with pytest.raises(ForbiddenError) as caught:
        await delete_row(DeleteRow("Article", key(902)), writes(ArticlePolicy(), subject=ADA))

    assert (caught.value.message, caught.value.path) == (
        "You may not delete this Article.",
        ("id",),
    )
    assert await writes.count(Article) == 2


@pytest.mark.parametrize("child", [File, Track, Log])
async def test_delete_cascades(writes: Writes, child: type[Any]):
    """Children go with their parent, by the ORM or by the database, whatever their loading."""
    await writes.add(Folder(id=901), Folder(id=902))
    await writes.add(child(folder_id=901), child(folder_id=902))

    await delete_row(DeleteRow("Folder", key(901)), writes())

    assert await writes.value(child.folder_id) == 902


async def test_delete_releases(writes: Writes):
    """Children that may be alone stay, without their parent."""
    await writes.add(Folder(id=901))
    await writes.add(Pin(folder_id=901))

    await delete_row(DeleteRow("Folder", key(901)), writes())

    assert await writes.value(Pin.folder_id) is None


@pytest.mark.parametrize(
    ("child", "name"), [pytest.param(Book, "books"), pytest.param(Coin, "coins")]
)
async def test_delete_refused_by_children(writes: Writes, child: type[Any], name: str):
    """Children that stay keep their parent, whether the ORM or the database stumbles over them."""
    await writes.add(Folder(id=901))
    await writes.add(child(folder_id=901))
    kind = writes.database.dialect.name
    untold = {("sqlite", Book), ("mysql", Coin)}
    by = "" if (kind, child) in untold else f" by {name}"

    with pytest.raises(ForeignKeyViolationError) as caught:
        await delete_row(DeleteRow("Folder", key(901)), writes())

    assert (caught.value.code, caught.value.message, caught.value.path) == (
        "FOREIGN_KEY_VIOLATION",
        f"This Folder is still referenced{by}.",
        ("id",),
    )


async def test_delete_of_root(writes: Writes):
    """A row that is its own parent is released, and deleted."""
    await writes.add(Branch(id=901, parent_id=901))

    with writes.statements() as sent:
        await delete_row(DeleteRow("Branch", key(901)), writes())

    assert sent == ["SELECT", "UPDATE", "SELECT", "DELETE"]


async def test_delete_of_ring(writes: Writes):
    """Rows that are each other's parents go together."""
    await writes.add(Branch(id=901), Branch(id=902, parent_id=901))
    await writes.session.execute(sa.update(Branch).where(Branch.id == 901).values(parent_id=902))
    wanted = [Wanted(key(id_), ("where",)) for id_ in (901, 902)]

    await delete_instances(writes().registry.entities["Branch"], wanted, writes())

    assert await writes.count(Branch) == 0
