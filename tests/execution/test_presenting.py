"""How errors are presented."""

import logging
from typing import Any

import pytest
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gql_api.errors import ForbiddenError, UnauthenticatedError
from gql_api.execution.presenting import present_error


class StartingError(Exception):
    """What asyncpg says of a server that recovers from a crash."""

    sqlstate = "57P03"


def _present(original: Any, *, request_id: str | None = "r", **options: Any) -> GraphQLError:
    error = GraphQLError("raw", path=["a", 0], original_error=original, **options)
    return present_error(error, request_id=request_id, is_early=False)


@pytest.mark.parametrize(
    ("original", "message", "extensions"),
    [
        pytest.param(
            UnauthenticatedError("Sign in."), "Sign in.", {"code": "UNAUTHENTICATED"}, id="plain"
        ),
        pytest.param(
            ForbiddenError("No.", path=("input", "x")),
            "No.",
            {"code": "FORBIDDEN", "argumentPath": "input.x"},
            id="with a path",
        ),
        pytest.param(
            GraphQLError("outer", original_error=UnauthenticatedError("Sign in.")),
            "Sign in.",
            {"code": "UNAUTHENTICATED"},
            id="wrapped",
        ),
        pytest.param(
            PoolTimeoutError("QueuePool limit of size 5"),
            "The server has too much to do: retry in a moment.",
            {"code": "SERVICE_UNAVAILABLE"},
            id="no connection",
        ),
        pytest.param(
            ConnectionRefusedError("10.0.0.1"),
            "The database cannot be reached: retry in a moment.",
            {"code": "SERVICE_UNAVAILABLE"},
            id="refused",
        ),
        pytest.param(
            DBAPIError("SELECT 1", None, StartingError("the database system is starting up")),
            "The database cannot be reached: retry in a moment.",
            {"code": "SERVICE_UNAVAILABLE"},
            id="starting",
        ),
        pytest.param(
            KeyError("secret"),
            "Something went wrong on the server.",
            {"code": "INTERNAL_SERVER_ERROR"},
            id="defect",
        ),
    ],
)
def test_forms(original: Any, message: str, extensions: dict[str, str]):
    """Expected errors are shown as they are, all others are masked; the path stays."""
    shown = _present(original)

    assert (shown.message, shown.path) == (message, ["a", 0])
    assert shown.extensions == {**extensions, "requestId": "r"}
    assert shown.original_error is None


def test_reference_of_a_defect(caplog: pytest.LogCaptureFixture):
    """A masked error without a request gets a reference, which is logged with the cause."""
    cause = KeyError("secret")

    shown = _present(cause, request_id=None)

    (record,) = caplog.records
    assert shown.extensions["requestId"] == record.__dict__["request_id"]
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is cause


def test_no_reference():
    """An expected error without a request has no reference."""
    assert _present(UnauthenticatedError("x"), request_id=None).extensions == {
        "code": "UNAUTHENTICATED"
    }


def test_chosen_code():
    """A code that a resolver chose is kept."""
    error = GraphQLError("mine", path=["a"], extensions={"code": "MINE", "x": 1})

    shown = present_error(error, request_id=None, is_early=False)

    assert (shown.message, shown.extensions) == ("mine", {"code": "MINE", "x": 1})
