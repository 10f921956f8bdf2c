"""Log lines of the command: for people on a terminal, JSON elsewhere; always on standard error.

The library logs through ``logging``; structlog renders its records.
"""

import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.types import EventDict, Processor

from gql_api.settings import Settings

_QUIET = {
    "asyncmy": logging.ERROR,  # repeats what it raises
    "uvicorn.access": logging.WARNING,  # the server logs each operation itself
    "watchfiles": logging.WARNING,
    "alembic.runtime.plugins": logging.WARNING,
    "gql_api.database.pools": logging.WARNING,  # GQL_API_ECHO_POOL shows them all the same
}


def configure_logging(settings: Settings) -> None:
    """Have all log records of the process rendered; a second call replaces the first."""
    is_terminal = sys.stderr.isatty()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(is_terminal=is_terminal))
    handler.addFilter(_is_wanted)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


def _formatter(*, is_terminal: bool) -> structlog.stdlib.ProcessorFormatter:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,  # the request's id
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _drop_color_message,
        structlog.processors.TimeStamper(
            fmt="%H:%M:%S" if is_terminal else "iso", utc=not is_terminal
        ),
    ]
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if is_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def _is_wanted(record: logging.LogRecord) -> bool:
    """Leave out what Alembic tells about itself at each connection; its steps are wanted."""
    return record.name != "alembic.runtime.migration" or record.getMessage().startswith("Running")


def _drop_color_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Leave out uvicorn's second copy of its messages."""
    event.pop("color_message", None)
    return event


def _json(event: EventDict, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()
