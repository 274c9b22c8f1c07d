"""Which language a page is in: `lang=` of the address, else the reader's last choice, else what the browser asks for.

An address with `lang=` shows every reader the same. The desk, the admin and the API are in English.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

_ENGLISH_ONLY = ("/admin/", "/desk/", "/api/", "/accounts/")
YEAR = 365 * 24 * 3600  # seconds


class LanguageMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(_ENGLISH_ONLY):
            self._speak(request, "en")
        elif wanted := _wanted(request):
            self._speak(request, wanted)
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(_ENGLISH_ONLY):
            return response
        answer: HttpResponseBase = super().process_response(request, response)
        patch_vary_headers(answer, ("Cookie",))
        if wanted := _wanted(request):
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, wanted, max_age=YEAR, samesite="Lax", secure=settings.HTTPS
            )
        return answer

    @staticmethod
    def _speak(request: HttpRequest, language: str) -> None:
        translation.activate(language)
        request.LANGUAGE_CODE = language


def _wanted(request: HttpRequest) -> str:
    """The language that the address names, where we speak it."""
    wanted = request.GET.get("lang", "")
    return wanted if wanted in dict(settings.LANGUAGES) else ""


def languages_of(request: HttpRequest) -> list[tuple[str, str, str, bool]]:
    """Every language: its code, its own name, this page's address in it, and whether the page is in it."""
    kept = [(name, value) for name, values in request.GET.lists() for value in values if name != "lang"]
    return [
        (code, name, f"?{urlencode([*kept, ('lang', code)])}", code == translation.get_language())
        for code, name in settings.LANGUAGES
    ]
