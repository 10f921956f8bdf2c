"""Policies: one predicate per operation on the rows of one model."""

from typing import Any, ClassVar, Generic, TypeVar, get_args

import sqlalchemy as sa
from typing_extensions import override

from gql_api.access.column_sets import ColumnSet
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

    def readable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        """Columns that the subject may read; None for all. The primary key is always among them.

        Others are null or refused, and nothing can be filtered, ordered or computed by them.
        """
        return None

    def writable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        """Columns that the subject may set, foreign keys by their columns; None for all."""
        return None


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
            raise ConfigurationError(message, fix="Subclass Policy[YourModel].")
        if model in found:
            message = f"{model.__name__} has two policies."
            raise ConfigurationError(message, fix="Merge them into one.")
        found[model] = policy
    return found
