"""Rules that models state in annotations."""

import re
from pathlib import Path
from typing import Annotated, Any

import annotated_types as at
import pydantic
import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from gql_api.mapping.descriptors import InputRules
from gql_api.mapping.registry import describe_models

Title = Annotated[str, at.Len(3, 20)]


class Base(orm.DeclarativeBase):
    pass


class Mixin:
    inherited: Mapped[Annotated[int, at.Ge(1), at.Le(5)]]


class Thing(Mixin, Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[Title]
    quoted: Mapped["Title | None"] = mapped_column(sa.String(90))
    field: Mapped[Annotated[str, pydantic.Field(min_length=2, pattern="^[a-z]+$")]]
    found: Mapped[Annotated[str, pydantic.StringConstraints(max_length=4, pattern="b|c")]]
    amount: Mapped[Annotated[int, pydantic.Field(gt=0, lt=10)]]
    rate: Mapped[Annotated[float, at.Interval(ge=0.5, le=1.5)]]
    chosen: Mapped[Title] = mapped_column(info={"gql": {"max_length": 9}})
    noted: Mapped[Annotated[str, object()]]


COLUMNS = describe_models([Thing]).entities["Thing"].columns


@pytest.mark.parametrize(
    ("key", "rules"),
    [
        pytest.param("inherited", {"minimum": 1, "maximum": 5}, id="mixin"),
        pytest.param("title", {"min_length": 3, "max_length": 20}, id="alias"),
        pytest.param("quoted", {"min_length": 3, "max_length": 20}, id="text"),
        pytest.param("field", {"min_length": 2, "pattern": "[a-z]+"}, id="pydantic"),
        pytest.param(
            "found", {"max_length": 4, "pattern": r"[\s\S]*(?:b|c)[\s\S]*"}, id="constraints"
        ),
        pytest.param("amount", {"above": 0, "below": 10}, id="exclusive"),
        pytest.param("rate", {"minimum": 0.5, "maximum": 1.5}, id="interval"),
        pytest.param("chosen", {"min_length": 3, "max_length": 9}, id="options-win"),
        pytest.param("noted", {}, id="no-rule"),
    ],
)
def test_rules(key: str, rules: dict[str, Any]):
    """An annotation says what clients may write."""
    assert COLUMNS[key].rules == InputRules(**rules)


def test_page():
    """The rules that ``docs/writes.md`` shows are those of the columns."""
    page = (Path(__file__).parents[2] / "docs" / "writes.md").read_text()
    (source,) = (
        each for each in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "stars" in each
    )
    scope: dict[str, Any] = {"__name__": __name__}
    exec(source, scope)  # noqa: S102 - the page is ours
    key = mapped_column(sa.Integer, primary_key=True)
    model = type("Film", (scope["Rated"], Base), {"__tablename__": "film", "id": key})

    columns = describe_models([model]).entities["Film"].columns

    assert {name: columns[name].rules for name in ("stars", "title", "code")} == {
        "stars": InputRules(minimum=1, maximum=5),
        "title": InputRules(min_length=3, max_length=80),
        "code": InputRules(pattern="[A-Z]{3}", is_not_blank=True),
    }
