"""What a line of the log looks like, whoever writes it: ours, Django's, Celery's and the libraries'.

What is bound to the context, such as the article that a worker has in hand, stands on each of them.
"""

from __future__ import annotations

from typing import Any

import structlog
from structlog.typing import EventDict

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_FIRST = ("timestamp", "level", "logger", "event")


def logging_configuration(form: str, level: str) -> dict[str, Any]:
    """A configuration for `logging.config`. `form` is "lines" or "json"."""
    if form not in ("lines", "json"):
        raise ValueError(f"LOG_FORMAT is {form!r}: give lines or json")
    processors: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        processors += [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        processors += [structlog.processors.format_exc_info, _line]
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": processors,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {"httpx": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
    }


def _line(logger: Any, method: str, event: EventDict) -> str:
    """“2025-11-21T10:00:00Z WARNING peacetracker.ingest.services … article=12 step=fetch”, then a traceback."""
    traceback = event.pop("exception", "")
    head = f"{event['timestamp']} {event['level'].upper()} {event['logger']} {event['event']}"
    bound = [f"{name}={value}" for name, value in sorted(event.items()) if name not in _FIRST]
    return " ".join([head, *bound]) + (f"\n{traceback}" if traceback else "")
