"""How far an operation has come: what may be cut off, and what must be, when it is cancelled."""

import asyncio
from typing import Any

from gql_api.execution.unit_of_work import UnitOfWork
from gql_api.loading.readers import RunningReads


class Progress:
    """The progress of one operation, all attempts at a mutation included.

    Args:
        reads: Those on connections of their own.
    """

    def __init__(self, reads: RunningReads) -> None:
        self._reads = reads
        self.unit: UnitOfWork | None = None
        """That of the mutation that runs."""

    @property
    def is_committing(self) -> bool:
        """Whether the server may have written already what the operation changes."""
        return self.unit is not None and self.unit.is_committing

    def cancel_reads(self, besides: asyncio.Task[Any] | None) -> None:
        """Cancel what other tasks read for the operation, which nobody waits for: that of loaders.

        Args:
            besides: The task of the operation, which its owner cancels, and counts how often.
        """
        running = list(self._reads.tasks)
        if self.unit is not None:
            running += self.unit.reader.running.tasks
        for task in running:
            if task is not besides:
                task.cancel()
