"""Splitting a text into provisions, and linking the provisions of two proposals."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from peacetracker.proposals.linking import suggestions
from peacetracker.proposals.models import Correspondence, Proposal, Provision, ProvisionIssue
from peacetracker.proposals.splitting import split, suggest_issues
from tests.admin_pages import url
from tests.factories import IssueFactory, ProposalFactory, ProvisionFactory
from tests.people import ROLES, client_of

PLAN = """The lake plan, as tabled in 2025.

1. Ceasefire: all guns fall silent.
It begins at midnight.

2. The army is limited to 600,000 troops. Partners verify this by 2026.
5. of these are abroad

3. Sanctions are lifted in stages.
"""


class TestSplitting:
    def test_points_with_what_belongs_to_them(self) -> None:
        points = split(PLAN)
        assert [(point.number, point.name) for point in points] == [
            (1, "Ceasefire"),
            (2, "The army is limited to 600,000 troops"),
            (3, "Sanctions are lifted in stages"),
        ]
        assert points[0].text == "Ceasefire: all guns fall silent.\nIt begins at midnight."
        assert "5. of these are abroad" in points[1].text, "a number out of turn is text"

    @pytest.mark.parametrize(
        "form", ["{}. ", "{}) ", "({}) ", "{}: ", "{} – ", "Article {}. ", "Point {}: ", "§ {} ", "- {}. ", "Art. {} "]
    )
    @pytest.mark.parametrize("numbers", [("1", "2", "3"), ("I", "II", "III"), ("IX", "X", "XI")])
    def test_the_usual_forms(self, form: str, numbers: tuple[str, ...]) -> None:
        text = "\r\n".join(form.format(number) + f"Thing {number} happens." for number in numbers)
        assert [point.name for point in split(text)] == [f"Thing {number} happens" for number in numbers]

    def test_headings_on_a_line_of_their_own(self) -> None:
        points = split("Article 1\nGuns fall silent.\nArticle 2\nTroops withdraw.")
        assert [(point.number, point.name) for point in points] == [(1, "Guns fall silent"), (2, "Troops withdraw")]

    @pytest.mark.parametrize("text", ["", "No numbers here.\nNone at all.", "1.\n2.\n"])
    def test_nothing_to_find(self, text: str) -> None:
        assert split(text) == []

    def test_a_long_point_gets_a_short_name(self) -> None:
        (point,) = split("1. " + "word " * 60)
        assert len(point.name) <= 120
        assert point.name.endswith("…")

    @pytest.mark.django_db
    def test_issues_by_their_terms(self) -> None:
        process = ProposalFactory().process
        army = IssueFactory(process=process, name="Armed forces", terms=["600,000 troops", "army"])
        IssueFactory(process=process, name="Arm", terms=["arm"])
        points = split(PLAN)
        suggest_issues(points, [army, IssueFactory(name="Ceasefire", terms=["ceasefire"])])
        assert [len(point.issues) for point in points] == [1, 1, 0]
        assert points[1].issues == [army.pk]


@pytest.mark.django_db
class TestSplitPage:
    def address(self, proposal: Proposal) -> str:
        return url(Proposal, "split", proposal.pk)

    def typed(self, page: Any) -> dict[str, Any]:
        rows = page.context["rows"]
        forms = [rows.management_form, *rows.forms]
        data = {bound.html_name: bound.value() for form in forms for bound in form}
        return {name: value for name, value in data.items() if value not in (None, False)}

    def test_from_paste_to_provisions(self) -> None:
        client, proposal = client_of("editor"), ProposalFactory(slug="lake")
        issue = IssueFactory(process=proposal.process, name="Sanctions")
        page = client.post(self.address(proposal), {"text": PLAN, "_preview": "1"})
        assert not proposal.provisions.exists(), "a preview saves nothing"
        data = {**self.typed(page), "_save": "1", "points-0-name": "Silence", "points-1-keep": ""}
        assert client.post(self.address(proposal), data).status_code == 302
        found = proposal.provisions.order_by("number").values_list("number", "slug", "name", "kind")
        assert list(found) == [
            (1, "lake-1", "Silence", "provision"),
            (3, "lake-3", "Sanctions are lifted in stages", "provision"),
        ]
        assert ProvisionIssue.objects.get().issue_id == issue.pk

    def test_numbers_that_are_taken(self) -> None:
        client, proposal = client_of("editor"), ProposalFactory(slug="lake")
        ProvisionFactory(proposal=proposal, number=1, slug="other")
        page = client.post(self.address(proposal), {"text": PLAN})
        data = self.typed(page)
        assert "points-0-keep" not in data, "what is there already is not chosen"
        answer = client.post(self.address(proposal), {**data, "points-0-keep": "on", "_save": "1"})
        assert "has a provision of this number already" in answer.content.decode()
        assert "Sanctions are lifted" in answer.content.decode()
        assert proposal.provisions.count() == 1
        twice = client.post(self.address(proposal), {**data, "points-2-number": 2, "_save": "1"})
        assert "Two points have the number 2" in twice.content.decode()

    def test_a_text_without_points_says_so(self) -> None:
        page = client_of("editor").post(self.address(ProposalFactory()), {"text": "No numbers."})
        assert "No numbered points were found" in page.content.decode()

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("page", ["split", "link"])
    def test_who_may(self, role: str, page: str) -> None:
        address = url(Proposal, page, ProposalFactory().pk)
        status = {"anonymous": 302, "viewer": 403, "coder": 403}.get(role, 200)
        client = client_of(role)
        assert client.get(address).status_code == status
        assert client.post(address).status_code == status

    def test_an_unknown_proposal(self) -> None:
        assert client_of("editor").get(url(Proposal, "split", 10**6)).status_code == 404


@pytest.mark.django_db
class TestLinking:
    @pytest.fixture
    def pair(self) -> dict[str, Any]:
        one = ProposalFactory(name="Lake plan")
        other = ProposalFactory(name="Hill answer", process=one.process)
        issue = IssueFactory(process=one.process, name="Armed forces")
        cap = ProvisionFactory(proposal=one, number=1, name="A cap on the army of 600,000")
        talks = ProvisionFactory(proposal=one, number=2, name="Talks every spring")
        higher = ProvisionFactory(proposal=other, number=1, name="The army has 800,000 at most")
        yearly = ProvisionFactory(proposal=other, number=2, name="Talks every spring and autumn")
        for provision in (cap, higher):
            ProvisionIssue.objects.create(provision=provision, issue=issue)
        return {"one": one, "other": other, "cap": cap, "talks": talks, "higher": higher, "yearly": yearly}

    def address(self, pair: dict[str, Any]) -> str:
        return url(Proposal, "link", pair["one"].pk) + f"?with={pair['other'].pk}"

    def test_suggestions_by_issue_and_by_wording(self, pair: dict[str, Any]) -> None:
        rows = dict(suggestions([pair["cap"], pair["talks"]], [pair["higher"], pair["yearly"]]))
        first, second = (rows[pair[name]][0] for name in ("cap", "talks"))
        assert (first.provision, first.issues) == (pair["higher"], ("Armed forces",))
        assert (second.provision, second.issues) == (pair["yearly"], ())
        assert second.likeness > 80

    def test_ticking_and_unticking(self, pair: dict[str, Any]) -> None:
        client = client_of("editor")
        assert "same issue: Armed forces" in client.get(self.address(pair)).content.decode()
        value = f"{pair['cap'].pk}-{pair['higher'].pk}"
        client.post(self.address(pair), {"shown": [value], "pair": [value, ""]})
        correspondence = Correspondence.objects.get()
        assert {correspondence.one_id, correspondence.other_id} == {pair["cap"].pk, pair["higher"].pk}
        assert f'value="{value}" checked' in client.get(self.address(pair)).content.decode()
        client.post(self.address(pair), {"shown": [value]})
        assert not Correspondence.objects.exists()

    def test_a_link_that_a_colleague_made_meanwhile_stays(self, pair: dict[str, Any]) -> None:
        Correspondence.objects.create(one=pair["talks"], other=pair["yearly"])
        value = f"{pair['cap'].pk}-{pair['higher'].pk}"
        client_of("editor").post(self.address(pair), {"shown": [value], "pair": [value]})
        assert Correspondence.objects.count() == 2

    @pytest.mark.parametrize("value", ["1-2", "x", "1-2-3"])
    def test_other_provisions_are_refused(self, pair: dict[str, Any], value: str) -> None:
        assert client_of("editor").post(self.address(pair), {"pair": [value]}).status_code == 404
        assert not Correspondence.objects.exists()

    def test_flat_in_queries(self, pair: dict[str, Any]) -> None:
        client: Client = client_of("editor")
        counts = []
        for _ in range(2):
            for proposal in (pair["one"], pair["other"]):
                ProvisionFactory(proposal=proposal)
            with CaptureQueriesContext(connection) as queries:
                client.get(self.address(pair))
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert Provision.objects.count() == 8
