"""Selected fields, as a plain tree in the shape of the answer."""

from dataclasses import dataclass

from gql_api.plan.filters import TRUE, Filter
from gql_api.plan.pages import OrderKey, Page


@dataclass(frozen=True, slots=True)
class ColumnField:
    """A column of the row."""

    response_key: str
    column: str
    """Attribute key."""


@dataclass(frozen=True, slots=True)
class IdField:
    """The global id of the row."""

    response_key: str


@dataclass(frozen=True, slots=True)
class ToOneField:
    """The row that a to-one relationship leads to."""

    response_key: str
    relationship: str
    selection: "Selection"


@dataclass(frozen=True, slots=True)
class ToManyField:
    """A connection of the rows that a to-many relationship leads to."""

    response_key: str
    relationship: str
    connection: "Connection"


RowField = ColumnField | IdField | ToOneField | ToManyField


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of each row of an entity."""

    entity: str
    fields: tuple[RowField, ...]

    columns: tuple[str, ...] = ()
    """Attribute keys to load besides, for resolvers in Python."""

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
    fields: tuple[EdgeCursorField | EdgeNodeField, ...]


@dataclass(frozen=True, slots=True)
class PageInfoField:
    """Facts about the page."""

    response_key: str
    facts: tuple[tuple[str, str], ...]
    """Response key and fact: hasNextPage, hasPreviousPage, startCursor or endCursor."""


@dataclass(frozen=True, slots=True)
class TotalCountField:
    """Number of rows of the filtered, unpaged list."""

    response_key: str


ConnectionField = NodesField | EdgesField | PageInfoField | TotalCountField


@dataclass(frozen=True, slots=True)
class Connection:
    """A page of a list: the root's, or one per parent."""

    entity: str
    fields: tuple[ConnectionField, ...]
    page: Page
    filter: Filter = TRUE
    order: tuple[OrderKey, ...] = ()
    """Ends with the primary key, so that it is total."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The rows that meet a condition, without order or page: by global ids or a unique key."""

    selection: Selection
    filter: Filter
