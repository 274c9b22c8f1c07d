"""What waits, and the timeline of one actor on one target."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from peacetracker.database.fields import period
from peacetracker.press.models import Feed
from peacetracker.stances.models import Evidence, Stance
from tests.admin_pages import url
from tests.factories import DAY, ArticleFactory, SourceFactory, StanceFactory, StatementFactory
from tests.people import ROLES, client_of

pytestmark = pytest.mark.django_db
MIDDLE = dt.date(2025, 12, 1)


class TestWhatWaits:
    def piles(self, client: Client) -> dict[str, tuple[int, str]]:
        page = client.get(reverse("admin:index"))
        return {pile.what: (pile.number, pile.address) for pile in page.context["piles"]}

    def test_counts_that_lead_to_what_they_count(self) -> None:
        StatementFactory(state="candidate", warnings=["hedged"])
        StatementFactory(state="candidate")
        StatementFactory()
        StanceFactory(published=False)
        ArticleFactory(state="failed", reason="HTTP 500")
        Feed.objects.create(source=SourceFactory(), url="https://feed.example/", problem="no XML")
        client = client_of("editor")
        piles = self.piles(client)
        assert [number for number, _ in piles.values()] == [2, 1, 1, 1, 1, 1]
        for what, (number, address) in piles.items():
            assert client.get(address).context["cl"].result_count == number, what

    @pytest.mark.parametrize("role", ["viewer", "coder", "editor", "chief_editor", "superuser"])
    def test_everybody_inside_sees_them(self, role: str) -> None:
        assert len(self.piles(client_of(role))) == 6

    def test_flat_in_queries(self) -> None:
        client, counts = client_of("editor"), []
        for _ in range(2):
            for _ in range(3):
                StatementFactory(state="candidate")
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("admin:index"))
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestTimeline:
    @pytest.fixture
    def cell(self) -> tuple[Stance, Stance]:
        one = StanceFactory(position="oppose", period=period(DAY, MIDDLE))
        other = StanceFactory(actor=one.actor, target=one.target, position="support", period=period(MIDDLE, None))
        return one, other

    def address(self, stance: Stance) -> str:
        return url(Stance, "timeline") + f"?actor={stance.actor_id}&target={stance.target_id}"

    def typed(self, client: Client, stance: Stance) -> dict[str, Any]:
        page = client.get(self.address(stance))
        rows = page.context["rows"]
        data: dict[str, Any] = {bound.html_name: bound.value() for bound in rows.management_form}
        for form in rows.forms:
            data |= {f"{form.prefix}-{name}": form[name].value() for name in ("id", "position", "condition", "note")}
            days = form.instance.period
            data |= {f"{form.prefix}-period_0": days.lower or "", f"{form.prefix}-period_1": days.upper or ""}
        return {**data, "_seen": page.context["seen"]}

    def periods(self, stance: Stance) -> list[tuple[Any, Any]]:
        rows = Stance.objects.filter(actor=stance.actor, target=stance.target).order_by("period")
        return [(row.period.lower, row.period.upper) for row in rows]

    @pytest.mark.parametrize("day", ["2025-11-25", "2025-12-20"])
    def test_a_border_moves_either_way(self, cell: tuple[Stance, Stance], day: str) -> None:
        client = client_of("chief_editor")
        data = {**self.typed(client, cell[0]), "form-0-period_1": day, "form-1-period_0": day, "_why": "read again"}
        assert client.post(self.address(cell[0]), data).status_code == 302
        border = dt.date.fromisoformat(day)
        assert self.periods(cell[0]) == [(DAY, border), (border, None)]
        history = client.get(url(Stance, "history", cell[0].pk)).content.decode()
        assert "read again" in history

    def test_an_overlap_is_refused_in_words_and_nothing_is_lost(self, cell: tuple[Stance, Stance]) -> None:
        client = client_of("chief_editor")
        data = {**self.typed(client, cell[0]), "form-0-period_1": "2025-12-20", "form-1-note": "typed"}
        page = client.post(self.address(cell[0]), data).content.decode()
        assert "already has a published stance on this target in that period" in page
        assert "typed" in page
        assert "2025-12-20" in page
        assert self.periods(cell[0]) == [(DAY, MIDDLE), (MIDDLE, None)]

    def test_a_condition_where_none_belongs(self, cell: tuple[Stance, Stance]) -> None:
        client = client_of("chief_editor")
        page = client.post(self.address(cell[0]), {**self.typed(client, cell[0]), "form-0-condition": "if"})
        assert "Only “supports with conditions”" in page.content.decode()

    def test_a_colleagues_change_is_not_overwritten(self, cell: tuple[Stance, Stance]) -> None:
        client = client_of("chief_editor")
        data = self.typed(client, cell[0])
        Stance.objects.filter(pk=cell[0].pk).update(note="theirs")
        page = client.post(self.address(cell[0]), {**data, "form-0-note": "mine"}).content.decode()
        assert "Somebody changed a stance of this timeline" in page
        assert "mine" in page
        cell[0].refresh_from_db()
        assert cell[0].note == "theirs"

    def test_evidence_stands_beside_it(self, cell: tuple[Stance, Stance]) -> None:
        page = client_of("viewer").get(self.address(cell[0])).content.decode()
        assert page.count("We back the plan if Kyiv agrees") == 2

    @pytest.mark.parametrize("role", ROLES)
    def test_who_may(self, role: str, cell: tuple[Stance, Stance]) -> None:
        draft = StanceFactory(actor=cell[0].actor, target=cell[0].target, published=False, position="neutral",
                              period=period(MIDDLE + dt.timedelta(days=30), None))  # fmt: skip
        administrator = client_of("superuser")
        data = self.typed(administrator, cell[0])
        client = administrator if role == "superuser" else client_of(role)
        changed = {"form-0-note": "changed", "form-2-note": "changed"}
        client.post(self.address(cell[0]), {**data, **changed})
        expected = {"editor": ["", "", "changed"], "chief_editor": ["changed", "", "changed"]}
        expected["superuser"] = expected["chief_editor"]
        notes = Stance.objects.order_by("period").values_list("note", flat=True)
        assert list(notes) == expected.get(role, ["", "", ""])
        assert draft.published is False

    @pytest.mark.parametrize("query", ["", "?actor=x&target=1", "?actor=1&target=99999999"])
    def test_what_does_not_exist(self, query: str) -> None:
        assert client_of("editor").get(url(Stance, "timeline") + query).status_code == 404

    def test_flat_in_queries(self, cell: tuple[Stance, Stance]) -> None:
        client, counts = client_of("chief_editor"), []
        for number in range(2):
            for stance in cell:
                statement = StatementFactory(actor=stance.actor, target=stance.target)
                Evidence.objects.create(stance=stance, statement=statement)
            StanceFactory(actor=cell[0].actor, target=cell[0].target, published=False, evidence=[], note=str(number))
            with CaptureQueriesContext(connection) as queries:
                client.get(self.address(cell[0]))
            counts.append(len(queries))
        assert counts[0] == counts[1]
