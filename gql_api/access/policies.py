"""Policies: one predicate per operation on the rows of one model, and policies made of others."""

import copy
from typing import Any, Generic, TypeVar, get_args

import sqlalchemy as sa
from typing_extensions import override

from gql_api.access.column_sets import (
    Attribute,
    ColumnSet,
    attribute_key,
    common_columns,
    united_columns,
)
from gql_api.access.subjects import SymbolicSubject
from gql_api.errors import ConfigurationError

ModelT = TypeVar("ModelT")

Predicate = sa.ColumnElement[bool]


class Policy(Generic[ModelT]):
    """What a subject may do with the rows of one model.

    Subclass with the model as type argument and override what differs from *everything is
    allowed*. Each method gets the class or an alias of it and a symbolic subject, and returns a
    SQL predicate. Branch on roles only: a method runs once per role set and statement shape, and
    the subject's own values are bind parameters.

    ```python
    class PostPolicy(Policy[Post]):
        def visible(self, post, subject):
            return post.is_published | (post.author_id == subject.user_id)
    ```
    """

    model: type[Any]
    """The model; set from the type argument, or by ``on``."""

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Read the model from the type argument."""
        super().__init_subclass__(**kwargs)
        for parent in getattr(cls, "__orig_bases__", ()):
            arguments = get_args(parent)
            if arguments and isinstance(arguments[0], type):
                cls.model = arguments[0]

    def on(self, model: type[Any]) -> "Policy[Any]":
        """Return the same policy for a model."""
        made = copy.copy(self)
        made.model = model
        return made

    def __and__(self, other: "Policy[Any]") -> "Policy[Any]":
        """Return what both allow."""
        return _Both(self, other)

    def __or__(self, other: "Policy[Any]") -> "Policy[Any]":
        """Return what at least one allows; columns that one opens are open in all visible rows."""
        return _Either(self, other)

    def for_writing(self) -> "Policy[Any]":
        """Return the same policy for writes alone: all rows may be seen, and columns read."""
        return _ForWriting(self)

    def is_closed(self, subject: SymbolicSubject) -> bool:
        """Whether the model does not exist for the role set, whatever the predicates say.

        Its root fields and writes are refused, its rows are missing everywhere else.
        """
        return False

    def visible(self, row: Any, subject: SymbolicSubject) -> Predicate:
        """Rows that the subject may see, on every path."""
        return sa.true()

    def creatable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        """Rows that the subject may create; checked on the new row."""
        return sa.true()

    def updatable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        """Rows that the subject may change; checked before and after the change."""
        return sa.true()

    def deletable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        """Rows that the subject may delete."""
        return sa.true()

    def restorable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        """Rows, deleted softly, that the subject may bring back: those that it may delete."""
        return self.deletable(row, subject)

    def purgeable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        """Rows, deleted softly, that the subject may remove for good: those that it may delete."""
        return self.deletable(row, subject)

    def sees_deleted(self, subject: SymbolicSubject) -> bool:
        """Whether lists may include visible rows that were deleted softly; for nobody by default."""
        return False

    def readable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        """Columns that the subject may read; None for all. The primary key is always among them.

        Others are null or refused, and nothing can be filtered, ordered or computed by them.
        """
        return None

    def writable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        """Columns that the subject may set, foreign keys by their columns; None for all."""
        return None


class AllowAll(Policy[ModelT]):
    """Everything is allowed: for models that stay open where others are closed."""

    @override
    def sees_deleted(self, subject: SymbolicSubject) -> bool:
        return True


class DenyAll(Policy[ModelT]):
    """Nothing is allowed: the model does not exist."""

    @override
    def is_closed(self, subject: SymbolicSubject) -> bool:
        return True


class Roles(Policy[ModelT]):
    """Everything is allowed to those who have one of some roles, nothing to others.

    Args:
        names: Of the roles.
    """

    def __init__(self, *names: str) -> None:
        self._names = names

    @override
    def is_closed(self, subject: SymbolicSubject) -> bool:
        return not any(map(subject.has_role, self._names))


class Owned(Policy[ModelT]):
    """Everything is allowed with one's own rows; nothing to anonymous callers.

    Args:
        owner: Attribute that holds the user's id, or its key.
    """

    def __init__(self, owner: Attribute) -> None:
        self._owner = attribute_key(owner)
        if not isinstance(owner, str):
            self.model = owner.parent.class_

    @override
    def visible(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._own(row, subject)

    @override
    def creatable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._own(row, subject)

    @override
    def updatable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._own(row, subject)

    @override
    def deletable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._own(row, subject)

    def _own(self, row: Any, subject: SymbolicSubject) -> Predicate:
        if not subject.is_authenticated:
            return sa.false()
        predicate: Predicate = getattr(row, self._owner) == subject.user_id
        return predicate


class _Combined(Policy[Any]):
    """Two policies of one model."""

    def __init__(self, *parts: Policy[Any]) -> None:
        self._parts = parts
        models = {each.model for each in parts if hasattr(each, "model")}
        if len(models) > 1:
            names = " and ".join(sorted(each.__name__ for each in models))
            message = f"A policy is made of those of {names}."
            raise ConfigurationError(message, fix="Combine policies of one model.")
        for model in models:
            self.model = model

    @override
    def visible(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._combine("visible", row, subject)

    @override
    def creatable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._combine("creatable", row, subject)

    @override
    def updatable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._combine("updatable", row, subject)

    @override
    def deletable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._combine("deletable", row, subject)

    @override
    def restorable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._combine("restorable", row, subject)

    @override
    def purgeable(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return self._combine("purgeable", row, subject)

    @override
    def sees_deleted(self, subject: SymbolicSubject) -> bool:
        return all(each.sees_deleted(subject) for each in self._parts)

    def _combine(self, operation: str, row: Any, subject: SymbolicSubject) -> Predicate:
        raise NotImplementedError


class _Both(_Combined):
    """What both parts allow."""

    @override
    def is_closed(self, subject: SymbolicSubject) -> bool:
        return any(each.is_closed(subject) for each in self._parts)

    @override
    def readable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        return common_columns([each.readable_columns(subject) for each in self._parts])

    @override
    def writable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        return common_columns([each.writable_columns(subject) for each in self._parts])

    @override
    def _combine(self, operation: str, row: Any, subject: SymbolicSubject) -> Predicate:
        return sa.and_(*(getattr(each, operation)(row, subject) for each in self._parts))


class _Either(_Combined):
    """What at least one part allows: a closed one has no say."""

    @override
    def is_closed(self, subject: SymbolicSubject) -> bool:
        return not self._open(subject)

    @override
    def readable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        return united_columns([each.readable_columns(subject) for each in self._open(subject)])

    @override
    def writable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        return united_columns([each.writable_columns(subject) for each in self._open(subject)])

    @override
    def _combine(self, operation: str, row: Any, subject: SymbolicSubject) -> Predicate:
        asked = [getattr(each, operation)(row, subject) for each in self._open(subject)]
        return sa.or_(sa.false(), *asked)

    @override
    def sees_deleted(self, subject: SymbolicSubject) -> bool:
        return any(each.sees_deleted(subject) for each in self._open(subject))

    def _open(self, subject: SymbolicSubject) -> list[Policy[Any]]:
        return [each for each in self._parts if not each.is_closed(subject)]


class _ForWriting(_Combined):
    """One part for writes, and everything for reads."""

    @override
    def visible(self, row: Any, subject: SymbolicSubject) -> Predicate:
        return sa.true()

    @override
    def writable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        (part,) = self._parts
        return part.writable_columns(subject)

    @override
    def _combine(self, operation: str, row: Any, subject: SymbolicSubject) -> Predicate:
        (part,) = self._parts
        return sa.false() if part.is_closed(subject) else getattr(part, operation)(row, subject)


def policy_by_model(policies: tuple[Policy[Any], ...]) -> dict[type[Any], Policy[Any]]:
    """Index policies by model.

    Raises:
        ConfigurationError: A policy names no model, or two name the same.
    """
    found: dict[type[Any], Policy[Any]] = {}
    for policy in policies:
        model = getattr(policy, "model", None)
        if model is None:
            message = f"The policy {type(policy).__name__} names no model."
            raise ConfigurationError(
                message, fix="Subclass Policy[YourModel], or call its on(YourModel)."
            )
        if model in found:
            message = f"{model.__name__} has two policies."
            raise ConfigurationError(message, fix="Merge them into one.")
        found[model] = policy
    return found
