"""What the database refused becomes an error about the input.

Pure. Constraints are found in SQLAlchemy's metadata and named by the fields that clients know;
names of constraints, SQL and hidden columns never leave this module.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql import visitors

from gql_api.database.driver_errors import (
    ConstraintFacts,
    ConstraintKind,
    constraint_facts,
    is_policy_refusal,
)
from gql_api.errors import (
    CheckViolationError,
    ForbiddenError,
    ForeignKeyViolationError,
    UniqueViolationError,
    ValidationError,
    WriteError,
)
from gql_api.mapping.descriptors import Entity, Registry
from gql_api.mapping.visibility import public_key

_Rule = SchemaItem

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"\w+")

# SQLAlchemy cuts names beyond 63 or 64 characters and ends them with four digits of a hash.
_HASH_LENGTH = len("_abcd")
_LEAST_CUT_LENGTH = 60


def translate_error(
    error: DBAPIError, entity: Entity, path: Sequence[str], *, is_delete: bool = False
) -> WriteError | None:
    """Translate a refusal of the database; None when the error is of another kind.

    Args:
        error: Raised by a flush.
        entity: Whose row was written.
        path: Where the input stands; the error adds the name of the first field it is about.
        is_delete: Whether the row was to be deleted: then its dependents are in the way.
    """
    if is_policy_refusal(error):
        return ForbiddenError(f"You may not write this {entity.name}.", path=path)
    facts = constraint_facts(error)
    if facts is None:
        return None
    if _is_still_referenced(facts, entity, is_delete=is_delete):
        return _refuse_reference(facts, entity, path)
    return _REFUSALS[facts.kind](_field_names(facts, entity), path)


def translate_deferred(
    error: DBAPIError, registry: Registry, path: Sequence[str] = ()
) -> WriteError | None:
    """Translate a refusal that comes when all rows are written; None when it is of another kind.

    Args:
        error: Raised by a deferred constraint.
        registry: Where the constraint's table is looked for.
        path: Where the input stands; the error adds the name of the first field it is about.
    """
    facts = constraint_facts(error)
    if facts is None:
        return None
    for entity in registry:
        if any(_is_at(table, facts) for table in _tables(orm.class_mapper(entity.model))):
            return translate_error(error, entity, path)
    return _REFUSALS[facts.kind]((), path)


def _is_at(table: sa.Table, facts: ConstraintFacts) -> bool:
    return table.name == facts.table and facts.schema in {None, table.schema or facts.schema}


def has_deferred_constraints(registry: Registry) -> bool:
    """Tell whether a constraint of the models is checked at the commit, unless told otherwise."""
    tables = {table for entity in registry for table in _tables(orm.class_mapper(entity.model))}
    rules = [rule for table in tables for rule in table.constraints]
    return any(f"{getattr(rule, 'initially', None)}".upper() == "DEFERRED" for rule in rules)


def _is_still_referenced(facts: ConstraintFacts, entity: Entity, *, is_delete: bool) -> bool:
    # An ORM that cannot release the dependents of a deleted row runs into their NOT NULL.
    if is_delete:
        return facts.kind in {"foreign_key", "still_referenced", "not_null"}
    return facts.kind == "still_referenced"


def _refuse_reference(facts: ConstraintFacts, entity: Entity, path: Sequence[str]) -> WriteError:
    referrers = [
        relationship.name
        for relationship in entity.relationships.values()
        if relationship.is_list and _is_table(relationship.property.target, facts.table)
    ]
    by = f" by {referrers[0]}" if len(referrers) == 1 else ""
    return ForeignKeyViolationError(f"This {entity.name} is still referenced{by}.", path=path)


def _is_table(selectable: sa.FromClause, name: str | None) -> bool:
    return isinstance(selectable, sa.Table) and selectable.name == name


def _refuse_unique(names: Sequence[str], path: Sequence[str]) -> WriteError:
    if not names:
        message = "A row with these values exists already."
    elif len(names) == 1:
        message = f"{names[0]} is taken already."
    else:
        message = f"This combination of {_enumerate(names)} is taken already."
    return UniqueViolationError(message, path=(*path, *names[:1]), fields=names)


def _refuse_foreign_key(names: Sequence[str], path: Sequence[str]) -> WriteError:
    message = (
        f"{_enumerate(names)} refers to a row that does not exist."
        if names
        else "A row that this one refers to does not exist."
    )
    return ForeignKeyViolationError(message, path=(*path, *names[:1]))


def _refuse_check(names: Sequence[str], path: Sequence[str]) -> WriteError:
    message = (
        f"A rule of the database refuses {_enumerate(names)}."
        if names
        else "A rule of the database refuses this row."
    )
    return CheckViolationError(message, path=(*path, *names[:1]))


def _refuse_value(fault: str) -> Callable[[Sequence[str], Sequence[str]], WriteError]:
    def refuse(names: Sequence[str], path: Sequence[str]) -> WriteError:
        message = f"{_enumerate(names) or 'A value'} {fault}"
        return ValidationError(message, path=(*path, *names[:1]))

    return refuse


_REFUSALS: Mapping[ConstraintKind, Callable[[Sequence[str], Sequence[str]], WriteError]] = (
    MappingProxyType(
        {
            "unique": _refuse_unique,
            "exclusion": _refuse_unique,
            "foreign_key": _refuse_foreign_key,
            "check": _refuse_check,
            "not_null": _refuse_value("must not be null."),
            "too_long": _refuse_value("is too long."),
            "out_of_range": _refuse_value("is out of range."),
            "invalid": _refuse_value("cannot be stored."),
        }
    )
)


def _enumerate(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _field_names(facts: ConstraintFacts, entity: Entity) -> tuple[str, ...]:
    """Return the GraphQL names of the fields that a constraint is about, hidden ones left out."""
    mapper = orm.class_mapper(entity.model)
    tables = [table for table in _tables(mapper) if facts.table in (None, table.name)]
    keys = list(_attribute_keys(mapper, _find_columns(facts, tables)))
    names = (_field_name(entity, key, keys) for key in keys)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _field_name(entity: Entity, key: str, keys: Collection[str]) -> str | None:
    """Name a column by the relationship that sets it, or as clients know it; None for a hidden one.

    Of several relationships, the widest that lies within the constraint is meant.
    """
    linking = [
        relationship
        for relationship in entity.relationships.values()
        if relationship.is_writable and key in relationship.foreign_keys
    ]
    if linking:
        fits = [each for each in linking if set(each.foreign_keys) <= set(keys)]
        return max(fits or linking, key=lambda each: len(each.foreign_keys)).name
    key = public_key(orm.class_mapper(entity.model), key)
    return entity.columns[key].name if key in entity.columns else None


def _attribute_keys(
    mapper: orm.Mapper[Any], columns: Iterable[sa.ColumnElement[Any]]
) -> Iterator[str]:
    for column in columns:
        try:
            yield mapper.get_property_by_column(column).key
        except InvalidRequestError:
            continue  # the table has it, the model does not


def _tables(mapper: orm.Mapper[Any]) -> list[sa.Table]:
    return [table for table in mapper.tables if isinstance(table, sa.Table)]


def _find_columns(
    facts: ConstraintFacts, tables: Sequence[sa.Table]
) -> list[sa.ColumnElement[Any]]:
    """Find columns by the constraint's name, else by their own, else because only one rule fits."""
    rules = [(rule, table) for table in tables for rule in _table_rules(table)]
    if facts.constraint is not None:
        for rule, table in rules:
            if _is_named(rule, facts.constraint, table) and (
                found := list(_rule_columns(rule, table))
            ):
                return found
    named: list[sa.ColumnElement[Any]] = [
        column
        for name in facts.columns
        for table in tables
        for column in table.columns
        if column.name == name
    ]
    return named or _guess_columns(facts, rules, tables)


