"""The limits of a document and its variables: judged before anything is sent to the database.

They hold for ``schema.execute`` in process and for the HTTP edge alike.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar, cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OverlappingFieldsCanBeMergedRule,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from typing_extensions import override

from gql_api.config import Limits
from gql_api.errors import ApiError, ForbiddenError, LimitExceededError
from gql_api.execution.context import Context
from gql_api.execution.cost import compile_cost
from gql_api.execution.disclosing import subject_in, tells_suggestions
from gql_api.execution.documents import DocumentCache, KnownDocument
from gql_api.execution.introspection import check_introspection
from gql_api.execution.one_of import OneOfRule
from gql_api.execution.overlaps import FieldsMergeRule
from gql_api.execution.structure import check_structure
from gql_api.execution.values import check_values
from gql_api.schema.build import Schema
from gql_api.schema.plans import DocumentPlans

_NOTHING = " "
"""What is parsed in place of a document that is refused: it fails at once."""

_MAX_ERRORS = 20
"""Mistakes of a document that are told: finding the place of each takes as long as the document is."""

_LONG = 2_000
"""Characters of a document from which it is parsed and judged beside the loop: 20 ms for each 4,000, at worst."""

_ASIDE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gql_api judge")
"""Where long documents are parsed and judged, one at a time, while the loop goes on."""

_TOO_MANY_TOKENS = "Document contains more than"
_T = TypeVar("_T")
_FURTHER_RULES = (MaybeNullValidationRule, OneOfRule)


class OperationLimits(SchemaExtension):
    """Judges each document once, and its variables for each operation.

    Args:
        documents: Those of the schema that are known.
    """

    def __init__(self, documents: DocumentCache) -> None:
        self._documents = documents
        self._known: KnownDocument | None = None
        self._cost: int | None = None

    @override
    async def on_operation(self) -> AsyncIterator[None]:
        """Find the document, and say which limit of length or tokens it exceeds."""
        context, limits = self.execution_context, self._limits
        context.parse_options = {"max_tokens": limits.max_tokens}
        refusal = await self._find_document()
        if refusal is not None:
            context.query = _NOTHING
        yield
        result: Any = context.result
        if refusal is not None and result is not None:
            result.errors = [refusal]
        if result is not None and result.errors:
            result.errors = [_token_error(error, limits.max_tokens) for error in result.errors]

    @override
    async def on_validate(self) -> AsyncIterator[None]:
        """Judge the document, unless it is known, and then its variables."""
        context = self.execution_context
        if context.pre_execution_errors is None:  # else another extension has judged it
            context.pre_execution_errors = await self._judge_document() or self._judge_request()
        if isinstance(context.context, Context):
            context.context.cost = self._cost
            context.context.plans = None if self._known is None else self._known.plans
        yield

    @override
    def get_results(self) -> dict[str, Any]:
        """Return what the operation costs, where the configuration says so."""
        return present_cost(self._cost, self._schema)

    @property
    def _schema(self) -> Schema:
        schema: Any = self.execution_context.schema
        return cast("Schema", schema)

    @property
    def _limits(self) -> Limits:
        return self._schema.table.config.limits

    async def _find_document(self) -> GraphQLError | None:
        """Take the document from the known ones, or parse it where it is long; return what is wrong."""
        context, limits = self.execution_context, self._limits
        text = context.query
        if text is None or context.graphql_document is not None:
            return None
        if len(text) > limits.max_document_length:
            return _located([_too_long(len(text), limits)])[0]
        self._known = self._documents.get(text)
        if self._known is not None:
            context.graphql_document = self._known.node
        elif len(text) > _LONG:
            try:
                context.graphql_document = await _beside(
                    partial(parse, text, **context.parse_options)
                )
            except Exception as error:  # noqa: BLE001 - as Strawberry, which parses the others
                return error if isinstance(error, GraphQLError) else _unlocated(error)
        return None

    async def _judge_document(self) -> list[GraphQLError]:
        context = self.execution_context
        document = context.graphql_document
        if self._known is not None or document is None:
            return []
        rules = context.validation_rules
        is_told = tells_suggestions(context.context, self._schema.table.config)
        judge = partial(judge_document, document, self._schema, rules, shows_suggestions=is_told)
        errors = await _beside(judge) if len(context.query or "") > _LONG else judge()
        if not errors and rules:
            self._known = KnownDocument(document, DocumentPlans(document, self._schema.plans))
            if context.query:  # else the document was given parsed
                self._documents.put(context.query, self._known)
        return errors

    def _judge_request(self) -> list[GraphQLError]:
        variables = self.execution_context.variables or {}
        try:
            name = self.execution_context.operation_name
            self._check_introspection(name)
            self._cost = judge_request(self._known, name, variables, self._schema)
        except (LimitExceededError, ForbiddenError) as error:
            return _located([error])
        return []

    def _check_introspection(self, name: str | None) -> None:
        context = self.execution_context
        config = self._schema.table.config
        if config.introspection != "all" and context.graphql_document is not None:
            subject = subject_in(context.context)
            check_introspection(context.graphql_document, name, subject, config)


def judge_document(
    document: DocumentNode,
    schema: Schema,
    rules: Sequence[type[ASTValidationRule]] = specified_rules,
    *,
    shows_suggestions: bool = True,
) -> list[GraphQLError]:
    """Collect what is wrong with a document: what exceeds a limit, or else is not valid.

    Args:
        document: Of any operations.
        schema: Whose types and limits hold.
        rules: Of the validation; none for a document that is known to be valid.
        shows_suggestions: Whether names of the schema that are alike may be told.
    """
    errors = _located(check_structure(document, schema.table.config.limits))
    if errors or not rules:
        return errors
    return validate(
        schema.graphql_schema,
        document,
        _with_ours(rules),
        max_errors=_MAX_ERRORS,
        hide_suggestions=not shows_suggestions,
    )


def judge_request(
    known: KnownDocument | None, name: str | None, variables: Mapping[str, Any], schema: Schema
) -> int | None:
    """Judge the variables of an operation, and return what it costs.

    Args:
        known: The document; nothing is known of one that was not validated.
        name: Of the operation.
        variables: As sent.
        schema: Whose limits hold.

    Returns:
        None where nothing is known of the operation.

    Raises:
        LimitExceededError: There is more of something than is allowed.
    """
    limits = schema.table.config.limits
    check_values(variables, limits, "The variables")
    if known is None:
        return None
    if name not in known.prices:
        operation = get_operation_ast(known.node, name)
        if operation is None:
            return None
        known.prices[name] = compile_cost(known.node, operation, schema)
    cost = known.prices[name].price(variables, limits)
    if cost > limits.max_cost:
        message = f"The operation costs {cost} points: at most {limits.max_cost} are allowed."
        raise LimitExceededError(message, limit="max_cost")
    return cost


def present_cost(cost: int | None, schema: Schema) -> dict[str, Any]:
    """Return what the extensions of an answer say of its cost, where the configuration says so."""
    config = schema.table.config
    if cost is None or not config.shows_cost:
        return {}
    return {"cost": {"requested": cost, "limit": config.limits.max_cost}}


async def _beside(work: Callable[[], _T]) -> _T:
    """Do what takes long beside the loop."""
    run = copy_context().run
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, run, work)


def _with_ours(rules: Sequence[type[ASTValidationRule]]) -> list[type[ASTValidationRule]]:
    """Return the rules of an operation, with the fast twin of the slow one."""
    swapped = [
        FieldsMergeRule if each is OverlappingFieldsCanBeMergedRule else each for each in rules
    ]
    return [*swapped, *_FURTHER_RULES]


def _unlocated(error: Exception) -> GraphQLError:
    return GraphQLError(str(error), original_error=error)


def _located(errors: Sequence[ApiError]) -> list[GraphQLError]:
    return [GraphQLError(error.message, original_error=error) for error in errors]


def _too_long(length: int, limits: Limits) -> LimitExceededError:
    message = (
        f"The document has {length} characters: at most {limits.max_document_length} are allowed. "
        "Send values as variables."
    )
    return LimitExceededError(message, limit="max_document_length")


def _token_error(error: GraphQLError, limit: int) -> GraphQLError:
    """Return the error of a document with too many tokens, others as they are."""
    if not isinstance(error, GraphQLSyntaxError) or _TOO_MANY_TOKENS not in error.message:
        return error
    message = f"The document has more than {limit} tokens: ask for less, or in several requests."
    (located,) = _located([LimitExceededError(message, limit="max_tokens")])
    return located
