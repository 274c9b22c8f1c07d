"""What part of the record a page shows: one process or all, what was said or what was voted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from peacetracker.dashboard.pages import choice
from peacetracker.proposals.models import Process

Rows = TypeVar("Rows", bound="models.QuerySet[Any, Any]")
MADE = {"spoken": gettext_lazy("what was said"), "vote": gettext_lazy("votes"), "all": gettext_lazy("both")}


@dataclass(frozen=True)
class Link:
    name: str
    href: str
    current: bool


@dataclass(frozen=True)
class Scope:
    """The process that a page is about, or all of them."""

    processes: list[Process]
    process: Process | None
    links: list[Link]  # to this page about each process; empty where there is only one

    def of(self, rows: Rows, path: str = "process") -> Rows:
        """The rows of the process; `path` leads from them to it."""
        return rows.filter(**{path: self.process}) if self.process else rows


def scope(request: HttpRequest) -> Scope:
    """The process that the parameter `process` names."""
    processes = list(Process.objects.order_by("name"))
    slug = choice(request, "process", [process.slug for process in processes])
    chosen = next((process for process in processes if process.slug == slug), None)
    links = [Link(gettext("All processes"), _address(request, ""), chosen is None)]
    links += [Link(each.name, _address(request, each.slug), each == chosen) for each in processes]
    return Scope(processes, chosen, links if len(processes) > 1 else [])


def _address(request: HttpRequest, slug: str) -> str:
    query = request.GET.copy()
    for name in ("process", "page"):
        query.pop(name, None)
    if slug:
        query["process"] = slug
    return f"{request.path}?{query.urlencode()}" if query else request.path


def made_links(request: HttpRequest, made: str, default: str) -> list[Link]:
    """Links to this page with what was said, with votes, or with both."""
    links = []
    for value, name in MADE.items():
        query = request.GET.copy()
        query.pop("made", None)
        if value != default:
            query["made"] = value
        links.append(Link(str(name), f"{request.path}?{query.urlencode()}" if query else request.path, value == made))
    return links


def stances_made(stances: Rows, made: str) -> Rows:
    """The stances on resolutions put to the vote, or those on everything else."""
    return stances if made == "all" else stances.filter(target__is_resolution=made == "vote")
