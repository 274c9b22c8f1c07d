"""Which extractor reads an article: by the setting, by its language, and by whether a language model answers."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from peacetracker.extraction import extractor
from peacetracker.ingest.models import ModelUse
from peacetracker.ingest.tasks import extract_waiting
from peacetracker.press.models import Article
from peacetracker.stances.models import Statement
from tests.factories import ActorFactory, ArticleFactory, ProposalFactory, SourceFactory, StatementFactory
from tests.ingest.test_services import finish
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db

UKRAINIAN = "За словами Зеленського, Україна не підтримає план Трампа без гарантій безпеки. Так він сказав у Києві."
ANSWER = {
    "quote": "Україна не підтримає план Трампа без гарантій безпеки", "before": "За словами Зеленського,",
    "speaker": "Volodymyr Zelenskyy", "role": None, "actor": "Ukraine", "target": "US 28-point plan",
    "target_kind": "proposal", "position": "oppose_unless", "condition": "security guarantees", "said_on": None,
    "confidence": 0.9, "why": "“не підтримає … без”",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _names() -> Iterator[None]:
    ActorFactory(name="Ukraine").aliases.create(text="Україна", language="uk")
    ActorFactory(name="Volodymyr Zelenskyy", kind="person").aliases.create(text="Зеленський", language="uk")
    ActorFactory(name="France")
    ProposalFactory(name="US 28-point plan", terms=["план Трампа", "the plan"])
    yield
    extractor.cache_clear()


@pytest.fixture
def connect(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Name a language model in the environment."""

    def run() -> None:
        for name, value in {"BASE_URL": model_server.base_url, "MODEL": "small", "PROMPT_PRICE": "1"}.items():
            monkeypatch.setenv(f"LLM_{name}", value)
        monkeypatch.setenv("LLM_COMPLETION_PRICE", "5")
        monkeypatch.setenv("LLM_SECONDS", "20")
        extractor.cache_clear()

    model_server.answers({"statements": [ANSWER]})
    return run


def ukrainian(**fields: Any) -> Article:
    return ArticleFactory(**{"text": UKRAINIAN, "language": "uk", "state": "parsed", **fields})


def english() -> Article:
    return ArticleFactory(text="France rejected the US 28-point plan on Friday.", state="parsed")


def test_without_a_language_model_a_ukrainian_article_waits_and_says_for_what() -> None:
    article = finish(ukrainian())
    assert article.state == "waiting"
    assert "'uk'" in article.reason
    assert "LLM_BASE_URL" in article.reason
    extract_waiting()
    article.refresh_from_db()
    assert article.state == "waiting"


def test_it_is_taken_up_when_there_is_one(connect: Callable[[], None]) -> None:
    article = finish(ukrainian())
    connect()
    extract_waiting()
    article = finish(article)
    assert article.state == "extracted"
    statement = article.statements.get()
    assert (statement.actor.name, statement.target.name) == ("Ukraine", "US 28-point plan")
    assert (statement.extractor, statement.extractor_version) == ("llm", "1 small")
    assert article.text[statement.start : statement.end] == statement.quote


def test_what_was_spent_is_kept(connect: Callable[[], None]) -> None:
    connect()
    finish(ukrainian())
    use = ModelUse.objects.get()
    assert (use.model, use.requests, use.prompt_tokens, use.completion_tokens) == ("small", 1, 1000, 200)
    assert (use.answered, use.dropped) == (True, 0)
    assert use.cost == pytest.approx(0.002)


def test_english_is_read_by_the_rules_whatever_is_connected(connect: Callable[[], None]) -> None:
    connect()
    article = finish(english())
    assert {s.extractor for s in article.statements.all()} == {"rules"}
    assert not ModelUse.objects.exists()


def test_a_model_that_fails_leaves_a_foreign_article_waiting(
    connect: Callable[[], None], model_server: ModelServer
) -> None:
    connect()
    model_server.answers({"status": 401, "raw": "{}"})
    article = finish(ukrainian())
    assert article.state == "waiting"
    assert "check LLM_API_KEY" in article.reason
    assert not ModelUse.objects.get().answered


def test_a_model_that_fails_leaves_an_english_one_to_the_rules_and_says_so(
    connect: Callable[[], None], model_server: ModelServer, settings: Any
) -> None:
    settings.EXTRACTOR = "llm"
    connect()
    model_server.answers({"status": 401, "raw": "{}"})
    article = finish(english())
    assert article.state == "extracted"
    assert article.reason.startswith("read by rules: the language model gave no answer (HTTP 401")
    assert {s.extractor for s in article.statements.all()} == {"rules"}


def test_a_setting_without_an_address_fails_with_the_remedy(settings: Any) -> None:
    settings.EXTRACTOR = "llm"
    article = finish(english())
    assert (article.state, article.reason) == ("failed", "EXTRACTOR=llm needs LLM_BASE_URL and LLM_MODEL")


SAID = "Any peace must be just and durable and no pause before the next attack on Europe"


@pytest.mark.parametrize(
    ("elsewhere", "speaker", "warning"),
    [
        (SAID, "France", ""),
        (SAID, "Ukraine", "the same words are Ukraine’s in The Example Times, 20 November 2025"),
        (SAID.replace("just", "fair"), "France", "quoted with other words in The Example Times, 20 November 2025"),
    ],
)
def test_a_quotation_is_held_against_those_of_other_articles(
    connect: Callable[[], None], model_server: ModelServer, settings: Any, elsewhere: str, speaker: str, warning: str
) -> None:
    known = ArticleFactory(
        text=f"“{elsewhere},” it was said.",
        source=SourceFactory(name="The Example Times"),
        published_on=dt.date(2025, 11, 20),
    )
    settings.EXTRACTOR = "llm"
    actor = ActorFactory._meta.model.objects.get(name=speaker)
    StatementFactory(article=known, quote=elsewhere, actor=actor, direct=True)
    connect()
    model_server.answers({"statements": [{**ANSWER, "quote": SAID, "actor": "France", "speaker": None}]})
    article = finish(ArticleFactory(text=f"“{SAID},” said Paris.", state="parsed"))
    (found,) = Statement.objects.filter(article=article)
    assert any(w.startswith(warning) for w in found.warnings) if warning else found.warnings == []
