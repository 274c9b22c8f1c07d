"""What the frame of every page needs: `{% load pages %}`."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy

register = template.Library()

_NAVIGATION = [
    ("overview", gettext_lazy("Overview")),
    ("matrix", gettext_lazy("Matrix")),
    ("proposals", gettext_lazy("Proposals")),
    ("compare", gettext_lazy("Compare")),
    ("actors", gettext_lazy("Actors")),
    ("issues", gettext_lazy("Issues")),
    ("shifts", gettext_lazy("Shifts")),
    ("timeline", gettext_lazy("Timeline")),
    ("alignment", gettext_lazy("Alignment")),
    ("agreement", gettext_lazy("Agreement")),
    ("map", gettext_lazy("Map")),
]


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[dict[str, Any]]:
    """The main pages, with the day that the reader has chosen."""
    page, request = context.get("page"), context.get("request")
    path = request.path if request else ""
    links = []
    for name, label in _NAVIGATION:
        address = reverse(f"dashboard:{name}")
        within = path.startswith(address) if address != "/" else path == "/"
        links.append({"label": label, "href": address + (page.at if page else ""), "current": within})
    return links


@register.simple_block_tag(takes_context=True)
def titled(context: template.Context, content: str) -> str:
    """Print the page's title and keep it as `page_title`, for the citation at the page's end."""
    context["page_title"] = content
    return content
