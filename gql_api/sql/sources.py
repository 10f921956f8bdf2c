"""Where rows come from: the only module that builds a FROM, always with the entity's scope."""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.util import ClauseAdapter

from gql_api.access.column_rights import ColumnRights, column_rights
from gql_api.access.scopes import Scopes, SubtypeRow
from gql_api.database.dialects import Dialect
from gql_api.errors import ForbiddenError
from gql_api.mapping.descriptors import (
    Column,
    Entity,
    Expression,
    JoinKind,
    Proxy,
    Registry,
    Relationship,
    RelationshipJoin,
)
from gql_api.mapping.lineages import union_of
from gql_api.sql.caching import StatementCache
from gql_api.sql.columns import Discriminator, SelectedColumn, SubtypeColumn


@dataclass(frozen=True, slots=True, eq=False)
class Compilation:
    """What every statement is built from, besides the plan. Compared by identity."""

    registry: Registry
    scopes: Scopes
    dialect: Dialect

    statements: StatementCache = field(default_factory=StatementCache)
    """What was built before."""

    rights: ColumnRights = field(init=False)
    """Which columns the role set may read and write."""

    def __post_init__(self) -> None:
        """Ask the policies for their column sets."""
        object.__setattr__(self, "rights", column_rights(self.registry, self.scopes))


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The visible rows of an entity, alone or as relatives of a parent."""

    entity: Entity

    row: Any
    """Alias of the model; its attributes are the columns."""

    froms: tuple[Any, ...]
    """All that the source brings into the FROM: an enclosing row is none of them."""

    from_clause: Any
    """What to select from."""

    scope: sa.ColumnElement[bool]
    """The predicate of the visible rows."""

    compilation: Compilation
    """For columns of relatives."""

    keys: tuple[sa.ColumnElement[Any], ...] = ()
    """For relatives: what equals the parent's local keys, in the same order; or
    their places in a list of values."""

    matches: tuple[sa.ColumnElement[bool], ...] = ()
    """Predicates that keep to the parents of a statement: those of a list of them."""

    subtypes: Mapping[str, "Source"] = field(default_factory=dict)
    """By entity name: the same rows with the columns of a subtype, null for rows of others."""

    guarded: tuple[SubtypeRow, ...] = ()
    """Subclasses with policies of their own."""

    def column(self, key: SelectedColumn) -> sa.ColumnElement[Any]:
        """Return what can be selected, such as a column or an expression by attribute key."""
        lineage = self.entity.lineage
        if isinstance(key, Discriminator) or (lineage is not None and key == lineage.union_key):
            return compile_discriminator(self.entity, self.row)
        if isinstance(key, SubtypeColumn):
            return self.subtypes[key.entity].column(key.key)
        described = self.entity.columns.get(key)
        if described is not None and described.is_computed:
            return _compile_computed(self, described)
        column: sa.ColumnElement[Any] = getattr(self.row, key)
        if isinstance(column.type, postgresql.DOMAIN):  # it has no operators of its own
            return sa.type_coerce(column, column.type.data_type)
        return column


class Row(Protocol):
    """A row of an enclosing statement: of a source, or of a page that was cut before."""

    @property
    def entity(self) -> Entity:
        """Whose row."""
        ...

    def column(self, key: SelectedColumn) -> sa.ColumnElement[Any]:
        """Return what can be selected of it."""
        ...


def _compile_computed(source: Source, column: Column) -> sa.ColumnElement[Any]:
    if column.proxy is not None:
        return _compile_proxy(source, column.proxy)
    assert column.expression is not None  # noqa: S101 - what is computed is one of both
    return _compile_expression(source, column.key, column.expression)


def _compile_expression(source: Source, key: str, expression: Expression) -> sa.ColumnElement[Any]:
    """Compile an expression on the row; a detached one on the model itself, found by its key."""
    if not expression.is_detached:
        return sa.type_coerce(getattr(source.row, key), expression.type)
    model = source.entity.model
    value = sa.type_coerce(getattr(model, key), expression.type)
    is_same = [
        getattr(model, each.key) == source.column(each.key) for each in source.entity.primary_key
    ]
    statement = sa.select(value).select_from(model).where(*is_same)
    return statement.correlate_except(*sa.inspect(model).tables).scalar_subquery()


def _compile_proxy(source: Source, proxy: Proxy) -> sa.ColumnElement[Any]:
    """Compile a column of the row that a to-one relationship leads to: null unless it is visible."""
    relatives = visible_relatives(source.entity, proxy.relationship, source.compilation)
    tied = correlate(relatives, source, proxy.relationship)
    statement = sa.select(relatives.column(proxy.column)).select_from(relatives.from_clause)
    found = statement.where(tied, relatives.scope).correlate_except(*relatives.froms)
    return found.scalar_subquery()


class Deleted(enum.Enum):
    """What becomes of rows that are marked as deleted."""

    HIDDEN = "hidden"
    """They do not exist."""

    INCLUDED = "included"
    """They are rows like others, for those who may see them."""

    ALONE = "alone"
    """No others are there: for writes that bring them back or remove them."""


def visible_rows(
    entity: Entity,
    compilation: Compilation,
    subtypes: Collection[str] = (),
    *,
    deleted: Deleted = Deleted.HIDDEN,
) -> Source:
    """Return the visible rows of an entity, under a new alias.

    Tables of subclasses are joined from outside for ``subtypes``, names of entities, and where
    policies need them.

    Raises:
        ForbiddenError: Deleted rows are included, and the policy does not let the subject see them.
    """
    entities = [compilation.registry.entities[name] for name in sorted(subtypes)]
    guarded = compilation.scopes.guarded_subclasses(entity)
    models = dict.fromkeys([*(each.model for each in entities), *guarded])
    row, of_model = _alias(entity, list(models))
    guards = tuple(_guard(entity, model, row, of_model[model]) for model in guarded)
    scope = compilation.scopes.visible_rows(entity, row, guards)
    is_there = [*_compile_type(entity, row), *_compile_liveness(entity, row, compilation, deleted)]
    return Source(
        entity=entity,
        row=row,
        froms=(row,),
        from_clause=row,
        scope=sa.and_(*is_there, scope) if is_there else scope,
        subtypes={
            each.name: _subtype(each, row, of_model[each.model], compilation) for each in entities
        },
        guarded=guards,
        compilation=compilation,
    )


def _alias(entity: Entity, subclasses: list[type[Any]]) -> tuple[Any, dict[type[Any], Any]]:
    """Return an alias of a model, and what stands for the same rows of its subclasses."""
    model = entity.model
    if entity.is_union:
        # the ORM finds columns of the union by the table of the base alone
        union: Any = union_of(sa.inspect(model))
        rows = union.alias()
        return orm.aliased(model, rows, adapt_on_names=True), {
            each: orm.aliased(each, rows, adapt_on_names=True) for each in subclasses
        }
    # flat: the tables of a joined subclass are aliased one by one, not wrapped in a subquery
    if not subclasses:
        return orm.aliased(model, flat=True), {}
    row = orm.with_polymorphic(model, subclasses, flat=True)
    return row, {each: getattr(row, each.__name__) for each in subclasses}


def _subtype(entity: Entity, base: Any, row: Any, compilation: Compilation) -> Source:
    return Source(
        entity=entity,
        row=row,
        froms=(base,),
        from_clause=base,
        scope=sa.true(),
        compilation=compilation,
    )


def _guard(entity: Entity, model: type[Any], row: Any, model_row: Any) -> SubtypeRow:
    """Let rows of other classes pass, those of none included."""
    mapper = sa.inspect(model)
    if sa.inspect(entity.model).polymorphic_on is None:
        key = next(iter(mapper.local_table.primary_key))
        is_other: sa.ColumnElement[bool] = _adapted(key, row).is_(None)
    else:
        discriminator = compile_discriminator(entity, row)
        known = [each.polymorphic_identity for each in mapper.self_and_descendants]
        is_other = sa.or_(
            discriminator.is_(None),
            discriminator.not_in([each for each in known if each is not None]),
        )
    return SubtypeRow(model, model_row, is_other)


def _compile_type(entity: Entity, row: Any) -> list[sa.ColumnElement[bool]]:
    """Tell the rows of a subclass from others of the same tables."""
    lineage = entity.lineage
    if lineage is None or not lineage.is_restricted:
        return []
    return [compile_discriminator(entity, row).in_(list(lineage.identities))]


def _compile_liveness(
    entity: Entity, row: Any, compilation: Compilation, deleted: Deleted
) -> list[sa.ColumnElement[bool]]:
    """Tell the rows that are marked as deleted from others."""
    if entity.soft_delete is None:
        return []
    if deleted is Deleted.INCLUDED:
        if not compilation.scopes.sees_deleted(entity):
            message = f"You may not see deleted rows of {entity.name}: leave out includeDeleted."
            raise ForbiddenError(message, path=("includeDeleted",))
        return []
    moment = getattr(row, entity.soft_delete)
    return [moment.is_(None) if deleted is Deleted.HIDDEN else moment.is_not(None)]


def compile_instances(source: Source) -> sa.ColumnElement[bool]:
    """Compile the predicate of the visible rows that the ORM can make instances of.

    It fails at values of the discriminator that no class has, and at none where the base has one.
    """
    mapper, lineage = sa.inspect(source.entity.model), source.entity.lineage
    if mapper.polymorphic_on is None or (lineage is not None and lineage.is_restricted):
        return source.scope
    known = [each.polymorphic_identity for each in mapper.self_and_descendants]
    discriminator = compile_discriminator(source.entity, source.row)
    is_known: sa.ColumnElement[bool] = discriminator.in_(
        [each for each in known if each is not None]
    )
    if mapper.polymorphic_identity is None:
        is_known = sa.or_(discriminator.is_(None), is_known)
    return sa.and_(is_known, source.scope)


def compile_discriminator(entity: Entity, row: Any) -> sa.ColumnElement[Any]:
    """Compile what tells the class of a row."""
    return _adapted(sa.inspect(entity.model).polymorphic_on, row)


def within(source: Source, expression: Any) -> sa.ColumnElement[Any]:
    """Return an expression over the attributes of a source's model as one over its rows."""
    return _adapted(expression, source.row)


