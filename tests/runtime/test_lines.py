"""Lines of the log: one form for all who write them, and what is in hand stands on each."""

import json
import logging
import logging.config
from io import StringIO
from typing import Any

import pytest
import structlog

from peacetracker.runtime.lines import logging_configuration
from peacetracker.runtime.logs import LEVEL


def written(form: str, level: str = "INFO") -> str:
    """What a library writes while an article is in hand, and what is written after."""
    configuration = logging_configuration(form, level)
    stream = StringIO()
    formatter_configuration = {**configuration["formatters"]["ours"]}
    formatter_class: Any = formatter_configuration.pop("()")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter_class(**formatter_configuration))
    logger = logging.Logger("trafilatura.core")
    logger.addHandler(handler)
    with structlog.contextvars.bound_contextvars(article=12, step="parse"):
        logger.warning("discarding %s", "a page")
        try:
            raise ValueError("odd")
        except ValueError:
            logger.exception("gave up")
    logger.info("on with the next")
    return stream.getvalue()


def test_json() -> None:
    first, second, third = map(json.loads, written("json").splitlines())
    assert (first["event"], first["level"], first["logger"]) == ("discarding a page", "warning", "trafilatura.core")
    assert (first["article"], first["step"], second["article"]) == (12, "parse", 12)
    assert second["exception"][0]["exc_value"] == "odd"
    assert "article" not in third


def test_lines_for_people() -> None:
    text = written("lines")
    first, *rest = text.splitlines()
    assert first.endswith("Z WARNING trafilatura.core discarding a page article=12 step=parse")
    assert "ValueError: odd" in rest
    assert rest[-1].endswith("INFO trafilatura.core on with the next")


def test_the_terminal_of_up_finds_their_level() -> None:
    level = LEVEL.search(written("lines").splitlines()[0][:90])
    assert level
    assert level[1] == "WARNING"


def test_another_form_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="LOG_FORMAT is 'xml': give lines or json"):
        logging_configuration("xml", "INFO")
