"""What the processes write to their log: one line per event, with the request it belongs to.

Text for people, JSON for machines. A value under a telling name (token, password, cookie...) is
blotted out, and a line break inside a value cannot forge a second line.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from webapp.config import Settings

_SECRET = re.compile(r"password|secret|token|cookie|authorization|csrf|api_key", re.IGNORECASE)
BLOT = "[not logged]"
# They tell every request, job or migration, addresses and all: of no use to who reads this log.
CHATTY = ("alembic", "httpcore2", "httpx2", "rq.scheduler", "rq.worker", "werkzeug")
# Without the local variables, which hold whatever a person typed.
_TRACEBACK = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure(settings: Settings) -> None:
    """Send the log of this process to standard error, in the form the settings ask for."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        blot_secrets,
    ]
    if settings.log_format == "json":
        last: list[Any] = [_TRACEBACK, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def blot_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blot out values under telling names, and keep every event on one line."""
    for name, value in event.items():
        if name != "event" and _SECRET.search(name):
            event[name] = BLOT
        elif isinstance(value, str) and name != "exception":
            event[name] = value.replace("\r", "\\r").replace("\n", "\\n")
    return event
