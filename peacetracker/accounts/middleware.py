"""Sessions that end, and the second factor of those who have one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from peacetracker.accounts import audit
from peacetracker.accounts.second_factor import has_second_factor

BEGAN, SEEN = "began", "seen"
SEEN_EVERY = 60  # seconds: not each request is worth a write


@receiver(user_logged_in)
def _begin(request: HttpRequest, **_: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


class SessionsMiddleware:
    """Ends sessions that are too old, idle for too long, or without the second factor that their user has set up.

    Only a request that carries a session's cookie is looked at: readers have none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = audit.current_request.set(request)
        try:
            if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
                self._check(request)
            return self.get_response(request)
        finally:
            audit.current_request.reset(token)

    def _check(self, request: HttpRequest) -> None:
        now = int(time.time())
        began, seen = (request.session.get(name, now) for name in (BEGAN, SEEN))
        if now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE:
            audit.note(audit.Event.SESSION_EXPIRED, request=request)
            logout(request)
            messages.info(request, "Your session has ended. Log in again to go on.")
        elif not request.user.is_verified() and has_second_factor(request.user):  # type: ignore[union-attr]
            logout(request)
        elif now - seen >= SEEN_EVERY:
            request.session[SEEN] = now
