"""Strategies: worlds of rows, and operations on them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.proof import arrays, computing, documents, searching
from tests.proof.asking import AskedList, AskedRow
from tests.proof.description import Column, Models, Relation, Table
from tests.proof.reference import Row, World
from tests.proof.values import KINDS, PATTERNS

DIRECTIONS = (
    "ASC",
    "DESC",
    "ASC_NULLS_FIRST",
    "ASC_NULLS_LAST",
    "DESC_NULLS_FIRST",
    "DESC_NULLS_LAST",
)
_EQUAL = ("eq", "ne", "in", "notIn", "isNull")
_ORDERED = ("lt", "lte", "gt", "gte")
_TEXTUAL = ("contains", "startsWith", "endsWith", "icontains", "istartsWith", "iendsWith")
_MAX_DEPTH = 3
_COUNTED = ("eq", "ne", *_ORDERED)


# Worlds


@st.composite
def worlds(draw: st.DrawFn, models: Models) -> World:
    """Rows of all tables, with nulls, ties and broken-off trees."""
    tables: dict[str, list[Row]] = {}
    for table in models.tables:
        tables[table.name] = []
        for _ in range(draw(st.sampled_from((0, 2, 4, 4, 6)))):
            row = draw(rows(table, tables))
            if row is not None and not clashes(table, tables[table.name], row):
                tables[table.name].append(row)
    world = World(models, tables, {})
    for link in models.links:
        pairs = [
            (world.key(link.left, left), world.key(link.right, right))
            for left in tables[link.left]
            for right in tables[link.right]
        ]
        world.links[link.name] = {pair for pair in pairs if draw(st.booleans())}
    world.has_policies = draw(st.sampled_from((True, True, False)))
    return replace(world, **draw(lookers()))


def lookers() -> st.SearchStrategy[dict[str, Any]]:
    """Who looks at a world; columns are withheld from guests."""
    roles = [frozenset(each) for each in ((), ("staff",), ("guest",), ("guest", "staff"))]
    return st.fixed_dictionaries(
        {"user_id": st.sampled_from((None, 1, 2)), "roles": st.sampled_from(roles)}
    )


@st.composite
def rows(draw: st.DrawFn, table: Table, tables: dict[str, list[Row]]) -> Row | None:
    """A row whose foreign keys lead to rows that exist; None when one has to and cannot."""
    row: Row = {}
    for relation in table.foreign_keys:
        pairs = relation.pairs
        is_nullable = table.by_name[pairs[0][0]].is_nullable
        targets = [
            each
            for each in tables[relation.target]
            if all(each[far] is not None for _, far in pairs)
        ]
        if not targets and not is_nullable:
            return None
        target = draw(st.sampled_from(targets)) if targets else None
        if is_nullable and (target is None or draw(st.integers(0, 3)) == 0):
            # of several columns some may be null: the others then lead nowhere
            lost = draw(st.integers(0, len(pairs) - 1))
            for at, (near, far) in enumerate(pairs):
                row[near] = None if at >= lost or target is None else target[far]
        else:
            row |= {near: target[far] for near, far in pairs}
    for column in table.columns:
        if column.name not in row:
            row[column.name] = draw(_cells(column))
    return row


def _cells(column: Column) -> st.SearchStrategy[Any]:
    pool = KINDS[column.kind].pool
    return st.sampled_from((None, *pool) if column.is_nullable else pool)


def clashes(table: Table, others: list[Row], row: Row) -> bool:
    """Tell whether a key of a row is taken."""
    keys = [table.key, *((name,) for name in table.unique)]
    return any(
        all(row[name] is not None and row[name] == other[name] for name in key)
        for other in others
        for key in keys
    )


# Conditions: trees of tuples


@st.composite
def conditions(draw: st.DrawFn, world: World, name: str, depth: int = 0) -> Any:
    """A condition on the rows of a table."""
    table = world.models.table[name]
    kinds = ["compare", "compare", "ids", "siblings"]
    kinds += ["relation", "relation"] * bool(table.relations)
    kinds += ["count", "total"] * bool(table.lists)
    if depth < _MAX_DEPTH:
        kinds += ["and", "or", "not"]
    kind = draw(st.sampled_from(kinds))
    if kind in {"and", "or"}:
        return (kind, draw(st.lists(conditions(world, name, depth + 1), max_size=2)))
    if kind == "not":
        return (kind, draw(conditions(world, name, depth + 1)))
    if kind == "siblings":
        return (
            kind,
            draw(st.lists(comparisons(table), max_size=3, unique_by=lambda part: part[1])),
        )
    made = {
        "ids": lambda: _identities(world, name),
        "count": lambda: _counts(table),
        "total": lambda: _totals(world.models, table),
        "relation": lambda: _relatives(world, table, depth),
        "compare": lambda: comparisons(table),
    }
    return draw(made[kind]())


@st.composite
def _counts(draw: st.DrawFn, table: Table) -> Any:
    relation = draw(st.sampled_from(table.lists))
    return ("count", relation.name, draw(st.sampled_from(_COUNTED)), draw(st.integers(0, 2)))


@st.composite
def _totals(draw: st.DrawFn, models: Models, table: Table) -> Any:
    """A condition on a function of the relatives' values."""
    relation = draw(st.sampled_from(table.lists))
    columns = models.table[relation.target].columns
    column = draw(st.sampled_from([each for each in columns if is_compared(each)]))
    function = draw(st.sampled_from(computing.functions(column.kind)))
    return (
        "total",
        relation.name,
        function,
        column.name,
        draw(computing.results(function, column.kind)),
    )


