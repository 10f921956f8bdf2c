"""Strategies: worlds of rows, and operations with their GraphQL text."""

import datetime as dt
import decimal
import enum
import json
from typing import Any

from hypothesis import strategies as st

from tests.proof.models import Mood
from tests.proof.reference import RELATIONS, AskedList, AskedRow, World

TEXTS = ["", "a", "A", "b", "ab", "a%b", "a_b", "a\\b", "É", "é", "O'x", '"q"', "zz", "%", "日本"]
_INTEGERS = [-1, 0, 1, 2, 2, 7, 2_147_483_647]
_PRICES = [decimal.Decimal(text) for text in ("0.00", "0.10", "0.30", "9.99", "999999.99")]
_MOMENTS = [
    dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 23, 59, 59, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 23, 59, 59, 120_000, tzinfo=dt.UTC),
    dt.datetime(1969, 12, 31, tzinfo=dt.UTC),
]
POOLS: dict[str, list[Any]] = {
    "text": TEXTS,
    "integer": _INTEGERS,
    "price": _PRICES,
    "moment": _MOMENTS,
    "mood": list(Mood),
    "flag": [True, False],
    "key": [1, 2, 3, 4, 5, 6],
}
COLUMNS: dict[str, dict[str, str]] = {
    "Author": {"rowId": "key", "name": "text", "rank": "integer"},
    "Book": {
        "rowId": "key",
        "title": "text",
        "pages": "integer",
        "price": "price",
        "printedAt": "moment",
        "mood": "mood",
        "isDraft": "flag",
        "authorId": "key",
        "editorId": "key",
        "parentId": "key",
    },
    "Tag": {"rowId": "key", "label": "text"},
    "Note": {"bookId": "key", "mark": "text", "text": "text"},
}
_DIRECTIONS = [
    "ASC",
    "DESC",
    "ASC_NULLS_FIRST",
    "ASC_NULLS_LAST",
    "DESC_NULLS_FIRST",
    "DESC_NULLS_LAST",
]
_ORDERED = ["eq", "ne", "lt", "lte", "gt", "gte"]
_TEXTUAL = ["contains", "startsWith", "endsWith", "icontains", "istartsWith", "iendsWith"]
_MAX_DEPTH = 3


