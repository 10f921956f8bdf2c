"""What the database refused becomes an error about the input."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from gql_api.errors import (
    CheckViolationError,
    ForeignKeyViolationError,
    UniqueViolationError,
    ValidationError,
    WriteError,
)
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.rows import create_row, update_row
from gql_api.plan.changes import CreateRow, KeyValue, Link, UpdateRow
from tests.persistence.conftest import REGISTRY, Writes
from tests.persistence.models import Article, Author, Car, Membership, Price, Task, Team

SECRETS = ("uq_", "ck_", "INSERT", "author_id", "constraint", "secret", "code", "topsecret")


async def refusal(writes: Writes, *rows: Any) -> WriteError:
    """Insert rows at once and translate what the database says, about the last one."""
    writes.session.add_all(rows)
    with pytest.raises(DBAPIError) as caught:
        await writes.session.flush()
    error = translate_error(caught.value, REGISTRY.by_model[type(rows[-1])], ("input",))
    assert error is not None
    assert not any(secret in error.message for secret in SECRETS)
    return error


async def add_authors(writes: Writes) -> None:
    """Insert Ada and Grace."""
    await writes.add(
        Author(id=901, username="ada", email="ada@x.org"),
        Author(id=902, username="grace", code="topsecret"),
    )


async def test_unique_column(writes: Writes):
    """A value that is taken is an error at its field, raised from the driver's."""
    await add_authors(writes)

    with pytest.raises(UniqueViolationError) as caught:
        await create_row(CreateRow("Author", {"username": "ada"}), writes())

    assert (caught.value.code, caught.value.message, caught.value.path, caught.value.fields) == (
        "UNIQUE_VIOLATION",
        "username is taken already.",
        ("input", "username"),
        ("username",),
    )
    assert isinstance(caught.value.__cause__, IntegrityError)


async def test_unique_on_update(writes: Writes):
    """An update meets the same constraints, at its own path."""
    await add_authors(writes)
    change = UpdateRow("Author", KeyValue(("id",), (902,)), {"username": "ada"})

    with pytest.raises(UniqueViolationError) as caught:
        await update_row(change, writes(), ("items", "0", "input"), ("items", "0", "id"))

    assert caught.value.path == ("items", "0", "input", "username")


async def test_unique_expression(writes: Writes):
    """A unique index over an expression names the column inside."""
    if writes.database.dialect.name == "mysql":
        pytest.skip("the index over an expression is made on PostgreSQL and SQLite")
    await add_authors(writes)

    error = await refusal(writes, Author(username="other", email="ADA@X.org"))

    assert isinstance(error, UniqueViolationError)
    assert (error.message, error.fields) == ("email is taken already.", ("email",))


async def test_unique_together(writes: Writes):
    """Columns that are unique together are all named, foreign keys by their relationship."""
    await add_authors(writes)

    error = await refusal(
        writes,
        Article(title="T", author_id=901, slug="s"),
        Article(title="U", author_id=901, slug="s"),
    )

    assert isinstance(error, UniqueViolationError)
    assert (error.message, error.path, error.fields) == (
        "This combination of author and slug is taken already.",
        ("input", "author"),
        ("author", "slug"),
    )


async def test_hidden_unique_column(writes: Writes):
    """A constraint over hidden columns names no field."""
    await add_authors(writes)

    error = await refusal(writes, Author(username="other", code="topsecret"))

    assert isinstance(error, UniqueViolationError)
    assert (error.message, error.path, error.fields) == (
        "A row with these values exists already.",
        ("input",),
        (),
    )


async def test_unnamed_unique(writes: Writes):
    """A unique constraint without a name is known by its columns."""
    error = await refusal(writes, Price(amount=1, label="x"), Price(amount=2, label="x"))

    assert (error.message, error.path) == ("label is taken already.", ("input", "label"))


async def test_primary_key(writes: Writes):
    """A primary key that is taken is a unique violation."""
    await writes.add(Team(code="red"))

    with pytest.raises(UniqueViolationError) as caught:
        await create_row(CreateRow("Team", {"code": "red"}), writes())

    assert caught.value.fields == ("code",)


async def test_composite_primary_key(writes: Writes):
    """A composite key made of links names the links."""
    await add_authors(writes)
    await writes.add(Team(code="red"))
    await writes.add(Membership(team_code="red", author_id=901, role="a"))
    links = (
        Link("team", KeyValue(("code",), ("red",))),
        Link("author", KeyValue(("id",), (901,))),
    )

    with pytest.raises(UniqueViolationError) as caught:
        await create_row(CreateRow("Membership", {"role": "b"}, links), writes())

    assert caught.value.fields == ("team", "author")


async def test_constraint_of_base_table(writes: Writes):
    """A subclass knows the constraints of its base table."""
    await writes.add(Car(id=901, plate="A 1", seats=4))

    error = await refusal(writes, Car(id=902, plate="A 1", seats=4))

    assert (error.message, error.path) == ("plate is taken already.", ("input", "plate"))


