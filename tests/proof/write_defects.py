"""Deliberate defects of writes, which the generated mutations must catch."""

from functools import partial

from tests.proof.defects import Mutant

_Mutant = partial(Mutant, has_writes=True)

WRITE_MUTANTS = (
    _Mutant(
        "writes: rows that may not be changed are",
        "persistence/locking.py",
        "    row, is_permitted = found\n    if not is_permitted:",
        "    row, is_permitted = found\n    if False:",
    ),
    _Mutant(
        "writes: several rows that may not be changed are",
        "persistence/locking.py",
        "        elif not is_permitted:",
        "        elif False:",
    ),
    _Mutant(
        "writes: hidden targets are linked to",
        "sql/writes.py",
        "key), source.scope)\n    )\n    return _shared(statement, source) if",
        "key))\n    )\n    return _shared(statement, source) if",
    ),
    _Mutant(
        "writes: several hidden targets are linked to",
        "sql/writes.py",
        "statement.where(*lasting([is_wanted, source.scope]))",
        "statement.where(is_wanted)",
    ),
    _Mutant(
        "writes: rows that may not be created are",
        "persistence/trees.py",
        "    if refused is not None:\n        raise ForbiddenError(message, path=placed[refused].path)",
        "    if refused is not None and False:\n        raise ForbiddenError(message, path=placed[refused].path)",
    ),
    _Mutant(
        "writes: rows are given away",
        "persistence/trees.py",
        "    await _check_updatable(entity, written, write)\n",
        "",
    ),
    _Mutant(
        "writes: many rows are given away",
        "persistence/sets.py",
        "if await find_refused(updatable, entity, written, write) is not None:",
        "if False:",
    ),
    _Mutant(
        "writes: atMost counts one row too many",
        "persistence/sets.py",
        "if len(keys) > rows.at_most:",
        "if len(keys) > rows.at_most + 1:",
    ),
    _Mutant(
        "writes: a condition that holds for all rows is taken",
        "persistence/sets.py",
        "if constant_value(rows.where, entity, rows.values):",
        "if False:",
    ),
    _Mutant(
        "writes: the second change of a row forgets the first",
        "persistence/operations.py",
        "earlier[key] if key in earlier else getattr(row, key)",
        "getattr(row, key)",
    ),
    _Mutant(
        "writes: versions are not compared",
        "persistence/versions.py",
        "    if current == expected:",
        "    if True:",
    ),
    _Mutant(
        "writes: versions of many rows stay",
        "persistence/together.py",
        "bound[key] = getattr(entity.model, key) + 1",
        "bound[key] = getattr(entity.model, key)",
    ),
    _Mutant(
        "writes: disconnected rows stay tied",
        "persistence/relatives.py",
        "    await _set_keys(level, [(each, released) for each in disconnect], rows, write, writers)\n",
        "",
    ),
    _Mutant(
        "writes: pairs stay",
        "persistence/relatives.py",
        "    await _untie(level, disconnect, write)\n",
        "",
    ),
    _Mutant(
        "writes: set keeps the rows that were there",
        "persistence/relatives.py",
        "for owner, row in sorted(current - wanted.keys(), key=repr)",
        "for owner, row in ()",
    ),
    _Mutant(
        "writes: rows of other owners are relatives too",
        "persistence/relatives.py",
        "        if values != each.owner:",
        "        if False:",
    ),
    _Mutant(
        "writes: pairs of other owners are too",
        "persistence/relatives.py",
        "            if pair not in known\n        ]",
        "            if False\n        ]",
    ),
    _Mutant(
        "writes: a unique value is told of its whole input",
        "persistence/constraints.py",
        "return UniqueViolationError(message, path=(*path, *names[:1]), fields=names)",
        "return UniqueViolationError(message, path=path, fields=names)",
    ),
    _Mutant(
        "writes: the first row is told, not the one that is refused",
        "persistence/insertion.py",
        "return await apply_together(rows, partial(_insert, entity, write), write)",
        "return await _insert(entity, write, rows)",
    ),
    _Mutant(
        "writes: rules of columns are not checked in updates",
        "persistence/rules.py",
        "        *check_values(entity, change.values, change.links, is_new=False, path=path),\n",
        "",
    ),
    _Mutant(
        "writes: what a deleted row takes along is not restored",
        "persistence/soft_deletes.py",
        "    await _mark_followers(entity, [key], write, (), before=before)\n",
        "",
    ),
    _Mutant(
        "writes: all that a restored row had comes back",
        "sql/soft_deletes.py",
        "was_deleted if are_deleted else moment.is_(None)",
        "moment.is_not(None) if are_deleted else moment.is_(None)",
    ),
    _Mutant(
        "writes: connectOrCreate creates one for each that asks",
        "persistence/choices.py",
        "makers.setdefault(choices[at].wanted.key, at)",
        "makers[choices[at].wanted.key] = at",
    ),
    _Mutant(
        "writes: a row that was moved is told by its old key",
        "persistence/upserts.py",
        "return Upserted(primary_key_of(entity, rows[0]), is_new=False)",
        "return Upserted(placed.change.key, is_new=False)",
    ),
    _Mutant(
        "writes: what ran before a refusal is committed",
        "execution/unit_of_work.py",
        "if self.has_failed or lost is not None:",
        "if lost is not None:",
    ),
)
