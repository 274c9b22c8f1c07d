"""What readers' pages have in common: the day, the ETag, page or partial, and answers to a bad address."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from peacetracker.accounts.roles import may_enter
from peacetracker.dashboard.data import FORMATS, Data, as_csv, as_json
from peacetracker.dashboard.languages import languages_of
from peacetracker.dashboard.release import release
from peacetracker.database.revision import current_revision

Context = dict[str, Any]


class BadParameterError(Exception):
    """A parameter of the address that says nothing we understand; `remedy` tells what would work."""

    def __init__(self, name: str, value: str, remedy: str) -> None:
        super().__init__(f"{name}={value}: {remedy}")
        self.name, self.value, self.remedy = name, value[:80], remedy


@dataclass(frozen=True)
class Page:
    """One request for a readers' page. Templates know it as `page`."""

    request: HttpRequest
    revision: int
    today: dt.date
    on: dt.date
    staff: bool
    partial: bool
    format: str = ""  # of the data that are wanted instead of the page

    @property
    def is_past(self) -> bool:
        return self.on != self.today

    @property
    def at(self) -> str:
        """What a link to another page carries to show the same day: `?on=…`, or nothing for today."""
        return f"?on={self.on}" if self.is_past else ""

    @property
    def and_at(self) -> str:
        """The same for a link that has a query string already."""
        return f"&on={self.on}" if self.is_past else ""

    @property
    def languages(self) -> list[tuple[str, str, str, bool]]:
        return languages_of(self.request)

    @property
    def origin(self) -> str:
        """Scheme and host, for addresses that are read elsewhere."""
        return self.request.build_absolute_uri("/")[:-1]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The parameters of the address that a change of the day keeps."""
        lists = self.request.GET.lists()
        return [(name, value) for name, values in lists for value in values if name not in ("on", "format") and value]

    @property
    def today_link(self) -> str:
        """This page as of today."""
        return self.request.path + (f"?{urlencode(self.kept)}" if self.kept else "")

    @property
    def permalink(self) -> str:
        """The address that shows this page as of this day for good."""
        query = urlencode([*self.kept, ("on", str(self.on))])
        return self.request.build_absolute_uri(f"{self.request.path}?{query}")

    @property
    def as_data(self) -> list[tuple[str, str]]:
        """The formats in which the page's data can be had, each with its address."""
        day = [("on", str(self.on))] if self.is_past else []
        return [
            (name.upper(), f"{self.request.path}?{urlencode([*self.kept, *day, ('format', name)])}") for name in FORMATS
        ]


View = Callable[..., Context | HttpResponseBase]


def reader_page(template: str, *, partial: str = "") -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Make a readers' page of a view that takes the request, a `Page` and the address's parts.

    The view returns a context. The revision is read before anything else: a page must never pass for newer
    than its data. Where `partial` is named, HTMX gets that part of the template under an ETag of its own.
    Where the context has `data` (see `dashboard.data`), the address gives them with `format=csv` or `format=json`.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @require_safe
        @wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            revision = current_revision()
            try:
                page = _page(request, revision, wants_partial=bool(partial))
                headers = _headers(page, partial)
                # While developing, templates change under an unchanged release; and what editors see besides
                # (candidates) raises no revision.
                if not settings.DEBUG and not page.staff:
                    response = get_conditional_response(
                        request, etag=headers.get("ETag"), response=HttpResponse(headers=headers)
                    )
                    if response is not None and response.status_code == 304:
                        return response
                kept = _Kept(page, headers["ETag"])
                if kept.content is not None:
                    return HttpResponse(kept.content, headers=headers)
                context = view(request, page, **parts)
                if isinstance(context, HttpResponseBase):
                    return context
                if page.format:
                    response = _data(page, context.get("data"))
                else:
                    name = f"{template}#{partial}" if page.partial else template
                    response = render(request, name, {"page": page, **context})
            except BadParameterError as error:
                return render(request, "400.html", {"problem": error}, status=400)
            for header, value in headers.items():
                response[header] = value
            kept.keep(response)
            return response

        return answer

    return decorate


