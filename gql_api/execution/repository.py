"""Rows for code written by hand: same scopes, rules, policies, hooks and errors as generated."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import sqlalchemy as sa
import strawberry
from sqlalchemy.exc import DBAPIError

from gql_api.access.subjects import ANONYMOUS, Subject
from gql_api.errors import ValidationError
from gql_api.execution.context import Context
from gql_api.execution.unit_of_work import UnitOfWork
from gql_api.loading.loaders import InstanceByKeyLoader
from gql_api.loading.readers import Reader, ValuedReader
from gql_api.loading.run import Run
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.hooks import Hooking, WriteContext
from gql_api.persistence.relatives import PlacedUpdate
from gql_api.persistence.rows import (
    create_instance,
    create_instances,
    delete_row,
    update_instance,
    update_instances,
)
from gql_api.persistence.rules import check_values
from gql_api.persistence.soft_deletes import purge_row, restore_row
from gql_api.persistence.write import Write
from gql_api.plan.changes import CreateRow, DeleteRow, KeyValue, UpdateRow
from gql_api.schema.build import Schema
from gql_api.sql.instances import count_found, select_found

ModelT = TypeVar("ModelT")
Condition = sa.ColumnElement[bool]


class Repository(Generic[ModelT]):
    """The rows of one model that a subject may see and write: flushed, never committed.

    Reads find visible rows alone. In a query they run on a read connection, and give detached
    instances; in a mutation in its session, which holds what they give. Conditions and orders are
    SQLAlchemy's, over the model's attributes: ``Post.title == "x"``, ``Post.created_at.desc()``.
    They are the code's own: rows of other models in them are not limited to the visible ones.

    Writes need a mutation. Values go by attribute key; unlike clients, code may set hidden
    attributes. Primary keys are single values, or tuples for composite ones:
    ``info.context.key_of`` reads a global id.

    Args:
        model: A mapped class of the schema.
        info: Of the resolver.
        subject: Whose rights count: the caller's, unless the operation has its own rules and passes
            ``UNRESTRICTED``.
    """

    def __init__(
        self,
        model: type[ModelT],
        info: strawberry.Info[Context, None],
        *,
        subject: Subject | None = None,
    ) -> None:
        schema: Schema = info.schema  # type: ignore[assignment]  # our subclass of the schema
        context = info.context
        asker = subject or context.subject
        self._open(model, schema, asker, context.valued(context.reader, asker))
        self._values = context.subject_values
        self._unit = context.unit if context.has_unit else None

    @classmethod
    def within(
        cls, model: type[ModelT], unit: UnitOfWork, schema: Schema, subject: Subject = ANONYMOUS
    ) -> Self:
        """Make the repository of a plain route or a job, in its ``gql_api.unit_of_work``.

        Args:
            model: A mapped class of the schema.
            unit: Commits at its end.
            schema: Whose policies, hooks and rules hold.
            subject: Who asks.
        """
        made = cls.__new__(cls)
        values = unit.subject_values(schema.value_loaders)
        reader = unit.reader if values is None else ValuedReader(unit.reader, values, subject)
        made._open(model, schema, subject, reader)  # noqa: SLF001 - its own class
        made._values = values  # noqa: SLF001 - its own class
        made._unit = unit  # noqa: SLF001 - its own class
        return made

    def _open(self, model: type[ModelT], schema: Schema, subject: Subject, reader: Reader) -> None:
        compilation = schema.compilation(subject)
        self._schema, self._subject = schema, subject
        self._entity: Entity = compilation.registry.by_model[model]
        self._run = Run(compilation, reader, (), subject.parameters)

    @cached_property
    def _write(self) -> Write:
        if self._unit is None:
            message = "A query writes nothing: repositories write in mutations and units of work."
            raise RuntimeError(message)
        context = WriteContext(self._unit.session, self._subject, self._unit.after_commit)
        hooking = Hooking(self._schema.hooks, context)
        compilation = self._run.compilation
        return Write(self._unit.session, compilation, self._subject, hooking, self._values)

    async def get(self, key: Any) -> ModelT | None:
        """Return the visible row with a primary key, or None.

        Cost:
            One statement.
        """
        (found,) = await self.get_many([key])
        return found

    async def get_many(self, keys: Sequence[Any]) -> Sequence[ModelT | None]:
        """Return the visible rows with primary keys, in their order; None where there is none.

        Cost:
            One statement; more where keys exceed the parameters of one.
        """
        loader = InstanceByKeyLoader(self._entity, self._run)
        found: list[ModelT | None] = await loader.batch_load_fn(
            [key if isinstance(key, tuple) else (key,) for key in keys]
        )
        return found

    async def get_by(self, *conditions: Condition) -> ModelT | None:
        """Return the first visible row that meets all conditions, or None.

        Cost:
            One statement.
        """
        return next(iter(await self.list(*conditions, limit=1)), None)

    async def list(
        self,
        *conditions: Condition,
        order_by: Sequence[Any] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[ModelT]:
        """Return the visible rows that meet all conditions.

        Args:
            conditions: Over the model's attributes; none for all rows.
            order_by: Attributes and the like, most significant first; the primary key comes last.
            limit: Rows, at most; None for all.
            offset: Rows that are left out before.

        Cost:
            One statement.
        """
        compilation = self._run.compilation
        statement = select_found(self._entity, compilation, conditions, order_by)
        statement = statement.limit(limit).offset(offset or None)
        found: Sequence[ModelT] = await self._run.reader.fetch_instances(
            statement, self._run.parameters()
        )
        return found

    async def search(
        self,
        text: str,
        *attributes: Any,
        conditions: Sequence[Condition] = (),
        order_by: Sequence[Any] = (),
        limit: int | None = None,
    ) -> Sequence[ModelT]:
        """Return the visible rows of which an attribute holds a text, whatever the case.

        Wildcards in the text are literals. Full-text search is a condition of its own on
        PostgreSQL: pass ``sa.func.to_tsvector(…).bool_op("@@")(…)`` to ``list``.

        Args:
            text: What is looked for.
            attributes: Of texts; one of them must hold it.
            conditions: Besides.
            order_by: As of ``list``.
            limit: As of ``list``.

        Cost:
            One statement.
        """
        holds = sa.or_(*(each.icontains(text, autoescape=True) for each in attributes))
        return await self.list(holds, *conditions, order_by=order_by, limit=limit)

    async def count(self, *conditions: Condition) -> int:
        """Count the visible rows that meet all conditions.

        Cost:
            One statement.
        """
        statement = count_found(self._entity, self._run.compilation, conditions)
        ((count,),) = await self._run.fetch(statement)
        return int(count)

    async def exists(self, *conditions: Condition) -> bool:
        """Tell whether a visible row meets all conditions.

        Cost:
            One statement.
        """
        return bool(await self.list(*conditions, limit=1))

    def check(
        self, values: Mapping[str, Any], *, is_new: bool, path: Sequence[str] = ()
    ) -> Sequence[ValidationError]:
        """Collect what is wrong with values before any SQL runs; ``refuse_any`` raises it.

        Args:
            values: Attribute key to value.
            is_new: Whether what is required must be there.
            path: Where the values stand in the arguments; each error adds the name of its field.
        """
        return check_values(self._entity, values, is_new=is_new, path=path)

    async def create(self, values: Mapping[str, Any], *, path: Sequence[str] = ()) -> ModelT:
        """Create a row.

        Args:
            values: Attribute key to value; foreign keys are values too.
            path: Where the values stand in the arguments, for errors.

        Raises:
            WriteError: A rule, the policy or the database refuses it.

        Cost:
            One INSERT per table of the model, and a SELECT if it has a policy on creation.
        """
        change = CreateRow(self._entity.name, dict(values))
        instance: ModelT = await create_instance(change, self._write, path)
        return instance

    async def create_many(
        self, rows: Sequence[Mapping[str, Any]], *, path: Sequence[str] = ()
    ) -> Sequence[ModelT]:
        """Create rows, all or none, and return them in the same order.

        Args:
            rows: Attribute key to value of each.
            path: Where they stand in the arguments, for errors; each adds its index.

        Raises:
            WriteError: As of ``create``; of several rows together.

        Cost:
            One INSERT per table for each thousand rows with the same columns, and a SELECT if the
            model has a policy on creation.
        """
        changes = [CreateRow(self._entity.name, dict(values)) for values in rows]
        paths = [(*path, str(at)) for at in range(len(changes))]
        return await create_instances(changes, self._write, paths)

    async def update_many(
        self, changes: Mapping[Any, Mapping[str, Any]], *, path: Sequence[str] = ()
    ) -> Sequence[ModelT]:
        """Update rows, all or none, and return them in the same order.

        Args:
            changes: Primary key to attribute key to value.
            path: Where they stand in the arguments, for errors; each adds its index.

        Raises:
            WriteError: As of ``update``; of several rows together.

        Cost:
            One SELECT that locks the rows, one UPDATE per table and set of columns, and one SELECT
            if the model has a policy on updates.
        """
        placed = [
            PlacedUpdate(
                UpdateRow(self._entity.name, self._key(key), dict(values)),
                (*path, str(at)),
                (*path, str(at)),
            )
            for at, (key, values) in enumerate(changes.items())
        ]
        return await update_instances(placed, self._write)

    async def update(
        self,
        key: Any,
        values: Mapping[str, Any],
        *,
        path: Sequence[str] = (),
        key_path: Sequence[str] = ("id",),
    ) -> ModelT:
        """Update a row. Without values it is only locked, and the right to change it is checked.

        Args:
            key: The primary key.
            values: Attribute key to value; foreign keys are values too.
            path: Where the values stand in the arguments, for errors.
            key_path: Where the key stands.

        Raises:
            WriteError: The row is missing or not visible, or a rule, the policy or the database
                refuses.

        Cost:
            One SELECT that locks the row, one UPDATE per table that changes, and one SELECT if the
            model has a policy on updates.
        """
        change = UpdateRow(self._entity.name, self._key(key), dict(values))
        instance: ModelT = await update_instance(change, self._write, path, key_path)
        return instance

    async def delete(self, key: Any, *, path: Sequence[str] = ("id",)) -> None:
        """Delete a row; softly where the model says so.

        Raises:
            WriteError: The row is missing or not visible; the policy or the database refuses.

        Cost:
            One SELECT that locks the row, and one DELETE per table of the model.
        """
        await delete_row(DeleteRow(self._entity.name, self._key(key)), self._write, path)

    async def restore(self, key: Any, *, path: Sequence[str] = ("id",)) -> None:
        """Bring back a row that is deleted softly, and the rows that were deleted with it.

        Raises:
            WriteError: There is no such deleted row; the policy or the database refuses.

        Cost:
            One SELECT that locks the row, and one UPDATE; for what follows it as of a deletion.
        """
        await restore_row(DeleteRow(self._entity.name, self._key(key)), self._write, path)

    async def hard_delete(self, key: Any, *, path: Sequence[str] = ("id",)) -> None:
        """Remove a row that is deleted softly for good.

        Raises:
            WriteError: There is no such deleted row; the policy or the database refuses.

        Cost:
            One SELECT that locks the row, and one DELETE per table of the model.
        """
        await purge_row(DeleteRow(self._entity.name, self._key(key)), self._write, path)

    @contextmanager
    def refusals(self, path: Sequence[str] = ()) -> Iterator[None]:
        """Turn what the database refuses within the block into errors about fields of the model.

        For statements of the operation's own. After a refusal the transaction is lost: let the
        error end the operation.

        Raises:
            UniqueViolationError, ForeignKeyViolationError, CheckViolationError, ValidationError:
                By the constraint.
        """
        try:
            yield
        except DBAPIError as error:
            refusal = translate_error(error, self._entity, path)
            if refusal is None:
                raise
            raise refusal from error

    def _key(self, key: Any) -> KeyValue:
        values = key if isinstance(key, tuple) else (key,)
        return KeyValue(tuple(column.key for column in self._entity.primary_key), values)
