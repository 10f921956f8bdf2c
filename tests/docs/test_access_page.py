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


@pytest.fixture
def schema() -> gql.Schema:
    """The schema of the page."""
    source = re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL)[0]
    namespace: dict[str, Any] = {"Base": Base, "Employee": Employee}
    exec(compile(source, "access.md", "exec"), namespace)  # noqa: S102 - the project's own text
    found: gql.Schema = namespace["schema"]
    return found


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