def _page(request: HttpRequest, revision: int, *, wants_partial: bool) -> Page:
    htmx = request.headers.get("HX-Request") == "true" and not (
        request.headers.get("HX-Boosted") or request.headers.get("HX-History-Restore-Request")
    )
    today = timezone.localdate()
    return Page(
        request=request,
        revision=revision,
        today=today,
        on=_day(request.GET.get("on", ""), today),
        staff=_user_id(request) is not None and may_enter(request.user),
        partial=wants_partial and htmx,
        format=choice(request, "format", FORMATS),
    )


def _data(page: Page, data: Data | None) -> HttpResponse:
    if data is None:
        raise BadParameterError("format", page.format, "leave it out: this page has no data of its own")
    about: dict[str, str | int] = {"page": page.permalink, "on": str(page.on), "revision": page.revision}
    response = as_csv(data) if page.format == "csv" else as_json(data, **about)
    response["Access-Control-Allow-Origin"] = "*"  # the data are public
    return response


class _Kept:
    """A page as it was last rendered, by the ETag that changes with anything it depends on.

    Only for readers who are not logged in: what others see is theirs alone.
    """

    def __init__(self, page: Page, etag: str) -> None:
        request = page.request
        # The host stands in permalinks.
        address = f"{etag} {request.scheme}://{request.get_host()}{request.get_full_path()}"
        self.key = blake2b(address.encode(), digest_size=20).hexdigest()
        self.allowed = not settings.DEBUG and not page.format and _user_id(request) is None
        self.content: bytes | None = caches["pages"].get(self.key) if self.allowed else None

    def keep(self, response: HttpResponse) -> None:
        if self.allowed and response.status_code == 200:
            caches["pages"].set(self.key, response.content)


def _headers(page: Page, partial: str) -> dict[str, str]:
    user = _user_id(page.request)
    parts = [page.revision, page.today, release(), get_language(), user, partial if page.partial else page.format]
    digest = blake2b("|".join(map(str, parts)).encode(), digest_size=12).hexdigest()
    return {
        "ETag": f'W/"{digest}"',  # weak: the same page compressed or not
        "Vary": "HX-Request, Cookie",
        "Cache-Control": "no-cache" if user is None else "private, no-cache",
    }


def _user_id(request: HttpRequest) -> Any:
    """Who is logged in; without a session's cookie nobody asks the session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    return request.user.pk if request.user.is_authenticated else None


def day_of(request: HttpRequest) -> dt.date:
    """The day that an address asks for; today where it names none."""
    return _day(request.GET.get("on", ""), timezone.localdate())


def day_or_none(request: HttpRequest, name: str) -> dt.date | None:
    """The day that a parameter gives, or None where it is absent or empty."""
    text = request.GET.get(name, "")
    day = _read_day(text)
    if text and day is None:
        raise BadParameterError(name, text, "give a day as year-month-day, such as 2025-11-20")
    return day


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _read_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _day(text: str, today: dt.date) -> dt.date:
    if not text:
        return today
    day = _read_day(text)
    # One day ahead: it is tomorrow already for some readers.
    if day is None or day > today + dt.timedelta(days=1):
        raise BadParameterError("on", text, f"give a day up to today as year-month-day, such as on={today}")
    return min(day, today)


def choice(request: HttpRequest, name: str, allowed: Collection[str], default: str = "") -> str:
    """The parameter `name`, which must be one of `allowed`; `default` where it is absent or empty."""
    value = request.GET.get(name, "")
    if not value:
        return default
    if value not in allowed:
        some = ", ".join(list(allowed)[:12])
        raise BadParameterError(name, value, f"choose one of {some}" if some else "leave it out")
    return value


def choices(request: HttpRequest, name: str, allowed: Collection[str]) -> list[str]:
    """The values of a parameter that may come several times, as far as they are among `allowed`.

    The others are left aside: what another filter has just taken away may still stand in the address.
    """
    return [value for value in dict.fromkeys(request.GET.getlist(name)) if value in allowed]
