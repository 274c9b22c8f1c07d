import datetime as dt

import pytest
import trafilatura
from hypothesis import given, settings
from hypothesis import strategies as st

from peacetracker.ingest.parse import Unparsable, clean, page_about_itself, parse
from tests.ingest.conftest import page


def pdf(text: str, title: str = "") -> bytes:
    """A PDF of one page, as simple as can be."""
    lines = "".join(f"({line}) Tj T*\n" for line in text.split("\n"))
    stream = f"BT /F1 12 Tf 14 TL 72 720 Td\n{lines}ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title (%s) >>" % title.encode(),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer << /Size 7 /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 7\n0000000000 65535 f \n" + table + end


def test_a_page_gives_its_text_and_what_it_says_of_itself() -> None:
    article = parse(page(), "text/html; charset=utf-8", "https://news.example/a")
    assert "“France will not endorse the plan,” he said." in article.text
    assert "All rights reserved" not in article.text
    assert article.title == "France rejects the plan"
    assert (article.published_on, article.date_provenance) == (dt.date(2025, 11, 21), "metadata")
    assert article.publisher == "The Example Times"
    assert article.language == "en"


HEADS = [
    '<title>Talks | The Example Times</title><meta name="author" content="Ann Writer">',
    '<meta property="og:title" content="Talks"><meta property="og:site_name" content="@example times">'
    '<meta property="og:url" content="https://www.times.example/2025/11/21/talks">',
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Talks",'
    ' "datePublished": "2025-11-20T10:00:00Z", "author": {"@type": "Person", "name": "Ann Writer"},'
    ' "publisher": {"@type": "Organization", "name": "The Example Times"}}</script>',
    '<script type="application/ld+json">{"@type": "NewsArticle", "author": [[[</script>',
    '<title>times.example - Talks</title><meta name="date" content="2025-11-19">',
    "",
]


@pytest.mark.parametrize("head", HEADS)
def test_what_a_page_says_of_itself_is_what_trafilatura_finds(head: str) -> None:
    body = (
        '<h1>Talks in Geneva</h1><p class="byline">By Ann Writer</p><time datetime="2025-11-18">then</time><p>Text.</p>'
    )
    html, url = f"<html><head>{head}</head><body>{body}</body></html>", "https://www.times.example/talks"
    limits = {
        "original_date": True,
        "extensive_search": False,
        "min_date": "1995-01-01",
        "deferred_url_extractor": True,
    }
    theirs = trafilatura.extract_metadata(html, url, limits | {"max_date": "2025-12-31"})
    ours = page_about_itself(trafilatura.load_html(html), url)
    names = ("title", "author", "sitename", "date", "url")
    assert [getattr(ours, name) for name in names] == [getattr(theirs, name) for name in names]


def test_plain_text_is_taken_as_it_is() -> None:
    article = parse("Paris “welcomes” it.\r\nKyiv doesn’t.\n".encode(), "text/plain; charset=utf-8", "")
    assert article.text == "Paris “welcomes” it.\nKyiv doesn’t."


def test_plain_text_in_another_encoding() -> None:
    assert parse("Київ".encode("koi8-u"), "text/plain; charset=koi8-u", "").text == "Київ"
    assert parse("“Łódź”".encode("utf-8-sig"), "text/plain", "").text == "“Łódź”"
    assert parse(b"caf\xe9 \x93quoted\x94", "text/plain", "").text == "café “quoted”"


