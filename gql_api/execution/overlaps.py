"""Whether fields of one response key can be merged: a validation rule in near-linear time.

It accepts and refuses what graphql-core's own rule does, which compares fields two by two. Here each
selection set is a part that is judged once on its own, and parts that meet in one level are compared
through the keys that they share, each group of fields with its first one.

Source:
    GraphQL specification, "Field Selection Merging".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValidationContext,
    ValidationRule,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

MAX_WORK = 200_000
"""Fields and fragments that are looked at in one document; beyond, it is refused."""


@dataclass(slots=True, eq=False)
class _Field:
    """A field of a document, where it stands."""

    node: FieldNode
    parent: GraphQLNamedType | None
    definition: GraphQLField | None

    @property
    def is_of_object(self) -> bool:
        return isinstance(self.parent, GraphQLObjectType)

    @property
    def inner(self) -> "tuple[SelectionSetNode, GraphQLNamedType | None] | None":
        if self.node.selection_set is None:
            return None
        named = None if self.definition is None else get_named_type(self.definition.type)
        return self.node.selection_set, named


@dataclass(slots=True, eq=False)
class _Part:
    """A selection set, with its inline fragments, but without the fragments that it spreads."""

    fields: dict[str, list[_Field]] = field(default_factory=dict)
    """By response key."""

    spreads: list[str] = field(default_factory=list)


Level = tuple[_Part, ...]
"""The parts whose fields are merged, fragments included; each once, in the document's order."""


class FieldsMergeRule(ValidationRule):
    """Refuses fields that share a response key and cannot be merged."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.work = 0
        """Fields and fragments that were looked at."""

    def enter_document(self, node: DocumentNode, *_rest: Any) -> None:
        """Judge the whole document at once."""
        judge = _Judge(self.context.schema, node)
        for error in judge.conflicts():
            self.report_error(error)
        self.work = judge.work


class _Judge:
    """Judges one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._document = document
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._parts: dict[int, _Part] = {}
        self._entered: set[str] = set()
        self._pending: list[tuple[Level, bool]] = []
        self._judged: set[tuple[frozenset[_Part], bool]] = set()
        self.work = 0

    def conflicts(self) -> Iterator[GraphQLError]:
        """Yield an error for each group of fields that conflict.

        Cost:
            Fields of small parts are looked at once for each larger part that they meet.
        """
        for definition in self._document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                root = self._schema.get_root_type(definition.operation)
                self._enter([(definition.selection_set, root)], is_exclusive=False)
                yield from self._judge_pending()
        for name, fragment in self._fragments.items():
            if name not in self._entered:  # which no operation spreads
                self._enter([self._body(fragment)], is_exclusive=False)
                yield from self._judge_pending()

    def _judge_pending(self) -> Iterator[GraphQLError]:
        while self._pending:
            if self.work > MAX_WORK:
                self._pending.clear()
                message = f"The fields of the document overlap in more than {MAX_WORK} ways."
                yield GraphQLError(f"{message} Use fewer fragments and fields of one name.")
                return
            level, is_exclusive = self._pending.pop()
            for group in self._groups(level):
                yield from self._judge_group(group, is_exclusive=is_exclusive)

    def _groups(self, level: Level) -> Iterator[Sequence[_Field]]:
        """Yield the fields that share a key: of the one part, or between several."""
        if len(level) == 1:
            (part,) = level
            self.work += sum(map(len, part.fields.values()))
            yield from part.fields.values()
            return
        largest, *others = sorted(level, key=lambda part: -len(part.fields))
        shared: dict[str, list[_Field]] = {}
        for part in others:
            self.work += 1 + len(part.fields)
            for key, fields in part.fields.items():
                shared.setdefault(key, []).extend(fields)
        for key, fields in shared.items():
            group = [*largest.fields.get(key, ()), *fields]
            if len(group) > 1:
                yield group

    def _judge_group(
        self, group: Sequence[_Field], *, is_exclusive: bool
    ) -> Iterator[GraphQLError]:
        self.work += len(group)
        if len(group) > 1:
            error = None if is_exclusive else _meaning_conflict(group)
            error = error or _shape_conflict(group)
            if error is not None:
                yield error
                return
        together = [group] if is_exclusive else list(_together(group))
        for each in together:
            self._enter(_inner(each), is_exclusive=is_exclusive)
        if len(together) > 1:
            self._enter(_inner(group), is_exclusive=True)

    def _enter(
        self,
        sets: Sequence[tuple[SelectionSetNode, GraphQLNamedType | None]],
        *,
        is_exclusive: bool,
    ) -> None:
        """Judge a level later, and each of its parts on its own."""
        level = self._level(sets)
        for parts in (level, *((part,) for part in level)):
            key = (frozenset(parts), is_exclusive)
            if parts and key not in self._judged:
                self._judged.add(key)
                self._pending.append((parts, is_exclusive))

    def _level(self, sets: Sequence[tuple[SelectionSetNode, GraphQLNamedType | None]]) -> Level:
        """Return the parts of selection sets, those of the fragments that they spread included."""
        parts = [self._part(*each) for each in sets]
        names = [name for part in parts for name in part.spreads]
        entered: set[str] = set()
        while names:
            name = names.pop()
            self.work += 1
            if name in entered or name not in self._fragments:
                continue
            entered.add(name)
            part = self._part(*self._body(self._fragments[name]))
            parts.append(part)
            names += part.spreads
        self._entered |= entered
        self.work += len(parts)
        return tuple(dict.fromkeys(part for part in parts if part.fields))

    def _part(self, selection_set: SelectionSetNode, type_: GraphQLNamedType | None) -> _Part:
        if id(selection_set) not in self._parts:
            part = self._parts[id(selection_set)] = _Part()
            stack = [(selection_set, type_)]
            while stack:
                nodes, parent = stack.pop()
                for node in nodes.selections:
                    self.work += 1
                    if isinstance(node, FieldNode):
                        key = node.alias.value if node.alias else node.name.value
                        part.fields.setdefault(key, []).append(_located(node, parent))
                    elif isinstance(node, FragmentSpreadNode):
                        part.spreads.append(node.name.value)
                    else:
                        stack.append(self._body(node, parent))
        return self._parts[id(selection_set)]

    def _body(
        self, fragment: Any, parent: GraphQLNamedType | None = None
    ) -> tuple[SelectionSetNode, GraphQLNamedType | None]:
        """Return the selection set of a fragment and the type that it selects from."""
        condition = fragment.type_condition
        if condition is not None:
            parent = self._schema.get_type(condition.name.value)
        return fragment.selection_set, parent


