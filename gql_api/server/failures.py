"""What fails outside of GraphQL is answered in GraphQL's form too, whatever the route."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gql_api.errors import ApiError
from gql_api.server.answers import errors_response, present_exception, refusal
from gql_api.server.request_ids import request_id_of


def install_failure_handlers(app: FastAPI) -> None:
    """Make an application answer every failure with JSON: refusals, invalid input, defects."""
    app.add_exception_handler(HTTPException, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(ApiError, _answer_exception)
    # For middleware that others add around ours.
    app.add_exception_handler(Exception, _answer_exception)
    app.add_middleware(DefectMask)


class DefectMask:
    """ASGI middleware: an exception that nobody expected is logged once, and masked.

    Args:
        app: The application within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose answer has begun fails visibly, by a broken connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_watched(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        except Exception as error:
            if has_started:
                raise
            await present_exception(scope, error)(scope, receive, send)


async def _answer_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # registered for this class only
        return present_exception(request.scope, error)
    message = f"{error.detail}".rstrip(".") + "."
    return refusal(request.scope, error.status_code, message, headers=error.headers)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Name each value that a plain route refuses, without repeating it."""
    details = error.errors() if isinstance(error, RequestValidationError) else []
    request_id = request_id_of(request.scope)
    errors = [
        {
            "message": f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}",
            "extensions": {"code": "VALIDATION_FAILED", "requestId": request_id},
        }
        for detail in details
    ]
    return errors_response(request.scope, 422, errors)


async def _answer_exception(request: Request, error: Exception) -> Response:
    return present_exception(request.scope, error)
