"""Every caller finds, on every way to rows, what the rules say: no row more, no value more."""

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from tests.access.matrix_rules import CALLERS, TYPES, Caller, Relation, Row, Type, field_of
from tests.access.matrix_service import LIMIT, Service

_ALL = f"first: {LIMIT}"
_SIZE = 25
_SOME = f"first: {_SIZE}"


def _open_types(service: Service, caller: Caller) -> list[Type]:
    return [each for each in TYPES.values() if not service.rules.closed(caller, each.name)]


def _keys(service: Service, name: str, rows: list[Row]) -> list[dict[str, Any]]:
    return [{"rowId": service.wired[name][row["id"]]["rowId"]} for row in rows]


def _page(service: Service, each: Type, rows: list[Row]) -> dict[str, Any]:
    return {"totalCount": len(rows), "nodes": _keys(service, each.name, rows[:_SIZE])}


def _is_nullable(service: Service, name: str, column: str) -> bool:
    """Tell whether the schema lets a column be null."""
    table = service.demo.schema.table.registry.entities[name].model.__table__
    return bool(table.c[column].nullable)


def _shown(service: Service, caller: Caller, each: Type) -> list[str]:
    """Return the columns that can be asked for: read, or null where they may not be."""
    return [
        column
        for column in each.columns
        if service.world.reads(caller, each.name, column)
        or _is_nullable(service, each.name, column)
    ]


def _answered(service: Service, caller: Caller, each: Type, row: Row) -> dict[str, Any]:
    """Return the columns of a row as a caller gets them."""
    wired = service.wired[each.name][row["id"]]
    return {
        field_of(column): wired[field_of(column)]
        if service.world.reads(caller, each.name, column)
        else None
        for column in _shown(service, caller, each)
    }


async def test_lists(service: Service, caller: Caller) -> None:
    """Lists, their edges and counts hold the visible rows, with the columns that may be read."""
    fields = {}
    for each in _open_types(service, caller):
        rows = service.world.visible(caller, each.name)
        columns = " ".join(field_of(name) for name in _shown(service, caller, each))
        text = f"{each.many}({_ALL}) {{ totalCount nodes {{ {columns} }} }}"
        nodes = [_answered(service, caller, each, row) for row in rows]
        fields[each.many] = text, {"totalCount": len(rows), "nodes": nodes}
        keys = _keys(service, each.name, rows)
        edges = [{"node": {"__typename": each.name, **key}} for key in keys]
        inside = f"edges {{ node {{ ... on {each.name} {{ __typename rowId }} }} }}"
        fields[f"edges{each.name}"] = f"{each.many}({_ALL}) {{ {inside} }}", {"edges": edges}

    await service.check("list", caller, fields)


async def test_keys(service: Service, caller: Caller) -> None:
    """A hidden row is missing by its id, its key, as a node, and among nodes."""
    fields: dict[str, tuple[str, Any]] = {}
    for each in _open_types(service, caller):
        rows = service.world.rows(each.name)
        found = [
            {"id": service.id_of(each.name, row["id"])}
            if service.world.sees(caller, each.name, row)
            else None
            for row in rows
        ]
        ids = [service.id_of(each.name, row["id"]) for row in rows]
        listed = ", ".join(f'"{id_}"' for id_ in ids)
        fields[f"nodes{each.name}"] = f"nodes(ids: [{listed}]) {{ id }}", found
        for at, row in _samples(service, caller, each):
            keys = [key for key in each.keys if service.world.reads(caller, each.name, key)]
            ways = (
                f'{each.one}(id: "{ids[at]}")',
                f'{each.one}By(key: {{id: "{ids[at]}"}})',
                f"{each.one}By(key: {{rowId: {_literal(row['id'])}}})",
                f'node(id: "{ids[at]}")',
                *(f"{each.one}By(key: {{{key}: {_literal(row[key])}}})" for key in keys),
            )
            for way, text in enumerate(ways):
                fields[f"{each.one}{at}_{way}"] = f"{text} {{ id }}", found[at]

    await service.check("key", caller, fields)


def _samples(service: Service, caller: Caller, each: Type) -> Iterator[tuple[int, Row]]:
    """Choose some rows that are seen, and some that are not."""
    left = {True: 3, False: 5}
    for at, row in enumerate(service.world.rows(each.name)):
        is_seen = service.world.sees(caller, each.name, row)
        if left[is_seen]:
            left[is_seen] -= 1
            yield at, row


def _literal(key: Any) -> str:
    return str(key) if isinstance(key, int) else f'"{key}"'


