"""The executor: graphql-core's, for which fields may be answered as a whole."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.execution import Executor
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from typing_extensions import override

from gql_api.execution.context import Context
from gql_api.schema.completed import Completed
from gql_api.schema.completions import Complete
from gql_api.schema.shortcuts import ANSWERS, FINISHED


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """The fields of an object, those apart that are finished at once."""

    fields: Any
    """All of them, kept so that their identity stays theirs."""

    finished: tuple[tuple[str, Complete], ...]
    """Response keys, with what finishes the values."""

    rest: dict[str, Any]
    """As they are given, by response key."""

    empty: dict[str, Any]
    """Nothing yet, in the order of the answer."""


class OperationExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs one operation."""

    @classmethod
    @override
    def build(
        cls, schema: GraphQLSchema, document: DocumentNode, *args: Any, **options: Any
    ) -> list[GraphQLError] | Executor[Any]:
        """Build the executor of a document, and tell the context what runs."""
        executor = super().build(schema, document, *args, **options)
        if isinstance(executor, cls) and isinstance(executor.context_value, Context):
            executor.context_value.enter_execution(
                document, resolves_fields=executor.resolves_fields
            )
        return executor

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shares: dict[tuple[GraphQLObjectType, int], _Share] = {}

    @override
    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Execute the fields of an object; scalars that stand in a planned answer come first."""
        if type(source_value) not in ANSWERS or self.resolves_fields:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        share = self._share(parent_type, grouped_field_set)
        results, rest = share.empty.copy(), share.rest
        for name, finish in share.finished:
            try:
                results[name] = finish(source_value[name])
            except Exception:  # noqa: BLE001 - the executor makes the exact error
                rest = {**rest, name: grouped_field_set[name]}
        if not rest:
            return results
        if rest is not share.rest:
            rest = {name: each for name, each in grouped_field_set.items() if name in rest}
        others = super().execute_fields(parent_type, source_value, path, rest, position_context)
        if not isinstance(others, dict):
            return _merge_later(results, others)
        results.update(others)
        return results

    def _share(self, parent_type: GraphQLObjectType, grouped_field_set: Any) -> "_Share":
        """Tell which fields of an object are finished at once: the same for all rows of a list."""
        key = (parent_type, id(grouped_field_set))
        share = self._shares.get(key)
        if share is None:
            finished, rest = [], {}
            for name, details in grouped_field_set.items():
                field = parent_type.fields.get(details[0].node.name.value)
                finish = None if field is None else field.extensions.get(FINISHED)
                if finish is None:
                    rest[name] = details
                else:
                    finished.append((name, finish))
            empty = dict.fromkeys(grouped_field_set)
            share = self._shares[key] = _Share(grouped_field_set, tuple(finished), rest, empty)
        return share

    @property
    def resolves_fields(self) -> bool:
        """Whether an extension looks at each field."""
        return self.middleware_manager is not None and bool(self.middleware_manager.middlewares)

    @override
    async def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete the value of an async resolver; what is answered as a whole is complete."""
        try:
            resolved = await self.with_abort_signal(result)
            if isinstance(resolved, Completed):
                return resolved.data
            completed = self.complete_value(
                return_type, field_details_list, info, path, resolved, position_context
            )
            return await completed if self.is_awaitable(completed) else completed
        except Exception as error:  # noqa: BLE001 - whatever a resolver raised
            self.handle_field_error(error, return_type, field_details_list, path)
            return None


async def _merge_later(results: dict[str, Any], others: Awaitable[dict[str, Any]]) -> Any:
    results.update(await others)
    return results
