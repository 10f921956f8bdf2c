"""Documents as honest clients send them: many fragments, as Relay writes them, or deep and small."""

import random
from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

NUMBER = 200

_PAGES = (2, 5, 10)
_DEEPEST = 20
_NEVER = frozenset({"aggregate", "groups", "pageInfo", "edges", "nodes", "totalCount"})


class _Writer:
    """Writes one document.

    Args:
        schema: Whose types are selected.
        seed: Decides what is selected.
    """

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self._schema = schema
        self._random = random.Random(seed)  # noqa: S311 - nothing secret
        self._fragments: list[str] = []
        query = schema.query_type
        assert query is not None
        self._lists = [
            (name, self._row_type(field))
            for name, field in query.fields.items()
            if "first" in field.args and not self._requires(field)
        ]

    def components(self) -> str:
        """Write a screen of components, each with a fragment of its own."""
        name, row = self._random.choice(self._lists)
        spread = self._component(row, self._random.randint(2, 3))
        first = self._random.choice(_PAGES)
        page = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        root = f"{name}(first: {first}) {{ edges {{ cursor node {{ __typename id {spread} }} }} {page} }}"
        again = f"again: {name}(first: 1) {{ totalCount nodes {{ {spread} }} }}"
        head = "query Screen($isWide: Boolean = true)"
        return f"{head} {{ {root} {again} }}\n" + "\n".join(self._fragments)

    def chain(self) -> str:
        """Write to-one relatives within each other, as deep as is usual at most."""
        found = [(name, row) for name, row in self._lists if self._relatives(row, is_many=False)]
        name, type_ = self._random.choice(found)
        depth = self._random.randint(4, _DEEPEST)
        names = []
        for _ in range(depth):
            relatives = self._relatives(type_, is_many=False)
            if not relatives:
                break
            relative, field = self._random.choice(relatives)
            names.append(relative)
            type_ = self._row_type(field)
        inner = " ".join(f"{{ id {each}" for each in names) + " { id }" + " }" * len(names)
        return f"{{ {name}(first: 2) {{ nodes {inner} }} }}"

    def _component(self, type_: GraphQLObjectType, depth: int) -> str:
        fields = ["__typename", *self._columns(type_)]
        if depth:
            ones = self._relatives(type_, is_many=False)
            for name, field in self._random.sample(ones, min(2, len(ones))):
                fields.append(
                    f"{name} {{ id {self._component(self._row_type(field), depth - 1)} }}"
                )
            many = self._relatives(type_, is_many=True)
            for name, field in self._random.sample(many, min(1, len(many))):
                spread = self._component(self._row_type(field), depth - 1)
                fields.append(
                    f"{name}(first: 3) @include(if: $isWide) {{ edges {{ node {{ {spread} }} }} }}"
                )
        name = f"Component{len(self._fragments)}_{type_.name[:1].lower()}{type_.name[1:]}"
        self._fragments.append(f"fragment {name} on {type_.name} {{ {' '.join(fields)} }}")
        return f"...{name}"

    def _columns(self, type_: GraphQLObjectType) -> list[str]:
        names = [
            name
            for name, field in type_.fields.items()
            if is_leaf_type(get_named_type(field.type)) and not self._requires(field)
        ]
        return self._random.sample(names, min(len(names), self._random.randint(2, 6)))

    def _relatives(
        self, type_: GraphQLObjectType, *, is_many: bool
    ) -> list[tuple[str, GraphQLField]]:
        return [
            (name, field)
            for name, field in type_.fields.items()
            if isinstance(get_named_type(field.type), GraphQLObjectType)
            and name not in _NEVER
            and ("first" in field.args) == is_many
            and not self._requires(field)
        ]

    def _row_type(self, field: GraphQLField) -> GraphQLObjectType:
        type_ = get_named_type(field.type)
        assert isinstance(type_, GraphQLObjectType)
        nodes = type_.fields.get("nodes")
        row = type_ if nodes is None else get_named_type(nodes.type)
        assert isinstance(row, GraphQLObjectType)
        return row

    def _requires(self, field: GraphQLField) -> bool:
        return any(is_required_argument(each) for each in field.args.values())


def honest_documents(schema: GraphQLSchema) -> Iterator[str]:
    """Yield documents of a schema: nine of components, then one of a chain, and so on."""
    for seed in range(NUMBER):
        writer = _Writer(schema, seed)
        yield writer.chain() if seed % 10 == 9 else writer.components()
