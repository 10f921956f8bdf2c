"""Writes of operations written by hand: same rules, policies and typed errors as generated ones."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy.exc import DBAPIError

from gql_api.access.subjects import Subject
from gql_api.errors import ValidationError
from gql_api.execution.context import Context
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.rows import create_instance, delete_row, update_instance
from gql_api.persistence.rules import check_values
from gql_api.persistence.write import Write
from gql_api.plan.changes import CreateRow, DeleteRow, KeyValue, UpdateRow
from gql_api.schema.build import Schema
from gql_api.schema.context import new_hooking

ModelT = TypeVar("ModelT")


class Repository(Generic[ModelT]):
    """The rows of one model, as a mutation written by hand writes them: flushed, never committed.

    Values go by attribute key; unlike clients, the operation may set hidden attributes. Primary
    keys are single values, or tuples for composite ones: ``info.context.key_of`` reads a global id.

    Args:
        model: A mapped class of the schema.
        info: Of the mutation's resolver.
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
        subject = subject or info.context.subject
        compilation = schema.compilation(subject)
        self._entity: Entity = compilation.registry.by_model[model]
        self._write = Write(info.context.session, compilation, subject, new_hooking(info, subject))

    def check(
        self, values: Mapping[str, Any], *, is_new: bool, path: Sequence[str] = ()
    ) -> list[ValidationError]:
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
        """Delete a row.

        Raises:
            WriteError: The row is missing or not visible; the policy or the database refuses.

        Cost:
            One SELECT that locks the row, and one DELETE per table of the model.
        """
        await delete_row(DeleteRow(self._entity.name, self._key(key)), self._write, path)

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
