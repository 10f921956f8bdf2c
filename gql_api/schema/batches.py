"""Methods that compute a field for many rows at once, and the resolvers that call them for one."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import strawberry

from gql_api.errors import SchemaBuildError
from gql_api.loading.loaders import ValueByRowLoader

_LIST = re.compile(r"(?:\w+\.)?(?:list|List|Sequence)\[(?P<item>.+)\]")


def batch_resolver(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return the resolver of one row of a method that takes a list of rows.

    It has the method's arguments, and the type of an item of its list; the rows that are resolved
    at the same time are passed together.

    Raises:
        SchemaBuildError: The method takes no rows, or is not annotated to return a list.
    """

    async def resolve(self: Any, info: strawberry.Info[Any, Any], **arguments: Any) -> Any:
        raw_info: Any = info._raw_info  # noqa: SLF001 - the AST is nowhere else
        # the same nodes have the same arguments
        key = (method, *map(id, raw_info.field_nodes))
        if key not in info.context.loaders:
            info.context.loaders[key] = ValueByRowLoader(
                lambda rows: call_batch(method, rows, arguments)
            )
        loader: ValueByRowLoader = info.context.loaders[key]
        return await loader.load(self)

    own = list(inspect.signature(resolve).parameters.values())[:2]
    given = list(inspect.signature(method).parameters.values())
    item = _item(inspect.signature(method).return_annotation)
    if not given or item is None:
        message = f"{method.__qualname__} is no batch: it must take rows and return a list."
        raise SchemaBuildError(message, fix="Annotate it as (rows: list[...]) -> list[...].")
    signature = inspect.Signature([*own, *given[1:]], return_annotation=item)
    resolve.__signature__ = signature  # type: ignore[attr-defined]  # as inspect documents it
    resolve.__annotations__ = {
        each.name: each.annotation for each in signature.parameters.values() if each is not own[0]
    } | {"return": item}
    resolve.__name__, resolve.__doc__ = method.__name__, method.__doc__
    resolve.__module__ = method.__module__
    return resolve


async def call_batch(
    method: Callable[..., Any], rows: Sequence[Any], arguments: Mapping[str, Any]
) -> Sequence[Any]:
    """Call a method with rows, and return one value per row.

    Raises:
        ValueError: It returned another number of values.
    """
    values: Any = method(list(rows), **arguments)
    if inspect.isawaitable(values):
        values = await values
    if len(values) != len(rows):
        message = f"{method.__qualname__} returned {len(values)} values for {len(rows)} rows."
        raise ValueError(message)
    found: Sequence[Any] = values
    return found


def _item(annotation: Any) -> Any:
    """Return the type of the items of an annotated list; None where it is none."""
    if isinstance(annotation, str):
        match = _LIST.fullmatch(annotation.strip())
        return None if match is None else match["item"]
    origin: Any = getattr(annotation, "__origin__", None)
    is_list = inspect.isclass(origin) and issubclass(origin, Sequence)
    return get_args(annotation)[0] if is_list and get_args(annotation) else None
