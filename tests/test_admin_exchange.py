"""Import and export in the admin: out and in again, a dry run, errors by row, and no formulas."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from peacetracker.accounts.models import AuditEntry
from peacetracker.actors.models import Actor, Alias
from peacetracker.database.exchange import guarded, unguarded
from peacetracker.proposals.models import Proposal, Sponsorship
from peacetracker.stances.models import Stance
from tests.admin_pages import url
from tests.factories import ActorFactory, ProcessFactory, ProposalFactory, StanceFactory, StatementFactory
from tests.people import ROLES, client_of

pytestmark = pytest.mark.django_db
CSV, XLSX = "0", "1"


@pytest.fixture
def chief() -> Client:
    return client_of("chief_editor")


def export(client: Client, model: Any, kind: str = CSV) -> Any:
    return client.post(url(model, "export"), {"format": kind, "resource": ""})


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def dry_run(client: Client, model: Any, content: str | bytes, kind: str = CSV) -> Any:
    content = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("rows.csv" if kind == CSV else "rows.xlsx", content)
    return client.post(url(model, "import"), {"import_file": file, "format": kind, "resource": ""})


def confirm(client: Client, model: Any, page: Any) -> Any:
    return client.post(url(model, "process_import"), page.context["confirm_form"].initial)


def text(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


ACTORS = "slug,name,kind,iso3,summary,aliases"
STANCES = "id,actor,target,from,until,position,condition,note,published,evidence"


class TestOutAndIn:
    @pytest.mark.parametrize("kind", [CSV, XLSX])
    @pytest.mark.parametrize("model", [Actor, Proposal, Stance])
    def test_what_was_exported_changes_nothing_when_it_comes_back(self, chief: Client, model: Any, kind: str) -> None:
        stance = StanceFactory(note="=1+1")
        Alias.objects.create(actor=stance.actor, text="Paris")
        Sponsorship.objects.create(proposal=stance.target, actor=stance.actor)
        page = dry_run(chief, model, export(chief, model, kind).content, kind)
        totals = page.context["result"].totals
        assert (totals["skip"], totals["new"], totals["update"], totals["error"], totals["invalid"]) == (
            model.objects.count(), 0, 0, 0, 0,
        )  # fmt: skip

    def test_new_actors_with_aliases(self, chief: Client) -> None:
        page = dry_run(chief, Actor, text(ACTORS, "ruritania,Ruritania,state,RUR,A kingdom.,Strelsau | the Crown"))
        assert not Actor.objects.exists(), "a dry run saves nothing"
        confirm(chief, Actor, page)
        actor = Actor.objects.get()
        assert (actor.name, actor.iso3) == ("Ruritania", "RUR")
        assert set(actor.aliases.values_list("text", flat=True)) == {"Strelsau", "the Crown"}
        history = chief.get(url(Actor, "history", actor.pk)).content.decode()
        assert "imported rows.csv" in history

    def test_a_proposal(self, chief: Client) -> None:
        ProcessFactory(slug="war")
        ActorFactory(slug="france")
        header = "slug,process,name,tabled_on,status,summary,terms,sponsors"
        page = dry_run(chief, Proposal, text(header, "plan,war,Lake plan,2025-11-20,tabled,,the plan | it,france"))
        confirm(chief, Proposal, page)
        proposal = Proposal.objects.get()
        assert (proposal.kind, proposal.terms) == ("proposal", ["the plan", "it"])
        assert proposal.sponsors.get().slug == "france"

    def test_a_stance_with_its_evidence(self, chief: Client) -> None:
        statement = StatementFactory()
        row = f",{statement.actor.slug},{statement.target.slug},2025-11-21,,support,,,1,{statement.pk}"
        confirm(chief, Stance, dry_run(chief, Stance, text(STANCES, row)))
        stance = Stance.objects.get()
        assert stance.published
        assert stance.statements.get() == statement


class TestErrors:
    def refused(self, page: Any) -> str:
        assert "confirm_form" not in page.context
        content: str = page.content.decode()
        return content

    def test_are_told_by_row_and_nothing_is_saved(self, chief: Client) -> None:
        rows = ["fine,Fine,state,,,", "bad,,state,,,", "worse,Worse,planet,,,"]
        page = dry_run(chief, Actor, text(ACTORS, *rows))
        words = self.refused(page)
        assert [row.number for row in page.context["result"].invalid_rows] == [2, 3]
        assert "This field cannot be blank" in words
        assert "planet" in words
        assert not Actor.objects.exists()

    def test_rules_that_only_the_database_keeps(self, chief: Client) -> None:
        running = StanceFactory()
        overlapping = f",{running.actor.slug},{running.target.slug},2025-11-25,,oppose,,,1,"
        other = StatementFactory()
        unproven = f",{other.actor.slug},{other.target.slug},2025-11-25,,oppose,,,1,"
        words = self.refused(dry_run(chief, Stance, text(STANCES, overlapping, unproven)))
        assert "already has a published stance on this target in that period" in words
        assert "must rest on an accepted statement" in words
        assert Stance.objects.count() == 1

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (",nobody,plan,2025-11-21,,support,,,0,", "Actor matching query does not exist"),
            (",france,plan,21.11.2025,,support,,,0,", "write it as 2025-11-21"),
            (",france,plan,,,support,,,0,", "A stance needs a first day"),
            (",france,plan,2025-11-21,2025-11-20,support,,,0,", "ends after its first day"),
            (",france,plan,2025-11-21,,maybe,,,0,", "maybe"),
            (",france,plan,2025-11-21,,support,if,,0,", "Only “supports with conditions”"),
            (",france,plan,2025-11-21,,support,,,0,77", "There is no statement no. 77"),
        ],
    )
    def test_of_a_stance(self, chief: Client, row: str, words: str) -> None:
        ActorFactory(slug="france")
        ProposalFactory(slug="plan")
        assert words in self.refused(dry_run(chief, Stance, text(STANCES, row))).replace("&#x27;", "'")
        assert not Stance.objects.exists()

    def test_a_file_that_is_none(self, chief: Client) -> None:
        assert "encountered while trying to read file" in dry_run(chief, Actor, b"\x00\x01", XLSX).content.decode()

    def test_a_rule_that_breaks_between_dry_run_and_import(self, chief: Client) -> None:
        page = dry_run(chief, Actor, text(ACTORS, "a,A,state,FRA,,", "b,B,state,,,"))
        ActorFactory(iso3="FRA")
        confirm(chief, Actor, page)
        assert not Actor.objects.filter(slug__in=["a", "b"]).exists(), "all or nothing"


class TestFormulas:
    @pytest.mark.parametrize("kind", [CSV, XLSX])
    def test_do_not_leave(self, chief: Client, kind: str) -> None:
        ActorFactory(name="=HYPERLINK(1)", summary="@SUM(1)")
        answer = export(chief, Actor, kind)
        if kind == CSV:
            (row,) = rows_of(answer)
            cells = [row["name"], row["summary"]]
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
            assert all(cell.data_type != "f" for line in sheet.rows for cell in line)
            cells = [cell.value for cell in list(sheet.rows)[1] if str(cell.value).startswith("'")]
        assert cells == ["'=HYPERLINK(1)", "'@SUM(1)"]

    @pytest.mark.parametrize("value", ["=1", "+1", "-1", "@x", "\tx", "plain", "'quoted", 5, None, ""])
    def test_come_back_as_they_were(self, value: Any) -> None:
        assert unguarded(guarded(value)) == value


class TestWho:
    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("model", [Actor, Proposal, Stance])
    def test_exports_and_imports(self, role: str, model: Any) -> None:
        client = client_of(role)
        inside = 302 if role == "anonymous" else 200
        assert client.get(url(model, "export")).status_code == inside
        assert export(client, model).status_code == inside
        status = 200 if role in ("chief_editor", "superuser") else 302 if role == "anonymous" else 403
        assert client.get(url(model, "import")).status_code == status
        assert client.post(url(model, "process_import")).status_code == status

    def test_the_audit_log_knows(self, chief: Client) -> None:
        export(chief, Actor)
        confirm(chief, Actor, dry_run(chief, Actor, text(ACTORS, "a,A,state,,,")))
        found = AuditEntry.objects.filter(event__in=["exported", "imported"]).order_by("pk")
        assert [(entry.event, entry.username, entry.about) for entry in found] == [
            ("exported", "chief_editor", "actors"),
            ("imported", "chief_editor", "actors"),
        ]

    def test_pages_carry_nothing_inline(self, chief: Client) -> None:
        ActorFactory(slug="a", name="Old name")
        pages = [chief.get(url(Actor, "export")), chief.get(url(Actor, "import"))]
        pages.append(dry_run(chief, Actor, text(ACTORS, "a,New name,state,,,")))
        for page in pages:
            content = page.content.decode()
            assert " style=" not in content
            assert "onchange" not in content
        assert "<del>Old</del>" in content