@st.composite
def totalled(draw: st.DrawFn, world: World) -> AskedList:
    """A list by one function of the values of relatives, and in the order of another."""
    known = [table for table in world.models.tables if table.lists]
    table = draw(st.sampled_from(known))
    asked = AskedList(table.name, everything(table))
    where = draw(_totals(world.models, table))
    asked.where = draw(st.sampled_from((where, where, ("not", where), ("and", []))))
    relation = draw(st.sampled_from(table.lists))
    path = draw(_total_paths(world.models, relation))
    asked.order = [(path, draw(st.sampled_from(DIRECTIONS)))]
    asked.first = draw(st.none() | st.just(100))
    at = st.none() | st.integers(0, 5)
    asked.places = (draw(at), None)
    return asked


@st.composite
def _relatives(draw: st.DrawFn, world: World, table: Table, depth: int) -> Any:
    relation = draw(st.sampled_from(table.relations))
    quantifiers = ("some", "every", "every", "none") if relation.is_list else ("one",)
    inner = ("and", [])
    if depth < _MAX_DEPTH:
        inner = draw(conditions(world, relation.target, depth + 1))
    return ("relation", relation.name, draw(st.sampled_from(quantifiers)), inner)


@st.composite
def _identities(draw: st.DrawFn, world: World, name: str) -> Any:
    """A condition on global ids; of rows that exist, seen or not."""
    keys = [world.key(name, row) for row in world.tables[name]]
    operator = draw(st.sampled_from(("eq", "ne", "in", "notIn") if keys else ("in", "notIn")))
    is_list = operator in {"in", "notIn"}
    if not keys:
        return ("ids", operator, [])
    drawn = st.lists(
        st.sampled_from(keys), min_size=0 if is_list else 1, max_size=3 if is_list else 1
    )
    return ("ids", operator, draw(drawn))


@st.composite
def comparisons(draw: st.DrawFn, table: Table) -> Any:
    """A condition on one column: one operator, or two."""
    column = draw(st.sampled_from(table.columns))
    operators = draw(
        st.lists(_operators(column), min_size=1, max_size=2, unique_by=lambda pair: pair[0])
    )
    return ("compare", column.name, operators)


def _operators(column: Column) -> st.SearchStrategy[tuple[str, Any]]:
    """An operator of a column, and its operand."""
    kind = KINDS[column.kind]
    if kind.form == "document":
        return documents.operators(kind.operators)
    if kind.form == "array":
        return arrays.operators(kind.pool)
    return _scalar_operators(column.kind)


@st.composite
def _scalar_operators(draw: st.DrawFn, name: str) -> tuple[str, Any]:
    kind = KINDS[name]
    operators = (*_EQUAL, *(_ORDERED if kind.is_ordered else ()))
    if name in {"text", "words"}:
        operators = (*operators, *_TEXTUAL, *_TEXTUAL, "like", "ilike")
    if name == "words":
        operators = (*operators, *("search",) * len(operators))
    operator = draw(st.sampled_from(operators))
    if operator in {"in", "notIn"}:
        return operator, draw(st.lists(st.sampled_from(kind.pool), max_size=3))
    pools: dict[str, Sequence[Any]] = {
        "isNull": (False, True),
        "like": PATTERNS,
        "ilike": PATTERNS,
        "search": searching.SEARCHES,
    }
    return operator, draw(st.sampled_from(pools.get(operator, kind.pool)))


