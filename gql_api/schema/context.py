"""What resolvers need from the request: the contract that ``execution.Context`` meets."""

from collections.abc import Callable
from typing import Any, Protocol

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.access.subject_values import SubjectValues
from gql_api.access.subjects import Subject
from gql_api.loading.readers import Reader
from gql_api.loading.run import Run
from gql_api.persistence.hooks import Hooking, HooksByModel, WriteContext
from gql_api.persistence.rows import Write
from gql_api.plan.known import PlanCache
from gql_api.schema.table import TypeTable
from gql_api.sql.readable import PlanReader
from gql_api.sql.sources import Compilation


class UnitState(Protocol):
    """The unit of work of a mutation, as its root fields see it."""

    @property
    def session(self) -> AsyncSession:
        """The one session of the operation."""
        ...

    @property
    def has_failed(self) -> bool:
        """Whether a root field has failed, so that nothing will be committed."""
        ...

    def begin(self, name: str) -> None:
        """Note that a root field runs, by its response key."""
        ...

    def fail(self, name: str | None = None) -> None:
        """Decide that nothing will be committed, because of a root field."""
        ...

    async def require_constraints(self) -> None:
        """Have deferred constraints checked."""
        ...

    def after_commit(self, work: Callable[[], Any]) -> None:
        """Have something done once the changes are committed."""
        ...

    async def defer_constraints(self) -> None:
        """Let deferred constraints be broken again for a while, if they have been checked."""
        ...


class RequestContext(Protocol):
    """The part of the GraphQL context that generated resolvers use."""

    subject: Subject
    loaders: dict[Any, Any]
    """Request-scoped DataLoaders, by what they load; emptied after a write."""

    plans: Any
    """The ``DocumentPlans`` of the document that runs; None if it is not kept."""

    takes_completed: bool
    """Whether fields may be answered as a whole: nobody sees those within them resolved."""

    takes_fragments: bool
    """Whether such an answer may be JSON: it is only sent on."""

    @property
    def is_in_transaction(self) -> bool:
        """Whether reads run in a transaction, of a mutation or a snapshot."""
        ...

    @property
    def subject_values(self) -> SubjectValues | None:
        """Loads values that policies name; None where the schema has none."""
        ...

    @property
    def reader(self) -> Reader:
        """Where reads run: in the session during a mutation, on a read connection otherwise."""
        ...

    def reader_of(self, name: str | None) -> Reader:
        """Where reads of a root field run, by its response key."""
        ...

    @property
    def unit(self) -> UnitState:
        """The unit of work of a mutation."""
        ...


class SchemaAccess(Protocol):
    """The part of the schema that resolvers use."""

    has_deferred: bool
    """Whether the models have constraints that are checked at the commit, unless told otherwise."""

    table: TypeTable
    plans: PlanCache
    hooks: HooksByModel
    """What the application does around writes."""

    def compilation(self, subject: Subject) -> Compilation:
        """Return what statements for a subject are built from."""
        ...


def new_run(info: strawberry.Info[Any, Any], values: tuple[Any, ...]) -> Run:
    """Return a run of a plan for the request of a resolver."""
    context: RequestContext = info.context
    return Run(
        compilation=compilation_of(info),
        reader=context.reader_of(_root_key(info.path)),
        values=values,
        subject_parameters=context.subject.parameters,
    )


def _root_key(path: Any) -> str:
    """Return the response key of the root field that a path begins with."""
    while path.prev is not None:
        path = path.prev
    return str(path.key)


def new_write(info: strawberry.Info[Any, Any]) -> Write:
    """Return what a write of the request needs: session and rights."""
    context: RequestContext = info.context
    unit, subject = context.unit, context.subject
    writing = WriteContext(unit.session, subject, unit.after_commit)
    hooking = Hooking(_schema_of(info).hooks, writing)
    values = context.subject_values
    return Write(unit.session, compilation_of(info), subject, hooking, values)


def compilation_of(info: strawberry.Info[Any, Any]) -> Compilation:
    """Return what statements for the subject of a request are built from."""
    context: RequestContext = info.context
    return _schema_of(info).compilation(context.subject)


def plan_reader_of(info: strawberry.Info[Any, Any]) -> PlanReader:
    """Return what says which parts of a plan the subject of a request may read."""
    return plan_reader(table_of(info), compilation_of(info))


def plan_reader(table: TypeTable, compilation: Compilation) -> PlanReader:
    """Return what says which parts of a plan a role set may read."""
    is_lenient = table.config.unreadable_columns == "null"
    return PlanReader(compilation.rights, is_lenient)


def table_of(info: strawberry.Info[Any, Any]) -> TypeTable:
    """Return the type table of the schema that runs."""
    return _schema_of(info).table


def _schema_of(info: strawberry.Info[Any, Any]) -> SchemaAccess:
    schema: SchemaAccess = info.schema  # type: ignore[assignment]  # our subclass of the schema
    return schema
