"""Hooks: what an application does before and after each write of a model's rows."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from gql_api.access.subjects import Subject
from gql_api.errors import ConfigurationError, ForbiddenError, ValidationError, WriteError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.rules import check_changed

ModelT = TypeVar("ModelT")

Event = Literal[
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
    "before_restore",
    "after_restore",
    "before_purge",
    "after_purge",
]
"""Name of a hook's method."""

Done = Awaitable[None] | None
"""What a hook returns: it may be async or not."""


@dataclass(slots=True, eq=False)
class RowChange(Generic[ModelT]):
    """The write of one row, as hooks see it."""

    entity: Entity
    path: tuple[str, ...]
    """Where its input stands in the arguments, for errors."""

    values: dict[str, Any] = field(default_factory=dict)
    """Attribute key to new value, foreign keys included; empty for a deletion. What a hook sets
    before a write is written, hidden and read-only attributes too."""

    row: ModelT | None = None
    """The instance: locked before an update or a deletion, written after it; None before a creation.
    What the database makes and did not tell must be refreshed before it is read."""

    errors: list[WriteError] = field(default_factory=list)
    """Why the row shall not be written."""

    def refuse(self, message: str, attribute: str | None = None) -> None:
        """Refuse the row with a ``ValidationError``; other rows and hooks may add theirs.

        Args:
            message: Shown to the client.
            attribute: Key of the attribute at fault; None for the row as a whole.
        """
        self.errors.append(ValidationError(message, path=self._path_of(attribute)))

    def forbid(self, message: str) -> None:
        """Refuse the row with a ``Forbidden`` error; as for ``refuse``."""
        self.errors.append(ForbiddenError(message, path=self.path))

    def _path_of(self, attribute: str | None) -> tuple[str, ...]:
        if attribute is None:
            return self.path
        known: Any = self.entity.columns.get(attribute) or self.entity.relationships.get(attribute)
        return self.path if known is None else (*self.path, known.name)


@dataclass(frozen=True, slots=True, eq=False)
class WriteContext:
    """What a hook may use. Compared by identity."""

    session: AsyncSession
    """Of the operation; hooks never commit."""

    subject: Subject
    """Who writes."""

    after_commit: Callable[[Callable[[], Any]], None]
    """Takes a function without arguments, async or not, that runs once all is committed."""


class Hooks(Generic[ModelT]):
    """What happens around the writes of one model's rows, by whatever mutation.

    Subclass with the model as type argument and write the methods that are needed, async or not.
    Each is called once for all rows that are written together, so that what it asks the database
    is one statement. Rows of subclasses come to the hooks of their base as well, which run first.

    ```python
    class PostHooks(Hooks[Post]):
        async def before_create(self, changes, context):
            for change in changes:
                change.values["slug"] = slugify(change.values["title"])
    ```

    What a method raises ends the operation: a ``WriteError`` is told to the client, all else is a
    defect. After a conflict of transactions all hooks run again with the repeated operation. Rows
    that the database or the ORM deletes by cascade do not come to hooks.
    """

    model: ClassVar[type[Any]]
    """The model; set from the type argument."""

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Read the model from the type argument."""
        super().__init_subclass__(**kwargs)
        for parent in getattr(cls, "__orig_bases__", ()):
            arguments = get_args(parent)
            if arguments and isinstance(arguments[0], type):
                cls.model = arguments[0]

    def before_create(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See, change or refuse new rows whose links are known; their keys may not be."""

    def after_create(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See rows that are in the database, with the rows that their inputs hold besides."""

    def before_update(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See, change or refuse new values of locked rows, which are as they were."""

    def after_update(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See rows that have their new values."""

    def before_delete(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See or refuse the deletion of locked rows."""

    def after_delete(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See rows that are gone, or marked as deleted."""

    def before_restore(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See or refuse that locked rows, which are marked as deleted, come back."""

    def after_restore(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See rows that are back."""

    def before_purge(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See or refuse that locked rows, which are marked as deleted, are removed for good."""

    def after_purge(self, changes: Sequence[RowChange[ModelT]], context: WriteContext) -> Done:
        """See rows that are gone for good."""


HooksByModel = Mapping[type[Any], Sequence[Hooks[Any]]]


def hooks_by_model(hooks: Iterable[Hooks[Any]]) -> HooksByModel:
    """Index hooks by model, in their order.

    Raises:
        ConfigurationError: Some name no model.
    """
    found: dict[type[Any], list[Hooks[Any]]] = {}
    for each in hooks:
        model = getattr(each, "model", None)
        if model is None:
            message = f"The hooks {type(each).__name__} name no model."
            raise ConfigurationError(message, fix="Subclass Hooks[YourModel].")
        found.setdefault(model, []).append(each)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Hooking:
    """The hooks of a schema in one operation."""

    hooks: HooksByModel
    context: WriteContext

    def has(self, model: type[Any], *events: Event) -> bool:
        """Tell whether a model, or one that inherits from it or from which it inherits, has hooks."""
        if not self.hooks:
            return False
        mapper = sa.inspect(model)
        related = [*mapper.iterate_to_root(), *mapper.self_and_descendants]
        return any(_found(self.hooks, each.class_, event) for each in related for event in events)

    async def run(self, event: Event, changes: Sequence[RowChange[Any]]) -> None:
        """Call the hooks of an event, for all rows of a class at once.

        Raises:
            WriteError: A hook refuses a row, or sets a value that breaks a rule.
        """
        if not self.hooks:
            return
        given = [dict(change.values) for change in changes]
        for model, alike in _by_class(changes).items():
            for hook in _inherited(self.hooks, model, event):
                done = getattr(hook, event)(alike, self.context)
                if inspect.isawaitable(done):
                    await done
        for change, values in zip(changes, given, strict=True):
            if event in {"before_create", "before_update"}:
                faults = check_changed(change.entity, values, change.values, change.path)
                change.errors.extend(faults)
        refuse_any([error for change in changes for error in change.errors])


def _by_class(changes: Sequence[RowChange[Any]]) -> dict[type[Any], list[RowChange[Any]]]:
    found: dict[type[Any], list[RowChange[Any]]] = {}
    for change in changes:
        model = change.entity.model if change.row is None else type(change.row)
        found.setdefault(model, []).append(change)
    return found


def _inherited(hooks: HooksByModel, model: type[Any], event: Event) -> list[Hooks[Any]]:
    """Return the hooks of a class for an event, those of its bases first."""
    bases = [each.class_ for each in sa.inspect(model).iterate_to_root()]
    return [hook for base in reversed(bases) for hook in _found(hooks, base, event)]


def _found(hooks: HooksByModel, model: type[Any], event: Event) -> list[Hooks[Any]]:
    untouched = getattr(Hooks, event)
    return [each for each in hooks.get(model, ()) if getattr(type(each), event) is not untouched]
