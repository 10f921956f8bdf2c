"""Generated lists of hierarchies, joined and in a single table, give what plain Python gives."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import given, note
from hypothesis import strategies as st
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

import gql_api as gql
from tests.fixtures.schema import open_test_database
from tests.proof.conftest import DATABASES
from tests.proof.service import COUNTS

_OPERATIONS = 6


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Party(Base):
    """The base of joined tables, with rows of its own."""

    __tablename__ = "h_party"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(10))
    label: Mapped[str | None] = mapped_column(sa.String(10))
    devices: Mapped[list["Device"]] = relationship(back_populates="owner", lazy="raise")

    __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "party"}


class Person(Party):
    """A joined table with a subclass."""

    __tablename__ = "h_person"

    id: Mapped[int] = mapped_column(sa.ForeignKey("h_party.id"), primary_key=True)
    age: Mapped[int | None]

    __mapper_args__: ClassVar = {"polymorphic_identity": "person"}


class Worker(Person):
    """A third table."""

    __tablename__ = "h_worker"

    id: Mapped[int] = mapped_column(sa.ForeignKey("h_person.id"), primary_key=True)
    pay: Mapped[int | None]

    __mapper_args__: ClassVar = {"polymorphic_identity": "worker"}


class Company(Party):
    """A sibling."""

    __tablename__ = "h_company"

    id: Mapped[int] = mapped_column(sa.ForeignKey("h_party.id"), primary_key=True)
    size: Mapped[int | None]

    __mapper_args__: ClassVar = {"polymorphic_identity": "company"}


class Device(Base):
    """The base of one table."""

    __tablename__ = "h_device"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(10))
    weight: Mapped[int | None]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("h_party.id"))
    owner: Mapped[Party | None] = relationship(back_populates="devices", lazy="raise")

    __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "device"}


class Phone(Device):
    """Has a column of the shared table."""

    number: Mapped[int | None]

    __mapper_args__: ClassVar = {"polymorphic_identity": "phone"}


class Laptop(Device):
    """Has another one."""

    screen: Mapped[int | None]

    __mapper_args__: ClassVar = {"polymorphic_identity": "laptop"}


PARENTS = {
    "Party": None,
    "Person": "Party",
    "Worker": "Person",
    "Company": "Party",
    "Device": None,
    "Phone": "Device",
    "Laptop": "Device",
}
OWN_COLUMNS = {
    "Party": ["label"],
    "Person": ["age"],
    "Worker": ["pay"],
    "Company": ["size"],
    "Device": ["weight"],
    "Phone": ["number"],
    "Laptop": ["screen"],
}
ROOTS = {
    "Party": "parties",
    "Person": "people",
    "Worker": "workers",
    "Company": "companies",
    "Device": "devices",
    "Phone": "phones",
    "Laptop": "laptops",
}
MODELS = {each.__name__: each for each in (Party, Person, Worker, Company, Device, Phone, Laptop)}
Row = dict[str, Any]


def lineage(name: str) -> list[str]:
    """Return a class and all above it."""
    parent = PARENTS[name]
    return [name] if parent is None else [name, *lineage(parent)]


def below(name: str) -> list[str]:
    """Return a class and all below it."""
    return [each for each in PARENTS if name in lineage(each)]


def columns_of(name: str) -> list[str]:
    """Return the columns that rows of a class have."""
    return ["rowId", *(column for each in reversed(lineage(name)) for column in OWN_COLUMNS[each])]


def type_of(name: str) -> str:
    """Return the type of rows of a class: one that has subclasses has a type for its own."""
    return f"Base{name}" if len(below(name)) > 1 else name


@dataclass
class Asked:
    """A list, or the row of a relationship."""

    name: str
    parts: dict[str, list[str]] = field(default_factory=dict)
    """Columns by the class on whose fragment they are selected."""

    inner: "Asked | None" = None
    where: tuple[str, str, int] | None = None
    order: list[tuple[str, str]] = field(default_factory=list)
    first: int = 100


class Service:
    """A database that is filled and asked."""

    def __init__(self, database: gql.Database, name: str) -> None:
        self.database = database
        self.name = name
        self.schema = gql.build_schema(
            Base,
            dialect=database.dialect.name,
            config=gql.ApiConfig(limits=gql.Limits(max_cost=10**9), is_read_only=True),
        )

    async def fill(self, rows: list[Row]) -> None:
        """Replace all rows."""
        async with self.database.write_engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                await connection.execute(sa.delete(table))
        async with gql.unit_of_work(self.database) as unit:
            for kinds in (("Party", "Person", "Worker", "Company"), ("Device", "Phone", "Laptop")):
                for row in rows:
                    if row["kind"] in kinds:
                        unit.session.add(_instance(row))
                await unit.session.flush()

    async def ask(self, document: str) -> Any:
        """Run an operation."""
        result = await self.schema.execute(document, context_value=gql.Context(self.database))
        assert result.errors is None, f"DIFFERENCE {result.errors} in {document}"
        COUNTS[self.name] += 1
        return result.data


def _instance(row: Row) -> Any:
    names = {"rowId": "id", "ownerId": "owner_id"}
    values = {names.get(key, key): value for key, value in row.items() if key != "kind"}
    return MODELS[row["kind"]](**values)


@pytest.fixture(scope="module", params=DATABASES)
async def hierarchies(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Service]:
    """A database of each kind."""
    folder = tmp_path_factory.mktemp("hierarchies")
    database = await open_test_database(request.param, make_postgres_database, folder)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield Service(database, request.param)
    await database.dispose()


_VALUES = st.none() | st.integers(0, 3)
_DIRECTIONS = ["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST"]


@st.composite
def worlds(draw: st.DrawFn) -> list[Row]:
    """Rows of all classes."""
    rows = []
    for base in ("Party", "Device"):
        for key in range(1, draw(st.sampled_from([0, 3, 6])) + 1):
            kind = draw(st.sampled_from(below(base)))
            row: Row = {"rowId": key, "kind": kind}
            for column in columns_of(kind)[1:]:
                value = draw(_VALUES)
                row[column] = f"t{value}" if column == "label" and value is not None else value
            if base == "Device":
                owners = [each["rowId"] for each in rows if "label" in each]
                row["ownerId"] = draw(st.none() | st.sampled_from(owners)) if owners else None
            rows.append(row)
    return rows


@st.composite
def asked_lists(draw: st.DrawFn, name: str | None = None, depth: int = 0) -> Asked:
    """A list of a class, with fragments on classes below it, and lists within."""
    name = name or draw(st.sampled_from(list(PARENTS)))
    kinds = draw(st.lists(st.sampled_from(below(name)), max_size=3, unique=True))
    parts = {name: ["rowId"]}
    for kind in kinds:
        chosen = draw(st.lists(st.sampled_from(columns_of(kind)), min_size=1, unique=True))
        parts[kind] = sorted({*parts.get(kind, []), *chosen})
    sortable = columns_of(name)
    numbers = [column for column in sortable if column != "label"]
    where = draw(
        st.none()
        | st.tuples(
            st.sampled_from(numbers), st.sampled_from(["eq", "ne", "gt", "lte"]), st.integers(0, 3)
        )
    )
    order = draw(
        st.lists(st.tuples(st.sampled_from(sortable), st.sampled_from(_DIRECTIONS)), max_size=2)
    )
    target = "Device" if "Party" in lineage(name) else "Party"
    inner = draw(st.none() | asked_lists(target, depth + 1)) if depth < 2 else None
    return Asked(name, parts, inner, where, order, draw(st.integers(0, 5)))


def text_of(asked: Asked, field_name: str) -> str:
    """Write a list, or the row that a device leads to."""
    inside = ["__typename"]
    for kind, columns in asked.parts.items():
        inside.append(f"... on {kind} {{ {' '.join(columns)} }}")
    if asked.inner is not None:
        inside.append(text_of(asked.inner, "devices" if asked.inner.name == "Device" else "owner"))
    if field_name == "owner":
        return f"owner {{ {' '.join(inside)} }}"
    arguments = [f"first: {asked.first}"]
    if asked.where is not None:
        column, operator, value = asked.where
        arguments.append(f"where: {{{column}: {{{operator}: {value}}}}}")
    items = ", ".join(f"{{{column}: {direction}}}" for column, direction in asked.order)
    arguments.append(f"orderBy: [{items}]")
    return f"{field_name}({', '.join(arguments)}) {{ totalCount nodes {{ {' '.join(inside)} }} }}"


def answer_list(asked: Asked, rows: list[Row], among: list[Row]) -> Any:
    """Answer a list of some of the rows."""
    found = [row for row in among if asked.name in lineage(row["kind"]) and _holds(asked, row)]
    for column, direction in reversed([*asked.order, ("rowId", "ASC")]):
        present = [row for row in found if row[column] is not None]
        # a stable sort keeps rows with equal values in the order of the keys after this one
        ranks = {value: at for at, value in enumerate(sorted({row[column] for row in present}))}
        sign = -1 if direction.startswith("DESC") else 1
        present.sort(key=lambda row: sign * ranks[row[column]])
        missing = [row for row in found if row[column] is None]
        is_first = direction in {"DESC", "ASC_NULLS_FIRST"}
        found = [*missing, *present] if is_first else [*present, *missing]
    nodes = [answer_row(asked, rows, row) for row in found[: asked.first]]
    return {"totalCount": len(found), "nodes": nodes}


def _holds(asked: Asked, row: Row) -> bool:
    if asked.where is None:
        return True
    column, operator, value = asked.where
    own = row[column]
    if own is None:
        return False
    return {"eq": own == value, "ne": own != value, "gt": own > value, "lte": own <= value}[
        operator
    ]


def answer_row(asked: Asked, rows: list[Row], row: Row) -> Any:
    """Answer one row by its class."""
    answer: Row = {"__typename": type_of(row["kind"])}
    for kind, columns in asked.parts.items():
        if kind in lineage(row["kind"]):
            answer.update({column: row[column] for column in columns})
    if asked.inner is None:
        return answer
    if asked.inner.name == "Device":
        devices = [each for each in rows if each.get("ownerId") == row["rowId"]]
        answer["devices"] = answer_list(asked.inner, rows, devices)
        return answer
    owners = [each for each in rows if "label" in each and each["rowId"] == row["ownerId"]]
    answer["owner"] = answer_row(asked.inner, rows, owners[0]) if owners else None
    return answer


@given(data=st.data())
async def test_lists(hierarchies: Service, data: st.DataObject) -> None:
    """Lists of every class: types, columns of fragments, conditions, orders, counts, relatives."""
    rows = data.draw(worlds())
    await hierarchies.fill(rows)

    for _ in range(_OPERATIONS):
        asked = data.draw(asked_lists())
        root = ROOTS[asked.name]
        document = f"{{ {text_of(asked, root)} }}"
        note(document)

        answer = await hierarchies.ask(document)

        expected = answer_list(asked, rows, rows)
        assert answer[root] == expected, f"DIFFERENCE in {document}"