@st.composite
def kept(draw: st.DrawFn, world: World) -> AskedList:
    """A list by one condition on a document, an array or words: among all, few are drawn."""
    kind = draw(st.sampled_from(sorted(_kept_kinds(world.models))))
    table, column = draw(
        st.sampled_from(
            [
                (table, column)
                for table in world.models.tables
                for column in table.columns
                if column.kind == kind
            ]
        )
    )
    operators = st.lists(_operators(column), min_size=1, max_size=2, unique_by=lambda each: each[0])
    where = ("compare", column.name, draw(operators))
    asked = AskedList(table.name, draw(asked_rows(world, table.name, _MAX_DEPTH)))
    asked.row.columns |= {column.name: column.name for column in table.columns}
    asked.where = draw(st.sampled_from((where, where, ("not", where), ("and", []))))
    if KINDS[kind].form == "words":
        path = ("searchRank", column.name, draw(st.sampled_from(searching.SEARCHES)))
        asked.order = draw(st.sampled_from(([], [(path, "DESC")])))
        at = st.none() | st.integers(0, 5)
        asked.places = draw(st.tuples(at, at))
    asked.first = draw(st.none() | st.just(100))
    return asked


def _kept_kinds(models: Models) -> set[str]:
    kinds = {column.kind for table in models.tables for column in table.columns}
    return {kind for kind in kinds if KINDS[kind].form != "scalar"}


def is_compared(column: Column) -> bool:
    """Tell whether rows are sorted by a column."""
    return KINDS[column.kind].is_compared


@st.composite
def quantified(draw: st.DrawFn, world: World) -> AskedList:
    """A list by one comparison of relatives: chosen at large, hardly any meets an unknown one."""
    known = [
        (table, each)
        for table in world.models.tables
        for each in table.relations
        if not each.is_foreign_key
    ]
    table, relation = draw(st.sampled_from(known))
    quantifier = draw(st.sampled_from(("some", "every", "none"))) if relation.is_list else "one"
    target = world.models.table[relation.target]
    where = ("relation", relation.name, quantifier, draw(comparisons(target)))
    asked = AskedList(table.name, everything(table))
    asked.where = draw(st.sampled_from((where, ("not", where))))
    return asked


@st.composite
def matched(draw: st.DrawFn, world: World) -> AskedList:
    """A list by one pattern or part of a text: one operator among many, hardly any is drawn."""
    known = [
        (table, column)
        for table in world.models.tables
        for column in table.columns
        if column.kind == "text"
    ]
    table, column = draw(st.sampled_from(known))
    operator = draw(st.sampled_from(("like", "like", "ilike", "ilike", *_TEXTUAL)))
    pool = PATTERNS if operator in {"like", "ilike"} else KINDS["text"].pool
    where = ("compare", column.name, [(operator, draw(st.sampled_from(pool)))])
    asked = AskedList(table.name, everything(table))
    asked.where = draw(st.sampled_from((where, where, ("not", where))))
    asked.first = draw(st.none() | st.just(100))
    return asked


# What rows are sorted by


@st.composite
def orders(draw: st.DrawFn, models: Models, name: str, *, min_size: int = 0) -> list[Any]:
    """An order, with ties, nulls, to-one paths, counts and ranks."""
    keys = st.tuples(order_paths(models, name), st.sampled_from(DIRECTIONS))
    found = draw(st.lists(keys, min_size=min_size, max_size=3))
    # the best rank comes first
    return [(path, "DESC" if "searchRank" in path else direction) for path, direction in found]