def _located(node: FieldNode, parent: GraphQLNamedType | None) -> _Field:
    definition = None
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        definition = parent.fields.get(node.name.value)
    return _Field(node, parent, definition)


def _inner(
    group: Sequence[_Field],
) -> list[tuple[SelectionSetNode, GraphQLNamedType | None]]:
    return [each.inner for each in group if each.inner is not None]


def _together(group: Sequence[_Field]) -> Iterator[Sequence[_Field]]:
    """Yield the fields that may belong to one object: of one type, and of all abstract ones."""
    shared = [each for each in group if not each.is_of_object]
    by_type: dict[int, list[_Field]] = {}
    for each in group:
        if each.is_of_object:
            by_type.setdefault(id(each.parent), []).append(each)
    if not by_type:
        yield shared
    for fields in by_type.values():
        yield [*fields, *shared]


def _shape_conflict(group: Sequence[_Field]) -> GraphQLError | None:
    """Return the error of fields whose values differ in form, whatever their types' parents."""
    known = [each for each in group if each.definition is not None]
    for each in known[1:]:
        if _shape(each) != _shape(known[0]):
            types = " and ".join(
                f"'{one.definition.type}'" for one in (known[0], each) if one.definition
            )
            return _conflict(known[0], each, f"they return conflicting types {types}")
    streams = any(
        directive.name.value == "stream"
        for each in group
        for directive in each.node.directives or ()
    )
    if streams:
        return _conflict(group[0], group[1], "they have overlapping stream directives")
    return None


def _meaning_conflict(group: Sequence[_Field]) -> GraphQLError | None:
    """Return the error of fields of one object that differ in name or arguments."""
    shared = next((each for each in group if not each.is_of_object), None)
    first_by_type: dict[int, _Field] = {}
    for each in group:
        first = shared or first_by_type.setdefault(id(each.parent), each)
        if each is first:
            continue
        names = first.node.name.value, each.node.name.value
        if names[0] != names[1]:
            reason = f"'{names[0]}' and '{names[1]}' are different fields"
            return _conflict(first, each, reason)
        if _arguments(first.node) != _arguments(each.node):
            return _conflict(first, each, "they have differing arguments")
    return None


def _conflict(first: _Field, other: _Field, reason: str) -> GraphQLError:
    node = first.node
    key = node.alias.value if node.alias else node.name.value
    message = (
        f"Fields '{key}' conflict because {reason}. Use different aliases on the fields to fetch "
        "both if this was intentional."
    )
    return GraphQLError(message, [first.node, other.node])


def _shape(each: _Field) -> tuple[str, ...]:
    """Return what must be equal: lists, nulls, and the type where it has no fields."""
    assert each.definition is not None  # noqa: S101 - known fields only
    shape: list[str] = []
    type_: Any = each.definition.type
    while True:
        if is_non_null_type(type_):
            shape.append("!")
            type_ = get_nullable_type(type_)
        elif is_list_type(type_):
            shape.append("[")
            type_ = type_.of_type
        else:
            break
    return (*shape, type_.name if is_leaf_type(type_) else "{")


def _arguments(node: FieldNode) -> dict[str, Any]:
    return {each.name.value: _value(each.value) for each in node.arguments or ()}


def _value(node: ValueNode) -> Any:
    """Return what equal values have in common; recursion is as deep as the parser allows."""
    if isinstance(node, VariableNode):
        return "$", node.name.value
    if isinstance(node, ObjectValueNode):
        return {each.name.value: _value(each.value) for each in node.fields}
    if isinstance(node, ListValueNode):
        return [_value(each) for each in node.values]
    if isinstance(node, StringValueNode):
        return "text", node.value, bool(node.block)
    return node.kind, getattr(node, "value", None)