def _adapted(expression: Any, row: Any) -> sa.ColumnElement[Any]:
    """Return an expression over the model's tables as it is under an alias of the model."""
    adapted: sa.ColumnElement[Any] = ClauseAdapter(sa.inspect(row).selectable).traverse(expression)
    return adapted


def visible_relatives(
    parent: Entity,
    relationship: Relationship,
    compilation: Compilation,
    subtypes: Collection[str] = (),
    *,
    deleted: Deleted = Deleted.HIDDEN,
) -> Source:
    """Return the visible rows that a relationship leads to, with the keys that find them.

    The keys stand for the parent's local keys: compare them with a parent row to correlate, or
    with a list of values to load the relatives of many parents.
    """
    entity = compilation.registry.target(relationship)
    target = visible_rows(entity, compilation, subtypes, deleted=deleted)
    join = relationship.join
    if join.kind is JoinKind.DIRECT:
        return _with_keys(target, tuple(target.column(key) for key in join.remote_keys))
    if join.kind is JoinKind.SECONDARY:
        return _through_secondary(target, relationship)
    if join.kind is JoinKind.ASSOCIATION:
        return _through_association(target, join)
    return _through_parent(target, parent, relationship)


def key_types(
    parent: Entity, relationship: Relationship, compilation: Compilation
) -> list[sa.types.TypeEngine[Any]]:
    """Return the types of what a parent's local keys are compared with, in their order."""
    join = relationship.join
    if join.kind is JoinKind.SECONDARY:
        table = relationship.property.secondary
        assert isinstance(table, sa.Table)  # noqa: S101 - what the mapping calls SECONDARY has a table
        return [table.c[name].type for name in join.remote_keys]
    if join.kind in {JoinKind.DIRECT, JoinKind.ASSOCIATION}:
        holder = compilation.registry.entities[join.association or relationship.target].model
        return [getattr(holder, key).type for key in join.remote_keys]
    return [getattr(parent.model, key).type for key in join.local_keys]


