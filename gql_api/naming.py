"""All GraphQL names: the only place that makes one.

No other module contains a string that ends in ``Connection``, ``Edge``, ``Input`` or ``Payload``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from pluralizer import Pluralizer

_PLURALIZER = Pluralizer()  # type: ignore[no-untyped-call]  # its __init__ is untyped
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+|_+|[0-9]+")
_LEADING_CAPITALS = re.compile(r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+(?=[0-9_]|$)|^[A-Z]")

RESERVED_FIELDS = frozenset({"id", "and", "or", "not"})
"""Field names with a meaning of their own in objects and filters."""

VERSION_FIELD = "version"
"""Field that tells versions of rows apart, where a model has them."""

RESERVED_TYPES = frozenset(
    {"Query", "Mutation", "Subscription", "Node", "Error", "PageInfo", "SortOrder", "String"}
    | {"Boolean", "Int", "Float", "ID", "BigInt", "Decimal", "DateTime", "LocalDateTime", "Date"}
    | {"Time", "Duration", "UUID", "JSON", "Base64", "Opaque", "JSONPath", "TSVector"}
    | {"ValidationError", "UniqueViolation", "ForeignKeyViolation", "CheckViolation"}
    | {"StaleVersion", "NotFound", "Forbidden", "LimitExceeded", "RateLimited", "Bucket"}
    | {"ExactString"}
)
"""Type names that no model may take."""

AGGREGATE_PARTS = ("count_distinct", "sum", "average", "range")
"""Functions over the columns of a list; those with the same types share one part."""


def plural(word: str) -> str:
    """Return the plural of an English noun, or of the last word of a CamelCase name."""
    return str(_PLURALIZER.plural(word))


def singular(word: str) -> str:
    """Return the singular of an English noun, or of the last word of a CamelCase name."""
    return str(_PLURALIZER.singular(word))


def camel_case(text: str) -> str:
    """Turn ``snake_case``, ``CamelCase`` or anything else into a valid ``camelCase`` name.

    Characters that GraphQL refuses become ``_`` and their code point, so that different texts stay
    different; a leading digit gets ``_`` in front. A trailing underscore stays.
    """
    text = _escape(text)
    head, *rest = [word for word in re.split(r"_+(?=[^_])", text.lstrip("_")) if word] or ["_"]
    joined = _lower_first(head) + "".join(word[:1].upper() + word[1:] for word in rest)
    return f"_{joined}" if joined[:1].isdigit() else joined


def pascal_case(text: str) -> str:
    """Turn any text into a valid ``PascalCase`` name; existing capitals stay."""
    words = [word for word in _escape(text).split("_") if word] or ["_"]
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return f"_{joined}" if joined[:1].isdigit() else joined


def snake_case(text: str) -> str:
    """Turn a name into ``snake_case``: ``SupportRepId`` becomes ``support_rep_id``."""
    words = [word.lower() for word in _WORDS.findall(_escape(text)) if word.strip("_")]
    joined = "_".join(words) or "_"
    return f"_{joined}" if joined[:1].isdigit() else joined


def _escape(text: str) -> str:
    spaced = re.sub(r"[\s.\-/]+", "_", text.strip())
    return re.sub(r"[^_0-9A-Za-z]", lambda match: f"_u{ord(match[0]):04x}", spaced)


def _lower_first(word: str) -> str:
    return _LEADING_CAPITALS.sub(lambda match: match[0].lower(), word, count=1)


class NameTable:
    """Names in use in one place; a taken name gets the next free number.

    Args:
        reserved: Names that nobody may claim.
        inherited: Names of attributes of a base class, by key: they keep them.
        instead: Names that have a meaning of their own here, and what is claimed instead.
    """

    def __init__(
        self,
        reserved: Iterable[str] = (),
        inherited: Mapping[str, str] | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> None:
        self._inherited = inherited or {}
        self._instead = instead or {}
        self._taken = {*reserved, *self._inherited.values()}

    def claim(self, wanted: str, key: str | None = None) -> str:
        """Take a name, or the name with the lowest number from 2 on that is free.

        Args:
            wanted: A name.
            key: Attribute that it is for; one that is inherited keeps its name.
        """
        if key is not None and key in self._inherited:
            return self._inherited[key]
        wanted = self._instead.get(wanted, wanted)
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}{number}", number + 1
        self._taken.add(name)
        return name


class Inflector:
    """Makes every GraphQL name. Subclass and override a method to rename a kind of thing."""

    # Objects and what belongs to them

    def object_type(self, model_name: str) -> str:
        """Name the type of a model, before collisions are resolved."""
        return pascal_case(model_name)

    def base_type(self, object_type: str) -> str:
        """Name the type of the rows of a class that belong to no subclass."""
        return f"Base{object_type}"

    def field(self, attribute: str) -> str:
        """Name a field. An attribute ``id`` is ``rowId``: ``id`` is the global id."""
        return "rowId" if attribute == "id" else camel_case(attribute)

    def version_column(self) -> str:
        """Name an attribute ``version`` of a model with versions: ``version`` is the opaque one."""
        return "rowVersion"

    def enum_type(self, enum_name: str) -> str:
        """Name an enumeration."""
        return pascal_case(enum_name)

    def enum_value(self, label: str) -> str:
        """Name a value of an enumeration in SCREAMING_CASE; a blank label is ``EMPTY``."""
        words = _escape(label)
        if not words:
            return "EMPTY"
        if words.upper() != words:
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words)
        name = words.upper()
        is_refused = name[:1].isdigit() or name.startswith("__")
        return f"_{name.lstrip('_')}" if is_refused else name

    def edge_type(self, object_type: str) -> str:
        """Name the edge of a connection."""
        return f"{object_type}Edge"

    def connection_type(self, object_type: str) -> str:
        """Name the connection of a type."""
        return f"{object_type}Connection"

    # Root fields

    def single_field(self, object_type: str) -> str:
        """Name the root field of one row by global id."""
        return _lower_first(object_type)

    def by_key_field(self, object_type: str) -> str:
        """Name the root field of one row by any key."""
        return f"{_lower_first(object_type)}By"

    def many_field(self, object_type: str) -> str:
        """Name the root field of a list; a noun without plural gets ``List``."""
        return _lower_first(self._many(object_type))

    # Arguments

    def filter_type(self, object_type: str) -> str:
        """Name the filter of a type, or the operators of a scalar."""
        return f"{object_type}Filter"

    def exact_type(self, scalar: str) -> str:
        """Name a scalar that is compared as a whole, before its operators are named."""
        return f"Exact{scalar}"

    def list_filter_type(self, object_type: str) -> str:
        """Name the filter of a to-many relationship."""
        return f"{object_type}ListFilter"

    def aggregate_filter_type(self, object_type: str) -> str:
        """Name the filter by aggregates of a to-many relationship."""
        return f"{object_type}AggregateFilter"

    def order_type(self, object_type: str) -> str:
        """Name one item of an order."""
        return f"{object_type}Order"

    def aggregate_order_type(self, object_type: str) -> str:
        """Name the order by aggregates of a to-many relationship."""
        return f"{object_type}AggregateOrder"

    def aggregate_type(self, object_type: str, function: str = "") -> str:
        """Name the aggregates of a list, or those of one function over its columns."""
        return f"{self.aggregate_part(object_type, function)}Aggregate"

    def aggregate_part(self, object_type: str, function: str) -> str:
        """Name what the aggregates of one function are named after."""
        return f"{object_type}{pascal_case(function)}" if function else object_type

    def group_type(self, object_type: str) -> str:
        """Name a group of the rows of a list."""
        return f"{object_type}Group"

    def group_key_type(self, object_type: str) -> str:
        """Name the input that says what rows are grouped by."""
        return f"{object_type}GroupKey"

    def group_key_values_type(self, object_type: str) -> str:
        """Name what the rows of a group share."""
        return f"{object_type}GroupKeyValues"

    def group_field_type(self, object_type: str) -> str:
        """Name the enumeration of the fields that rows are grouped by."""
        return f"{object_type}GroupField"

    def group_order_type(self, object_type: str) -> str:
        """Name one item of an order of groups."""
        return f"{object_type}GroupOrder"

    def group_key_order_type(self, object_type: str) -> str:
        """Name the order of groups by a key."""
        return f"{object_type}GroupKeyOrder"

    def search_order_type(self, object_type: str) -> str:
        """Name the order by how well a column matches words."""
        return f"{object_type}SearchOrder"

    def search_rank_field(self) -> str:
        """Name the item of an order that sorts by how well a column matches words."""
        return "searchRank"

    def key_type(self, object_type: str) -> str:
        """Name the input that holds one key of a type."""
        return f"{object_type}Key"

    def composite_key_type(self, object_type: str, key: str) -> str:
        """Name the input that holds the columns of a composite key."""
        return f"{object_type}{pascal_case(key)}Key"

    def key_field(self, columns: Iterable[str]) -> str:
        """Name a key after the field names of its columns."""
        head, *rest = columns
        return head + "".join(pascal_case(name) for name in rest)

    def aggregate_field(self, relationship: str) -> str:
        """Name the aggregates of a to-many relationship in filters and orders."""
        return f"{relationship}Aggregate"

    # Mutations

    def create_field(self, object_type: str) -> str:
        """Name the mutation that creates one row."""
        return f"create{object_type}"

    def update_field(self, object_type: str) -> str:
        """Name the mutation that updates one row."""
        return f"update{object_type}"

    def delete_field(self, object_type: str) -> str:
        """Name the mutation that deletes one row."""
        return f"delete{object_type}"

    def restore_field(self, object_type: str) -> str:
        """Name the mutation that brings back one deleted row."""
        return f"restore{object_type}"

    def purge_field(self, object_type: str) -> str:
        """Name the mutation that removes one deleted row for good."""
        return f"purge{object_type}"

    def create_many_field(self, object_type: str) -> str:
        """Name the mutation that creates many rows."""
        return f"create{self._many(object_type)}"

    def update_many_field(self, object_type: str) -> str:
        """Name the mutation that updates all rows that meet a condition."""
        return f"update{self._many(object_type)}"

    def update_by_id_field(self, object_type: str) -> str:
        """Name the mutation that updates many rows, each in its own way."""
        return f"update{self._many(object_type)}ById"

    def delete_many_field(self, object_type: str) -> str:
        """Name the mutation that deletes all rows that meet a condition."""
        return f"delete{self._many(object_type)}"

    def upsert_field(self, object_type: str) -> str:
        """Name the mutation that creates a row, or updates it if it is there."""
        return f"upsert{object_type}"

    def upsert_key_type(self, object_type: str) -> str:
        """Name the input that holds one key that a new row sets."""
        return f"{object_type}UpsertKey"

    def update_item_type(self, object_type: str) -> str:
        """Name one item of the mutation that updates many rows, each in its own way."""
        mutation = self.update_field(object_type)
        return f"{mutation[:1].upper()}{mutation[1:]}Item"

    def delete_item_type(self, object_type: str) -> str:
        """Name a row to delete and the version that it is expected to have."""
        mutation = self.delete_field(object_type)
        return f"{mutation[:1].upper()}{mutation[1:]}Item"

    def _many(self, object_type: str) -> str:
        """Return the plural of a type; a noun without plural gets ``List``."""
        name = plural(object_type)
        return f"{name}List" if name == object_type else name

    def input_type(self, mutation: str) -> str:
        """Name the input of a mutation field."""
        return f"{mutation[:1].upper()}{mutation[1:]}Input"

    def link_input_type(self, mutation: str, relationship: str) -> str:
        """Name the input of a relationship within the input of a mutation field."""
        return f"{mutation[:1].upper()}{mutation[1:]}{pascal_case(relationship)}Input"

    def operation_input_type(self, mutation: str, operator: str) -> str:
        """Name the input of what an operator changes within the input of a mutation field."""
        return f"{mutation[:1].upper()}{mutation[1:]}{pascal_case(operator)}Input"

    def partial_input_type(self, mutation: str, omitted: Iterable[str]) -> str:
        """Name the input of a mutation field without what the enclosing row sets."""
        without = "And".join(pascal_case(name) for name in omitted)
        return f"{mutation[:1].upper()}{mutation[1:]}Without{without}Input"

    def connect_or_create_type(self, object_type: str, omitted: Iterable[str] = ()) -> str:
        """Name the input of a row that is created unless it is there, without what is omitted."""
        without = "And".join(pascal_case(name) for name in omitted)
        return f"{object_type}ConnectOrCreate{f'Without{without}' if without else ''}"

    def payload_type(self, mutation: str) -> str:
        """Name the payload of a mutation field."""
        return f"{mutation[:1].upper()}{mutation[1:]}Payload"

    def family(self, object_type: str) -> frozenset[str]:
        """Return every name that belongs to a type: they are free, or the type is renumbered."""
        mutations = (
            self.create_field(object_type),
            self.update_field(object_type),
            self.delete_field(object_type),
            self.restore_field(object_type),
            self.purge_field(object_type),
            self.create_many_field(object_type),
            self.update_many_field(object_type),
            self.update_by_id_field(object_type),
            self.delete_many_field(object_type),
            self.upsert_field(object_type),
        )
        return frozenset(
            {
                object_type,
                self.edge_type(object_type),
                self.connection_type(object_type),
                self.filter_type(object_type),
                self.list_filter_type(object_type),
                self.aggregate_filter_type(object_type),
                self.aggregate_order_type(object_type),
                self.order_type(object_type),
                self.search_order_type(object_type),
                self.key_type(object_type),
                self.update_item_type(object_type),
                self.delete_item_type(object_type),
                self.upsert_key_type(object_type),
                *self._aggregate_family(object_type),
                f"Query.{self.single_field(object_type)}",
                f"Query.{self.by_key_field(object_type)}",
                f"Query.{self.many_field(object_type)}",
                *(f"Mutation.{name}" for name in mutations),
                *(self.input_type(name) for name in mutations),
                *(self.payload_type(name) for name in mutations),
            }
        )

    def _aggregate_family(self, object_type: str) -> Iterator[str]:
        for function in AGGREGATE_PARTS:
            yield self.aggregate_type(object_type, function)
            name = self.aggregate_part(object_type, function)
            yield self.aggregate_filter_type(name)
            yield self.aggregate_order_type(name)
        yield self.aggregate_type(object_type)
        yield self.group_type(object_type)
        yield self.group_key_type(object_type)
        yield self.group_key_values_type(object_type)
        yield self.group_field_type(object_type)
        yield self.group_order_type(object_type)
        yield self.group_key_order_type(object_type)


class TypeNames:
    """Type and root field names of one schema, each used once.

    Args:
        inflector: Makes the names.
        reserved: Names of types and root fields (``Query.x``) that are taken.
    """

    def __init__(self, inflector: Inflector, reserved: Iterable[str] = ()) -> None:
        self._inflector = inflector
        self._taken = {*RESERVED_TYPES, *reserved}
        for name in RESERVED_TYPES:
            self._taken |= self._operators(name)

    def claim_object(self, model_name: str) -> str:
        """Take the name of a model's type; a number is added while any of its family is taken."""
        wanted = self._inflector.object_type(model_name)
        name, number = wanted, 2
        while self._taken & (family := self._inflector.family(name)):
            name, number = f"{wanted}{number}", number + 1
        self._taken |= family
        return name

    def claim_base(self, object_type: str) -> str:
        """Take the name of the rows of a type that belong to no subtype."""
        wanted = self._inflector.base_type(object_type)
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}{number}", number + 1
        self._taken.add(name)
        return name

    def claim_enum(self, enum_name: str) -> str:
        """Take the name of an enumeration."""
        wanted = self._inflector.enum_type(enum_name)
        name, number = wanted, 2
        while {name, *self._operators(name)} & self._taken:
            name, number = f"{wanted}{number}", number + 1
        self._taken |= {name, *self._operators(name)}
        return name

    def _operators(self, name: str) -> set[str]:
        """Return the names of the operator inputs of a scalar or an enumeration."""
        make = self._inflector
        return {
            make.filter_type(name),
            make.filter_type(f"{name}Null"),
            make.list_filter_type(name),
        }
