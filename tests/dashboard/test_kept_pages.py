"""A rendered page is kept until something that it depends on changes, and for nobody who is logged in."""

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from peacetracker.database.refusals import checked
from tests.factories import ActorFactory, StanceFactory

pytestmark = pytest.mark.django_db(transaction=True)  # a revision is a transaction


@pytest.fixture(autouse=True)
def _pages_are_kept(_pages_are_rendered_anew: None, settings: Any) -> None:
    kept = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "kept in tests"}
    settings.CACHES = {**settings.CACHES, "pages": kept}
    caches["pages"].clear()


def test_an_unchanged_page_asks_the_database_for_its_revision_alone(
    client: Client, django_assert_num_queries: Any
) -> None:
    StanceFactory()
    first = client.get("/matrix/")
    with django_assert_num_queries(1):
        again = client.get("/matrix/")
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]


def test_a_change_shows_at_once(client: Client) -> None:
    stance = StanceFactory()
    client.get("/actors/")
    with checked():
        stance.actor.name = "Ruritania"
        stance.actor.save()
    assert "Ruritania" in client.get("/actors/").content.decode()


def test_another_address_is_another_page(client: Client) -> None:
    ActorFactory(name="Ruritania", slug="ruritania")
    assert client.get("/matrix/?kind=issue").content != client.get("/matrix/").content
    assert client.get("/matrix/", headers={"HX-Request": "true"}).content != client.get("/matrix/").content


def test_editors_get_their_own(client: Client, admin_client: Client) -> None:
    StanceFactory()
    assert "/desk/" not in client.get("/").content.decode()
    assert "/admin/" in admin_client.get("/").content.decode()
    assert "/admin/" not in client.get("/").content.decode()