async def test_relatives(service: Service, caller: Caller) -> None:
    """Relatives, one or many, and their counts and aggregates are the visible ones."""
    world = service.world
    for each in _open_types(service, caller):
        fields = {}
        rows = world.visible(caller, each.name)
        for relation in each.relations:
            if relation.is_list and not world.follows(caller, each.name, relation):
                text = f"{each.many} {{ nodes {{ {relation.name} {{ totalCount }} }} }}"
                name = f"{each.name}.{relation.name}"
                await service.check_refused("relative", caller, f"{{ {text} }}", told=name)
                continue
            many = f"({_ALL}) {{ totalCount aggregate {{ count }} nodes {{ rowId }} }}"
            inside = many if relation.is_list else "{ rowId }"
            nodes = []
            for row in rows:
                found = world.related(caller, each.name, relation, row)
                keys: Any = _keys(service, relation.target, found)
                answer = {
                    "totalCount": len(keys),
                    "aggregate": {"count": len(keys)},
                    "nodes": keys,
                }
                one = keys[0] if keys else None
                nodes.append({relation.name: answer if relation.is_list else one})
            text = f"{each.many}({_ALL}) {{ nodes {{ {relation.name}{inside} }} }}"
            fields[relation.name] = text, {"nodes": nodes}
        if fields:
            await service.check("relative", caller, fields)


async def test_filters(service: Service, caller: Caller) -> None:
    """Values of hidden rows find nothing, those of visible ones find them alone."""
    for each in _open_types(service, caller):
        fields = {}
        values = {}
        for column in each.columns:
            if not service.world.reads(caller, each.name, column):
                continue
            name = field_of(column)
            for at, row in list(_samples(service, caller, each))[1:7:2]:
                value = service.wired[each.name][row["id"]][name]
                alias = f"{name}{at}"
                condition = {"isNull": True} if value is None else {"eq": value}
                values[f"${alias}: {each.name}Filter"] = {name: condition}
                found = [
                    other
                    for other in service.world.visible(caller, each.name)
                    if service.wired[each.name][other["id"]][name] == value
                ]
                text = f"{each.many}(where: ${alias}, {_SOME}) {{ totalCount nodes {{ rowId }} }}"
                fields[alias] = text, _page(service, each, found)
        await service.check("filter", caller, fields, **values)


def _quantified(
    service: Service, caller: Caller, each: Type, relation: Relation, key: Any
) -> Iterator[tuple[str, Any, list[Row]]]:
    """Ask for rows by one relative, by all of them and by their number."""
    world = service.world
    related = {
        row["id"]: [far["id"] for far in world.related(caller, each.name, relation, row)]
        for row in world.visible(caller, each.name)
    }
    match = {"rowId": {"eq": service.wired[relation.target][key]["rowId"]}}
    if not relation.is_list:
        asked: list[tuple[str, Any, Any]] = [
            ("is", {relation.name: match}, lambda keys: key in keys),
            ("not", {"not": {relation.name: {}}}, lambda keys: not keys),
        ]
    else:
        asked = [
            ("some", {relation.name: {"some": match}}, lambda keys: key in keys),
            ("none", {relation.name: {"none": match}}, lambda keys: key not in keys),
            ("every", {relation.name: {"every": match}}, lambda keys: all(k == key for k in keys)),
            ("count", {relation.aggregate: {"count": {"gt": 1}}}, lambda keys: len(keys) > 1),
        ]
    for way, where, holds in asked:
        yield (
            way,
            where,
            [world.row(each.name, id_) or {} for id_, k in related.items() if holds(k)],
        )


async def test_filters_by_relatives(service: Service, caller: Caller) -> None:
    """A hidden relative is of no use to a condition: not as one, not among many, not by number."""
    for each in _open_types(service, caller):
        fields = {}
        values = {}
        for relation in each.relations:
            if not service.world.follows(caller, each.name, relation):
                continue
            for at, far in list(_samples(service, caller, TYPES[relation.target]))[2:5:2]:
                for way, where, rows in _quantified(service, caller, each, relation, far["id"]):
                    alias = f"{relation.name}_{at}_{way}"
                    values[f"${alias}: {each.name}Filter"] = where
                    text = (
                        f"{each.many}(where: ${alias}, {_SOME}) {{ totalCount nodes {{ rowId }} }}"
                    )
                    fields[alias] = text, _page(service, each, rows)
        if fields:
            await service.check("filter by relatives", caller, fields, **values)


