"""An application written with SQLModel: heroes in teams, on missions."""

import datetime as dt
import decimal
import enum
import uuid

import sqlmodel
from sqlmodel import Field, Relationship


class Rank(enum.Enum):
    """How far a hero has come."""

    NOVICE = "novice"
    LEGEND = "legend"


class HeroMission(sqlmodel.SQLModel, table=True):
    """Who takes part in what."""

    hero_id: int | None = Field(default=None, foreign_key="hero.id", primary_key=True)
    mission_id: uuid.UUID | None = Field(default=None, foreign_key="mission.id", primary_key=True)


class Team(sqlmodel.SQLModel, table=True):
    """A team."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True, max_length=40)
    heroes: list["Hero"] = Relationship(back_populates="team")


class HeroCore(sqlmodel.SQLModel):
    """What is known of every hero."""

    name: str = Field(index=True, max_length=40)
    age: int | None = None
    rank: Rank = Rank.NOVICE


class Hero(HeroCore, table=True):
    """A hero."""

    id: int | None = Field(default=None, primary_key=True)
    joined: dt.datetime
    fee: decimal.Decimal = Field(max_digits=8, decimal_places=2)
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Team | None = Relationship(back_populates="heroes")
    missions: list["Mission"] = Relationship(back_populates="heroes", link_model=HeroMission)


class Mission(sqlmodel.SQLModel, table=True):
    """A mission."""

    id: uuid.UUID = Field(primary_key=True)
    title: str = Field(max_length=40)
    is_secret: bool = False
    heroes: list[Hero] = Relationship(back_populates="missions", link_model=HeroMission)
