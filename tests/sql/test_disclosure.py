import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.access.subjects import ANONYMOUS, SymbolicSubject
from gql_api.mapping.registry import describe_models
from gql_api.naming import Inflector
from gql_api.sql.disclosure import Disclosure
from tests.fixtures.models import Author, Base, Book, book_tag

REGISTRY = describe_models(
    [each.class_ for each in Base.registry.mappers], inflector=Inflector(), hidden=()
)
SUBJECT = SymbolicSubject(ANONYMOUS.role_set)


def shown(statement: sa.Executable) -> set[str]:
    """Return the keys of the parameters of a statement that may be shown."""
    disclosed = Disclosure(REGISTRY).disclose(statement)
    return {key for key in disclosed.known if disclosed.may_show(key, "x")}


def compared(*conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    return sa.select(Author.pen_name).where(*conditions)


def test_visible_column():
    """What is compared with a visible column is shown."""
    assert shown(compared(Author.email == sa.bindparam("given"))) == {"given"}


def test_hidden_column():
    """What is compared with a hidden column is hidden."""
    assert shown(compared(Author.secret == sa.bindparam("given"))) == set()


def test_hidden_column_of_an_alias():
    """A hidden column stays one under another name of its table, and within a subquery."""
    other = orm.aliased(Author)
    inner = sa.select(other.secret.label("plain")).subquery()

    assert shown(compared(inner.c.plain == sa.bindparam("given"))) == set()
    assert shown(compared(other.secret == sa.bindparam("given"))) == set()


def test_hidden_column_in_an_expression():
    """An expression that takes a hidden column hides all that stands beside it."""
    text = sa.func.concat(Author.secret, sa.bindparam("salt"))

    assert shown(compared(text == sa.bindparam("given"))) == set()


def test_hidden_and_visible_column():
    """A parameter that stands beside both is hidden."""
    given = sa.bindparam("given")

    assert shown(compared(Author.email == given, Author.secret == given)) == set()


def test_nothing_beside():
    """A parameter that stands beside no column is hidden: nobody can tell what it says."""
    assert shown(sa.select(sa.bindparam("given"))) == set()


def test_sent_by_the_caller():
    """The values of a plan's slots are the caller's own, wherever they stand."""
    assert shown(compared(Author.secret == sa.bindparam("v3")).limit(sa.bindparam("v0"))) == {
        "v0",
        "v3",
    }


def test_subject():
    """The caller's own key is shown, a claim beside a hidden column is not."""
    mine = Author.id == SUBJECT.user_id
    tenant = Author.secret == SUBJECT.claim("tenant")

    assert shown(compared(mine, tenant)) == {"subject_user_id"}


def test_association_table():
    """A table between is as visible as the keys that it refers to."""
    statement = sa.select(book_tag.c.tag_id).where(book_tag.c.book_id == sa.bindparam("given"))

    assert shown(statement) == {"given"}


def test_association_table_of_a_hidden_key():
    """A table between that refers to a hidden key hides it too."""
    registry = describe_models(
        [each.class_ for each in Base.registry.mappers], inflector=Inflector(), hidden=["Book.id"]
    )
    statement = sa.select(book_tag.c.tag_id).where(book_tag.c.book_id == sa.bindparam("given"))

    assert not Disclosure(registry).disclose(statement).shown


def test_written_values():
    """Written are the values of visible columns, each under the key of its column."""
    disclosed = Disclosure(REGISTRY).disclose(sa.insert(Author.__table__))

    assert disclosed.may_show("email", "x")
    assert not disclosed.may_show("secret", "x")


def test_written_value_with_the_name_of_a_slot():
    """A hidden column whose key looks like a slot stays hidden."""

    class Own(orm.DeclarativeBase):
        pass

    class Thing(Own):
        __tablename__ = "thing"

        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        v1: orm.Mapped[str]

    registry = describe_models([Thing], inflector=Inflector(), hidden=["Thing.v1"])
    statement = sa.insert(Thing.__table__).values(v1=sa.bindparam("v1"))

    assert not Disclosure(registry).disclose(statement).may_show("v1", "x")


def test_added_by_the_compiler():
    """Of what the statement itself does not hold, only the absence of a page is shown."""
    disclosed = Disclosure(REGISTRY).disclose(sa.select(Book.title))

    assert disclosed.may_show("param_1", 0)
    assert disclosed.may_show("param_1", -1)
    assert not disclosed.may_show("param_1", 7)