def _table_rules(table: sa.Table) -> Iterator[_Rule]:
    """Return the constraints and indexes of a table, checks that stand within columns too."""
    yield from table.constraints
    yield from table.indexes
    for column in table.columns:
        yield from column.constraints


def _guess_columns(
    facts: ConstraintFacts, rules: Sequence[tuple[_Rule, sa.Table]], tables: Sequence[sa.Table]
) -> list[sa.ColumnElement[Any]]:
    """Find columns where the database told no more than an expression, or nothing at all."""
    if facts.expression is not None:
        return [column for table in tables for column in _named_columns(facts.expression, table)]
    if facts.kind == "check" and facts.constraint is not None:
        # SQLite quotes the expression of an unnamed check.
        return [column for table in tables for column in _named_columns(facts.constraint, table)]
    foreign = [pair for pair in rules if isinstance(pair[0], sa.ForeignKeyConstraint)]
    if facts.kind == "foreign_key" and len(foreign) == 1:
        return list(_rule_columns(*foreign[0]))
    return []


def _is_named(rule: _Rule, name: str, table: sa.Table) -> bool:
    """Tell whether a constraint or index has a name in the database.

    Source:
        PostgreSQL names checks ``table_column_check`` and MySQL indexes by their first column
        when the model leaves the name out; a primary key of MySQL is ``PRIMARY``.
    """
    own = getattr(rule, "name", None)
    if isinstance(own, str):
        is_cut = len(own) > len(name) >= _LEAST_CUT_LENGTH and name[-_HASH_LENGTH] == "_"
        return own == name or (is_cut and own.startswith(name[:-_HASH_LENGTH]))
    if isinstance(rule, sa.PrimaryKeyConstraint):
        return name == "PRIMARY"
    columns = [getattr(column, "name", "") for column in _rule_columns(rule, table)]
    if isinstance(rule, sa.CheckConstraint):
        return any(name == f"{table.name}_{column}_check" for column in columns)
    return isinstance(rule, sa.UniqueConstraint) and name in columns[:1]


def _rule_columns(rule: _Rule, table: sa.Table) -> Iterator[sa.ColumnElement[Any]]:
    """Return the columns of a constraint or index, those inside of expressions too."""
    if isinstance(rule, sa.CheckConstraint):
        parts: Iterable[Any] = (rule.sqltext,)
    elif isinstance(rule, sa.Index):
        parts = rule.expressions
    else:
        parts = getattr(rule, "columns", ())
    for part in parts:
        for element in visitors.iterate(part):
            if isinstance(element, sa.Column):
                yield element
            elif isinstance(element, sa.TextClause):
                yield from _named_columns(element.text, table)


def _named_columns(expression: str, table: sa.Table) -> Iterator[sa.Column[Any]]:
    """Return the columns that the text of an expression names."""
    for word in dict.fromkeys(_WORD.findall(_LITERAL.sub("", expression))):
        for column in table.columns:
            if column.name == word:
                yield column