@pytest.mark.parametrize(
    ("body", "content_type", "why"),
    [
        (b"", "text/plain", "empty"),
        (b"%PDF-1.7\0\0", "application/pdf", "the PDF cannot be read"),
        (pdf(""), "application/pdf", "no text: it may be scanned"),
        (b"GIF89a", "image/gif", "image/gif"),
        (b"<?xml version='1.0'?><rss version='2.0'></rss>", "text/xml", "a feed or sitemap"),
        (b"{}", "application/json", "application/json"),
        (b"\x89PNG\0\0\0", "text/html", "text/html"),
        (b"<html><body><p>Accept cookies</p></body></html>", "text/html", "no article text"),
        (b"<<<>>>&&&", "text/html", "no article text"),
    ],
)
def test_what_is_no_article_says_what_it_is(body: bytes, content_type: str, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        parse(body, content_type, "https://news.example/a")


SENTENCE = "The Foreign Ministry of France said on Friday that it does not support the plan in its present form. "


def test_a_communique_as_pdf() -> None:
    lines = [
        "Communique",
        "",
        "The parties agree to a cease-",
        "fire from 1 December. It holds for thirty days",
        "and can be prolonged.",
        "France welcomes the step, and asks for guarantees that",
        "bind all parties to it.",
    ]
    article = parse(pdf("\n".join(lines), title="Joint communique"), "application/octet-stream", "")
    assert "agree to a ceasefire from 1 December. It holds for thirty days and can be prolonged." in article.text
    assert article.title == "Joint communique"
    assert article.language == "en"


@pytest.mark.parametrize(
    ("content_type", "meta", "encoding"),
    [
        ("text/html; charset=windows-1251", "", "cp1251"),
        ("text/html", '<meta charset="windows-1251">', "cp1251"),
        ("text/html", '<meta http-equiv="Content-Type" content="text/html; charset=koi8-u">', "koi8-u"),
        ("text/html; charset=utf-8", '<meta charset="windows-1251">', "utf-8"),  # the header comes first
        ("text/html", '<meta charset="windows-1251">', "utf-8-sig"),  # the byte order mark before all
        ("text/html; charset=utf-16le", "", "utf-16"),
        ("text/html; charset=nonsense", "", "utf-8"),
        ("text/html", "", "utf-8"),
        ("text/html", "", "cp1251"),  # says nothing: guessed
    ],
)
def test_pages_in_any_encoding(content_type: str, meta: str, encoding: str) -> None:
    words = "Президент заявив, що Україна не підтримує план із двадцяти восьми пунктів. "
    html = f"<html><head>{meta}<title>План</title></head><body><article><p>{words * 9}</p></article></body></html>"
    assert words.strip() in parse(html.encode(encoding), content_type, "https://news.example/a").text


def test_labels_mean_what_browsers_take_them_for() -> None:
    assert parse(b"a \x93quotation\x94", "text/plain; charset=iso-8859-1", "").text == "a “quotation”"


def test_what_cannot_be_seen_is_taken_out_of_pages() -> None:
    body = f"<p>Fra\u200bnce \u202eagrees\u202c.\x07 {SENTENCE * 3}</p>"
    assert "France agrees. The" in parse(page(body=body), "text/html", "").text


class TestDates:
    HTML = "<html><head><title>t</title>{head}</head><body><article><h1>t</h1>{body}</article></body></html>"

    def dated(self, head: str = "", body: str = "", url: str = "https://news.example/a") -> tuple[dt.date | None, str]:
        html = self.HTML.format(head=head, body=f"{body}<p>{SENTENCE * 5}</p>")
        article = parse(html.encode(), "text/html; charset=utf-8", url)
        return article.published_on, article.date_provenance

    def test_say_where_they_come_from(self) -> None:
        meta = '<meta property="article:published_time" content="2025-11-21T10:00:00Z">'
        day = dt.date(2025, 11, 21)
        assert self.dated(meta, url="https://news.example/2025/11/20/a") == (day, "metadata")
        assert self.dated(url="https://news.example/2025/11/21/a") == (day, "url")
        assert self.dated(body='<time datetime="2025-11-21">Friday</time>') == (day, "text")
        assert self.dated() == (None, "")

    @pytest.mark.parametrize("wrong", ["1970-01-01", "2199-01-01", "0001-01-01", "not a date"])
    def test_that_cannot_be_are_not_believed(self, wrong: str) -> None:
        assert self.dated(f'<meta property="article:published_time" content="{wrong}T00:00:00Z">') == (None, "")


class TestWalls:
    PAID = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script>'

    def html(self, text: str, head: str = "", title: str = "Talks") -> bytes:
        top = f"<html><head><title>{title}</title>{head}</head>"
        return f"{top}<body><article><p>{text}</p></article></body></html>".encode()

    def test_a_teaser_before_a_paywall_is_called_one(self) -> None:
        article = parse(self.html(SENTENCE * 2, self.PAID), "text/html", "https://news.example/a")
        assert "behind a paywall: only a teaser" in article.remark
        assert "may be cut" in parse(self.html(SENTENCE * 20, self.PAID), "text/html", "https://news.example/a").remark
        assert parse(self.html(SENTENCE * 2), "text/html", "https://news.example/a").remark == ""

    @pytest.mark.parametrize("head", [PAID, '<meta property="article:content_tier" content="locked">'])
    def test_a_paywall_without_a_teaser_is_the_reason(self, head: str) -> None:
        with pytest.raises(Unparsable, match="behind a paywall"):
            parse(self.html("Subscribe.", head), "text/html", "https://news.example/a")

    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ("We and our partners use cookies. Give your consent to go on; see our privacy policy. " * 2, ""),
            (SENTENCE, "https://consent.news.example/a"),
            (SENTENCE, "https://news.example/consent/?back=a"),
        ],
    )
    def test_a_consent_page_is_no_article(self, text: str, url: str) -> None:
        with pytest.raises(Unparsable, match="a consent page"):
            parse(self.html(text), "text/html", url or "https://news.example/a")

    def test_nor_is_a_question_whether_a_person_reads(self) -> None:
        with pytest.raises(Unparsable, match="a challenge page"):
            parse(self.html(SENTENCE, title="Just a moment..."), "text/html", "https://news.example/a")

    def test_an_article_about_cookies_and_consent_is_one(self) -> None:
        text = "The court ruled on cookies, consent, personal data and privacy policy of partners. " + SENTENCE * 9
        assert parse(self.html(text), "text/html", "https://news.example/a").text


@given(st.text())
def test_cleaned_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert "\r" not in cleaned
    cleaned.encode()
    assert clean(cleaned) == cleaned


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 700))
def test_a_damaged_pdf_is_read_or_refused(damage: bytes, at: int) -> None:
    whole = pdf(SENTENCE * 2)
    try:
        assert parse(whole[:at] + damage + whole[at + len(damage) :], "application/pdf", "").text
    except Unparsable:
        return


TAGS = st.sampled_from(["<p>", "</p>", "<div", ">", "<script>", "<!--", "-->", "<article>", "&#0;", "&#xD800;", "<meta "
                        "charset=", '<link rel="canonical" href="http://[">', "<![CDATA[", SENTENCE])  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(TAGS | st.text(max_size=9), max_size=30))
def test_tags_in_any_order_are_read_or_refused(parts: list[str]) -> None:
    try:
        article = parse("".join(parts).encode("utf-8", "surrogatepass"), "text/html", "https://news.example/a")
        article.text.encode()
        assert "\0" not in article.text
    except Unparsable:
        return


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["text/html", "text/plain", "text/html; charset=nonsense", ""]))
def test_bytes_of_any_kind_are_read_or_refused(body: bytes, content_type: str) -> None:
    try:
        assert parse(body, content_type, "").text
    except Unparsable:
        return