def _through_secondary(target: Source, relationship: Relationship) -> Source:
    table = relationship.property.secondary
    assert isinstance(table, sa.Table)  # noqa: S101 - what the mapping calls SECONDARY has a table
    secondary = table.alias()
    condition = sa.and_(
        *(
            secondary.c[inside] == target.column(key)
            for inside, key in relationship.join.secondary_pairs
        )
    )
    return _with_keys(
        target,
        tuple(secondary.c[name] for name in relationship.join.remote_keys),
        froms=(secondary,),
        from_clause=orm.join(secondary, target.row, condition),
    )


def _through_association(target: Source, join: RelationshipJoin) -> Source:
    """Reach the target from visible association rows; a target that several lead to counts once."""
    compilation = target.compilation
    association = visible_rows(compilation.registry.entities[str(join.association)], compilation)
    near: Sequence[Any] = [association.column(key) for key in join.remote_keys]
    far: Sequence[Any] = [association.column(inside) for inside, _ in join.secondary_pairs]
    known = {*join.remote_keys, *(inside for inside, _ in join.secondary_pairs)}
    if not {column.key for column in association.entity.primary_key} <= known:
        labels = [column.label(f"k{at}") for at, column in enumerate([*near, *far])]
        found = sa.select(*labels).select_from(association.from_clause)
        pairs = found.where(association.scope).distinct().subquery()
        near, far = list(pairs.c)[: len(near)], list(pairs.c)[len(near) :]
        between, scope = pairs, target.scope
    else:
        between, scope = association.row, sa.and_(association.scope, target.scope)
    ends = zip(far, (key for _, key in join.secondary_pairs), strict=True)
    condition = sa.and_(*(inside == target.column(key) for inside, key in ends))
    return replace(
        target,
        froms=(*target.froms, between),
        from_clause=orm.join(between, target.row, condition),
        scope=scope,
        keys=tuple(near),
    )


