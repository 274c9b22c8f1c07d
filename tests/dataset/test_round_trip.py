"""The record goes out as a data set and comes back the same."""

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.database.fields import period
from peacetracker.database.refusals import checked
from peacetracker.database.revision import current_revision
from peacetracker.dataset.dumping import HEADER, CannotDump, _Dumper, dump_data_set
from peacetracker.dataset.loading import load_data_set
from peacetracker.press.models import Article, Feed
from peacetracker.proposals.models import (
    Citation,
    Correspondence,
    Party,
    ProposalRelation,
    ProvisionIssue,
    Sponsorship,
)
from peacetracker.stances import services
from peacetracker.stances.models import Stance, Statement
from peacetracker.stances.versions import replace_text
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    IssueFactory,
    ProcessFactory,
    ProposalFactory,
    ProvisionFactory,
    SourceFactory,
    StanceFactory,
    StatementFactory,
)

DATA = Path(__file__).parents[2] / "data"
pytestmark = pytest.mark.django_db


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text("utf-8") for file in sorted(folder.rglob("*")) if file.is_file()
    }


def settle() -> None:
    """Let deferred triggers run, as COMMIT would: a table that waits for them cannot be truncated."""
    with checked():
        pass


def empty_the_record() -> None:
    """Throw all rows away, as if the database were new."""
    tables = "actors_actor, proposals_process, press_source, press_article, revision_log, revision_base"
    settle()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def history_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%event'")
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in tables))
        return sum(count for (count,) in cursor.fetchall())


def changes(act: Callable[[], object]) -> tuple[int, int]:
    """How many history rows and revisions an act leaves."""
    settle()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE revision_log")  # the test is one transaction, and it has its row already
    history, revision = history_rows(), current_revision()
    act()
    return history_rows() - history, current_revision() - revision


