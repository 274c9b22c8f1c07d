import base64
import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from peacetracker.ingest import extract, tasks, texts, visits
from peacetracker.ingest.broker import memory
from peacetracker.ingest.gazetteer import gate_at, names_at
from peacetracker.ingest.pace import postpone
from peacetracker.ingest.parse import Unparsable
from peacetracker.ingest.services import Submission, advance, advance_all, submit
from peacetracker.ingest.tasks import send_due
from peacetracker.press.models import Article, Source
from peacetracker.press.services import fetch_again, pull_in, retry
from peacetracker.stances.services import accept, reject
from tests.factories import ActorFactory, ProposalFactory, StatementFactory
from tests.ingest.conftest import BODY, Site, page

pytestmark = pytest.mark.django_db
TEXT = "Emmanuel Macron rejected the US 28-point plan on Friday. “France will not endorse the plan,” he said."


def finish(article: Article) -> Article:
    advance(article.pk, until="extracted")
    article.refresh_from_db()
    return article


def finish_when_due(article: Article) -> Article:
    Article.objects.filter(pk=article.pk).update(due_at=timezone.now())
    return finish(article)


def submit_text(text: str = TEXT, **given: object) -> Article:
    return submit(Submission(body=text.encode(), **given))


@pytest.fixture
def names() -> None:
    ActorFactory(slug="france", name="France")
    ProposalFactory(slug="us-28-point-plan", name="US 28-point plan", terms=["the plan"])


def test_a_text_becomes_candidates(names: None) -> None:
    article = finish(submit_text(publisher="The Example Times", published_on=dt.date(2025, 11, 21)))
    assert article.state == "extracted"
    statements = article.statements.all()
    assert statements
    assert {statement.state for statement in statements} == {"candidate"}
    assert all(article.text[s.start : s.end] == s.quote for s in statements)
    assert {str(s.target) for s in statements} == {"US 28-point plan"}
    assert {s.position for s in statements} == {"oppose"}
    assert article.source.reliability == "F"


def test_the_same_text_twice_is_one_article() -> None:
    assert submit_text() == submit_text()


def test_the_same_address_in_two_guises_is_one_article() -> None:
    one = submit(Submission(url="https://news.example/a?utm_source=feed"))
    assert one == submit(Submission(url="https://NEWS.example/a#top"))


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Unparsable, match="nothing in it"):
        submit_text(" \n")
    assert not Article.objects.exists()


def test_running_again_keeps_what_editors_decided(names: None) -> None:
    article = finish(submit_text(published_on=dt.date(2025, 11, 21)))
    first, *others = article.statements.order_by("start")
    first.actor = first.actor or ActorFactory()
    first.save()
    accept(first)
    for other in others:
        reject(other, "said twice")
    decided = set(article.statements.values_list("pk", "state"))
    Article.objects.filter(pk=article.pk).update(state="parsed")
    finish(article)
    assert decided <= set(article.statements.values_list("pk", "state"))


def test_running_again_replaces_undecided_candidates_but_no_editors_own(names: None) -> None:
    article = finish(submit_text(published_on=dt.date(2025, 11, 21)))
    found = article.statements.count()
    own = StatementFactory(article=article, quote="on Friday", state="candidate")
    Article.objects.filter(pk=article.pk).update(state="parsed")
    finish(article)
    assert article.statements.count() == found + 1
    assert article.statements.filter(pk=own.pk).exists()


def test_a_copy_points_to_the_first_and_brings_no_statements() -> None:
    longer = " ".join(f"{TEXT} Paragraph {n} of the report tells more." for n in range(8))
    first = finish(submit_text(longer))
    copy = finish(submit_text(f"{longer} Syndicated by Example Wire."))
    assert copy.syndicated_from == first
    assert not copy.statements.exists()
    third = finish(submit_text(f"Update: {longer}"))
    assert third.syndicated_from == first


def test_different_texts_are_no_copies() -> None:
    finish(submit_text(TEXT))
    assert finish(submit_text("Warsaw has not yet studied the text that was leaked.")).syndicated_from is None


def with_canonical(content: bytes, address: str) -> bytes:
    return content.replace(b"</head>", f'<link rel="canonical" href="{address}"></head>'.encode())