def _through_parent(target: Source, parent: Entity, relationship: Relationship) -> Source:
    """Reach the target from a second alias of the parent, by the ORM's own join condition."""
    near = orm.aliased(parent.model)
    path = getattr(near, relationship.key).of_type(target.row)
    return _with_keys(
        target,
        tuple(getattr(near, key) for key in relationship.join.local_keys),
        froms=(near,),
        from_clause=orm.join(near, target.row, path),
    )


def _with_keys(
    target: Source,
    keys: tuple[sa.ColumnElement[Any], ...],
    *,
    froms: tuple[Any, ...] = (),
    from_clause: Any = None,
) -> Source:
    return replace(
        target,
        froms=(*target.froms, *froms),
        from_clause=target.from_clause if from_clause is None else from_clause,
        keys=keys,
    )


def correlate(relatives: Source, parent: Row, relationship: Relationship) -> sa.ColumnElement[bool]:
    """Compile the predicate that ties relatives to the row of an enclosing statement."""
    return sa.and_(
        *(
            key == parent.column(local)
            for key, local in zip(relatives.keys, relationship.join.local_keys, strict=True)
        )
    )


def given_keys(relatives: Source, name: str) -> Any:
    """Return the parents' key values as rows, to find the relatives of one after another.

    Args:
        relatives: Whose keys they are.
        name: Of the array parameter, if there is one key; else of ``numbered_keys``.
    """
    types = [key.type for key in relatives.keys]
    names = [name] if len(types) == 1 else [_numbered(name, at) for at in range(len(types))]
    arrays = [
        sa.bindparam(each, type_=sa.ARRAY(type_)) for each, type_ in zip(names, types, strict=True)
    ]
    columns = [sa.column(f"k{at}", type_) for at, type_ in enumerate(types)]
    return sa.func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def numbered_keys(name: str, keys: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return the parameters of ``given_keys`` where there are several keys: an array of each."""
    return {_numbered(name, at): list(values) for at, values in enumerate(zip(*keys, strict=True))}


def _numbered(name: str, at: int) -> str:
    return f"{name}_{at}"


def is_kept_single(relationship: Relationship, target: Entity) -> bool:
    """Tell whether a to-one relationship leads to one row at most: to a key.

    Elsewhere nothing keeps it to one row, and the first in order is taken. Where rows are deleted softly, unique keys
    may hold among the others alone.
    """
    if relationship.join.kind is not JoinKind.DIRECT:
        return False
    keys = [] if target.soft_delete else [each.columns for each in target.keys]
    primary = [column.key for column in target.primary_key]
    return any(set(relationship.join.remote_keys).issuperset(key) for key in (primary, *keys))
