"""Operations become GraphQL: literals or variables, fragments, directives, fields in pieces."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.proof import arrays, computing, documents
from tests.proof.asking import AskedList, AskedRow
from tests.proof.description import Models
from tests.proof.searching import Search
from tests.proof.values import KINDS, Name, Typed, wire_as

_NAME = re.compile("[A-Za-z_][A-Za-z_0-9]*")

Identify = Callable[[str, tuple[Any, ...]], str]
"""Gives the global id of a row of a table by its key."""


@dataclass
class Writer:
    """Writes one operation, in a style drawn from a seed."""

    models: Models
    identify: Identify
    chance: random.Random
    has_variables: bool = True
    """Whether anything is a variable; styles that need one are left out otherwise."""

    variables: dict[str, Any] = field(default_factory=dict)
    _declared: list[str] = field(default_factory=list)
    _fragments: list[str] = field(default_factory=list)

    def document(self, selections: list[str]) -> str:
        """Write the operation around its root fields."""
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        fragments = " ".join(self._fragments)
        return f"query Q{declared} {{ {' '.join(selections)} }} {fragments}"

    def argument(self, value: Any, type_: str) -> str:
        """Write an argument: a literal, or a variable for all of it or for some values in it."""
        styles = ("literal", "whole", "values") if self.has_variables else ("literal",)
        style = self.chance.choice(styles)
        if style == "whole":
            return self._variable(plain(value), type_)
        return self._literal(value, has_variables=style == "values")

    def _variable(self, value: Any, type_: str) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = value
        self._declared.append(f"${name}: {type_}")
        return f"${name}"

    def _literal(self, value: Any, *, has_variables: bool) -> str:
        if isinstance(value, Typed):
            has_variables = has_variables and self.chance.random() < 0.5
            if has_variables or not has_literal(value.value):
                return self._variable(plain(value), f"{value.type_}!")
            return literal(value.value)
        if isinstance(value, dict):
            parts = [
                f"{name}: {self._literal(part, has_variables=has_variables)}"
                for name, part in value.items()
            ]
            return f"{{{', '.join(parts)}}}"
        if isinstance(value, list):
            parts = [self._literal(part, has_variables=has_variables) for part in value]
            return f"[{', '.join(parts)}]"
        return literal(value)

    def condition(self, name: str, condition: Any) -> dict[str, Any]:
        """Write a condition as an input object."""
        kind, *parts = condition
        match kind:
            case "and" | "or":
                written: dict[str, Any] = {kind: [self.condition(name, part) for part in parts[0]]}
            case "siblings":
                each = [self.condition(name, part) for part in parts[0]]
                written = {key: part for one in each for key, part in one.items()}
            case "not":
                written = {kind: self.condition(name, parts[0])}
            case "compare":
                written = self._comparison(name, *parts)
            case "ids":
                written = {"id": self._identity(name, *parts)}
            case "count":
                relation, operator, value = parts
                written = {f"{relation}Aggregate": {"count": {operator: Typed(value, "Int")}}}
            case "total":
                written = self._total(name, *parts)
            case _:
                written = self._relatives(name, *parts)
        return written

    def _total(
        self, name: str, to: str, function: str, column: str, asked: tuple[str, Any]
    ) -> dict[str, Any]:
        target = self.models.table[self.models.table[name].relation[to].target]
        written = written_result(function, target.by_name[column].kind, *asked)
        return {f"{to}Aggregate": {function: {column: written}}}

    def _relatives(self, name: str, to: str, quantifier: str, inner: Any) -> dict[str, Any]:
        written = self.condition(self.models.table[name].relation[to].target, inner)
        return {to: written if quantifier == "one" else {quantifier: written}}

    def _comparison(self, name: str, column: str, operators: list[tuple[str, Any]]) -> Any:
        kind = self.models.table[name].by_name[column].kind
        scalar = KINDS[kind].scalar
        written: dict[str, Any] = {}
        for operator, value in operators:
            if operator == "isNull":
                written[operator] = Typed(value, "Boolean")
            elif isinstance(value, Search):
                written[operator] = Typed(value.text, scalar)
            elif KINDS[kind].form == "document":
                written[operator] = _document_operand(operator, value)
            elif operator in arrays.WHOLE and KINDS[kind].form == "array":
                written[operator] = Typed([wire_as(kind, each) for each in value], f"[{scalar}]")
            elif isinstance(value, list):
                values = [wire_as(kind, each) for each in value]
                written[operator] = Typed(values, f"[{scalar}!]")
            else:
                written[operator] = Typed(wire_as(kind, value), scalar)
        return {column: written}

    def _identity(self, name: str, operator: str, keys: list[tuple[Any, ...]]) -> Any:
        ids = [self.identify(name, key) for key in keys]
        if operator in {"in", "notIn"}:
            return {operator: Typed(ids, "[ID!]")}
        return {operator: Typed(ids[0], "ID")}

    def list_field(self, field_: str, asked: AskedList, alias: str | None = None) -> str:
        """Write a list as a selection."""
        arguments: dict[str, str] = {}
        if asked.where != ("and", []) or self.chance.random() < 0.2:
            where = self.condition(asked.table, asked.where)
            arguments["where"] = self.argument(where, f"{asked.table}Filter")
        if asked.order or self.chance.random() < 0.2:
            order = [order_item(path, direction) for path, direction in asked.order]
            arguments["orderBy"] = self.argument(order, f"[{asked.table}Order!]")
        for name in ("first", "last", "offset"):
            value = getattr(asked, name)
            if value is not None or self.chance.random() < 0.1:
                arguments[name] = self.argument(value, "Int")
        for name, place in (("after", asked.after), ("before", asked.before)):
            if place is not None:
                arguments[name] = self.argument(place.cursor, "String")
        written = ", ".join(f"{name}: {value}" for name, value in arguments.items())
        inside = self._connection(asked)
        head = field_ if alias in {None, field_} else f"{alias}: {field_}"
        return f"{head}{f'({written})' if written else ''} {{ {inside} }}"

    def _connection(self, asked: AskedList) -> str:
        parts = []
        if asked.has_total:
            parts.append("totalCount")
        if asked.has_facts:
            parts.append("pageInfo { hasNextPage hasPreviousPage }")
        if asked.has_nodes:
            parts.append(f"nodes {{ {self.row(asked.row)} }}")
        if asked.has_edges:
            parts.append(f"edges {{ node {{ {self.row(asked.row)} }} }}")
        return " ".join(parts)

    def row(self, asked: AskedRow) -> str:
        """Write what is asked of a row; its parts in any order, some in fragments."""
        parts = [
            (name if key == name else f"{key}: {name}") + self._path(asked.paths.get(key))
            for key, name in asked.columns.items()
        ]
        for alias, (name, inner) in asked.to_one.items():
            head = name if alias == name else f"{alias}: {name}"
            parts.append(f"{head} {{ {self.row(inner)} }}")
        parts += [
            self.list_field(name, nested, alias) for alias, (name, nested) in asked.to_many.items()
        ]
        self.chance.shuffle(parts)
        return " ".join(self._styled(part, asked.table) for part in parts)

    def _path(self, path: tuple[str, ...] | None) -> str:
        if path is None:
            return ""
        return f"(path: {self.argument(list(path), '[String!]')})"

    def _styled(self, part: str, type_: str) -> str:
        """Write a part plainly, twice, in a fragment, or beside one that is left out."""
        style = self.chance.randrange(24) if self.has_variables else 0
        if style == 3:
            name = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {name} on {type_} {{ {part} }}")
            part = f"...{name}"
        elif style == 4:
            shown = self._variable(value=True, type_="Boolean!")
            part = f"... @include(if: {shown}) {{ {part} }}"
        elif style == 5:
            hidden = self._variable(value=True, type_="Boolean!")
            part = f"{part} left: __typename @skip(if: {hidden})"
        else:
            inside = {0: f"... on {type_} {{ {part} }}", 1: f"... {{ {part} }}"}
            part = f"{part} {part}" if style == 2 else inside.get(style, part)
        return part


def _document_operand(operator: str, value: Any) -> Any:
    """Write the operand of a document: a part of one, a key, or conditions at a path."""
    if operator != "path":
        return Typed(value, "String") if operator == "hasKey" else Typed(value.value, "JSON")
    path, conditions = value
    written: dict[str, Any] = {"at": Typed(list(path), "[String!]")}
    for kind, part in conditions:
        if kind == "isNull":
            written[kind] = Typed(part, "Boolean")
            continue
        scalar = documents.SCALARS[kind]
        written[kind] = {name: _value_operand(each, scalar) for name, each in part}
    return written


def _value_operand(value: Any, scalar: str) -> Typed:
    if isinstance(value, Search):
        return Typed(value.text, scalar)
    if isinstance(value, list):
        return Typed(value, f"[{scalar}!]")
    return Typed(value, "Boolean" if isinstance(value, bool) else scalar)


def written_result(function: str, kind: str, operator: str, value: Any) -> dict[str, Typed]:
    """Write the condition on a result of a function over a column of a kind."""
    scalar = computing.result_kind(function, kind)
    if operator == "isNull":
        return {operator: Typed(value, "Boolean")}
    if isinstance(value, list):
        return {operator: Typed([wire_as(kind, each) for each in value], f"[{scalar}!]")}
    if function in {"min", "max"}:
        value = wire_as(kind, value)
    elif scalar in {"BigInt", "Decimal"}:
        value = str(value)
    return {operator: Typed(value, scalar)}


def order_item(path: tuple[Any, ...], direction: str) -> dict[str, Any]:
    """Write one item of an order."""
    written: Any = Typed(Name(direction), "SortOrder")
    if isinstance(path[-1], Search):
        *path, words = path  # type: ignore[assignment] # a list is as good
        written = Typed(words.text, "String")
    for name in reversed(path):
        written = {name: written}
    return written  # type: ignore[no-any-return] # a path has one step at least


def plain(value: Any) -> Any:
    """Write a value as the JSON of a variable."""
    if isinstance(value, Typed):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, Name) else value


def has_literal(value: Any) -> bool:
    """Tell whether a value can be written as a literal: keys of objects must be names."""
    if isinstance(value, dict):
        return all(_NAME.fullmatch(name) and has_literal(each) for name, each in value.items())
    return not isinstance(value, list) or all(map(has_literal, value))


def literal(value: Any) -> str:
    """Write a value as a GraphQL literal."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {literal(each)}' for name, each in value.items())}}}"
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value)
