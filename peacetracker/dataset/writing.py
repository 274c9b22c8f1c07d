"""Write YAML in one canonical form: the same content gives the same bytes, whatever the version of a library.

Only what a data set needs: mappings, lists and scalars. A list or small mapping that fits stands on one line.
"""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Iterator
from typing import Any

WIDTH = 110
_INDENT = "  "
# A plain scalar begins with a letter and holds nothing that YAML reads otherwise, whichever version reads it.
_PLAIN = re.compile(r"(?!.*(?:: |:$| #))[^\W\d_](?:[^\x00-\x1f\x7f-\x9f]*\S)?")
_PLAIN_IN_FLOW = re.compile(r"[^\W\d_](?:[^\x00-\x1f\x7f-\x9f,?\[\]{}:#]*[^\s,?\[\]{}:#])?")
_SPECIAL_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
# Characters that YAML refuses, takes for line breaks, or that nobody could see.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_MORE_THAN_WORDS = re.compile(r"^\s|\s$|  |\n")
_TRAILING_SPACE = re.compile(r"[^\S\n](?:\n|$)")


class Row(dict[str, Any]):
    """A mapping that stands on one line where it fits."""


class Text(str):
    """A text that stands as a block of its own, line for line, so that its words can be found and copied."""


class Names(list[str]):
    """A list of slugs that runs over several lines like a text: one a line would be long, and all on one line wide."""


def to_yaml(content: dict[str, Any]) -> str:
    return "\n".join(_mapping(content, "")) + "\n"


def _mapping(content: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in content.items():
        head = f"{indent}{key}:"
        if isinstance(value, Names) and not _fits(value, head):
            yield from _wrapped(head, value, indent + _INDENT)
        elif isinstance(value, list) and not _fits(value, head):
            yield head
            for item in value:
                yield from _item(item, indent + _INDENT)
        elif isinstance(value, dict) and not _fits(value, head):
            yield head
            yield from _mapping(value, indent + _INDENT)
        else:
            yield from _scalar(head, value, indent)


def _item(item: Any, indent: str) -> Iterator[str]:
    head = f"{indent}-"
    if isinstance(item, dict) and not _fits(item, head):
        lines = _mapping(item, indent + _INDENT)
        yield f"{head} {next(lines).lstrip()}"
        yield from lines
    else:
        yield from _scalar(head, item, indent)


def _fits(value: Any, head: str) -> bool:
    """Whether a list or mapping stands on one line: it holds no other but rows, and there is room for it."""
    if isinstance(value, list):
        simple = not any(isinstance(item, dict | list) for item in value)
    else:
        simple = isinstance(value, Row)
    return simple and len(head) + 1 + len(_flow(value)) <= WIDTH


def _flow(value: Any) -> str:
    match value:
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
        case str():
            return value if _is_plain(value, _PLAIN_IN_FLOW) else _quoted(value)
        case _:
            return _atom(value)


def _scalar(head: str, value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{head} {_flow(value)}"
    elif _is_literal(value):
        yield f"{head} |" if value.endswith("\n") else f"{head} |-"
        for line in value.removesuffix("\n").split("\n"):
            yield f"{indent}{_INDENT}{line}" if line else ""
    else:
        simple = f"{head} {value if _is_plain(value, _PLAIN) else _quoted(value)}"
        if len(simple) > WIDTH and _is_foldable(value):
            yield f"{head} >-"
            yield from _folded(value, indent + _INDENT)
        else:
            yield simple


def _is_plain(text: str, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.fullmatch(text)) and text.lower() not in _SPECIAL_WORDS and not _UNSAFE.search(text)


def _is_literal(text: str) -> bool:
    """Whether a text is to stand as a literal block, and such a block keeps it as it is."""
    return (
        (isinstance(text, Text) or "\n" in text)
        and not text[:1].isspace()
        and not text.endswith("\n\n")
        and not _UNSAFE.search(text)
        and not _TRAILING_SPACE.search(text)
    )


def _is_foldable(text: str) -> bool:
    """Several words with single spaces between them, which is what folding gives back."""
    return " " in text and not _UNSAFE.search(text) and not _MORE_THAN_WORDS.search(text)


def _folded(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _wrapped(head: str, names: Names, indent: str) -> Iterator[str]:
    yield f"{head} ["
    yield from _folded(", ".join(map(_flow, names)), indent)
    yield f"{indent[: -len(_INDENT)]}]"


def _quoted(text: str) -> str:
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return '"' + _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04X}", escaped) + '"'


def _atom(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | dt.date():
            return str(value)
        case _:
            raise TypeError(f"A data set holds no {type(value).__name__}.")
