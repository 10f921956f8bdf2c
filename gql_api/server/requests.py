"""GraphQL over HTTP: what a request asks for, read strictly.

Source:
    GraphQL over HTTP, "Request".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gql_api.config import Limits
from gql_api.errors import LimitExceededError
from gql_api.execution.values import check_values, too_deep
from gql_api.server.negotiation import JSON

_INT_DIGITS = 20
"""More are no length but an attack on the conversion."""

_USUAL = frozenset({"query", "variables"})
_UTF8_NAMES = frozenset({"utf-8", "utf8"})


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """A well-formed request; whether it has a document, and a valid one, is not known yet."""

    query: str
    """The document; empty where only its id was sent."""

    operation_name: str | None
    """Which of its operations to run; None for the only one."""

    variables: dict[str, Any] | None
    """By name, as sent."""

    extensions: dict[str, Any] | None
    """Whatever a client adds; unknown ones mean nothing."""

    document_id: str | None = None
    """Id of a trusted document that is meant."""

    @property
    def is_unusual(self) -> bool:
        """Whether the document may have to be found by an id."""
        return not self.query or self.document_id is not None or self.extensions is not None


async def read_operations(
    request: Request, limits: Limits
) -> OperationRequest | list[OperationRequest]:
    """Read the operation of a GET or POST request, or its batch of them.

    Args:
        request: Its body is read no further than is allowed.
        limits: ``max_body_bytes``, ``max_json_depth``, ``max_variable_values`` and
            ``max_batch_operations``.

    Raises:
        HTTPException: 400 for a malformed request, 413 for one that is too large, 415 for a body
            that is not JSON in UTF-8.
        LimitExceededError: It has too many values, or they stand too deep within each other.
    """
    if request.method == "GET":
        _require_size(len(request.url.query), limits)
        return operation_of(_read_parameters(request, limits))
    _require_json(request.headers)
    return parse_operations(await _read_body(request, limits), limits)


def parse_operations(body: bytes, limits: Limits) -> OperationRequest | list[OperationRequest]:
    """Read the operation of the body of a POST request, or its batch of them.

    Raises:
        HTTPException: 400 for a malformed body.
        LimitExceededError: It has too many operations or values, or they stand too deep within each
            other.
    """
    content = _parse(body, "The request body", limits)
    if isinstance(content, list) and limits.max_batch_operations > 1:
        return _operations_of(content, limits)
    if not isinstance(content, dict):
        message = "The request body must be one JSON object."
        raise HTTPException(400, message)
    return operation_of(content)


def _operations_of(batch: list[Any], limits: Limits) -> list[OperationRequest]:
    count, most = len(batch), limits.max_batch_operations
    if count > most:
        message = f"The batch has {count} operations: at most {most} are allowed."
        raise LimitExceededError(message, limit="max_batch_operations")
    if not batch or not all(isinstance(each, dict) for each in batch):
        message = "A batch must be a list of one or more JSON objects."
        raise HTTPException(400, message)
    return [operation_of(each) for each in batch]


async def _read_body(request: Request, limits: Limits) -> bytes:
    """Read the body, which is refused before it is read where its length is announced."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < _INT_DIGITS:
        _require_size(int(announced), limits)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        _require_size(len(body), limits)
    return bytes(body)


def _require_size(size: int, limits: Limits) -> None:
    if size > limits.max_body_bytes:
        message = f"The request has {size} bytes or more: send at most {limits.max_body_bytes}."
        raise HTTPException(413, message)


def _read_parameters(request: Request, limits: Limits) -> dict[str, Any]:
    """Read the parameters of a GET request, two of which hold JSON; an empty one is none."""
    parameters: dict[str, Any] = {key: text for key, text in request.query_params.items() if text}
    for name in ("variables", "extensions"):
        if name in parameters:
            parameters[name] = _parse(parameters[name].encode(), f"The parameter {name}", limits)
    return parameters


def _require_json(headers: Mapping[str, str]) -> None:
    """Refuse what a form of a foreign page could send, and other charsets and encodings."""
    media_type, *parameters = headers.get("content-type", "").lower().split(";")
    pairs = (each.strip().partition("=") for each in parameters)
    charsets = {value.strip('"') for name, _, value in pairs if name == "charset"}
    encoding = headers.get("content-encoding", "identity").lower()
    if media_type.strip() != JSON or charsets - _UTF8_NAMES or encoding != "identity":
        message = "Send the request as application/json in UTF-8, without a content encoding."
        raise HTTPException(415, message)


def _parse(text: bytes, subject: str, limits: Limits) -> Any:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "depth limit exceeded" in str(error):  # orjson has one of its own
            raise too_deep(limits) from error
        message = f"{subject} is not valid JSON."
        raise HTTPException(400, message) from error
    if isinstance(content, dict):
        for each in content.values():
            check_values(each, limits, subject, depth=1)
    else:
        check_values(content, limits, subject)
    return content


def operation_of(content: Mapping[str, Any]) -> OperationRequest:
    """Return the operation that an object of JSON asks for.

    Raises:
        HTTPException: 400 where a member is of another type.
    """
    query, variables = content.get("query"), content.get("variables")
    if content.keys() <= _USUAL and type(query) is str and query and type(variables) is dict:
        return OperationRequest(query, None, variables, None)
    return OperationRequest(
        query=_typed(content, "query", str, "a string") or "",
        operation_name=_typed(content, "operationName", str, "a string") or None,
        variables=_typed(content, "variables", dict, "an object"),
        extensions=_typed(content, "extensions", dict, "an object"),
        document_id=_typed(content, "documentId", str, "a string") or None,
    )


def _typed(content: Mapping[str, Any], name: str, type_: type[Any], kind: str) -> Any:
    value = content.get(name)
    if value is not None and not isinstance(value, type_):
        message = f"`{name}` must be {kind}."
        raise HTTPException(400, message)
    return value