async def test_search(service: Service, caller: Caller) -> None:
    """Words of hidden rows find nothing; they rank the visible ones as they rank all."""
    for each in _searched_types(service, caller):
        fields = {}
        rows = service.world.visible(caller, each.name)
        for column in _some(caller, _texts(service, each)):
            if not service.world.reads(caller, each.name, column):
                continue
            for at, row in list(_samples(service, caller, each))[1:6:4]:
                word = next(iter(re.findall(r"[a-z]{3,}", row[column] or "")), "none")
                found = await service.found_by(each.name, field_of(column), word)
                where = f'where: {{{field_of(column)}: {{search: "{word}"}}}}'
                page = _page(service, each, [row for row in rows if row["id"] in found])
                inside = "{ totalCount nodes { rowId } }"
                fields[f"{column}{at}"] = f"{each.many}({where}, {_SOME}) {inside}", page
                place = _places(await service.ranked_by(each.name, field_of(column), word))
                ordered = sorted(rows, key=lambda row, place=place: place[row["id"]])
                order = f'{{{field_of(column)}: "{word}"}}'
                fields[f"{column}{at}rank"] = _sorted(service, each, "searchRank", order, ordered)
        if fields:
            await service.check("search", caller, fields)


def _searched_types(service: Service, caller: Caller) -> list[Type]:
    """Return the types with words to search, which PostgreSQL alone has."""
    return _open_types(service, caller) if _has_search(service) else []


def _has_search(service: Service) -> bool:
    return service.database.dialect.name == "postgresql"


def _texts(service: Service, each: Type) -> tuple[str, ...]:
    table = service.demo.schema.table.registry.entities[each.name].model.__table__
    types = {column: table.c[column].type for column in each.columns}
    return tuple(
        column
        for column, type_ in types.items()
        if isinstance(type_, sa.String) and not isinstance(type_, sa.Enum)
    )


async def test_orders(service: Service, caller: Caller) -> None:
    """Rows are sorted by what may be read; hidden relatives sort as none, and are not counted."""
    world = service.world
    for each in _open_types(service, caller):
        fields = {}
        rows = world.visible(caller, each.name)
        for column in each.columns:
            if world.reads(caller, each.name, column):
                place = _places(await service.order_of(each.name, field_of(column)))
                ordered = sorted(rows, key=lambda row, place=place: place[row["id"]])
                fields[field_of(column)] = _sorted(service, each, field_of(column), "ASC", ordered)
        for relation in each.relations:
            if not world.follows(caller, each.name, relation):
                continue
            if relation.is_list:
                ordered = sorted(
                    rows,
                    key=lambda row, to=relation: -len(world.related(caller, each.name, to, row)),
                )
                order = "{count: DESC}"
                fields[relation.name] = _sorted(service, each, relation.aggregate, order, ordered)
            else:
                fields |= await _sorted_by_relative(service, caller, each, relation)
        await service.check("order", caller, fields)


def _places(keys: list[Any]) -> dict[Any, int]:
    return {key: at for at, key in enumerate(keys)}


def _sorted(
    service: Service, each: Type, field: str, order: str, rows: list[Row]
) -> tuple[str, Any]:
    text = f"{each.many}(orderBy: [{{{field}: {order}}}], {_SOME}) {{ nodes {{ rowId }} }}"
    return text, {"nodes": _keys(service, each.name, rows[:_SIZE])}


async def _sorted_by_relative(
    service: Service, caller: Caller, each: Type, relation: Relation
) -> dict[str, tuple[str, Any]]:
    """Sort by each column of a relative: first by its place, then by the key of the row."""
    world = service.world
    fields = {}
    rows = world.visible(caller, each.name)
    for column in _some(caller, TYPES[relation.target].columns):
        if not world.reads(caller, relation.target, column):
            continue
        values: dict[Any, Any] = {}
        field = field_of(column)
        place = _places(await service.order_of(relation.target, field))
        for row in rows:
            found = world.related(caller, each.name, relation, row)
            wired = found and service.wired[relation.target][found[0]["id"]][field]
            values[row["id"]] = None if wired in (None, []) else (str(wired), found[0]["id"])
        first: dict[str, int] = {}
        for known in sorted((each for each in values.values() if each), key=lambda v: place[v[1]]):
            first.setdefault(known[0], place[known[1]])
        ordered = sorted(
            rows,
            key=lambda row, values=values, first=first: (
                values[row["id"]] is None,
                first[values[row["id"]][0]] if values[row["id"]] else 0,
            ),
        )
        fields[f"{relation.name}_{field}"] = _sorted(
            service, each, relation.name, f"{{{field}: ASC}}", ordered
        )
    return fields