class TestOneArticleWhateverItsAddress:
    def test_a_page_that_names_another_address_as_its_own_is_that_article(self, site: Site) -> None:
        first = finish(submit(Submission(url=site.serve("/a", page()))))
        short = site.serve("/s/7", with_canonical(page(), f"{site.address}/a"))
        advance(submit(Submission(url=short)).pk, until="extracted")
        assert Article.objects.get() == first
        assert submit(Submission(url=short)) == first

    def test_a_redirect_leads_to_the_article_it_leads_to(self, site: Site) -> None:
        first = finish(submit(Submission(url=site.serve("/a", page()))))
        link = site.serve("/link", b"", status=302, Location="/a")
        advance(submit(Submission(url=link)).pk, until="extracted")
        assert Article.objects.get() == first
        assert submit(Submission(url=link)) == first

    def test_what_the_first_is_called_finds_it(self, site: Site) -> None:
        first = finish(submit(Submission(url=site.serve("/s/7", with_canonical(page(), f"{site.address}/a")))))
        assert submit(Submission(url=f"{site.address}/a")) == first

    def test_it_waits_for_the_other_to_be_read(self, site: Site) -> None:
        first = submit(Submission(url=site.serve("/a", page())))
        other = submit(Submission(url=site.serve("/s/7", with_canonical(page(), f"{site.address}/a"))))
        assert finish(other).state == "fetched"
        finish(first)
        Article.objects.update(due_at=timezone.now())
        advance(other.pk, until="extracted")
        assert Article.objects.get() == first

    def test_a_wrong_canonical_link_swallows_nothing(self, site: Site) -> None:
        finish(submit(Submission(url=site.serve("/a", page()))))
        text = "".join(f"<p>Something else entirely, paragraph {n}, of another day.</p>" for n in range(9))
        other = page(title="Another matter", body=text)
        assert finish(submit(Submission(url=site.serve("/b", with_canonical(other, f"{site.address}/a"))))).text
        assert finish(submit(Submission(url=site.serve("/c", with_canonical(other, site.address))))).text
        assert Article.objects.count() == 3

    def test_an_article_that_leads_to_the_front_page_is_gone(self, site: Site) -> None:
        site.serve("/", page())
        article = finish(submit(Submission(url=site.serve("/a", b"", status=301, Location="/"))))
        assert article.state == "failed"
        assert "front page" in article.reason


class TestFetchingAgain:
    @pytest.fixture
    def article(self, names: None, site: Site) -> Article:
        return finish(submit(Submission(url=site.serve("/a", page(), ETag='"1"'))))

    def again(self, article: Article) -> Article:
        assert fetch_again(Article.objects.filter(pk=article.pk)) == 1
        return finish(article)

    def test_an_unchanged_page_changes_nothing(self, article: Article, site: Site) -> None:
        before = (article.text, set(article.statements.values_list("pk", flat=True)))
        site.serve("/a", b"", status=304)
        assert self.again(article).state == "extracted"
        assert site.headers[-1]["if-none-match"] == '"1"'
        site.serve("/a", page())
        self.again(article)
        assert (article.text, set(article.statements.values_list("pk", flat=True))) == before
        assert article.snapshots.count() == 1

    def test_a_newer_version_replaces_the_text_and_both_are_kept(self, article: Article, site: Site) -> None:
        statement = article.statements.order_by("start").first()
        statement.actor = statement.actor or ActorFactory()
        statement.save()
        accept(statement)
        own = StatementFactory(article=article, quote="two days", state="candidate")
        older = article.text
        newer = BODY.replace("for two days", "for three days").replace("<p>", "<p>Corrected. ", 1)
        site.serve("/a", page(body=newer))
        self.again(article)
        assert article.state == "extracted"
        assert "three days" in article.text
        assert article.former_texts.get().text == older
        assert [bytes(snapshot.body()) for snapshot in article.snapshots.all()] == [page(body=newer), page()]
        statement.refresh_from_db()
        own.refresh_from_db()
        assert article.text[statement.start : statement.end] == statement.quote
        assert (statement.former_text, own.former_text.text) == (None, older)

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_withdrawn_page_is_flagged_and_kept(self, article: Article, site: Site, status: int) -> None:
        older = article.text
        site.serve("/a", b"", status=status)
        self.again(article)
        assert (article.state, article.text) == ("extracted", older)
        assert article.withdrawn_at
        assert str(status) in article.reason
        site.serve("/a", page())
        assert self.again(article).withdrawn_at is None

    def test_a_broken_page_does_not_take_the_text_away(self, article: Article, site: Site) -> None:
        older = article.text
        site.serve("/a", b"<html><body>Sorry</body></html>")
        self.again(article)
        assert (article.state, article.text) == ("extracted", older)
        assert "reading it again failed: no article text" in article.reason


