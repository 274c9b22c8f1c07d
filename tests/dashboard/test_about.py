from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import StanceFactory

pytestmark = pytest.mark.django_db


def test_methodology_explains_with_the_records_own_figures(client: Client) -> None:
    StanceFactory()
    page = client.get("/about/methodology/").content.decode()
    for word in ("supports with conditions", "no stated position", "usually reliable", "verbatim", "candidates"):
        assert word in page
    assert "1, 1 of them in the speaker’s own words" in page


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    assert queries("/about/methodology/") <= 12
