"""Column rights: what column sets mean for keys, computed columns, relatives and subtypes."""

from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gql_api.access.column_rights import ColumnRights, column_rights
from gql_api.access.column_sets import ColumnSet, all_but
from gql_api.access.policies import Policy, policy_by_model
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet
from gql_api.errors import ConfigurationError
from gql_api.mapping.registry import describe_models


class Base(orm.DeclarativeBase):
    """All models of these tests."""


class Team(Base):
    """Has members."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    budget: Mapped[int | None]


class Person(Base):
    """A base of joined tables with columns computed from others."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(9))
    salary: Mapped[int | None]
    _note: Mapped[str | None] = mapped_column("note", sa.String(9))
    note = orm.synonym("_note")
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Team.id))
    team: Mapped[Team | None] = relationship()
    richest: Mapped[Team | None] = relationship(
        primaryjoin=lambda: orm.foreign(Team.id) >= Person.team_id,
        order_by=Team.budget.desc,
        viewonly=True,
        uselist=False,
    )
    budget: AssociationProxy[int | None] = association_proxy("team", "budget")

    __mapper_args__: ClassVar = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    @hybrid_property
    def yearly(self) -> Any:
        """Pay of a year."""
        return self.salary * 12


class Manager(Person):
    """Has a column of its own."""

    __tablename__ = "manager"

    id: Mapped[int] = mapped_column(sa.ForeignKey(Person.id), primary_key=True)
    bonus: Mapped[int | None]

    __mapper_args__: ClassVar = {"polymorphic_identity": "manager"}


Person.spent = orm.column_property(  # type: ignore[attr-defined]  # the table is known only now
    sa.select(sa.func.max(Team.budget)).where(Team.id == Person.team_id).scalar_subquery()
)

REGISTRY = describe_models([Team, Person, Manager])


def _rights(roles: RoleSet = RoleSet(), **readable: ColumnSet) -> ColumnRights:  # noqa: B008 - frozen
    """Return the rights that column sets by model name leave."""
    models = {each.__name__: each for each in (Team, Person, Manager)}
    policies = []
    for name, columns in readable.items():
        policy: Any = type(f"{name}Policy", (Policy,), {"model": models[name]})()
        policy.readable_columns = lambda _subject, columns=columns: columns
        policies.append(policy)
    return column_rights(REGISTRY, Scopes(roles, policy_by_model(tuple(policies))))


def _withheld(rights: ColumnRights, name: str) -> set[str]:
    return {
        key
        for key in REGISTRY.entities[name].columns
        if not rights.may_read(REGISTRY.entities[name], key)
    }


def test_open():
    """Without column sets everything may be read and written."""
    rights = _rights(Person=None)

    assert (rights.is_open, rights.has_secrets) == (True, False)


def test_computed():
    """A hybrid over a withheld column is withheld."""
    assert _withheld(_rights(Person=all_but("salary")), "Person") == {"salary", "yearly"}


def test_subquery_and_proxy():
    """What reads a withheld column of another model is withheld: a subquery, a proxy."""
    assert _withheld(_rights(Team=all_but("budget")), "Person") == {"budget", "spent"}


def test_synonym():
    """A private attribute and its public synonym are one column."""
    assert _withheld(_rights(Person=all_but("_note")), "Person") == {"note"}


def test_inherited():
    """A subtype withholds what its base does, and keeps its own columns where all but some are open."""
    rights = _rights(Person=all_but("salary"))

    assert _withheld(rights, "Manager") == {"salary", "yearly"}


def test_inherited_list():
    """Columns that a subtype adds are not among those that its base opens."""
    rights = _rights(Person={"kind", "salary"})

    assert {"bonus", "note"} <= _withheld(rights, "Manager")
    assert not {"kind", "salary", "id"} & _withheld(rights, "Manager")


def test_own_list():
    """A subtype with a policy of its own speaks of its columns; its base of the others."""
    rights = _rights(Person=all_but("salary"), Manager={"bonus", "kind", "note", "salary"})

    withheld = _withheld(rights, "Manager")
    assert "bonus" not in withheld
    assert {"salary", "team_id"} <= withheld


def test_subtype_in_list_of_base():
    """Rows of a base are not judged by what a subtype withholds, and show it where it is open."""
    rights, person = _rights(Manager=all_but("salary")), REGISTRY.entities["Person"]

    assert rights.may_read(person, "salary")
    assert not rights.may_judge(person, "salary")


def test_relationship():
    """A relationship is as secret as its foreign key, its target's columns are not."""
    team = REGISTRY.entities["Person"].relationships["team"]

    assert not _rights(Person=all_but("team_id")).may_follow(team)
    assert _rights(Person=all_but("salary"), Team=all_but("budget")).may_follow(team)


def test_chosen_relative():
    """Which of several relatives comes first tells the column that they are sorted by."""
    richest = REGISTRY.entities["Person"].relationships["richest"]

    assert not _rights(Team=all_but("budget")).may_follow(richest)
    assert _rights(Person=all_but("salary")).may_follow(richest)


def test_keys():
    """The primary key can be read even where a list does not name it."""
    assert "id" not in _withheld(_rights(Team=()), "Team")


def test_key_withheld():
    """To leave out the primary key is a mistake: ids show it."""
    with pytest.raises(ConfigurationError, match="leaves out id, a part of the key that ids show"):
        _rights(Team=all_but("id"))


def test_unrestricted():
    """Trusted code reads everything."""
    assert _rights(RoleSet(is_unrestricted=True), Person=()).is_open
