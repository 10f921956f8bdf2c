"""How log records look."""

import json
import logging
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from gql_api.cli.logs import configure_logging
from gql_api.settings import Settings
from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def _kept_logging(command: Command) -> None:
    """Put the process's logging back, as the command's fixture does."""


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Read the lines as JSON."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_json(capsys: pytest.CaptureFixture[str]):
    """Off a terminal a record is one JSON object with its extras."""
    configure_logging(Settings())

    logging.getLogger("gql_api.test").info("operation", extra={"statements": 3})

    (line,) = logged(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "operation",
        "level": "info",
        "logger": "gql_api.test",
        "statements": 3,
    }


def test_context(capsys: pytest.CaptureFixture[str]):
    """The reference of the request stands in the line; what no JSON holds is written as text."""
    configure_logging(Settings())

    with bound_contextvars(request_id="mine"):
        logging.getLogger("gql_api.test").info("%s of %d", "one", 2, extra={"model": object})

    (line,) = logged(capsys)
    assert (line["event"], line["request_id"]) == ("one of 2", "mine")
    assert line["model"] == "<class 'object'>"


def test_exception(capsys: pytest.CaptureFixture[str]):
    """An exception stands in the same object, with its traceback."""
    configure_logging(Settings())

    try:
        raise RuntimeError("out of stock")  # noqa: EM101, TRY003, TRY301 - a defect to be logged
    except RuntimeError:
        logging.getLogger("gql_api.test").exception("failed")

    (line,) = logged(capsys)
    assert line["exception"].splitlines()[-1] == "RuntimeError: out of stock"


def test_level(capsys: pytest.CaptureFixture[str]):
    """Records below the level are left out, a second call replaces the first."""
    configure_logging(Settings())
    configure_logging(Settings(log_level="warning"))

    logging.getLogger("gql_api.test").info("quiet")
    logging.getLogger("gql_api.test").warning("loud")

    assert [line["event"] for line in logged(capsys)] == ["loud"]


def test_noise(capsys: pytest.CaptureFixture[str]):
    """Of Alembic only the steps are logged; asyncmy's warnings are not."""
    configure_logging(Settings())

    logging.getLogger("alembic.runtime.migration").info("Context impl SQLiteImpl.")
    logging.getLogger("alembic.runtime.migration").info("Running upgrade 1 -> 2")
    logging.getLogger("asyncmy").warning("repeated")

    assert [line["event"] for line in logged(capsys)] == ["Running upgrade 1 -> 2"]
