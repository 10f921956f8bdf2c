"""Selected fields, as a plain tree in the shape of the answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from gql_api.plan.aggregates import Aggregate, GroupKey, GroupOrder
from gql_api.plan.filters import TRUE, Filter
from gql_api.plan.pages import OrderKey, Page


@dataclass(frozen=True, slots=True)
class TypenameField:
    """The name of the object's type."""

    response_key: str
    type_name: str


@dataclass(frozen=True, slots=True)
class ColumnField:
    """A column of the row."""

    response_key: str
    column: str
    """Attribute key."""

    path_slot: int | None = None
    """Slot of the names that lead to a value within a document."""


@dataclass(frozen=True, slots=True)
class IdField:
    """The global id of the row."""

    response_key: str


@dataclass(frozen=True, slots=True)
class VersionField:
    """The version of the row."""

    response_key: str
    column: str
    """Attribute key of what tells it."""


@dataclass(frozen=True, slots=True)
class ToOneField:
    """The row that a to-one relationship leads to."""

    response_key: str
    relationship: str
    selection: "Selection"

    is_non_null: bool = False
    """Whether the schema promises a row, so that none is an error."""


@dataclass(frozen=True, slots=True)
class ToManyField:
    """A connection of the rows that a to-many relationship leads to."""

    response_key: str
    relationship: str
    connection: "Connection"


@dataclass(frozen=True, slots=True)
class PythonField:
    """What a resolver in Python answers for the row."""

    response_key: str
    name: str
    columns: tuple[str, ...]
    """Attribute keys that the resolver reads."""

    call_slot: int | None = None
    """Slot of what answers it for many rows at once; None where the executor of GraphQL must."""

    needs_all: bool = True
    """Whether it depends on each of the columns; else they are what it may look at."""


@dataclass(frozen=True, slots=True)
class NullField:
    """What the subject may not read, and is null for every row."""

    response_key: str


RowField = (
    TypenameField
    | ColumnField
    | IdField
    | VersionField
    | ToOneField
    | ToManyField
    | PythonField
    | NullField
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of each row of an entity."""

    entity: str
    fields: tuple[RowField, ...]

    columns: tuple[str, ...] = ()
    """Attribute keys to load besides what the fields need."""

    subtypes: tuple["Selection", ...] = ()
    """For an entity whose rows are of several types: what is asked of the rows of each, itself
    included; ``fields`` and ``columns`` are empty then."""


@dataclass(frozen=True, slots=True)
class NodesField:
    """The rows of a page."""

    response_key: str
    selection: Selection


@dataclass(frozen=True, slots=True)
class EdgeCursorField:
    """The place of the edge's row in the order."""

    response_key: str


@dataclass(frozen=True, slots=True)
class EdgeNodeField:
    """The row of the edge."""

    response_key: str
    selection: Selection


@dataclass(frozen=True, slots=True)
class EdgesField:
    """The rows of a page, with their cursors."""

    response_key: str
    fields: tuple[TypenameField | EdgeCursorField | EdgeNodeField, ...]


@dataclass(frozen=True, slots=True)
class PageInfoField:
    """Facts about the page."""

    response_key: str
    facts: tuple[tuple[str, str], ...]
    """Response key and fact: hasNextPage, hasPreviousPage, startCursor, endCursor or __typename."""


@dataclass(frozen=True, slots=True)
class TotalCountField:
    """Number of rows of the filtered, unpaged list."""

    response_key: str


@dataclass(frozen=True, slots=True)
class AggregateValue:
    """One aggregate."""

    response_key: str
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class AggregatePart:
    """One function over several columns."""

    response_key: str
    fields: tuple[TypenameField | AggregateValue, ...]


@dataclass(frozen=True, slots=True)
class AggregateField:
    """Aggregates of the filtered, unpaged list, or of the rows of a group."""

    response_key: str
    fields: tuple[TypenameField | AggregateValue | AggregatePart, ...]

    def __iter__(self) -> Iterator[Aggregate]:
        """Iterate over all aggregates, with repetitions."""
        for each in self.fields:
            for field in each.fields if isinstance(each, AggregatePart) else (each,):
                if isinstance(field, AggregateValue):
                    yield field.aggregate


@dataclass(frozen=True, slots=True)
class GroupValueField:
    """A value that the rows of a group share."""

    response_key: str
    index: int | None
    """Of the group's key; None for a field that is not grouped by."""


@dataclass(frozen=True, slots=True)
class GroupKeyField:
    """The values that the rows of a group share."""

    response_key: str
    fields: tuple[TypenameField | GroupValueField, ...]


@dataclass(frozen=True, slots=True)
class GroupNodesField:
    """The first rows of a group, in the order of the list."""

    response_key: str
    selection: Selection

    limit_slot: int
    """Slot of the number of rows."""


GroupField = TypenameField | GroupKeyField | AggregateField | GroupNodesField


@dataclass(frozen=True, slots=True)
class GroupsField:
    """Groups of the rows of the filtered, unpaged list."""

    response_key: str
    keys: tuple[GroupKey, ...]
    fields: tuple[GroupField, ...]
    having: Filter
    """Over aggregates alone."""

    order: tuple[GroupOrder, ...]
    """Ends with all keys, so that it is total."""

    limit_slot: int
    """Slot of the number of groups."""

    nodes_limit_slot: int | None
    """Slot of the most rows of one group that any field asks for; None where none does."""


ConnectionField = (
    TypenameField
    | NodesField
    | EdgesField
    | PageInfoField
    | TotalCountField
    | AggregateField
    | GroupsField
)


@dataclass(frozen=True, slots=True)
class Connection:
    """A page of a list: the root's, or one per parent."""

    entity: str
    fields: tuple[ConnectionField, ...]
    page: Page
    filter: Filter = TRUE
    order: tuple[OrderKey, ...] = ()
    """Ends with the primary key, so that it is total."""

    includes_deleted: bool = False
    """Whether rows that are marked as deleted are listed too."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The rows that meet a condition, without order or page: by global ids or a unique key."""

    selection: Selection
    filter: Filter


def python_fields(plan: Connection | Lookup | Selection) -> Iterator[PythonField]:
    """Iterate over the fields of a plan that resolvers in Python answer, at any depth."""
    match plan:
        case Selection():
            for each in plan.subtypes or (plan,):
                for field in each.fields:
                    yield from _python_fields_of(field)
        case Lookup():
            yield from python_fields(plan.selection)
        case Connection():
            for selection in row_selections(plan):
                yield from python_fields(selection)


def _python_fields_of(field: RowField) -> Iterator[PythonField]:
    match field:
        case PythonField():
            yield field
        case ToOneField():
            yield from python_fields(field.selection)
        case ToManyField():
            yield from python_fields(field.connection)
        case _:
            pass


def row_selections(connection: Connection) -> Iterator[Selection]:
    """Iterate over what the fields of a connection ask of rows: of pages and of groups."""
    for each in connection.fields:
        match each:
            case NodesField():
                yield each.selection
            case EdgesField() | GroupsField():
                for part in each.fields:
                    if isinstance(part, EdgeNodeField | GroupNodesField):
                        yield part.selection
            case _:
                pass
