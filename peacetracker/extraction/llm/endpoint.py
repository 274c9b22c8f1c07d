"""Asking an OpenAI-compatible endpoint: politely, for a limited time, and for so much."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from ..outcome import Usage

MOST_BYTES = 2_000_000  # of one answer
LONGEST_PAUSE = 30.0
SECONDS = 180.0
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_DOES_NOT_KNOW = frozenset({400, 404, 415, 422, 501})  # how servers refuse a field that they do not know


class NoAnswer(Exception):
    """The endpoint gave nothing that can be used; the message says why, in words for an editor."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers. ``seconds`` are for one document, retries included; prices are for a million tokens."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    seconds: float = SECONDS
    attempts: int = 4
    pause: float = 1.0  # before the first retry; twice as long each time
    prompt_price: float | None = None
    completion_price: float | None = None

    @classmethod
    def from_environment(cls, values: Mapping[str, str]) -> Endpoint | None:
        """None where LLM_BASE_URL or LLM_MODEL is not set. Raises ValueError where a number is none."""
        base_url, model = values.get("LLM_BASE_URL", "").strip(), values.get("LLM_MODEL", "").strip()
        if not base_url or not model:
            return None
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"LLM_BASE_URL: not an http(s) address: {base_url}")
        return cls(
            base_url.rstrip("/"),
            model,
            values.get("LLM_API_KEY", "").strip(),
            seconds=_number(values, "LLM_SECONDS") or SECONDS,
            prompt_price=_number(values, "LLM_PROMPT_PRICE"),
            completion_price=_number(values, "LLM_COMPLETION_PRICE"),
        )


def _number(values: Mapping[str, str], name: str) -> float | None:
    text = values.get(name, "").strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        raise ValueError(f"{name}: not a number: {text}") from error


@dataclass(slots=True)
class Tally:
    """Counts what one document takes, also when it leads nowhere."""

    endpoint: Endpoint
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    charged: float | None = None  # where the server itself says what it cost
    dropped: int = 0

    def add(self, usage: object) -> None:
        if not isinstance(usage, dict):
            return
        self.prompt_tokens += _count(usage.get("prompt_tokens"))
        self.completion_tokens += _count(usage.get("completion_tokens"))
        cost = usage.get("cost")
        if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < 1e6:
            self.charged = (self.charged or 0.0) + float(cost)

    @property
    def usage(self) -> Usage:
        return Usage(
            self.endpoint.model, self.requests, self.prompt_tokens, self.completion_tokens, self._cost(), self.dropped
        )

    def _cost(self) -> float | None:
        one = self.endpoint
        if self.charged is not None:
            return self.charged
        if one.prompt_price is None or one.completion_price is None:
            return None
        return (self.prompt_tokens * one.prompt_price + self.completion_tokens * one.completion_price) / 1e6


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    cut_off: bool


class _Later(Exception):
    """A passing failure, to be tried again after so many seconds, if the server said how many."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        self.why, self.seconds = why, seconds
        super().__init__(why)


class Chat:
    """A conversation partner of one turn. Remembers in which form its server takes the request."""

    def __init__(self, endpoint: Endpoint, schema: dict[str, Any]) -> None:
        self.endpoint = endpoint
        self._forms: list[dict[str, Any]] = [
            {
                "temperature": 0,
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "statements", "strict": True, "schema": schema},
                },
            },
            {"temperature": 0, "response_format": {"type": "json_object"}},
            {"temperature": 0},
            {},
        ]
        self._form = 0

    def ask(self, messages: list[dict[str, str]], ends: float, tally: Tally) -> Answer:
        """The model's answer to messages, until a moment of ``time.monotonic``. Raises NoAnswer."""
        last = _Later("it was not asked")
        for attempt in range(self.endpoint.attempts):
            if attempt and not self._wait(attempt, last.seconds, ends):
                break
            try:
                return self._understood(self._post_in_a_known_form(messages, ends, tally), tally)
            except _Later as later:
                last = later
        raise NoAnswer(last.why)

    def _wait(self, attempt: int, asked: float | None, ends: float) -> bool:
        """Sleep before a retry; False where there is no time left for one."""
        own = self.endpoint.pause * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311
        seconds = min(max(own, asked or 0.0), LONGEST_PAUSE)
        if time.monotonic() + seconds >= ends:
            return False
        time.sleep(seconds)
        return True

    def _post_in_a_known_form(self, messages: list[dict[str, str]], ends: float, tally: Tally) -> bytes:
        """Older servers refuse response_format, newer models refuse a temperature: ask again with less."""
        while True:
            status, wait, body = self._post(messages, ends, tally)
            if status == 200:
                return body
            if status in _PASSING:
                raise _Later(f"HTTP {status}", wait)
            if status not in _DOES_NOT_KNOW or self._form + 1 >= len(self._forms):
                raise NoAnswer(_refusal(status))
            self._form += 1

    def _post(self, messages: list[dict[str, str]], ends: float, tally: Tally) -> tuple[int, float | None, bytes]:
        left = ends - time.monotonic()
        if left <= 0:
            raise NoAnswer(self._too_slow())
        key = self.endpoint.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        payload = {"model": self.endpoint.model, "messages": messages, **self._forms[self._form]}
        tally.requests += 1
        body = bytearray()
        try:
            # No redirects: the key is for this address alone.
            with (
                httpx.Client(timeout=left) as client,
                client.stream(
                    "POST", f"{self.endpoint.base_url}/chat/completions", json=payload, headers=headers
                ) as response,
            ):
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise NoAnswer(f"its answer is longer than {MOST_BYTES:,} bytes")
                    if time.monotonic() > ends:
                        raise NoAnswer(self._too_slow())
                return response.status_code, _retry_after(response), bytes(body)
        except httpx.TimeoutException as error:
            raise NoAnswer(self._too_slow()) from error
        except httpx.HTTPError as error:
            raise _Later(f"{type(error).__name__}: {str(error)[:200]}") from error

    def _too_slow(self) -> str:
        return f"no answer within {self.endpoint.seconds:g} s"

    def _understood(self, body: bytes, tally: Tally) -> Answer:
        """The words of a completion. What is no completion may be one at the next attempt."""
        try:
            data = json.loads(body)
            choice = data["choices"][0]
            message = choice["message"]
            text = message.get("content")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise _Later("its answer is not a chat completion") from error
        tally.add(data.get("usage"))
        if message.get("refusal"):
            raise NoAnswer("it refused to answer")
        if not isinstance(text, str) or not text.strip():
            raise _Later("its answer is empty")
        return Answer(text, choice.get("finish_reason") == "length")


def _refusal(status: int) -> str:
    hints = {401: "check LLM_API_KEY", 403: "check LLM_API_KEY", 404: "check LLM_BASE_URL and LLM_MODEL"}
    return f"HTTP {status}" + (f": {hints[status]}" if status in hints else "")


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 6 else None
