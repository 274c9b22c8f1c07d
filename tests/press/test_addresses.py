import pytest
from hypothesis import given
from hypothesis import strategies as st

from peacetracker.press.addresses import LONGEST_KEY, address_key, is_front_page

ARTICLE = "https://www.example.com/news/peace-plan-1"


@pytest.mark.parametrize(
    "guise",
    [
        "http://example.com/news/peace-plan-1/",
        "https://m.example.com/news/peace-plan-1",
        "https://mobile.example.com/news/peace-plan-1?utm_source=x&fbclid=1",
        "https://amp.example.com/news/peace-plan-1",
        "https://www.example.com/news/peace-plan-1/amp/",
        "https://www.example.com/news/peace-plan-1.amp",
        "https://www.example.com/amp/news/peace-plan-1",
        "https://www.example.com/news/peace-plan-1?outputType=amp",
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/peace-plan-1",
        "https://www.google.com/amp/s/www.example.com/news/peace-plan-1/amp",
        "https://WWW.EXAMPLE.COM:443/news/peace%2Dplan-1#comments",
    ],
)
def test_all_guises_of_an_address_have_one_key(guise: str) -> None:
    assert address_key(guise) == address_key(ARTICLE)


@pytest.mark.parametrize(
    "other",
    [
        "https://www.example.com/news/peace-plan-2",
        "https://www.example.com/news/peace-plan-1?page=2",
        "https://news.example.com/news/peace-plan-1",
        "https://www.example.com:8080/news/peace-plan-1",
        "https://www.example.org/news/peace-plan-1",
    ],
)
def test_other_pages_have_other_keys(other: str) -> None:
    assert address_key(other) != address_key(ARTICLE)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert address_key("https://a.example/?b=2&a=1") == address_key("https://a.example/?a=1&utm_id=3&b=2")


def test_names_in_other_scripts_are_one_with_their_punycode() -> None:
    assert address_key("https://новини.example/a") == address_key("https://xn--b1amarcd.example/a")


def test_a_front_page_is_known() -> None:
    assert is_front_page(address_key("https://www.example.com/?utm_source=x"))
    assert not is_front_page(address_key(ARTICLE))
    assert not is_front_page(address_key("https://www.example.com/?p=3"))


@given(st.text())
def test_any_address_has_a_key_that_an_index_holds(text: str) -> None:
    key = address_key(f"https://example.com/{text}")
    assert len(key) <= LONGEST_KEY
    assert key.isascii()