def comes_back(tmp_path: Path) -> dict[str, str]:
    """Dump the record, load that into an empty one, and dump it again: the same bytes, which are returned."""
    assert dump_data_set(tmp_path / "a") == []
    empty_the_record()
    load_data_set(tmp_path / "a")
    dump_data_set(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    return contents(tmp_path / "a")


def test_the_reference_data_come_back(tmp_path: Path) -> None:
    assert load_data_set(DATA / "ukraine").left == []
    rows = [model.objects.count() for model in (Actor, Alias, Affiliation, Citation, Correspondence, Statement, Stance)]
    files = comes_back(tmp_path)
    assert rows == [
        model.objects.count() for model in (Actor, Alias, Affiliation, Citation, Correspondence, Statement, Stance)
    ]
    assert {"process.yaml", "issues.yaml", "actors.yaml", "sources.yaml", "stances.yaml"} < set(files)
    assert "proposals/us-28-point-plan.yaml" in files
    assert "articles/2025-11.yaml" in files
    roll_calls = files["roll_calls.yaml"].split("\n")
    assert len(roll_calls) < 1000, "2,500 votes run over few lines"
    assert max(map(len, roll_calls)) <= 110
    # The dump says all that the reference data say: loading these over it has nothing to do.
    assert changes(lambda: load_data_set(DATA / "ukraine")) == (0, 0)


def test_the_sample_data_come_back(tmp_path: Path) -> None:
    assert load_data_set(DATA / "sample").left == []
    comes_back(tmp_path)
    assert changes(lambda: load_data_set(DATA / "sample")) == (0, 0)


def test_everything_that_a_data_set_can_hold_comes_back(tmp_path: Path) -> None:
    """One of each oddity."""
    process = ProcessFactory(slug="war", summary="A war: the first.", started_on=dt.date(2022, 2, 24))
    state, bloc = ActorFactory(slug="france", iso3="FRA"), ActorFactory(slug="eu", kind="bloc", summary="yes")
    person = ActorFactory(slug="macron", kind="person")
    Alias.objects.create(actor=state, text="Париж", language="uk", kind="metonym")
    Alias.objects.create(actor=state, text="2025-11-21")
    Affiliation.objects.create(actor=person, organisation=state, kind="speaks_for", role="president")
    Affiliation.objects.create(
        actor=state,
        organisation=bloc,
        kind="member",
        period=period(None, dt.date(2020, 1, 1)),
        source_url="https://a.example",
    )
    Affiliation.objects.create(actor=state, organisation=bloc, kind="member", period=period(dt.date(2021, 1, 1), None))
    Party.objects.create(process=process, actor=state, role="mediator")
    Party.objects.create(process=process, actor=bloc, role="guarantor", period=period(DAY, dt.date(2026, 1, 1)))
    issue = IssueFactory(slug="territory", process=process, terms=["land, swaps", "a"], pax_category="State definition")
    plan, answer = (ProposalFactory(slug=slug, process=process) for slug in ("plan", "answer"))
    Sponsorship.objects.create(proposal=plan, actor=state)
    ProposalRelation.objects.create(proposal=answer, kind="counters", earlier=plan)
    one, other = ProvisionFactory(proposal=plan, number=1), ProvisionFactory(proposal=answer, number=7)
    Correspondence.objects.create(one=one, other=other)
    ProvisionIssue.objects.create(provision=one, issue=issue)
    Citation.objects.create(target=plan, url="https://a.example/?q=[1]#x", publisher="A, B", published_on=DAY)
    Citation.objects.create(target=one, url="https://b.example", publisher="B")
    source = SourceFactory(slug="paper", country="FRA", reliability_reason="Reads: well")
    Feed.objects.create(source=source, url="https://a.example/rss", enabled=False)
    twice = ArticleFactory(
        text="“Yes,” he said. 🕊️\r\n“Yes,” he said.", source=None, title="", published_on=None, language=""
    )
    ArticleFactory(text_kind="note", text="A note with no statement.\n\nAnd a second paragraph.\n", author="N. N.")
    moved = ArticleFactory(
        url="https://a.example/amp", canonical_url="https://a.example/", source=source, text="  We agree. "
    )
    second = StatementFactory(
        article=twice,
        actor=state,
        speaker_name="a spokesman",
        role="a 'voice'",
        target=plan,
        quote="“Yes,” he said.",
        start=20,
        position="support_if",
        condition="if: so",
        credibility=3,
    )
    same_day = StatementFactory(article=moved, actor=state, speaker=person, target=one, quote="We agree")
    StatementFactory(article=moved, actor=state, speaker=person, target=one, quote="  We agree. ")
    StanceFactory(actor=state, target=plan, period=period(DAY, dt.date(2025, 12, 1)), evidence=[second], note="a\nb")
    StanceFactory(actor=state, target=one, evidence=[same_day])

    files = comes_back(tmp_path)
    assert "occurrence: 2\n" in files["articles/undated.yaml"]
    assert "id: france-plan-2025-11-21\n" in files["articles/undated.yaml"]
    assert "id: macron-plan-1-2025-11-21\n" in files["articles/2025-11.yaml"]
    assert "id: macron-plan-1-2025-11-21-2\n" in files["articles/2025-11.yaml"]
    statement = Statement.objects.get(actor__slug="france", target__slug="plan")
    assert (statement.start, statement.quote) == (20, "“Yes,” he said.")
    assert Article.objects.get(canonical_url="https://a.example/").text == "  We agree. "


def test_former_texts_come_back_with_the_statements_that_stand_in_them(tmp_path: Path) -> None:
    article = ArticleFactory(
        text="“We agree,” he said. “Yes, we agree,” he said again.", canonical_url="https://a.example/"
    )
    target = ProposalFactory()
    moves = StatementFactory(article=article, target=target, quote="We agree")
    stays = StatementFactory(article=article, target=target, quote="Yes, we agree")
    StanceFactory(actor=stays.actor, target=target, evidence=[stays])
    for text in ("Correction. “We agree,” he said. Nothing else.", "Second correction. “We agree,” he said."):
        replace_text(article, text)
    article.refresh_from_db()

    files = comes_back(tmp_path)
    assert files["articles/2025-11.yaml"].count("former_text: 1\n") == 1
    article = Article.objects.get(canonical_url="https://a.example/")
    assert article.text == "Second correction. “We agree,” he said."
    assert [former.text[:9] for former in article.former_texts.all()] == ["“We agree"]
    found = {statement.quote: statement for statement in article.statements.all()}
    assert found[moves.quote].former_text is None
    assert found[stays.quote].former_text == article.former_texts.get()
    assert all(one.text[one.start : one.end] == one.quote for one in found.values())


def test_several_processes_get_a_folder_each(tmp_path: Path) -> None:
    actor = ActorFactory(slug="france")
    both = ArticleFactory(text_kind="note")
    for name in ("gaza", "ukraine"):
        process = ProcessFactory(slug=name)
        IssueFactory(process=process, slug=f"{name}-territory")
        plan = ProposalFactory(process=process, slug=f"{name}-plan")
        StanceFactory(actor=actor, target=plan)
        StatementFactory(article=both, actor=actor, target=plan)

    files = comes_back(tmp_path)
    assert sorted(files) == [
        f"{folder}/{file}"
        for folder, own in (("gaza", "gaza"), ("shared", ""), ("ukraine", "ukraine"))
        for file in (
            [
                "articles/2025-11.yaml",
                "issues.yaml",
                "process.yaml",
                f"proposals/{own}-plan.yaml",
                "stances.yaml",
            ]
            if own
            else ["actors.yaml", "articles/2025-11.yaml", "sources.yaml"]
        )
    ]
    assert "process: gaza\n" in files["gaza/issues.yaml"]


def test_what_is_not_decided_or_not_published_stays_out(tmp_path: Path) -> None:
    StanceFactory(published=False)
    StatementFactory(state="candidate")
    StatementFactory(state="rejected")
    dump_data_set(tmp_path / "a")
    assert len(list(tmp_path.rglob("articles/*.yaml"))) == 1, "only the draft's evidence is accepted"
    assert not list(tmp_path.rglob("stances.yaml"))


def test_a_dump_loaded_into_its_own_record_changes_nothing(tmp_path: Path) -> None:
    """What a data set leaves out, such as how an extractor found a statement, is not lost by loading."""
    article = ArticleFactory(date_provenance="metadata", author="A")
    StatementFactory(article=article, extractor="rules", confidence=0.9, decided_at=dt.datetime.now(dt.UTC))
    dump_data_set(tmp_path / "a")
    assert changes(lambda: load_data_set(tmp_path / "a")) == (0, 0)


def test_a_correction_in_the_data_set_leaves_its_history(tmp_path: Path) -> None:
    StanceFactory(position="support")
    dump_data_set(tmp_path / "a")
    file = tmp_path / "a/stances.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("support", "neutral"), encoding="utf-8")
    assert changes(lambda: load_data_set(tmp_path / "a", overwrite=True)) == (1, 1)
    assert Stance.objects.get().position == "neutral"
    event = Stance.pgh_event_model.objects.latest("pgh_id")
    assert event.pgh_label == "update"
    assert event.pgh_context.metadata["command"] == "load_dataset"


class TestWhereItIsWritten:
    def test_an_earlier_dump_is_replaced_as_a_whole(self, tmp_path: Path) -> None:
        stance = StanceFactory()
        dump_data_set(tmp_path / "a")
        services.withdraw(stance)
        dump_data_set(tmp_path / "a")
        assert not (tmp_path / "a/stances.yaml").exists()
        assert [file.name for file in tmp_path.iterdir()] == ["a"], "no workshop is left behind"

    @pytest.mark.parametrize("name", ["notes.md", "stances.yaml", ".git/config"])
    def test_a_folder_with_other_files_is_refused(self, tmp_path: Path, name: str) -> None:
        ActorFactory()
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
        with pytest.raises(CannotDump, match="give a new or empty folder"):
            dump_data_set(tmp_path)
        assert contents(tmp_path) == {name: "mine"}

    def test_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("mine")
        with pytest.raises(CommandError, match="is a file"):
            call_command("dump_dataset", tmp_path / "a")

    def test_a_failure_leaves_the_earlier_dump(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ActorFactory()
        dump_data_set(tmp_path / "a")
        before = contents(tmp_path / "a")
        monkeypatch.setattr("peacetracker.dataset.dumping.to_yaml", lambda content: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            dump_data_set(tmp_path / "a")
        assert contents(tmp_path / "a") == before
        assert [file.name for file in tmp_path.iterdir()] == ["a"]

    def test_an_empty_record_gives_an_empty_folder(self, tmp_path: Path) -> None:
        call_command("dump_dataset", tmp_path / "deep/er", verbosity=0)
        assert contents(tmp_path / "deep/er") == {}

    def test_files_say_who_writes_them(self, tmp_path: Path) -> None:
        ActorFactory()
        dump_data_set(tmp_path / "a")
        assert all(text.startswith(HEADER) for text in contents(tmp_path / "a").values())

    def test_what_loading_would_refuse_is_written_and_reported(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        StatementFactory(speaker=ActorFactory(slug="stranger", kind="person"))
        call_command("dump_dataset", tmp_path / "a")
        printed = capsys.readouterr()
        assert "Wrote the record" in printed.out
        assert f"{tmp_path}/a/articles/2025-11.yaml:" in printed.err
        assert "“stranger” has no affiliation" in printed.err


@pytest.mark.django_db(transaction=True)
def test_a_dump_sees_one_moment_of_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an editor commits while the dump is being written is either in it as a whole or not at all."""
    ActorFactory(slug="before")

    list_actors = _Dumper._actors

    def after_an_editor_added_one(dumper: _Dumper) -> list[dict[str, object]]:
        def run() -> None:
            ActorFactory(slug="meanwhile")
            connection.close()

        editor = threading.Thread(target=run)
        editor.start()
        editor.join(timeout=20)
        return list_actors(dumper)

    monkeypatch.setattr(_Dumper, "_actors", after_an_editor_added_one)
    dump_data_set(tmp_path / "a")
    assert Actor.objects.filter(slug="meanwhile").exists()
    assert "before" in contents(tmp_path / "a")["actors.yaml"]
    assert "meanwhile" not in contents(tmp_path / "a")["actors.yaml"]
