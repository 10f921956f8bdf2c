"""``docs/access.md``: its policy runs, and columns are as the page says."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql

_PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text()


class Base(orm.DeclarativeBase):
    """The models of the page."""


class Employee(Base):
    """Somebody with secrets."""

    __tablename__ = "employee"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))
    is_active: Mapped[bool]
    salary: Mapped[int | None]
    phone: Mapped[str | None] = mapped_column(sa.String(20), unique=True)


class Office(Base):
    """A place of work."""

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(primary_key=True)


class Safe(Base):
    """A model that the page's policies forget."""

    __tablename__ = "safe"

    id: Mapped[int] = mapped_column(primary_key=True)


class Member(Base):
    """A user in a team."""

    __tablename__ = "member"

    team_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)


class Report(Base):
    """What a team wrote."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int]


MODELS = (Employee, Office, Safe, Member, Report)


def _schemas() -> list[gql.Schema]:
    """Run the code of the page: it makes a schema here and there."""
    namespace: dict[str, Any] = {"Base": Base, "gql": gql}
    namespace |= {each.__name__: each for each in MODELS}
    found = []
    for source in re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL):
        namespace.pop("schema", None)
        exec(compile(source, "access.md", "exec"), namespace)  # noqa: S102 - the project's own text
        found += [namespace["schema"]] if "schema" in namespace else []
    return found


@pytest.fixture
def schema() -> gql.Schema:
    """The first schema of the page."""
    return _schemas()[0]


async def _run(schema: gql.Schema, tmp_path: Path, text: str, *roles: str) -> Any:
    database = gql.open_database(f"sqlite:///{tmp_path / 'staff.db'}")
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        values = {"id": 1, "name": "Ann", "is_active": True, "salary": 5, "phone": "1"}
        await connection.execute(sa.insert(Employee), [values])
    context = gql.Context(database, gql.Subject(1, frozenset(roles)))
    result = await schema.execute(text, context_value=context)
    await database.dispose()
    return result


async def test_columns(schema: gql.Schema, tmp_path: Path):
    """Staff read what is null for others."""
    text = "{ employees { nodes { name salary } } }"

    result = await _run(schema, tmp_path, text)

    assert result.data["employees"]["nodes"] == [{"name": "Ann", "salary": None}]


async def test_staff(schema: gql.Schema, tmp_path: Path):
    """Staff sort by what is refused to others."""
    text = "{ employees(orderBy: [{salary: ASC}]) { nodes { salary } } }"

    result = await _run(schema, tmp_path, text, "staff")

    assert result.data["employees"]["nodes"] == [{"salary": 5}]


async def test_key(schema: gql.Schema, tmp_path: Path):
    """A key that may not be read finds nothing: it is refused."""
    result = await _run(schema, tmp_path, '{ employeeBy(key: {phone: "1"}) { name } }')

    (error,) = result.errors
    assert error.extensions["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{ offices { totalCount } employees { totalCount } }", []),
        ("{ safes { totalCount } }", ["FORBIDDEN"]),
    ],
)
async def test_default(tmp_path: Path, text: str, codes: list[str]):
    """A model that is forgotten is closed."""
    result = await _run(_schemas()[2], tmp_path, text)

    assert [each.extensions["code"] for each in result.errors or ()] == codes


async def test_values(tmp_path: Path):
    """A value is loaded where a policy names it: nobody without a team sees a report."""
    result = await _run(_schemas()[1], tmp_path, "{ reports { totalCount } }")

    assert result.data == {"reports": {"totalCount": 0}}
