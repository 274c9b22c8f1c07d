import pytest
from hypothesis import given
from hypothesis import strategies as st

from peacetracker.ingest.addresses import BadAddress, normal_address


@pytest.mark.parametrize(
    ("guise", "address"),
    [
        ("HTTPS://News.Example/a?utm_source=x&id=7#top", "https://news.example/a?id=7"),
        ("https://news.example:443", "https://news.example/"),
        ("http://news.example:8080/a?fbclid=1", "http://news.example:8080/a"),
        ("https://news.example/a?q=%D0%9A%D0%B8%D1%97%D0%B2", "https://news.example/a?q=%D0%9A%D0%B8%D1%97%D0%B2"),
        ("http://[2001:db8::1]/a", "http://[2001:db8::1]/a"),
    ],
)
def test_one_address_whatever_its_guise(guise: str, address: str) -> None:
    assert normal_address(guise) == address


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("ftp://news.example/", "not an http"),
        ("file:///etc/passwd", "not an http"),
        ("https://user:secret@news.example/", "user name or password"),
        ("https:///a", "no host"),
        ("http://[::1/", "not an address"),
        ("http://news.example:99999/", "not an address"),
    ],
)
def test_what_cannot_be_fetched_is_refused_with_its_reason(bad: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why):
        normal_address(bad)


@given(st.text(max_size=60))
def test_a_normal_address_stays_as_it_is(text: str) -> None:
    try:
        once = normal_address(f"https://news.example/{text}")
    except BadAddress:
        return
    assert normal_address(once) == once
