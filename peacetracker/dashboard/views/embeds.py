"""Pages made to stand in a frame of another site: a tally, a map, a matrix, a position.

They may be framed anywhere and can do nothing there: no script, no form, no cookie. Their links open the full page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_exempt

from peacetracker.actors.models import Actor
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.dashboard.views.matrix import matrix_context
from peacetracker.dashboard.views.world import world_context
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance, Statement

_POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "connect-src": [NONE],
    "form-action": [NONE],
    "font-src": [NONE],
    "img-src": [SELF],
    "manifest-src": [NONE],
    "style-src": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": ["*"],
}


def embed(template: str) -> Callable[[Callable[..., Context]], Callable[..., HttpResponseBase]]:
    def decorate(view: Callable[..., Context]) -> Callable[..., HttpResponseBase]:
        page = reader_page(template)(view)

        @xframe_options_exempt
        @csp_replace(_POLICY)
        @wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            return page(request, **parts)

        return answer

    return decorate


@embed("embed/tally.html")
def tally(request: HttpRequest, page: Page, slug: str) -> Context:
    target = get_object_or_404(Target.objects.select_related("proposal", "process"), slug=slug)
    held = Stance.objects.on(page.on).filter(target=target).values_list("position", flat=True)
    return {"target": target, "tally": Tally.of(held), "full": target.get_absolute_url() + page.at}


@embed("embed/position.html")
def position(request: HttpRequest, page: Page, actor: str, target: str) -> Context:
    who = get_object_or_404(Actor, slug=actor)
    what = get_object_or_404(Target.objects.select_related("proposal"), slug=target)
    stance = Stance.objects.on(page.on).filter(actor=who, target=what).first()
    said = Statement.objects.of_cell(who, what).said_by(page.on).without_texts()
    if stance:
        said = said.filter(stances=stance)
    return {"actor": who, "target": what, "stance": stance, "statement": said.order_by("-said_on", "-id").first()}


@embed("embed/map.html")
def world(request: HttpRequest, page: Page) -> Context:
    return world_context(request, page) | {"full": _full("/map/", request)}


@embed("embed/matrix.html")
def matrix(request: HttpRequest, page: Page) -> Context:
    return matrix_context(request, page) | {"full": _full("/matrix/", request), "sort_link": ""}


def _full(address: str, request: HttpRequest) -> str:
    return address + (f"?{urlencode(request.GET.lists(), doseq=True)}" if request.GET else "")
