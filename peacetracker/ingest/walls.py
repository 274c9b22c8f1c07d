"""Pages that stand before an article: paywalls, consent to cookies, and questions whether a person is reading."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

TEASER = 1500  # characters: a text this short behind a paywall is not the whole
SHORT_PAGE = 800  # characters: no consent page has more of its own
_CONSENT_HOSTS = re.compile(r"^(consent|guce|cmp|privacy-mgmt)\.|^myprivacy\.")
_CONSENT_PATHS = re.compile(r"/(collectconsent|consent|privacy-?gate|cookie-?wall|gdpr)(/|$|\.)", re.IGNORECASE)
_CONSENT_WORDS = re.compile(
    r"\bcookies?\b|\bconsent\b|\bpersonal data\b|\bprivacy policy\b|\bpartners\b|\baccept all\b|\bzustimm|\bDatenschutz"
    r"|\bconsentement\b|\bdonnées personnelles\b|\bconsentimiento\b|\bзгод|\bсоглас|\bперсональн",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"just a moment|attention required|are you (a )?(human|robot)|verify (that )?you are (a )?human|access denied"
    r"|pardon our interruption|checking your browser|enable javascript and cookies|captcha",
    re.IGNORECASE,
)
_LOCKED = {"locked", "paid", "premium", "subscriber", "subscription"}


def is_paywalled(tree: HtmlElement) -> bool:
    """Whether a page says of itself that it is not free to read (schema.org, article:content_tier)."""
    tiers = (meta.get("content", "") for meta in tree.iter("meta") if meta.get("property") == "article:content_tier")
    if any(tier.strip().lower() in _LOCKED for tier in tiers):
        return True
    scripts = (script.text or "" for script in tree.iter("script") if script.get("type") == "application/ld+json")
    return any(map(_denies_free_access, scripts))


def wall_before(url: str, title: str, text: str) -> str:
    """What stands there instead of an article, in words; nothing where it may be one."""
    if len(text) > SHORT_PAGE:
        return ""
    parts = urlsplit(url)
    if _CONSENT_HOSTS.search(parts.hostname or "") or _CONSENT_PATHS.search(parts.path):
        return "a consent page: the site shows the article only to who agrees to cookies"
    if _CHALLENGE.search(title) or (len(text) < SHORT_PAGE / 2 and _CHALLENGE.search(text)):
        return "a challenge page: the site wants to see that a person is reading"
    if len(set(map(str.lower, _CONSENT_WORDS.findall(text)))) >= 3:
        return "a consent page: the site shows the article only to who agrees to cookies"
    return ""


def _denies_free_access(script: str) -> bool:
    if "isAccessibleForFree" not in script:
        return False
    try:
        return _find_denial(json.loads(script))
    except (ValueError, RecursionError):
        return bool(re.search(r'"isAccessibleForFree"\s*:\s*"?false', script, re.IGNORECASE))


def _find_denial(node: object) -> bool:
    """Of the page itself; parts of it may be locked without the whole being so."""
    if isinstance(node, list):
        return any(map(_find_denial, node))
    if not isinstance(node, dict):
        return False
    if str(node.get("isAccessibleForFree", "")).lower() in ("false", "http://schema.org/false"):
        return True
    return any(_find_denial(part) for key, part in node.items() if key in ("@graph", "mainEntity"))