class TestCopies:
    LONG = " ".join(f"{TEXT} Paragraph {n} of the report tells more." for n in range(8))

    def test_the_earliest_published_is_the_original_whenever_it_arrives(self, names: None) -> None:
        second = finish(submit_text(self.LONG, published_on=dt.date(2025, 11, 22)))
        third = finish(submit_text(f"{self.LONG} Wire.", published_on=dt.date(2025, 11, 23)))
        assert third.syndicated_from == second
        assert second.statements.exists()
        first = finish(submit_text(f"Dispatch. {self.LONG}", published_on=dt.date(2025, 11, 21)))
        for article in (second, third):
            article.refresh_from_db()
        assert [a.syndicated_from for a in (first, second, third)] == [None, first, first]
        assert first.statements.exists()
        assert not second.statements.exists()

    def test_what_an_editor_decided_stays_with_the_copy(self, names: None) -> None:
        second = finish(submit_text(self.LONG, published_on=dt.date(2025, 11, 22)))
        decided = second.statements.order_by("start").first()
        reject(decided)
        finish(submit_text(f"Dispatch. {self.LONG}", published_on=dt.date(2025, 11, 21)))
        assert list(second.statements.all()) == [decided]

    def test_an_article_that_is_rewritten_is_a_copy_no_longer(self, site: Site) -> None:
        first = finish(submit(Submission(url=site.serve("/a", page()))))
        copy = finish(submit(Submission(url=site.serve("/b", page(title="The same")))))
        assert copy.syndicated_from == first
        body = "".join(f"<p>Something else entirely, paragraph {n}, of another day.</p>" for n in range(9))
        site.serve("/b", page(body=body))
        fetch_again(Article.objects.filter(pk=copy.pk))
        assert finish(copy).syndicated_from is None


def test_what_was_given_stands_against_what_the_page_says(site: Site) -> None:
    given = Submission(url=site.serve("/a", page()), publisher="Mine", published_on=dt.date(2020, 1, 1))
    article = finish(submit(given))
    assert (str(article.source), article.published_on) == ("Mine", dt.date(2020, 1, 1))
    assert Source.objects.count() == 1


class TestFailures:
    def test_a_dead_link_fails_at_once_with_its_reason(self, site: Site) -> None:
        article = finish(submit(Submission(url=f"{site.address}/gone")))
        assert article.state == "failed"
        assert "404" in article.reason

    def test_a_passing_error_is_tried_again_and_then_given_up(self, site: Site) -> None:
        article = submit(Submission(url=site.serve("/a", b"", status=503)))
        states = [finish_when_due(article).state for _ in range(visits.MOST_ATTEMPTS)]
        assert states == ["queued"] * (visits.MOST_ATTEMPTS - 1) + ["failed"]
        assert "503" in article.reason

    def test_each_retry_waits_longer_and_no_shorter_than_the_server_asks(self, site: Site) -> None:
        article = finish(submit(Submission(url=site.serve("/a", b"", status=500))))
        first = article.due_at - timezone.now()
        again = finish_when_due(article).due_at - timezone.now()
        assert again > first * 2
        asked = finish(submit(Submission(url=site.serve("/b", b"", status=429, Retry_After="600"))))
        assert asked.due_at - timezone.now() > dt.timedelta(seconds=590)

    def test_a_busy_host_costs_no_attempt(self, site: Site) -> None:
        postpone(site.address.removeprefix("http://"), 60)
        article = finish(submit(Submission(url=site.serve("/a", page()))))
        assert (article.state, article.attempts, article.reason) == ("queued", 0, "")
        assert article.due_at - timezone.now() > dt.timedelta(seconds=50)

    def test_a_failed_article_can_be_retried(self, site: Site) -> None:
        article = finish(submit(Submission(url=f"{site.address}/a")))
        site.serve("/a", page())
        retry(Article.objects.all())
        article.refresh_from_db()
        assert (article.state, article.reason, article.attempts) == ("queued", "", 0)
        assert finish(article).state == "extracted"

    def test_an_article_that_kills_its_worker_comes_to_an_end(self) -> None:
        article = submit_text()
        for _ in range(visits.MOST_ATTEMPTS):
            assert visits.claim([article.pk], "extracted")  # and then its worker dies
            assert visits.claim([article.pk], "extracted") == []
            Article.objects.update(due_at=timezone.now())
        assert finish(article).state == "failed"
        assert "gave up" in article.reason

    def test_a_fault_of_ours_is_seen_and_stops_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(extract, "reading_of", lambda *args: 1 / 0)
        article = finish(submit_text())
        assert article.state == "failed"
        assert "ZeroDivisionError" in article.reason

    def test_another_language_waits_visibly(self) -> None:
        article = finish(submit_text("Президент заявив, що Україна не підтримує план із двадцяти восьми пунктів."))
        assert article.state == "waiting"
        assert "language" in article.reason
        assert not article.statements.exists()


