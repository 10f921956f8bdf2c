"""Sets of models are drawn from a seed: keys, columns, relationships, policies and column sets."""

import random
from dataclasses import replace

from tests.proof.description import Column, Link, Models, Policy, Relation, Table
from tests.proof.values import KINDS, LATER

_TABLES = ("Ant", "Bee", "Cat", "Dog", "Egg")
_WORDS = ("amber", "birch", "coral", "daisy", "ember", "fern", "grape", "hazel")
_FORWARD = ("owner", "maker", "guide")
_DIRECTIONS = ("ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST")
_KEY_KINDS = ("key", "key", "key", "text", "uuid", "bigint", "moment", "date")
_COLUMN_KINDS = tuple(kind for kind in KINDS if kind != "key" and kind not in LATER)
_LATER_WORDS = ("iris", "jade", "kale", "lily", "mint", "nut", "olive", "pear")


def draw_models(seed: int, database: str) -> Models:
    """Draw a set of models; the same seed gives the same relationships."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    tables: list[Table] = []
    for name in _TABLES[: chance.randint(3, 5)]:
        tables.append(_draw_table(name, tables, chance))
    links = []
    for _ in range(chance.randint(1, 2)):
        left, right = chance.sample(tables, 2)
        if any({link.left, link.right} == {left.name, right.name} for link in links):
            continue
        link = Link(f"{left.name}{right.name}", left.name, right.name)
        links.append(link)
        tables = [_with_link(table, link, chance) for table in tables]
    tables = [_with_policy(table, chance) for table in tables]
    tables = [_with_later_kinds(table, database, chance) for table in tables]
    tables = [_with_secrets(table, chance) for table in tables]
    return Models(f"m{seed}", tuple(tables), tuple(links), database)


def for_database(models: Models, database: str) -> Models:
    """Leave out the columns that a database lacks."""
    tables = [
        replace(
            table,
            columns=tuple(
                column for column in table.columns if database in KINDS[column.kind].databases
            ),
            secrets=tuple(
                name
                for name in table.secrets
                if database in KINDS[table.by_name[name].kind].databases
            ),
        )
        for table in models.tables
    ]
    return replace(models, tables=tuple(tables), database=database)


def _with_later_kinds(table: Table, database: str, chance: random.Random) -> Table:
    """Add documents, arrays, words and others that a database has."""
    known = [kind for kind in LATER if database in KINDS[kind].databases]
    kinds = chance.sample(known, chance.randint(2, 3))
    added = [
        Column(word, kind, is_nullable=chance.random() < 0.6)
        for word, kind in zip(_LATER_WORDS, sorted(kinds, key=LATER.index), strict=False)
    ]
    return replace(table, columns=(*table.columns, *added))


def _draw_table(name: str, before: list[Table], chance: random.Random) -> Table:
    key = _draw_key(chance)
    kinds = ["text", "integer", *chance.sample(_COLUMN_KINDS, chance.randint(2, 4))]
    columns = [
        *key,
        *(
            Column(word, kind, is_nullable=chance.random() < 0.6)
            for word, kind in zip(_WORDS, kinds, strict=False)
        ),
        Column("flag", "boolean", is_nullable=chance.random() < 0.5),
    ]
    unique = []
    if chance.random() < 0.5:
        columns.append(Column("slug", "text", is_nullable=chance.random() < 0.3))
        unique.append("slug")
    table = Table(name, tuple(columns), tuple(column.name for column in key), tuple(unique))
    for forward in _FORWARD[: chance.choice((0, 1, 1, 2, 3))]:
        candidates = [table.name] * (key[0].name == "rowId") + [each.name for each in before]
        if candidates:
            table = _with_foreign_key(table, before, forward, chance.choice(candidates), chance)
    return table


def _draw_key(chance: random.Random) -> list[Column]:
    if chance.random() < 0.6:
        return [Column("rowId", chance.choice(_KEY_KINDS))]
    kinds = chance.sample(sorted(set(_KEY_KINDS)), chance.choice((2, 2, 3)))
    return [Column(f"part{letter}", kind) for letter, kind in zip("ABC", kinds, strict=False)]


def _with_foreign_key(
    table: Table, before: list[Table], name: str, target: str, chance: random.Random
) -> Table:
    """Add a foreign key; its other side goes to the target, which may be the table itself."""
    other = table if target == table.name else next(each for each in before if each.name == target)
    remote = other.key
    if other.unique and chance.random() < 0.3:
        remote = other.unique
    is_self = other is table
    is_nullable = is_self or chance.random() < 0.6
    # pages per parent are asked for in one way with an index, in another without
    is_indexed = chance.random() < 0.5
    added = [
        Column(
            f"{name}{column[0].upper()}{column[1:]}",
            other.by_name[column].kind,
            is_nullable,
            is_indexed,
        )
        for column in remote
    ]
    pairs = tuple((column.name, far) for column, far in zip(added, remote, strict=True))
    is_list = chance.random() < 0.85
    reverse = f"{name}Of{table.name}"
    forward = Relation(
        name, target, is_list=False, pairs=pairs, reverse=reverse, is_foreign_key=True
    )
    table = replace(table, columns=(*table.columns, *added), relations=(*table.relations, forward))
    turned = tuple((far, near) for near, far in pairs)
    back = [
        Relation(
            reverse, table.name, is_list, turned, reverse=name, order=_draw_order(table, chance)
        )
    ]
    if chance.random() < 0.5:
        back.append(
            Relation(
                f"{name}In{table.name}", table.name, is_list=True, pairs=turned, condition="flag"
            )
        )
    if is_self:
        return replace(table, relations=(*table.relations, *back))
    at = before.index(other)
    before[at] = replace(other, relations=(*other.relations, *back))
    return table


def _draw_order(table: Table, chance: random.Random) -> tuple[tuple[str, str], ...]:
    if chance.random() < 0.6:
        return ()
    names = chance.sample([column.name for column in table.columns], chance.randint(1, 2))
    return tuple((name, chance.choice(_DIRECTIONS)) for name in names)


def _with_link(table: Table, link: Link, chance: random.Random) -> Table:
    left, right = f"{link.right.lower()}Links", f"{link.left.lower()}Links"
    if table.name == link.left:
        relation = Relation(left, link.right, is_list=True, link=link.name, reverse=right)
    elif table.name == link.right:
        relation = Relation(
            right, link.left, is_list=True, link=link.name, is_from_right=True, reverse=left
        )
    else:
        return table
    return replace(table, relations=(*table.relations, relation))


def _with_policy(table: Table, chance: random.Random) -> Table:
    numbers = [
        column.name for column in table.columns if column.kind in {"integer", "key", "bigint"}
    ]
    nullable = [column.name for column in table.columns if column.is_nullable] or ["flag"]
    match chance.choice(("none", "flag", "flag", "positive", "known", "role")):
        case "none":
            return table
        case "positive":
            policy = Policy("positive", chance.choice(numbers))
        case "known":
            policy = Policy("known", chance.choice(nullable))
        case kind:
            policy = Policy(kind, "flag", owner=chance.choice(numbers))
    return replace(table, policy=policy)


def _with_secrets(table: Table, chance: random.Random) -> Table:
    """Withhold up to two columns; more seldom those that must not be null: few operations are left."""
    columns = [column for column in table.columns if column.name not in table.key]
    drawn = chance.sample(columns, chance.choice((0, 1, 1, 2)))
    kept = [each for each in drawn if each.is_nullable or chance.random() < 0.5]
    return replace(table, secrets=tuple(each.name for each in kept))