@st.composite
def order_paths(draw: st.DrawFn, models: Models, name: str, depth: int = 0) -> tuple[Any, ...]:
    """A path to what rows are sorted by; one to a rank ends with a search."""
    table = models.table[name]
    columns = [column for column in table.columns if is_compared(column)]
    searched = [column for column in columns if KINDS[column.kind].form == "words"]
    steps: list[Any] = [*columns, *columns, *table.relations, *((each,) for each in searched)]
    step = draw(st.sampled_from(steps if depth < 2 else columns))
    if isinstance(step, Column):
        return (step.name,)
    if isinstance(step, tuple):
        return ("searchRank", step[0].name, draw(st.sampled_from(searching.SEARCHES)))
    if step.is_list:
        return draw(_total_paths(models, step))
    return (step.name, *draw(order_paths(models, step.target, depth + 1)))


@st.composite
def _total_paths(draw: st.DrawFn, models: Models, relation: Relation) -> tuple[str, ...]:
    """A path to the number of relatives, or to a function of their values."""
    column = draw(st.sampled_from(models.table[relation.target].columns))
    known = [
        each for each in computing.functions(column.kind) if computing.is_sorted(each, column.kind)
    ]
    function = draw(st.sampled_from(("count", *known)))
    name = f"{relation.name}Aggregate"
    return (name, "count") if function == "count" else (name, function, column.name)


# Lists and rows


@st.composite
def lists(draw: st.DrawFn, world: World, name: str, depth: int = 0) -> AskedList:
    """A list with everything that may be asked of it."""
    asked = AskedList(name, draw(asked_rows(world, name, depth)))
    if draw(st.booleans()):
        asked.where = draw(conditions(world, name))
    asked.order = draw(orders(world.models, name))
    asked.has_total, asked.has_facts = draw(st.booleans()), draw(st.booleans())
    asked.has_nodes, asked.has_edges = draw(
        st.sampled_from(((True, False), (True, False), (False, True), (True, True)))
    )
    sizes = st.integers(0, 3)
    kind = draw(st.sampled_from(("none", "first", "last", "offset", "places", "places")))
    if kind in {"first", "last"}:
        setattr(asked, kind, draw(sizes))
    elif kind == "offset":
        asked.first, asked.offset = draw(st.none() | sizes), draw(sizes)
    elif kind == "places":
        setattr(asked, draw(st.sampled_from(("first", "last"))), draw(st.none() | sizes))
        at = st.integers(0, 5)
        asked.places = draw(st.tuples(at, st.none()) | st.tuples(st.none(), at) | st.tuples(at, at))
    return asked


@st.composite
def asked_rows(draw: st.DrawFn, world: World, name: str, depth: int = 0) -> AskedRow:
    """What is asked of a row: columns, relatives and lists of relatives, under aliases."""
    table = world.models.table[name]
    asked = AskedRow(name, draw(_column_sets(table)))
    for column in table.columns:
        if column.name in asked.columns.values() and KINDS[column.kind].form == "document":
            key = f"{column.name}At"
            asked.columns[key], asked.paths[key] = column.name, draw(documents.paths())
    if depth >= _MAX_DEPTH or not table.relations:
        return asked
    followed = st.lists(
        st.sampled_from(table.relations),
        min_size=int(draw(st.booleans())),
        max_size=2,
        unique_by=lambda relation: relation.name,
    )
    for relation in draw(followed):
        if not relation.is_list:
            inner = draw(asked_rows(world, relation.target, depth + 1))
            asked.to_one[draw(_aliases(relation.name, 0))] = (relation.name, inner)
            continue
        for number in range(draw(st.sampled_from((1, 1, 1, 2)))):
            nested = draw(lists(world, relation.target, depth + 1))
            nested.default_order = relation.order
            if relation.order and draw(st.booleans()):
                nested.order = []
            asked.to_many[draw(_aliases(relation.name, number))] = (relation.name, nested)
    return asked


def _aliases(name: str, number: int) -> st.SearchStrategy[str]:
    return st.sampled_from((name, f"{name}X") if number == 0 else (f"{name}{number}",))


def _column_sets(table: Table) -> st.SearchStrategy[dict[str, str]]:
    names = [*(column.name for column in table.columns), "__typename"]
    if table.version is not None:
        names.append("version")
    chosen = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)
    return chosen.map(lambda picked: {_response_key(name): name for name in picked})


def _response_key(name: str) -> str:
    return f"{name}Y" if name in {"flag", "amber"} else name


def everything(table: Table) -> AskedRow:
    """Ask for all columns."""
    return AskedRow(table.name, {column.name: column.name for column in table.columns})