async def test_missing_target(writes: Writes):
    """A foreign key that leads nowhere names its column, for lack of a relationship."""
    error = await refusal(writes, Price(amount=1, team_code="none"))

    assert isinstance(error, ForeignKeyViolationError)
    assert (error.code, error.message, error.path) == (
        "FOREIGN_KEY_VIOLATION",
        "teamCode refers to a row that does not exist.",
        ("input", "teamCode"),
    )


async def test_missing_target_of_relationship(writes: Writes):
    """A foreign key with a relationship is named by it, where the database says which it is."""
    error = await refusal(writes, Article(title="T", author_id=909))
    is_told = writes.database.dialect.name != "sqlite"

    assert isinstance(error, ForeignKeyViolationError)
    assert (error.message, error.path) == (
        ("author refers to a row that does not exist.", ("input", "author"))
        if is_told
        else ("A row that this one refers to does not exist.", ("input",))
    )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param({"team_code": "red", "author_id": 909}, "membership", id="two-columns"),
        pytest.param({"team_code": "none"}, "team", id="one-of-them"),
    ],
)
async def test_missing_target_among_overlapping(writes: Writes, values: dict[str, Any], name: str):
    """Where relationships share a column, the one that has all columns of the key is named."""
    if writes.database.dialect.name == "sqlite":
        pytest.skip("SQLite does not tell which foreign key it is")
    await writes.add(Team(code="red"))

    error = await refusal(writes, Task(**values))

    assert (error.message, error.path) == (
        f"{name} refers to a row that does not exist.",
        ("input", name),
    )


async def test_check(writes: Writes):
    """A check names the columns in its text."""
    await add_authors(writes)

    error = await refusal(writes, Article(title="T", author_id=901, rating=6))

    assert isinstance(error, CheckViolationError)
    assert (error.code, error.message, error.path) == (
        "CHECK_VIOLATION",
        "A rule of the database refuses rating.",
        ("input", "rating"),
    )


@pytest.mark.parametrize(
    ("row", "name"),
    [
        pytest.param({"amount": 13}, "amount", id="text"),
        pytest.param({"id": 901, "plate": "A 1", "seats": -1}, "seats", id="expression"),
    ],
)
async def test_unnamed_check(writes: Writes, row: dict[str, Any], name: str):
    """A check without a name is found by its columns."""
    if writes.database.dialect.name == "mysql":
        pytest.skip("MySQL numbers unnamed checks")

    error = await refusal(writes, Car(**row) if "seats" in row else Price(**row))

    assert (error.message, error.path) == (
        f"A rule of the database refuses {name}.",
        ("input", name),
    )


async def test_not_null(writes: Writes):
    """NULL where the column refuses it is a validation error."""
    error = await refusal(writes, Author(username=None))

    assert isinstance(error, ValidationError)
    assert (error.code, error.message, error.path) == (
        "VALIDATION_FAILED",
        "username must not be null.",
        ("input", "username"),
    )


async def test_hidden_not_null(writes: Writes):
    """NULL in a hidden column names no field."""
    error = await refusal(writes, Price(amount=1, secret=sa.null()))

    assert (error.message, error.path) == ("A value must not be null.", ("input",))


async def test_too_long(writes: Writes):
    """A text that is too long for its column is a validation error."""
    if writes.database.dialect.name == "sqlite":
        pytest.skip("SQLite ignores lengths")

    error = await refusal(writes, Price(amount=1, label="x" * 10))

    assert isinstance(error, ValidationError)
    assert error.message.endswith("is too long.")
    assert error.path[0] == "input"


async def test_out_of_range(writes: Writes):
    """A number that is too large for its column is a validation error."""
    if writes.database.dialect.name == "sqlite":
        pytest.skip("SQLite ignores ranges")

    with pytest.raises(ValidationError) as caught:
        await create_row(CreateRow("Price", {"amount": 40_000}), writes())

    assert caught.value.message.endswith("is out of range.")


async def test_constraint_of_another_table(writes: Writes):
    """A constraint of a table that the entity does not have names no field."""
    await add_authors(writes)

    error = await refusal(writes, Author(username="x", code="topsecret"), Team(code="red"))

    assert (error.message, error.path) == ("A row with these values exists already.", ("input",))


async def test_cut_name(writes: Writes):
    """A name that is cut to what the database can hold is found all the same."""
    error = await refusal(writes, Price(amount=14))

    assert (error.message, error.path) == (
        "A rule of the database refuses amount.",
        ("input", "amount"),
    )


async def test_other_errors_are_left_alone(writes: Writes):
    """An error that is no refusal of a row is raised as it is."""
    elsewhere = {"schema_translate_map": {None: "nowhere"}}
    await writes.session.connection(execution_options=elsewhere)

    with pytest.raises((ProgrammingError, OperationalError)) as caught:
        await create_row(CreateRow("Price", {"amount": 1}), writes())

    assert translate_error(caught.value, REGISTRY.by_model[Price], ()) is None
