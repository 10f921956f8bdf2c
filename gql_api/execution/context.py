"""The GraphQL context: who asks, where the data lives, and the operation's own state."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, Self, TypeVar

import strawberry
from graphql import DocumentNode
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.access.subject_values import LoadValue, SubjectValues
from gql_api.access.subjects import ANONYMOUS, Subject
from gql_api.database.driver_errors import is_disconnect
from gql_api.database.engines import Database
from gql_api.errors import SchemaBuildError
from gql_api.execution.explain import watch_session, watched
from gql_api.execution.progress import Progress
from gql_api.execution.snapshots import Snapshot
from gql_api.execution.unit_of_work import AfterCommit, UnitOfWork
from gql_api.loading.explanations import Explanation
from gql_api.loading.loaders import InstanceByKeyLoader
from gql_api.loading.readers import ConnectionReader, Reader, ValuedReader, session_on
from gql_api.loading.run import Run
from gql_api.schema.build import Schema
from gql_api.schema.keys import read_global_id
from gql_api.schema.plans import DocumentPlans

ModelT = TypeVar("ModelT")


class Context:
    """What resolvers find in ``info.context``.

    Args:
        database: Where the data lives.
        subject: Who asks.
        request_id: Stands in logs and in errors.
    """

    client_address: str | None = None
    """Where the request came from: an address, or a network of IPv6; None in process."""

    cost: int | None = None
    """Points of the operation, as soon as it was judged."""

    charge: Callable[[int], Awaitable[None]] | None = None
    """Told the points before the operation runs, once; raises where they are too many."""

    def __init__(
        self, database: Database, subject: Subject = ANONYMOUS, *, request_id: str | None = None
    ) -> None:
        self.database = database
        self.subject = subject
        self.request_id = request_id
        self.operation_name: str | None = None
        self.operation_type: str | None = None
        self.loaders: dict[Any, Any] = {}
        self.plans: DocumentPlans | None = None
        self.takes_encoded = False
        """Whether the answer is only sent on as JSON, so that its data may be JSON already."""
        self.takes_body = False
        """Whether the answer is only sent on, and nothing is added to it."""
        self.takes_completed = False
        self.takes_fragments = False
        self.needs_execution = False
        """Whether a value was met that the executor of GraphQL presents."""
        self.explanation: Explanation | None = None
        """Collects statements and paths, for a caller who may see them; None for all others."""
        self.lost_conflict = False
        """Whether the mutation lost against another transaction, so that it may be repeated."""
        self.idempotency_key: str | None = None
        """Of the request; a mutation that comes again with it gets the answer of the first one."""
        self.takes_snapshot = False
        """Whether a query reads one moment; set it before the query runs."""
        self.snapshot: Snapshot | None = None
        """That of the query that runs."""
        self._values: SubjectValues | None = None
        self._reader = ConnectionReader(database)
        self.progress = Progress(self._reader.running)
        self._unit: UnitOfWork | None = None
        self._schema: Schema | None = None

    @property
    def reader(self) -> Reader:
        """Where reads run: in the session of a mutation or snapshot, else on read connections."""
        if self._unit is not None:
            return self._unit.reader
        return self._reader if self.snapshot is None else self.snapshot.reader

    def reader_of(self, name: str | None) -> Reader:
        """Where reads of a root field run, by its response key: each is reported to who asked."""
        reader = self.reader
        if self.explanation is not None:
            reader = self.explanation.reader(reader, name)
        return self.valued(reader, self.subject)

    def valued(self, reader: Reader, subject: Subject) -> Reader:
        """Return a reader whose statements find the values of a subject that policies name."""
        values = self.subject_values
        return reader if values is None else ValuedReader(reader, values, subject)

    @property
    def subject_values(self) -> SubjectValues | None:
        """Loads values that policies name, once per operation; None where the schema has none."""
        if self._values is None and self._schema is not None and self._schema.value_loaders:
            self._values = SubjectValues(self._schema.value_loaders, self._load_value)
        return self._values

    async def _load_value(self, load: LoadValue, subject: Subject) -> Any:
        """Load a value; once more where the connection of a read was broken."""
        try:
            return await self._load_value_once(load, subject)
        except DBAPIError as error:
            if self.is_in_transaction or not is_disconnect(error):
                raise
        return await self._load_value_once(load, subject)

    async def _load_value_once(self, load: LoadValue, subject: Subject) -> Any:
        async with self.read_session() as session:
            return await load(subject, session)

    async def charge_cost(self) -> None:
        """Have the cost of the operation counted, where it is; once, however it is run.

        Raises:
            RateLimitedError: There was too much.
            LimitExceededError: It is more than is left of a batch.
        """
        charge, self.charge = self.charge, None
        if charge is not None and self.cost is not None:
            await charge(self.cost)

    @property
    def is_in_transaction(self) -> bool:
        """Whether reads run in a transaction, of a mutation or a snapshot."""
        return self._unit is not None or self.snapshot is not None

    @property
    def has_unit(self) -> bool:
        """Whether the operation is a mutation."""
        return self._unit is not None

    @property
    def unit(self) -> UnitOfWork:
        """The unit of work of a mutation.

        Raises:
            RuntimeError: The operation is no mutation.
        """
        if self._unit is None:
            message = "Only mutations have a unit of work: read with info.context.read_session()."
            raise RuntimeError(message)
        return self._unit

    @property
    def session(self) -> AsyncSession:
        """The session of a mutation; the unit of work commits it."""
        return self.unit.session

    @asynccontextmanager
    async def read_session(self) -> AsyncIterator[AsyncSession]:
        """Open a session for reads: in autocommit, or that of the mutation or snapshot.

        Instances stay usable after the block; nothing can be loaded from them lazily.
        """
        if self._unit is not None:
            yield self._unit.session
            return
        if self.snapshot is not None:
            yield self.snapshot.session
            return
        async with (
            self.database.read_connection() as connection,
            watched(self.explanation, connection) as reported,
        ):
            yield session_on(reported)

    def after_commit(self, work: AfterCommit) -> None:
        """Have something done once the changes of the mutation are committed; never if they are not.

        A mutation that is repeated after a conflict does it once.

        Args:
            work: A function without arguments, async or not; it runs before the answer leaves. What
                it raises is logged.
        """
        self.unit.after_commit(work)

    def after_rollback(self, work: AfterCommit) -> None:
        """Have something done once the changes of the mutation are undone; never if they are not.

        What must be written although a mutation is refused belongs here, such as a note of the
        attempt. An attempt that is repeated after a conflict does it, too.

        Args:
            work: A function without arguments, async or not, that opens what it needs, such as
                ``gql.unit_of_work(database)``; it runs before the answer leaves. What it raises is
                logged.
        """
        self.unit.after_rollback(work)

    def again(self) -> Self:
        """Return the context of another attempt at the operation: a copy without loaders and session.

        Subclasses that gather something in attributes of their own start them anew here.
        """
        made = copy(self)
        made.loaders = {}
        made._values = None  # noqa: SLF001 - its own copy
        made.lost_conflict = False
        made._unit = None  # noqa: SLF001 - its own copy
        return made

    async def load(self, model: type[ModelT], key: Any) -> ModelT | None:
        """Load one visible instance of a model by primary key, batched with its siblings.

        Args:
            model: A mapped class of the schema.
            key: Its primary key; a tuple for a composite one.

        Cost:
            One statement for all keys that are asked for at the same time.
        """
        schema = self._running_schema()
        entity = schema.table.registry.by_model[model]
        if model not in self.loaders:
            compilation = schema.compilation(self.subject)
            run = Run(compilation, self.reader_of(None), (), self.subject.parameters)
            self.loaders[model] = InstanceByKeyLoader(entity, run)
        loader: InstanceByKeyLoader = self.loaders[model]
        found: ModelT | None = await loader.load(key if isinstance(key, tuple) else (key,))
        return found

    def key_of(self, model: type[Any], global_id: str) -> Any:
        """Return the primary key that a global id holds; a tuple for a composite one.

        Raises:
            BadUserInputError: It is no id, or one of another type.
        """
        table = self._running_schema().table
        entity = table.registry.by_model[model]
        values = read_global_id(global_id, entity, table.registry, ("id",)).values
        return values[0] if len(values) == 1 else values

    def enter_execution(self, document: DocumentNode, *, resolves_fields: bool) -> None:
        """Say what runs: nothing is known of another document than the one that was judged.

        Args:
            document: That is executed.
            resolves_fields: Whether an extension wants to see each field resolved.
        """
        if self.plans is not None and self.plans.document is not document:
            self.plans = None
        schema = self._schema
        is_whole = not resolves_fields and not self.needs_execution
        self.takes_completed = schema is not None and is_whole
        self.needs_execution = False
        self.takes_fragments = self.takes_encoded and schema is not None and schema.is_bare

    def enter_operation(self, schema: Schema, unit: UnitOfWork | None) -> None:
        """Begin an operation; ``unit`` is that of a mutation."""
        self._schema = schema
        self._unit = self.progress.unit = unit
        self._values = None
        if unit is not None and self.explanation is not None:
            watch_session(self.explanation, unit.session)
        self.loaders.clear()

    def _running_schema(self) -> Schema:
        if self._schema is None:
            message = "The context belongs to no operation yet."
            raise SchemaBuildError(message, fix="Build the schema with gql_api.build_schema.")
        return self._schema


Info = strawberry.Info[Context, None]
"""The ``info`` of resolvers, with this context."""
