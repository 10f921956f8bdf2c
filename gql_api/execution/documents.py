"""Documents that were found good, kept so that each is parsed and judged once."""

from dataclasses import dataclass, field

from graphql import DocumentNode, FragmentDefinitionNode

from gql_api.execution.operations import KnownOperation, find_operation
from gql_api.execution.prices import CostProgram
from gql_api.execution.variables import VariableReader
from gql_api.schema.build import Schema
from gql_api.schema.plans import DocumentPlans

_MAX_CHARACTERS = 500_000


@dataclass(frozen=True, slots=True, eq=False)
class KnownDocument:
    """A document that is valid and within the limits."""

    node: DocumentNode
    plans: DocumentPlans
    """Of its fields, as they are asked for."""

    prices: dict[str | None, CostProgram] = field(default_factory=dict)
    """Of its operations, by name, as they are asked for."""

    operations: dict[str | None, KnownOperation | None] = field(default_factory=dict)
    """Its queries, by name, as they are asked for."""

    def operation(self, name: str | None, schema: Schema) -> KnownOperation | None:
        """Return the query with a name, or the only operation; None for anything else."""
        if name not in self.operations:
            node = find_operation(self.node, name)
            if node is None:
                return None
            fragments = {
                each.name.value: each
                for each in self.node.definitions
                if isinstance(each, FragmentDefinitionNode)
            }
            named = None if node.name is None else node.name.value
            variables = VariableReader(schema.graphql_schema, node.variable_definitions or ())
            self.operations[name] = KnownOperation(
                node, named, fragments, schema, self.plans.conditions, variables
            )
        return self.operations[name]


class DocumentCache:
    """Documents by their text; the ones used last are kept.

    Args:
        max_characters: Of all documents together.
    """

    def __init__(self, max_characters: int = _MAX_CHARACTERS) -> None:
        self._documents: dict[str, KnownDocument] = {}
        self._max_characters = max_characters
        self._characters = 0

    def get(self, text: str) -> KnownDocument | None:
        """Return a document, or None if it is not known."""
        found = self._documents.pop(text, None)
        if found is not None:
            self._documents[text] = found
        return found

    def put(self, text: str, document: KnownDocument) -> None:
        """Keep a document, and forget the ones that were not used for longest."""
        if text in self._documents or len(text) > self._max_characters:
            return
        self._documents[text] = document
        self._characters += len(text)
        while self._characters > self._max_characters:
            oldest = next(iter(self._documents))
            del self._documents[oldest]
            self._characters -= len(oldest)
