import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client

from tests.factories import StanceFactory

pytestmark = pytest.mark.django_db


def test_a_page_speaks_the_language_of_the_browser_the_address_or_the_last_choice(client: Client) -> None:
    assert '<html lang="en">' in client.get("/").text
    assert '<html lang="uk">' in client.get("/", headers={"Accept-Language": "uk,en;q=0.5"}).text
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "fr"}).text
    assert '<html lang="uk">' in client.get("/?lang=uk").text
    assert '<html lang="uk">' in client.get("/", headers={"Accept-Language": "en"}).text
    assert '<html lang="en">' in client.get("/?lang=en").text


def test_an_unknown_language_is_ignored(client: Client) -> None:
    response = client.get("/?lang=xx")
    assert '<html lang="en">' in response.text
    assert not response.cookies


def test_positions_are_named_in_ukrainian_and_counted_rightly(client: Client) -> None:
    stance = StanceFactory(position="support_if")
    page = client.get(f"/positions/{stance.actor.slug}/{stance.target.slug}/?lang=uk").text
    assert "підтримує за умов" in page


def test_languages_have_etags_of_their_own_and_caches_know(client: Client) -> None:
    english, ukrainian = client.get("/?lang=en"), client.get("/?lang=uk")
    assert english["ETag"] != ukrainian["ETag"]
    assert "Accept-Language" in english["Vary"]
    assert english["Content-Language"] == "en"


@pytest.mark.parametrize("address", ["/api/v1/actors", "/admin/login/"])
def test_the_api_and_the_editors_pages_stay_in_english(client: Client, address: str) -> None:
    response = client.get(address, headers={"Accept-Language": "uk"})
    assert response.status_code == 200
    assert 'lang="uk"' not in response.text


TRANSLATIONS = sorted((settings.BASE_DIR / "peacetracker" / "locale").glob("*/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.parts[-3])
def test_every_text_is_translated_and_compiled(path: Path) -> None:
    texts = polib.pofile(str(path))
    assert [text.msgid for text in texts if not text.translated()] == []
    compiled = {text.msgid: (text.msgstr, text.msgstr_plural) for text in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == {text.msgid: (text.msgstr, text.msgstr_plural) for text in texts}


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.parts[-3])
def test_translations_keep_names_and_markup(path: Path) -> None:
    for text in polib.pofile(str(path)):
        for said in [text.msgstr] if text.msgstr else text.msgstr_plural.values():
            assert set(re.findall(r"%\(\w+\)[sd]", said)) == set(re.findall(r"%\(\w+\)[sd]", text.msgid)), text.msgid
            assert re.findall(r"</?\w+", said) == re.findall(r"</?\w+", text.msgid), text.msgid


@pytest.mark.skipif(not shutil.which("xgettext"), reason="needs gettext to collect the texts")
def test_every_text_of_the_pages_is_collected(tmp_path: Path) -> None:
    """What `make messages` would find now is what the translation holds."""
    for part in ("peacetracker", "templates"):
        shutil.copytree(settings.BASE_DIR / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    command = [sys.executable, "manage.py", "makemessages", "--all", "--no-location", "--no-obsolete"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    for path in TRANSLATIONS:
        collected = polib.pofile(str(tmp_path / path.relative_to(settings.BASE_DIR)))
        held = {text.msgid for text in polib.pofile(str(path))}
        assert {text.msgid for text in collected if not text.obsolete} == held