def _maybe(pool: str) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(POOLS[pool])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Rows of all tables, with nulls, ties and broken-off trees."""
    authors = [
        {"rowId": key, "name": draw(_maybe("text")), "rank": draw(_maybe("integer"))}
        for key in range(1, draw(st.sampled_from([0, 2, 4])) + 1)
    ]
    author_keys = st.none() | st.sampled_from([row["rowId"] for row in authors] or [None])
    books: list[dict[str, Any]] = []
    for key in range(1, draw(st.sampled_from([0, 3, 5, 7])) + 1):
        above = st.none() | st.sampled_from([row["rowId"] for row in books] or [None])
        books.append(
            {
                "rowId": key,
                "title": draw(st.sampled_from(TEXTS)),
                "pages": draw(_maybe("integer")),
                "price": draw(_maybe("price")),
                "printedAt": draw(_maybe("moment")),
                "mood": draw(_maybe("mood")),
                "isDraft": draw(st.booleans()),
                "authorId": draw(author_keys),
                "editorId": draw(author_keys),
                "parentId": draw(above),
            }
        )
    labels = draw(st.lists(st.sampled_from(TEXTS), max_size=4, unique=True))
    tags = [{"rowId": key, "label": label} for key, label in enumerate(labels, start=1)]
    links = {(book["rowId"], tag["rowId"]) for book in books for tag in tags if draw(st.booleans())}
    notes = [
        {"bookId": book["rowId"], "mark": mark, "text": draw(_maybe("text"))}
        for book in books
        for mark in draw(st.lists(st.sampled_from(["", "a", "B", "é"]), max_size=3, unique=True))
    ]
    return World(
        {"Author": authors, "Book": books, "Tag": tags, "Note": notes},
        links,
        user_id=draw(st.sampled_from([None, 1, 2])),
        has_policy=draw(st.booleans()),
    )


@st.composite
def conditions(draw: st.DrawFn, entity: str, depth: int = 0) -> Any:
    """A condition on the rows of an entity."""
    kinds = ["compare", "compare", "relation", "relation", "count"]
    if depth < _MAX_DEPTH:
        kinds += ["and", "or", "not"]
    kind = draw(st.sampled_from(kinds))
    relations = RELATIONS[entity]
    lists = [name for name, each in relations.items() if each.is_list]
    if kind in {"and", "or"}:
        return (kind, draw(st.lists(conditions(entity, depth + 1), max_size=2)))
    if kind == "not":
        return (kind, draw(conditions(entity, depth + 1)))
    if kind == "count" and lists:
        operator = draw(st.sampled_from(_ORDERED))
        return ("count", draw(st.sampled_from(lists)), operator, draw(st.integers(0, 2)))
    if kind == "relation":
        name = draw(st.sampled_from(list(relations)))
        relation = relations[name]
        quantifier = (
            draw(st.sampled_from(["some", "every", "every", "none"])) if relation.is_list else "one"
        )
        inner = ("and", []) if depth >= _MAX_DEPTH else draw(conditions(relation.target, depth + 1))
        return ("relation", name, quantifier, inner)
    return draw(_comparisons(entity))


@st.composite
def quantified(draw: st.DrawFn) -> AskedList:
    """A list by one comparison of relatives: chosen at large, hardly any meets an unknown one."""
    lists = [
        (entity, name, relation.target)
        for entity, relations in RELATIONS.items()
        for name, relation in relations.items()
        if relation.is_list
    ]
    entity, name, target = draw(st.sampled_from(lists))
    quantifier = draw(st.sampled_from(["some", "every", "none"]))
    where = ("relation", name, quantifier, draw(_comparisons(target)))
    negated = ("not", where)
    return AskedList(
        entity, where=draw(st.sampled_from([where, negated])), columns=[*COLUMNS[entity]]
    )


@st.composite
def _comparisons(draw: st.DrawFn, entity: str) -> Any:
    column = draw(st.sampled_from(list(COLUMNS[entity])))
    pool = COLUMNS[entity][column]
    operators = ["eq", "ne", "in", "notIn", "isNull"]
    if pool not in {"mood", "flag"}:
        operators += _ORDERED[2:]
    if pool == "text":
        operators += _TEXTUAL * 2
    operator = draw(st.sampled_from(operators))
    values = st.sampled_from(POOLS[pool])
    if operator == "isNull":
        return ("compare", column, operator, draw(st.booleans()))
    if operator in {"in", "notIn"}:
        return ("compare", column, operator, draw(st.lists(values, max_size=3)))
    return ("compare", column, operator, draw(values))


@st.composite
def orders(draw: st.DrawFn, entity: str, *, min_size: int = 0) -> list[Any]:
    """An order, with ties, nulls, to-one paths and counts."""
    return draw(st.lists(_order_keys(entity), min_size=min_size, max_size=3))


@st.composite
def _order_keys(draw: st.DrawFn, entity: str) -> Any:
    direction = draw(st.sampled_from(_DIRECTIONS))
    relations = RELATIONS[entity]
    paths: list[tuple[str, ...]] = [(name,) for name, pool in COLUMNS[entity].items()] * 2
    for name, relation in relations.items():
        if relation.is_list:
            paths.append((f"{name}Aggregate", "count"))
        else:
            paths += [(name, column) for column in COLUMNS[relation.target]]
    return (draw(st.sampled_from(paths)), direction)


@st.composite
def lists(draw: st.DrawFn, entity: str | None = None, depth: int = 0) -> AskedList:
    """A list with everything that may be asked of it."""
    entity = entity or draw(st.sampled_from(list(COLUMNS)))
    asked = AskedList(
        entity,
        where=draw(st.just(("and", [])) | conditions(entity)),
        order=draw(orders(entity)),
        columns=draw(_column_sets(entity)),
    )
    match draw(st.sampled_from(["none", "first", "last", "offset"])):
        case "first":
            asked.first = draw(st.integers(0, 3))
        case "last":
            asked.last = draw(st.integers(0, 3))
        case "offset":
            asked.first, asked.offset = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    for name, relation in RELATIONS[entity].items():
        if not relation.is_list and draw(st.booleans()):
            asked.to_one[name] = AskedRow(relation.target, draw(_column_sets(relation.target)))
        if relation.is_list and depth < _MAX_DEPTH and draw(st.integers(0, 2)) == 0:
            for number in range(draw(st.integers(1, 2))):
                nested = draw(lists(relation.target, depth + 1))
                asked.to_many[f"{name}{number}"] = (name, nested)
    return asked


def _column_sets(entity: str) -> st.SearchStrategy[list[str]]:
    names = list(COLUMNS[entity])
    return st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)


# GraphQL text


def literal(value: Any) -> str:
    """Write a value as a GraphQL literal."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, decimal.Decimal):
        return f'"{value}"'
    if isinstance(value, dt.datetime):
        return f'"{value.isoformat()}"'
    return json.dumps(value)


def condition_text(condition: Any) -> str:
    """Write a condition."""
    kind, *parts = condition
    if kind in {"and", "or"}:
        text = f"{kind}: [{', '.join(map(condition_text, parts[0]))}]"
    elif kind == "not":
        text = f"not: {condition_text(parts[0])}"
    elif kind == "compare":
        column, operator, value = parts
        text = f"{column}: {{{operator}: {literal(value)}}}"
    elif kind == "count":
        name, operator, value = parts
        text = f"{name}Aggregate: {{count: {{{operator}: {value}}}}}"
    else:
        name, quantifier, inner = parts
        quantified = f"{{{quantifier}: {condition_text(inner)}}}"
        text = f"{name}: {condition_text(inner) if quantifier == 'one' else quantified}"
    return f"{{{text}}}"


def order_text(order: list[Any]) -> str:
    """Write an order."""
    return f"[{', '.join(_order_item(path, direction) for path, direction in order)}]"


def _order_item(path: tuple[str, ...], direction: str) -> str:
    text = direction
    for name in reversed(path):
        text = f"{{{name}: {text}}}"
    return text


def list_text(field: str, asked: AskedList, *, more: str = "") -> str:
    """Write a list as a selection."""
    arguments = [f"where: {condition_text(asked.where)}", f"orderBy: {order_text(asked.order)}"]
    for name in ("first", "last", "offset"):
        value = getattr(asked, name)
        if value is not None:
            arguments.append(f"{name}: {value}")
    return (
        f"{field}({', '.join(arguments)}{more}) {{ totalCount "
        f"pageInfo {{ hasNextPage hasPreviousPage }} nodes {{ {_row_text(asked)} }} }}"
    )


def _row_text(asked: AskedList | AskedRow) -> str:
    parts = [*asked.columns]
    parts += [f"{name} {{ {_row_text(inner)} }}" for name, inner in asked.to_one.items()]
    if isinstance(asked, AskedList):
        parts += [
            list_text(f"{alias}: {name}", nested) for alias, (name, nested) in asked.to_many.items()
        ]
    return " ".join(parts)


ROOTS = {"Author": "authors", "Book": "books", "Tag": "tags", "Note": "notes"}
