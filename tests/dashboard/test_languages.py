import pytest
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
