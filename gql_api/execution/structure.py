"""The structure of a document: how deep it is, and how many parts of each kind it has.

Each definition is walked once, whatever its fragments are spread into; nothing recurses.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gql_api.config import Limits
from gql_api.errors import LimitExceededError

Definition = OperationDefinitionNode | FragmentDefinitionNode

_MESSAGES = {
    "max_depth": "The document has {amount} fields within each other: at most {limit} are allowed.",
    "max_root_fields": "The document has {amount} root fields: at most {limit} are allowed.",
    "max_aliases": "The document has {amount} aliases: at most {limit} are allowed.",
    "max_directives": "The document has {amount} directives: at most {limit} are allowed.",
}


@dataclass(frozen=True, slots=True)
class Structure:
    """Amounts of a document."""

    depth: int
    """Fields within each other, through fragments; a root field is 1 deep."""

    root_fields: int
    """Of all operations together, at least one each; those of a fragment count once."""

    aliases: int
    directives: int

    visited: int
    """Nodes that were looked at: the work of measuring."""


@dataclass(slots=True)
class _Part:
    """Amounts of one definition, without the fragments that it spreads."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    visited: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)
    """Names of fragments, and how deep their fields stand."""


def check_structure(document: DocumentNode, limits: Limits) -> list[LimitExceededError]:
    """Compare the structure of a document with the limits; one error for each that is exceeded."""
    found = measure_structure(document)
    errors = []
    for name, message in _MESSAGES.items():
        amount, limit = getattr(found, name.removeprefix("max_")), getattr(limits, name)
        if amount > limit:
            text = message.format(amount=amount, limit=limit)
            errors.append(LimitExceededError(text, limit=name))
    return errors


def measure_structure(document: DocumentNode) -> Structure:
    """Measure a document, which need not be valid: cycles of fragments add nothing.

    Cost:
        Linear in the size of the document.
    """
    definitions = [each for each in document.definitions if isinstance(each, Definition)]
    parts = [_measure_part(each) for each in definitions]
    fragments = {
        definition.name.value: part
        for definition, part in zip(definitions, parts, strict=True)
        if isinstance(definition, FragmentDefinitionNode)
    }
    depths = _fragment_depths(fragments)
    root_fields, visited = _count_root_fields(definitions)
    return Structure(
        depth=max((_depth(part, depths) for part in parts), default=0),
        root_fields=root_fields,
        aliases=sum(part.aliases for part in parts),
        directives=sum(part.directives for part in parts),
        visited=visited + sum(part.visited for part in parts),
    )


def _measure_part(definition: Definition) -> _Part:
    part = _Part(directives=len(definition.directives or ()))
    for variable in definition.variable_definitions or ():
        part.directives += len(variable.directives or ())
    stack = [(definition.selection_set, 1)]
    while stack:
        selection_set, depth = stack.pop()
        for node in selection_set.selections:
            part.visited += 1
            part.directives += len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                part.spreads.append((node.name.value, depth))
            elif isinstance(node, InlineFragmentNode):
                stack.append((node.selection_set, depth))
            elif isinstance(node, FieldNode):
                part.depth = max(part.depth, depth)
                part.aliases += node.alias is not None
                if node.selection_set is not None:
                    stack.append((node.selection_set, depth + 1))
    return part


def _depth(part: _Part, depths: Mapping[str, int]) -> int:
    inner = (depth - 1 + depths.get(name, 0) for name, depth in part.spreads)
    return max(part.depth, max(inner, default=0))


def _fragment_depths(fragments: Mapping[str, _Part]) -> dict[str, int]:
    """Return the depth of each fragment, those it spreads included."""
    depths: dict[str, int] = {}
    entered: set[str] = set()
    for root in fragments:
        stack = [root]
        while stack:
            name = stack[-1]
            part = fragments[name]
            if name not in entered:
                entered.add(name)
                stack += [
                    inner
                    for inner, _ in part.spreads
                    if inner in fragments and inner not in entered
                ]
                continue
            stack.pop()
            depths.setdefault(name, _depth(part, depths))
    return depths


def _count_root_fields(definitions: Sequence[Definition]) -> tuple[int, int]:
    """Return the number of root fields, and the number of nodes looked at."""
    fragments = {
        each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)
    }
    total = visited = 0
    pending: list[str] = []
    for definition in definitions:
        if isinstance(definition, OperationDefinitionNode):
            level = list(_flat(definition.selection_set))
            keys, spreads = _split(level)
            total += max(1, len(keys))
            visited += len(level)
            pending += spreads
    shared: set[str] = set()
    while pending:
        fragment = fragments.pop(pending.pop(), None)  # each is entered once
        if fragment is not None:
            level = list(_flat(fragment.selection_set))
            keys, spreads = _split(level)
            shared |= keys
            visited += len(level)
            pending += spreads
    return total + len(shared), visited


def _split(level: Sequence[FieldNode | FragmentSpreadNode]) -> tuple[set[str], list[str]]:
    """Return the response keys and the names of the fragments of a level."""
    fields = [node for node in level if isinstance(node, FieldNode)]
    keys = {node.alias.value if node.alias else node.name.value for node in fields}
    return keys, [node.name.value for node in level if isinstance(node, FragmentSpreadNode)]


def _flat(selection_set: SelectionSetNode) -> Iterator[FieldNode | FragmentSpreadNode]:
    """Yield the fields and spreads of a level, those of inline fragments included."""
    stack = [selection_set]
    while stack:
        for node in stack.pop().selections:
            if isinstance(node, FieldNode | FragmentSpreadNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                stack.append(node.selection_set)
