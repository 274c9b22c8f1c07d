"""The pictures that links to pages show where they are posted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import condition, require_safe

from peacetracker.actors.models import Actor
from peacetracker.dashboard import pictures
from peacetracker.dashboard.pages import BadParameterError, day_of
from peacetracker.dashboard.positions import MARKS, Tally
from peacetracker.dashboard.release import release
from peacetracker.dashboard.templatetags.readers import target_label
from peacetracker.database.revision import current_revision
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance

Draw = Callable[..., bytes]


def revision_etag(request: HttpRequest, **parts: Any) -> str:
    """Changes with the record, the day and the release."""
    return f'"{current_revision()}-{timezone.localdate()}-{release()}"'


def picture(draw: Draw) -> Callable[..., HttpResponse]:
    """Make a view of what draws a PNG; each is drawn once for a state of the record."""

    @require_safe
    @condition(etag_func=revision_etag)
    @wraps(draw)
    def view(request: HttpRequest, **parts: Any) -> HttpResponse:
        address = f"{revision_etag(request)} {request.get_full_path()}"
        key = f"picture-{blake2b(address.encode(), digest_size=20).hexdigest()}"
        png = caches["pages"].get(key)
        if png is None:
            try:
                png = draw(request, **parts)
            except BadParameterError as error:
                return render(request, "400.html", {"problem": error}, status=400)
            caches["pages"].set(key, png)
        return HttpResponse(png, content_type="image/png", headers={"Cache-Control": "public, max-age=3600"})

    return view


@picture
def target(request: HttpRequest, slug: str) -> bytes:
    day = day_of(request)
    what = get_object_or_404(Target.objects.select_related("process", "proposal"), slug=slug)
    tally = Tally.of(Stance.objects.on(day).filter(target=what).values_list("position", flat=True))
    kicker = f"{what.get_kind_display().capitalize()} · {what.process.name}"
    return pictures.of_tally(kicker, target_label(what), tally, date_format(day, "j E Y"))


@picture
def position(request: HttpRequest, actor: str, target: str) -> bytes:
    day = day_of(request)
    who = get_object_or_404(Actor, slug=actor)
    what = get_object_or_404(Target.objects.select_related("proposal"), slug=target)
    held = Stance.objects.on(day).filter(actor=who, target=what).first()
    return pictures.of_position(
        gettext("%(actor)s on") % {"actor": who.name},
        target_label(what),
        MARKS[held.position] if held else None,
        held.condition if held else "",
        date_format(day, "j E Y"),
    )
