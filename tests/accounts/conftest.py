from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    """A good hash of a password takes longer than most tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
