from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import ActorFactory, StanceFactory


@pytest.fixture
def queries(client: Client) -> Callable[[str], int]:
    """How many queries a page costs."""

    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
        assert response.status_code == 200, response.content[:500]
        return len(captured)

    return count


@pytest.fixture
def support() -> Callable[..., None]:
    """Let so many new actors take a position on a target."""

    def add(target: object, number: int, **stance: object) -> None:
        for _ in range(number):
            StanceFactory(actor=ActorFactory(), target=target, **stance)

    return add
