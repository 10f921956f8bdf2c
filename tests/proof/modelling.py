"""Descriptions become mapped classes, and policies."""

import re
import types
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql, postgresql

import gql_api as gql
from tests.proof.description import Column, Link, Models, Policy, Relation, Table
from tests.proof.values import Mood, Weather

TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "text": sa.String(20),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "float": sa.Double(),
    "decimal": sa.Numeric(8, 2),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "moment": sa.DateTime(timezone=True).with_variant(
        mysql.DATETIME(timezone=True, fsp=6), "mysql", "mariadb"
    ),
    "local": sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"),
    "time": sa.Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb"),
    "uuid": sa.Uuid(),
    "enum": sa.Enum(Mood, native_enum=False, length=10),
    "bytes": sa.LargeBinary(),
    "key": sa.Integer(),
    "span": sa.Interval(),
    "listed": sa.Enum(Mood),
    "native": sa.Enum(Weather),
    "json": sa.JSON(none_as_null=True),
    "jsonb": postgresql.JSONB(none_as_null=True),
    "longtext": sa.JSON(none_as_null=True),
    "texts": sa.ARRAY(sa.Text()),
    "numbers": sa.ARRAY(sa.Integer()),
    "dates": sa.ARRAY(sa.Date()),
    "words": sa.Text(),
}


class Mapping:
    """Mapped classes, association tables and policies of a description."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.base: Any = orm.declarative_base()
        self.classes = {table.name: self._make_class(table) for table in models.tables}
        self.links = {link.name: self._make_link(link) for link in models.links}
        for table in models.tables:
            for relation in table.relations:
                setattr(
                    self.classes[table.name],
                    attribute(relation.name),
                    self._relate(table, relation),
                )
        self.policies = [
            _make_policy(self.classes[table.name], table)
            for table in models.tables
            if table.policy is not None or table.secrets
        ]

    def _table_name(self, name: str) -> str:
        return f"{self.models.name}_{name}".lower()

    def _make_class(self, table: Table) -> Any:
        columns = {attribute(column.name): _make_column(column, table) for column in table.columns}
        keys = [
            sa.ForeignKeyConstraint(
                [attribute(near) for near, _ in relation.pairs],
                [
                    f"{self._table_name(relation.target)}.{attribute(far)}"
                    for _, far in relation.pairs
                ],
            )
            for relation in table.foreign_keys
        ]
        names = {"__tablename__": self._table_name(table.name), "__table_args__": (*keys,)}
        return type(table.name, (self.base,), {**names, **columns})

    def _make_link(self, link: Link) -> sa.Table:
        parts: list[Any] = []
        for side, name in (("l", link.left), ("r", link.right)):
            table = self.models.table[name]
            columns = [
                sa.Column(f"{side}_{key}", TYPES[table.by_name[key].kind], primary_key=True)
                for key in table.key
            ]
            far = [f"{self._table_name(name)}.{attribute(key)}" for key in table.key]
            parts += [*columns, sa.ForeignKeyConstraint([each.name for each in columns], far)]
        return sa.Table(self._table_name(link.name), self.base.metadata, *parts)

    def _relate(self, table: Table, relation: Relation) -> Any:
        target = self.classes[relation.target]
        options: dict[str, Any] = {"lazy": "raise", "uselist": relation.is_list}
        if relation.reverse is not None:
            options["back_populates"] = attribute(relation.reverse)
        if relation.order:
            options["order_by"] = [_order_term(target, *each) for each in relation.order]
        if relation.link is not None:
            near, far = self._link_joins(table, relation)
            secondary = self.links[relation.link]
            return orm.relationship(
                target, secondary=secondary, primaryjoin=near, secondaryjoin=far, **options
            )
        if relation.condition is not None:
            options["viewonly"] = True
        return orm.relationship(target, primaryjoin=self._join(table, relation), **options)

    def _join(self, table: Table, relation: Relation) -> Any:
        near, far = self.classes[table.name], self.classes[relation.target]
        parts = []
        for local, remote in relation.pairs:
            left, right = (
                getattr(near, attribute(local)),
                orm.remote(getattr(far, attribute(remote))),
            )
            if relation.is_foreign_key:
                parts.append(orm.foreign(left) == right)
            else:
                parts.append(left == orm.foreign(right))
        if relation.condition is not None:
            parts.append(orm.remote(getattr(far, attribute(relation.condition))))
        return sa.and_(*parts)

    def _link_joins(self, table: Table, relation: Relation) -> tuple[Any, Any]:
        secondary = self.links[str(relation.link)]
        sides = "rl" if relation.is_from_right else "lr"
        joins = [
            sa.and_(
                *(
                    getattr(self.classes[each.name], attribute(key)) == secondary.c[f"{side}_{key}"]
                    for key in each.key
                )
            )
            for side, each in zip(sides, (table, self.models.table[relation.target]), strict=True)
        ]
        return joins[0], joins[1]


def attribute(name: str) -> str:
    """Return the attribute of a field."""
    return "id" if name == "rowId" else re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _make_column(column: Column, table: Table) -> Any:
    is_key = column.name in table.key
    info = {"gql": {"version": True}} if column == table.version else {}
    return orm.mapped_column(
        TYPES[column.kind],
        nullable=column.is_nullable,
        primary_key=is_key,
        unique=True if column.name in table.unique else None,
        index=True if column.is_indexed else None,
        info=info,
        **({"autoincrement": False} if is_key else {}),
    )


def _order_term(target: Any, name: str, direction: str) -> Any:
    column = getattr(target, attribute(name))
    return {
        "ASC": column.asc(),
        "DESC": column.desc(),
        "ASC_NULLS_FIRST": column.asc().nulls_first(),
        "DESC_NULLS_LAST": column.desc().nulls_last(),
    }[direction]


def _make_policy(model: Any, table: Table) -> gql.Policy[Any]:
    def readable_columns(_self: Any, subject: gql.SymbolicSubject) -> Any:
        secrets = [attribute(name) for name in table.secrets]
        return gql.all_but(*secrets) if subject.has_role("guest") else None

    def visible(_self: Any, row: Any, subject: gql.SymbolicSubject) -> Any:
        return sa.true() if table.policy is None else _predicate(table.policy, row, subject)

    made = types.new_class(
        f"{model.__name__}Policy",
        (gql.Policy[model],),
        {},
        lambda names: names.update(visible=visible, readable_columns=readable_columns),
    )
    policy: gql.Policy[Any] = made()
    return policy


def _predicate(policy: Policy, row: Any, subject: gql.SymbolicSubject) -> Any:
    value = getattr(row, attribute(policy.column))
    if policy.kind == "positive":
        return value >= 0
    if policy.kind == "known":
        return value.is_not(None)
    if policy.kind == "role" and subject.has_role("staff"):
        return sa.true()
    return ~value | (getattr(row, attribute(str(policy.owner))) == subject.user_id)
