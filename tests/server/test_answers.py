import json

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

import gql_api as gql
from gql_api.loading.answers import write_json
from gql_api.server.answers import present_exception, refusal

SCOPE = {"type": "http", "headers": [], "state": {"request_id": "r-1"}}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"a": [1, None, "ü", 1.5, True]}, id="plain"),
        pytest.param({"a": 2**64}, id="number beyond 64 bits"),
        pytest.param({"a": -(2**70)}, id="negative number beyond 64 bits"),
        pytest.param({"a": "\ud800"}, id="lone surrogate"),
    ],
)
def test_write_json(content):
    """Whatever a JSON column can hold arrives as it is."""
    assert json.loads(write_json(content)) == content


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        pytest.param(gql.BadUserInputError("m"), 400, "BAD_USER_INPUT", "m", id="input"),
        pytest.param(gql.UnauthenticatedError("m"), 401, "UNAUTHENTICATED", "m", id="stranger"),
        pytest.param(gql.ForbiddenError("m"), 403, "FORBIDDEN", "m", id="forbidden"),
        pytest.param(gql.NotFoundError("m"), 404, "NOT_FOUND", "m", id="missing"),
        pytest.param(gql.UniqueViolationError("m"), 409, "UNIQUE_VIOLATION", "m", id="unique"),
        pytest.param(
            gql.ForeignKeyViolationError("m"), 409, "FOREIGN_KEY_VIOLATION", "m", id="foreign key"
        ),
        pytest.param(gql.CheckViolationError("m"), 409, "CHECK_VIOLATION", "m", id="check"),
        pytest.param(gql.ValidationError("m"), 422, "VALIDATION_FAILED", "m", id="validation"),
        pytest.param(
            PoolTimeoutError("secret"),
            503,
            "SERVICE_UNAVAILABLE",
            "The server has too much to do: retry in a moment.",
            id="pool",
        ),
        pytest.param(
            KeyError("secret"),
            500,
            "INTERNAL_SERVER_ERROR",
            "Something went wrong on the server.",
            id="defect",
        ),
    ],
)
def test_present_exception(error, status, code, message):
    """Each kind of exception has its status; only expected ones say why."""
    response = present_exception(SCOPE, error)

    extensions = {"code": code, "requestId": "r-1"}
    assert response.status_code == status
    assert json.loads(response.body) == {"errors": [{"message": message, "extensions": extensions}]}


def test_present_several():
    """A refusal for several reasons tells each, with the way to its argument."""
    reasons = [gql.ValidationError("a", path=("input", "x")), gql.NotFoundError("b")]

    response = present_exception(SCOPE, gql.WriteRefusedError(reasons))

    first = {"code": "VALIDATION_FAILED", "argumentPath": "input.x", "requestId": "r-1"}
    second = {"code": "NOT_FOUND", "requestId": "r-1"}
    assert response.status_code == 422
    assert json.loads(response.body)["errors"] == [
        {"message": "a", "extensions": first},
        {"message": "b", "extensions": second},
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "NOT_FOUND"),
        (413, "PAYLOAD_TOO_LARGE"),
        (418, "BAD_REQUEST"),
        (500, "INTERNAL_SERVER_ERROR"),
        (502, "INTERNAL_SERVER_ERROR"),
        (503, "SERVICE_UNAVAILABLE"),
    ],
)
def test_code_of_a_status(status, code):
    """Every status has a code."""
    response = refusal(SCOPE, status, "m")

    extensions = {"code": code, "requestId": "r-1"}
    assert response.status_code == status
    assert json.loads(response.body) == {"errors": [{"message": "m", "extensions": extensions}]}