async def test_cursors(service: Service, caller: Caller) -> None:
    """A cursor that somebody else got leads to the visible rows behind it, and tells nothing more."""
    trusted = Caller("admin", 3, frozenset({"admin"}))
    for each in _open_types(service, caller):
        seen = service.world.visible(trusted, each.name)
        text = f"{{ {each.many}({_ALL}) {{ edges {{ cursor }} }} }}"
        edges = (await service.answer(text, trusted))[each.many]["edges"]
        fields = {}
        visible = service.world.visible(caller, each.name)
        for at in range(0, len(seen), max(len(seen) // 3, 1)):
            cursor, order = edges[at]["cursor"], _places([row["id"] for row in seen])
            behind = [row for row in visible if order[row["id"]] > at]
            before = len(behind) < len(visible)
            inside = "{ pageInfo { hasPreviousPage } nodes { rowId } }"
            keys = _keys(service, each.name, behind[:_SIZE])
            answer = {"pageInfo": {"hasPreviousPage": before}, "nodes": keys}
            fields[f"at{at}"] = f'{each.many}(after: "{cursor}", {_SOME}) {inside}', answer
        await service.check("cursor", caller, fields)


async def test_totals(service: Service, caller: Caller) -> None:
    """Aggregates and groups are of visible rows."""
    for each in _open_types(service, caller):
        rows = service.world.visible(caller, each.name)
        distinct = {
            field_of(column): len(_different(service, each, column, rows))
            for column in each.columns
            if service.world.reads(caller, each.name, column)
        }
        answer = {"aggregate": {"count": len(rows), "countDistinct": distinct}}
        inside = f"count countDistinct {{ {' '.join(distinct)} }}"
        fields = {"total": (f"{each.many} {{ aggregate {{ {inside} }} }}", answer)}
        await service.check("aggregate", caller, fields)
        await _check_groups(service, caller, each, rows)


def _different(service: Service, each: Type, column: str, rows: list[Row]) -> set[Any]:
    return {*_values(service, each, column, rows)} - {None}


def _values(service: Service, each: Type, column: str, rows: list[Row]) -> list[Any]:
    return [service.wired[each.name][row["id"]][field_of(column)] for row in rows]


async def _check_groups(service: Service, caller: Caller, each: Type, rows: list[Row]) -> None:
    fields = {}
    for column in _some(caller, each.columns):
        if service.world.reads(caller, each.name, column):
            values = _values(service, each, column, rows)
            counts = sorted((values.count(value) for value in {*values}), reverse=True)
            arguments = f"by: [{{field: {_enumerated(column)}}}], orderBy: [{{count: DESC}}]"
            inside = f"groups({arguments}, first: {_SIZE}) {{ aggregate {{ count }} }}"
            groups = [{"aggregate": {"count": count}} for count in counts[:_SIZE]]
            fields[field_of(column)] = f"{each.many} {{ {inside} }}", {"groups": groups}
    await service.check("group", caller, fields)


def _enumerated(column: str) -> str:
    return "ROW_ID" if column == "id" else column.upper()


def _some(caller: Caller, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Choose every other column: all of them for any two callers, one after the other."""
    return columns[CALLERS.index(caller) % 2 :: 2]


async def test_withheld_columns(service: Service, caller: Caller) -> None:
    """A column that may not be read is refused wherever rows would depend on it."""
    for each in _open_types(service, caller):
        for column in service.rules.withheld(caller, each.name):
            value = next(
                (row[column] for row in service.world.rows(each.name) if row[column]), None
            )
            for route, text in _probes(service, caller, each, column):
                await service.check_refused(
                    route, caller, f"{{ {text} }}", told=field_of(column), value=value
                )


async def test_computed_fields(service: Service, caller: Caller) -> None:
    """A field that is computed from a column that may not be read is refused."""
    for each in _open_types(service, caller):
        for name, columns in each.computed.items():
            if not service.rules.withheld(caller, each.name).isdisjoint(columns):
                text = f"{{ {each.many} {{ nodes {{ {name} }} }} }}"
                await service.check_refused("secret field", caller, text, told=name)


def _probes(service: Service, caller: Caller, each: Type, column: str) -> Iterator[tuple[str, str]]:
    name = field_of(column)
    many = each.many
    where = f"{{{name}: {{isNull: false}}}}"
    yield "secret filter", f"{many}(where: {where}) {{ totalCount }}"
    yield "secret filter", f"{many}(where: {{not: {where}}}) {{ nodes {{ id }} }}"
    yield "secret order", f"{many}(orderBy: [{{{name}: DESC}}]) {{ nodes {{ id }} }}"
    yield "secret aggregate", f"{many} {{ aggregate {{ countDistinct {{ {name} }} }} }}"
    group = f"{{field: {_enumerated(column)}}}"
    yield "secret group", f"{many} {{ groups(by: [{group}]) {{ aggregate {{ count }} }} }}"
    if not _is_nullable(service, each.name, column):
        yield "secret field", f"{many} {{ nodes {{ {name} }} }}"
    if column in each.keys:
        yield "secret key", f'{each.one}By(key: {{{name}: "?"}}) {{ id }}'
    if column in _texts(service, each) and _has_search(service):
        yield "secret search", f'{many}(where: {{{name}: {{search: "?"}}}}) {{ totalCount }}'
        order = f'{{searchRank: {{{name}: "?"}}}}'
        yield "secret search", f"{many}(orderBy: [{order}]) {{ nodes {{ id }} }}"
    yield from _probes_of_others(service, caller, each, column)


def _probes_of_others(
    service: Service, caller: Caller, each: Type, column: str
) -> Iterator[tuple[str, str]]:
    """Ask for rows that lead to the type by the column of their relatives."""
    name = field_of(column)
    where = f"{{{name}: {{isNull: false}}}}"
    for other in TYPES.values():
        for relation in other.relations:
            if relation.target != each.name or service.rules.closed(caller, other.name):
                continue
            if not service.world.follows(caller, other.name, relation):
                continue
            inner = f"{{some: {where}}}" if relation.is_list else where
            text = f"{other.many}(where: {{{relation.name}: {inner}}}) {{ totalCount }}"
            yield "secret filter", text
            order = f"{{{relation.name}: {{{name}: ASC}}}}"
            if relation.is_list:
                number = f"{{countDistinct: {{{name}: {{gt: 0}}}}}}"
                text = f"{other.many}(where: {{{relation.aggregate}: {number}}}) {{ totalCount }}"
                yield "secret filter", text
                order = f"{{{relation.aggregate}: {{max: {{{name}: ASC}}}}}}"
            if not relation.is_list or column != "is_superuser":
                yield "secret order", f"{other.many}(orderBy: [{order}]) {{ nodes {{ id }} }}"


async def test_closed_types(service: Service, caller: Caller) -> None:
    """A type that does not exist for a caller is refused by each of its root fields."""
    for each in TYPES.values():
        if service.rules.closed(caller, each.name):
            key = service.world.rows(each.name)[0]["id"]
            id_ = service.id_of(each.name, key)
            for text in (
                f"{each.many} {{ totalCount }}",
                f'{each.one}(id: "{id_}") {{ id }}',
                f"{each.one}By(key: {{rowId: {key}}}) {{ id }}",
                f'node(id: "{id_}") {{ id }}',
                f'nodes(ids: ["{id_}"]) {{ id }}',
            ):
                await service.check_refused("closed", caller, f"{{ {text} }}", told=each.name)


async def test_deleted_rows(service: Service, caller: Caller) -> None:
    """Deleted rows are listed for those who may see them, and refused to others."""
    text = "products(includeDeleted: true, first: 500) { totalCount }"
    if caller.is_staff:
        rows = service.world.rows("Product")
        await service.check("deleted", caller, {"all": (text, {"totalCount": len(rows)})})
    else:
        await service.check_refused("deleted", caller, f"{{ {text} }}", told="deleted rows")


async def test_withheld_relationships(service: Service, caller: Caller) -> None:
    """What is tied by a column that may not be read is of no use for a condition or an order."""
    for each in _open_types(service, caller):
        for relation in each.relations:
            if service.world.follows(caller, each.name, relation):
                continue
            where = "{some: {}}" if relation.is_list else "{rowId: {isNull: false}}"
            order = f"{{{relation.name}: {{rowId: ASC}}}}"
            if relation.is_list:
                order = f"{{{relation.aggregate}: {{count: ASC}}}}"
            for text in (f"where: {{{relation.name}: {where}}}", f"orderBy: [{order}]"):
                field = f"{each.many}({text})"
                told = f"{each.name}.{relation.name}"
                await service.check_refused(
                    "secret relationship", caller, f"{{ {field} {{ totalCount }} }}", told=told
                )
