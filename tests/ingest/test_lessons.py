"""Editors teach the machine: what they decided, what is learnt of it, and when it is used."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from peacetracker.extraction.detector import detector, shipped, use
from peacetracker.ingest import lessons
from peacetracker.stances.models import Statement
from peacetracker.stances.services import accept, reject
from tests.factories import ActorFactory, ArticleFactory, ProposalFactory, SourceFactory, StatementFactory
from tests.ingest.test_services import finish

pytestmark = pytest.mark.django_db
HEADER = "publisher: Written for the tests\nlicence: written for the tests\ntitle: \npublished_on: 2024-03-05\nurl:\n\n"
NAMES = """
actors: [{name: Norland, kind: state}, {name: Sudria, kind: state}]
proposals: [{name: Harbour Plan, date: 2024-03-01}]
"""
STATEMENT = """
- {speaker: null, role: null, actor: %s, target: Harbour Plan, target_kind: proposal, position: %s, condition: null,
   direct: false, span: "%s"}
"""


@pytest.fixture(autouse=True)
def _data_dir(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    lessons.use_learnt_detector()
    yield
    use(None)


def proposed(**fields: Any) -> Statement:
    return StatementFactory(
        **{"state": "candidate", "extractor": "rules", "extractor_version": "2", "confidence": 0.8, **fields}
    )


def test_every_decision_is_an_example_with_its_version() -> None:
    right, corrected, wrong = proposed(), proposed(), proposed()
    proposed()
    StatementFactory(extractor="")
    meant = ActorFactory(name="Meant")
    was = corrected.actor.name
    Statement.objects.filter(pk=corrected.pk).update(actor=meant, position="oppose")
    corrected.refresh_from_db()
    accept(right)
    accept(corrected)
    reject(wrong, "a question")
    found = {lesson.statement: lesson for lesson in lessons.lessons()}
    assert {pk: lesson.verdict for pk, lesson in found.items()} == {
        right.pk: "accepted",
        corrected.pk: "corrected",
        wrong.pk: "rejected",
    }
    lesson = found[corrected.pk]
    assert (lesson.extractor, lesson.version) == ("rules", "2")
    assert (lesson.proposed.actor, lesson.proposed.position) == (was, "support")
    assert (lesson.decided.actor, lesson.decided.position) == ("Meant", "oppose")


def test_their_number_costs_no_queries(django_assert_num_queries: Any) -> None:
    for _ in range(5):
        accept(proposed())
    with django_assert_num_queries(4):
        lessons.lessons()


def test_a_correction_of_the_actor_teaches_two_things() -> None:
    one = proposed()
    was, meant = one.actor.name, ActorFactory()
    Statement.objects.filter(pk=one.pk).update(actor=meant)
    one.refresh_from_db()
    accept(one)
    (text,) = lessons.decided_texts(lessons.lessons())
    assert {(d.actor, d.right) for d in text.decisions} == {(meant.name, True), (was, False)}


def test_precision_by_version_and_by_source() -> None:
    source = SourceFactory(name="The Example Times")
    for version, decide in (("1", reject), ("2", accept), ("2", accept), ("2", reject)):
        one = proposed(extractor_version=version, article=ArticleFactory(source=source))
        decide(one, *(["wrong"] if decide is reject else []))
    versions = Statement.objects.precision_by("extractor_version")
    assert [(row["extractor_version"], row["accepted"], row["decided"]) for row in versions] == [
        ("2", 2, 3),
        ("1", 0, 1),
    ]
    (row,) = Statement.objects.precision_by("article__source__name")
    assert (row["article__source__name"], row["accepted"], row["decided"]) == ("The Example Times", 2, 4)


@pytest.fixture
def gold(tmp_path: Path) -> str:
    """Ten short texts: in some of them what is welcomed is recorded, in others not."""
    folder = tmp_path / "gold"
    folder.mkdir()
    (folder / "gazetteer.yaml").write_text(NAMES)
    for number in range(10):
        one, other = (
            f"Norland rejected the Harbour Plan on day {number}",
            f"Sudria welcomed the Harbour Plan {number} times",
        )
        (folder / f"{number:02d}-note.txt").write_text(f"{HEADER}{one}. {other}.\n")
        recorded = STATEMENT % ("Norland", "oppose", one)
        if number % 2:
            recorded += STATEMENT % ("Sudria", "support", other)
        (folder / f"{number:02d}-note.gold.yaml").write_text(recorded)
    return str(folder)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("learn", *arguments)
    return capsys.readouterr().out


@pytest.fixture
def decided() -> None:
    """Twelve articles in each of which editors took what was rejected and left what was welcomed."""
    ActorFactory(slug="france", name="France")
    ActorFactory(slug="spain", name="Spain")
    ProposalFactory(slug="us-28-point-plan", name="US 28-point plan", terms=["the plan"])
    for number in range(12):
        one, other = f"France rejected the US 28-point plan in note {number}", "Spain welcomed the US 28-point plan"
        article = finish(ArticleFactory(text=f"{one}. {other} on day {number}.", state="parsed"))
        for one in article.statements.select_related("actor"):
            accept(one) if one.actor.name == "France" else reject(one, "not a position")


def test_what_is_better_is_used_from_now_on(decided: None, gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, gold)
    assert "12 accepted, 0 corrected, 12 rejected" in out
    assert "before, cross-validated" in out
    assert "in use from now on" in out
    tag = lessons.use_learnt_detector()
    assert tag.startswith("+")
    assert detector() is not shipped()
    article = finish(ArticleFactory(text="France rejected the US 28-point plan in note 99.", state="parsed"))
    assert {s.extractor_version.endswith(tag) for s in article.statements.all()} == {True}
    assert "examples" not in printed(capsys, "--examples")


def test_nothing_new_teaches_nothing(decided: None, gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, gold)
    kept = lessons.detector_path().read_bytes()
    with pytest.raises(CommandError, match="fewer than 20"):
        call_command("learn", gold)
    assert lessons.detector_path().read_bytes() == kept


def test_what_is_not_better_replaces_nothing(decided: None, gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All that the detector in use proposed was right, and it was surer of it than one that learns from few texts."""
    Statement.objects.filter(state="rejected").update(state="accepted")
    out = printed(capsys, gold)
    assert "nothing is replaced" in out, out
    assert not lessons.detector_path().exists()


def test_a_dry_run_replaces_nothing(decided: None, gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "with --dry-run nothing is replaced" in printed(capsys, gold, "--dry-run")
    assert not lessons.detector_path().exists()


def test_examples_are_printed_a_line_each(decided: None, gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in printed(capsys, "--examples").splitlines()]
    assert len(lines) == 24
    assert {line["verdict"] for line in lines} == {"accepted", "rejected"}


def test_it_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="name a folder of gold files"):
        call_command("learn")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"tag": "x", "until": 1, "weights": "none"}'])
def test_a_broken_file_leaves_the_shipped_detector(content: str) -> None:
    lessons.detector_path().parent.mkdir()
    lessons.detector_path().write_text(content)
    assert lessons.use_learnt_detector() == ""
    assert detector() is shipped()
    assert lessons.learnt_until() is None


def test_the_one_before_is_kept() -> None:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for tag in ("a", "b"):
        data = {"tag": tag, "intercept": 0, "least": 0.5, "calibration": [], "weights": {}}
        lessons.store_detector(data, now)
    assert json.loads(lessons.detector_path().read_text())["tag"] == "b"
    assert json.loads(lessons.detector_path().with_name("detector.previous.json").read_text())["tag"] == "a"
    assert lessons.learnt_until() == now
