"""The page on which people look after their own second factor."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login

from peacetracker.accounts import audit, second_factor
from peacetracker.accounts.forms import CodeForm


@sensitive_post_parameters()
@never_cache
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Set it up, get new recovery codes, or turn it off; each asks for a code."""
    if second_factor.has_second_factor(request.user):
        return _when_on(request)
    return _when_off(request)


def _when_off(request: HttpRequest) -> HttpResponse:
    device = second_factor.device_to_set_up(request.user)

    def verify(code: str) -> Any:
        return device if device.verify_is_allowed()[0] and device.verify_token(code.replace(" ", "")) else None

    form = CodeForm(request.POST or None, verify=verify)
    if not form.is_valid():
        picture, words = second_factor.qr_code(device), second_factor.secret(device)
        return _page(request, form=form, qr_code=picture, secret=words)
    codes = second_factor.turn_on(device)
    login(request, device)
    audit.note(audit.Event.SECOND_FACTOR, request.user, what="turned on")
    return _page(request, codes=codes)


def _when_on(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST or None, verify=lambda code: second_factor.verified_device(request.user, code))
    if not form.is_valid():
        return _page(request, form=form, on=True)
    if "off" in request.POST:
        second_factor.turn_off(request.user)
        audit.note(audit.Event.SECOND_FACTOR, request.user, what="turned off")
        messages.success(request, "The second factor is off.")
        return HttpResponseRedirect(reverse("admin:second_factor"))
    codes = second_factor.new_recovery_codes(request.user)
    audit.note(audit.Event.SECOND_FACTOR, request.user, what="new recovery codes")
    return _page(request, codes=codes)


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": "Second factor", **context}
    return render(request, "admin/second_factor.html", context)
