"""Root mutation fields within the unit of work of their operation."""

import inspect
from typing import Any

import strawberry
from sqlalchemy.exc import DBAPIError
from strawberry.extensions import FieldExtension
from typing_extensions import override

from gql_api.errors import NotRunError, WriteError
from gql_api.persistence.constraints import translate_deferred
from gql_api.schema.context import SchemaAccess, table_of
from gql_api.schema.payloads import Payload, refused

Info = strawberry.Info[Any, Any]


class UnitOfWorkField(FieldExtension):
    """Runs a root mutation field within the unit of work: after a failure nothing more runs.

    A payload with errors and an exception both fail the unit. Where the models have deferred
    constraints, these are checked before the payload is read, so that a violation is its error.

    Cost:
        One statement with deferred constraints, and another one if more root fields follow.
    """

    @override
    def resolve(  # type: ignore[override]  # an argument may be called source, too
        self, next_: Any, source: Any, info: Info, /, **kwargs: Any
    ) -> Any:
        if _has_deferred(info):
            return self.resolve_async(next_, source, info, **kwargs)
        _begin(info)
        try:
            result = next_(source, info, **kwargs)
        except Exception:
            info.context.unit.fail(str(info.path.key))
            raise
        return _settled(result, info)

    @override
    async def resolve_async(  # type: ignore[override]  # see above
        self, next_: Any, source: Any, info: Info, /, **kwargs: Any
    ) -> Any:
        _begin(info)
        has_deferred = _has_deferred(info)
        try:
            if has_deferred:
                await info.context.unit.defer_constraints()
            result = next_(source, info, **kwargs)
            if inspect.isawaitable(result):
                result = await result
            if has_deferred and not _is_refused(result):
                result = await _checked(result, info)
        except BaseException:
            info.context.unit.fail(str(info.path.key))
            raise
        return _settled(result, info)


def _begin(info: Info) -> None:
    if info.context.unit.has_failed:
        message = f"{info.path.key} was not run, because a field before it failed."
        raise NotRunError(message)
    info.context.unit.begin(str(info.path.key))


def _has_deferred(info: Info) -> bool:
    schema: SchemaAccess = info.schema  # type: ignore[assignment]  # our subclass of the schema
    return schema.has_deferred


def _is_refused(result: Any) -> bool:
    return isinstance(result, Payload) and bool(result.errors)


async def _checked(result: Any, info: Info) -> Any:
    """Check deferred constraints; a violation takes the place of a payload.

    Raises:
        WriteError: A constraint is violated, and the field has no payload.
    """
    try:
        await info.context.unit.require_constraints()
    except DBAPIError as error:
        refusal: WriteError | None = translate_deferred(
            error, table_of(info).registry, _input_path(info)
        )
        if refusal is None:
            raise
        if isinstance(result, Payload):
            return refused(refusal)
        raise refusal from error
    return result


_INPUTS = ("input", "inputs", "items", "set", "create", "update", "id", "where")
"""Arguments of generated mutations that a violation may be about, the likeliest first."""


def _input_path(info: Info) -> tuple[str, ...]:
    nodes = info._raw_info.field_nodes[0].arguments or ()  # noqa: SLF001 - no public twin
    given = {node.name.value for node in nodes}
    return tuple(name for name in _INPUTS if name in given)[:1]


def _settled(result: Any, info: Info) -> Any:
    if _is_refused(result):
        info.context.unit.fail(str(info.path.key))
    # what loaders hold may have changed
    info.context.loaders.clear()
    return result
