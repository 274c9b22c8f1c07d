"""Shifts as Atom feeds: all, of one actor, or on one target."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.views.decorators.http import condition, require_safe

from peacetracker.actors.models import Actor
from peacetracker.dashboard.positions import MARKS
from peacetracker.dashboard.templatetags.readers import target_label
from peacetracker.dashboard.views.pictures import revision_etag
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance

NEWEST = 50


class ShiftsFeed(Feed):
    """The newest shifts; `about` is the actor or target that the address names, or nothing."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, actor: str = "", target: str = "") -> Actor | Target | None:
        if actor:
            return get_object_or_404(Actor, slug=actor)
        return get_object_or_404(Target.objects.select_related("proposal"), slug=target) if target else None

    def title(self, about: Actor | Target | None) -> str:
        if about is None:
            return gettext("Shifts · Peacetracker")
        name = target_label(about) if isinstance(about, Target) else about.name
        return gettext("Shifts: %(name)s · Peacetracker") % {"name": name}

    def link(self, about: Actor | Target | None) -> str:
        return about.get_absolute_url() if about else reverse("dashboard:shifts")

    def subtitle(self, about: Actor | Target | None) -> str:
        return gettext("Who changed position on which proposal or issue, when, and what was said before and after.")

    def items(self, about: Actor | Target | None) -> list[Any]:
        begun = Stance.objects.begun_by(timezone.localdate())
        if isinstance(about, Actor):
            begun = begun.filter(actor=about)
        elif about:
            begun = begun.filter(target=about)
        return list(begun.shifts().with_quote(timezone.localdate()).for_display()[:NEWEST])

    def item_title(self, shift: Any) -> str:
        words = gettext("%(actor)s on %(target)s: from “%(before)s” to “%(after)s”")
        return words % {
            "actor": shift.actor.name,
            "target": target_label(shift.target),
            "before": MARKS[shift.previous_position].verb,
            "after": MARKS[shift.position].verb,
        }

    def item_description(self, shift: Any) -> str:
        condition = gettext("Condition: %(condition)s") % {"condition": shift.condition} if shift.condition else ""
        quote = f"“{shift.quote}”" if shift.quote_is_direct else shift.quote
        return format_html_join("", "<p>{}</p>", ((part,) for part in (quote, condition) if part))

    def item_link(self, shift: Any) -> str:
        return f"{shift.get_absolute_url()}?on={shift.period.lower}"

    def item_guid(self, shift: Any) -> str:
        return f"tag:peacetracker,{shift.period.lower}:{shift.actor.slug}/{shift.target.slug}"

    def item_updateddate(self, shift: Any) -> dt.datetime:
        return dt.datetime.combine(shift.period.lower, dt.time(), dt.UTC)


feed = require_safe(condition(etag_func=revision_etag)(ShiftsFeed()))