class TestTogether:
    """Articles are fetched in batches; what happens to one of them is no other's business."""

    def test_each_goes_its_own_way(self, site: Site) -> None:
        urls = [site.serve(f"/{n}", page(title=f"Report {n}", body=f"<p>{f'Text {n}. ' * 30}</p>")) for n in range(3)]
        urls += [f"{site.address}/missing", site.serve("/busy", b"", status=503), site.serve("/empty", b"<p>None</p>")]
        urls.append(site.serve("/far", b"", status=302, Location=f"/{'x' * 2100}"))  # no column holds that
        site.serve(f"/{'x' * 2100}", page())
        keys = [submit(Submission(url=url)).pk for url in urls]
        assert advance_all(keys, until="parsed") == keys[:3]
        states = dict(Article.objects.values_list("pk", "state"))
        assert [states[key] for key in keys] == ["parsed"] * 3 + ["failed", "queued", "failed", "failed"]
        assert site.asked.count("/robots.txt") == 1

    def test_one_address_of_two_articles_is_asked_once(self, site: Site) -> None:
        url = site.serve("/a", page())
        one, two = (Article.objects.create(url=url, canonical_url=f"{url}?{n}") for n in range(2))
        assert advance_all([one.pk, two.pk], until="parsed") == [one.pk]
        assert site.asked.count("/a") == 1
        assert Article.objects.get() == one

    def test_copies_that_arrive_together_find_one_another(self) -> None:
        longer = " ".join(f"{TEXT} Paragraph {n} of the report tells more." for n in range(8))
        first, copy = submit_text(longer), submit_text(f"{longer} Syndicated by Example Wire.")
        other = submit_text("Warsaw has not yet studied the text that was leaked.")
        assert sorted(advance_all([other.pk, copy.pk, first.pk], until="parsed")) == [first.pk, copy.pk, other.pk]
        assert list(Article.objects.order_by("pk").values_list("syndicated_from", flat=True)) == [None, first.pk, None]

    def test_a_text_that_the_database_refuses_takes_no_other_with_it(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE press_article ADD CONSTRAINT none CHECK (text NOT LIKE '%Poison%')")
        good, bad, another = (submit_text(f"{TEXT} {word}.") for word in ("One", "Poison", "Three"))
        assert advance_all([good.pk, bad.pk, another.pk], until="parsed") == [good.pk, another.pk]
        bad.refresh_from_db()
        assert bad.state == "failed"
        assert "IntegrityError" in bad.reason

    def test_statements_do_not_grow_with_the_batch(self) -> None:
        def asked(words: str) -> int:
            keys = [submit_text(" ".join(f"{word}{n}" for n in range(40))).pk for word in words]
            with CaptureQueriesContext(connection) as queries:
                assert advance_all(keys, until="parsed") == keys
            return len(queries)

        assert asked("abcdefgh") - asked("xy") == 6, "one of each to find what is kept of it"

    def test_what_is_not_begun_in_time_is_given_back(self, settings: Any) -> None:
        settings.CELERY_TASK_SOFT_TIME_LIMIT = 0
        first, second = submit_text(), submit_text(f"{TEXT} Again.")
        assert advance_all([first.pk, second.pk], until="parsed") == [first.pk]
        second.refresh_from_db()
        assert (second.state, second.attempts) == ("fetched", 0)

    def test_a_claim_passes_by_what_another_worker_has(self) -> None:
        first, second = submit_text(), submit_text(f"{TEXT} Again.")
        advance(first.pk, until="parsed")
        assert visits.claim([first.pk], "extracted")
        assert [visit.article for visit in visits.claim([first.pk, second.pk], "extracted")] == [second]

    def test_what_may_have_killed_its_worker_is_sent_alone(self, site: Site) -> None:
        articles = [submit(Submission(url=f"https://news{n % 2}.example/{n}")) for n in range(6)]
        Article.objects.filter(pk__in=[article.pk for article in articles[:2]]).update(attempts=1)
        send_due()
        assert memory().llen("fetch") == 3  # two alone, four together
        assert not Article.objects.filter(sent_at=None).exists()

    def test_the_first_message_is_half_as_long_so_that_processes_do_not_keep_step(self, site: Site) -> None:
        sent = [Article.objects.create(url=f"https://news.example/{n}", canonical_url=f"u{n}").pk for n in range(100)]
        tasks.send(sent, Article.State.QUEUED)
        messages = [json.loads(raw) for raw in reversed(memory().lrange("fetch", 0, -1))]
        keys = [json.loads(base64.b64decode(message["body"]))[0][0] for message in messages]
        assert [len(each) for each in keys] == [20, 40, 40]
        assert [key for each in keys for key in each] == sent

    def test_hosts_take_turns(self) -> None:
        rows = [(n, f"https://{host}.example/{n}", 0) for n, host in enumerate("aaabbc")]
        assert [key for key, _ in tasks._spread(rows)] == [0, 3, 5, 1, 4, 2]


def test_who_comes_second_stores_nothing(names: None) -> None:
    article = submit_text()
    stale = Article.objects.get(pk=article.pk)
    finish(article)
    assert texts.with_text([visits.Visit(stale)]) == []
    article.refresh_from_db()
    assert article.state == "extracted"


class TestRelevance:
    """What comes from a feed about many things is read only if it is about a process."""

    WEATHER = page(
        "Snow in Paris", "<p>Schools stay shut in Paris this week, the mayor of the city said on Friday.</p>" * 3
    )

    def submit_gated(self, url: str) -> Article:
        article = submit(Submission(url=url))
        Article.objects.filter(pk=article.pk).update(gated=True)
        return article

    def test_what_is_about_something_else_is_kept_as_a_headline(self, names: None, site: Site) -> None:
        article = finish(self.submit_gated(site.serve("/a", self.WEATHER)))
        assert (article.state, article.title, article.text) == ("passed_over", "Snow in Paris", "")
        assert article.reason == "passed over: it speaks neither of war nor of peace"
        assert article.source.name == "The Example Times"

    def test_what_is_about_a_process_is_read(self, names: None, site: Site) -> None:
        body = page().replace(b"in public", b"of war and peace in public")
        article = finish(self.submit_gated(site.serve("/a", body)))
        assert article.state == "extracted"
        assert article.statements.exists()

    def test_what_somebody_hands_in_is_not_judged(self, names: None, site: Site) -> None:
        assert finish(submit(Submission(url=site.serve("/a", self.WEATHER)))).state == "extracted"

    def test_an_editor_pulls_it_in(self, names: None, site: Site) -> None:
        article = finish(self.submit_gated(site.serve("/a", self.WEATHER)))
        asked = len(site.asked)
        assert pull_in(Article.objects.all()) == 1
        assert finish(article).state == "extracted"
        assert article.text
        assert len(site.asked) == asked  # it was kept, and is not fetched again
        assert pull_in(Article.objects.all()) == 0

    @pytest.mark.parametrize("judged_already", [True, False])
    def test_what_a_feed_brought_and_somebody_hands_in_is_read(
        self, names: None, site: Site, judged_already: bool
    ) -> None:
        url = site.serve("/a", self.WEATHER)
        article = self.submit_gated(url)
        if judged_already:
            assert finish(article).state == "passed_over"
        assert finish(submit(Submission(url=url))).state == "extracted"

    def test_new_names_in_the_record_count_from_then_on(self, names: None, site: Site) -> None:
        body = self.WEATHER.replace(b"the mayor", b"the Truce of Lima was a plan to end the war, the mayor")
        assert finish(self.submit_gated(site.serve("/a", body))).state == "passed_over"
        ProposalFactory(name="Truce of Lima")
        names_at.cache_clear()  # the test is one transaction, which raises the revision once
        gate_at.cache_clear()
        assert finish(self.submit_gated(site.serve("/b", body))).state == "extracted"
