"""The executor: graphql-core's, which is told what is known of the document that runs."""

from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from typing_extensions import override

from gql_api.execution.context import Context


class OperationExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs one operation."""

    @classmethod
    @override
    def build(
        cls, schema: GraphQLSchema, document: DocumentNode, *args: Any, **options: Any
    ) -> list[GraphQLError] | Executor[Any]:
        """Build the executor of a document: of another one than was judged nothing is known."""
        context = options.get("context_value")
        if isinstance(context, Context) and not _is_known(document, context):
            context.plans = None
        return super().build(schema, document, *args, **options)


def _is_known(document: DocumentNode, context: Context) -> bool:
    return context.plans is not None and context.plans.document is document
