"""Log lines of the command: for people on a terminal, JSON elsewhere; always on standard error.

The library logs through ``logging``; structlog renders its records for people.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.contextvars import get_contextvars
from structlog.types import EventDict
from typing_extensions import override

from gql_api.settings import Settings

_QUIET = {
    "asyncmy": logging.ERROR,  # repeats what it raises
    "uvicorn.access": logging.WARNING,  # the server logs each operation itself
    "watchfiles": logging.WARNING,
    "alembic.runtime.plugins": logging.WARNING,
    "gql_api.database.pools": logging.WARNING,  # GQL_API_ECHO_POOL shows them all the same
}

# What every record has, and uvicorn's second copy of its messages.
_STANDARD = frozenset(
    {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", "color_message"}
)


def configure_logging(settings: Settings) -> None:
    """Have all log records of the process rendered; a second call replaces the first."""
    is_terminal = sys.stderr.isatty()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(is_terminal=is_terminal))
    handler.addFilter(_is_wanted)
    # no line shows them, and each record would ask for them
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


class JsonLines(logging.Formatter):
    """Renders a record as one JSON object: what happened, where and when, and its extras.

    Written out for speed: each operation is one line.
    """

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line = {
            **get_contextvars(),  # the request's id
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            **{name: value for name, value in record.__dict__.items() if name not in _STANDARD},
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat()[:-6] + "Z",
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _formatter(*, is_terminal: bool) -> logging.Formatter:
    if not is_terminal:
        return JsonLines()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,  # the request's id
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _drop_color_message,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ],
    )


def _is_wanted(record: logging.LogRecord) -> bool:
    """Leave out what Alembic tells about itself at each connection; its steps are wanted."""
    return record.name != "alembic.runtime.migration" or record.getMessage().startswith("Running")


def _drop_color_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Leave out uvicorn's second copy of its messages."""
    event.pop("color_message", None)
    return event
