"""Hooks and repositories of rows that are deleted softly, and other code that meets such rows."""

from collections.abc import Sequence
from typing import Any

import pytest
from typing_extensions import override

import gql_api as gql
from tests.fixtures.erasable import Board, Thread, erasable_schema
from tests.fixtures.schema import Api
from tests.schema.test_soft_deletes import DELETE, PURGE, RESTORE, id_of


class BoardHooks(gql.Hooks[Board]):
    """Notes what happens; board 1 stays deleted."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bool]] = []

    def _note(self, event: str, changes: Sequence[gql.RowChange[Board]]) -> None:
        for change in changes:
            assert change.row is not None
            self.seen.append((event, change.row.deleted_at is None))

    @override
    def before_delete(self, changes: Sequence[Any], context: gql.WriteContext) -> None:
        self._note("before delete", changes)

    @override
    def after_delete(self, changes: Sequence[Any], context: gql.WriteContext) -> None:
        self._note("after delete", changes)

    @override
    def before_restore(self, changes: Sequence[Any], context: gql.WriteContext) -> None:
        for change in changes:
            if change.row.id == 1:
                change.forbid("Board 1 stays deleted.")
        self._note("before restore", changes)

    @override
    def after_restore(self, changes: Sequence[Any], context: gql.WriteContext) -> None:
        self._note("after restore", changes)

    @override
    def before_purge(self, changes: Sequence[Any], context: gql.WriteContext) -> None:
        self._note("before purge", changes)

    @override
    async def after_purge(self, changes: Sequence[Any], context: gql.WriteContext) -> None:
        self.seen.append(("after purge", True))


async def test_events(erasable: Api):
    """Rows come to hooks as they are before and after each step."""
    hooks = BoardHooks()
    schema = erasable_schema(erasable.database.dialect.name, hooks=[hooks])
    api = Api(erasable.database, schema)
    board = id_of(api, "Board", 2)

    for text in (DELETE, RESTORE, DELETE, PURGE):
        answer = await api.run(text, id=board)
        ((_, payload),) = answer.data.items()
        assert payload["errors"] == []

    assert hooks.seen == [
        ("before delete", True),
        ("after delete", False),
        ("before restore", False),
        ("after restore", True),
        ("before delete", True),
        ("after delete", False),
        ("before purge", False),
        ("after purge", True),
    ]


async def test_refused_restore(erasable: Api):
    """A hook keeps a row deleted."""
    schema = erasable_schema(erasable.database.dialect.name, hooks=[BoardHooks()])
    api = Api(erasable.database, schema)
    board = id_of(api, "Board", 1)
    await api.run(DELETE, id=board)

    answer = await api.run(RESTORE, id=board)

    (error,) = answer.data["restoreBoard"]["errors"]
    assert (error["message"], error["path"]) == ("Board 1 stays deleted.", ["id"])
    assert (await api.run("query($id: ID!) { board(id: $id) { id } }", id=board)).data == {
        "board": None
    }


async def test_repository(erasable: Api):
    """A repository deletes softly, finds no deleted row, restores and removes."""
    database, schema = erasable.database, erasable.schema
    async with gql.unit_of_work(database) as unit:
        threads = gql.Repository.within(Thread, unit, schema)
        count = await threads.count()
        (thread, *_) = await threads.list()

        await threads.delete(thread.id)
        gone = await threads.get(thread.id)
        left = await threads.count()
        await threads.restore(thread.id)
        back = await threads.exists(Thread.id == thread.id)
        await threads.delete(thread.id)
        await threads.hard_delete(thread.id)
        with pytest.raises(gql.NotFoundError, match="among the deleted ones"):
            await threads.restore(thread.id)

    assert (gone, left, back) == (None, count - 1, True)
