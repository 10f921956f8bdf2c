"""The executor: graphql-core's, for which fields may be answered as a whole."""

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
from gql_api.schema.shortcuts import ANSWERS, FINISHED


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

    @override
    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Path,
        position_context: Any,
    ) -> Any:
        """Execute a field; a scalar that stands in a planned answer is finished at once."""
        if type(source) in ANSWERS and not self.resolves_fields:
            field = parent_type.fields.get(field_details_list[0].node.name.value)
            finish = None if field is None else field.extensions.get(FINISHED)
            if finish is not None:
                try:
                    return finish(source[path.key])
                except Exception:  # noqa: BLE001, S110 - the executor makes the exact error
                    pass
        return super().execute_field(
            parent_type, source, field_details_list, path, position_context
        )

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
