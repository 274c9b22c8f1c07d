from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.actors.models import Actor
from peacetracker.proposals.models import Party, Process
from tests.factories import ActorFactory, IssueFactory, ProcessFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def process() -> Process:
    process = ProcessFactory(slug="war")
    for name, role in [("Ruritania", "belligerent"), ("Borduria", "belligerent"), ("Syldavia", "mediator")]:
        Party.objects.create(process=process, actor=ActorFactory(name=name, slug=name.lower()), role=role)
    return process


def of(name: str) -> Actor:
    return Actor.objects.get(name=name)


def test_it_says_who_accepts_on_what_condition_and_who_blocks(client: Client, process: Process) -> None:
    ceasefire = IssueFactory(process=process, name="Ceasefire")
    StanceFactory(actor=of("Ruritania"), target=ceasefire, position="support")
    StanceFactory(actor=of("Borduria"), target=ceasefire, position="support_if", condition="prisoners first")
    border = IssueFactory(process=process, name="The border")
    StanceFactory(actor=of("Ruritania"), target=border, position="oppose")
    page = client.get("/agreement/?about=issue").text
    assert "An issue has no text of its own" in page
    within, blocked = page.split('id="conditional"')[1].split('id="blocked"')
    assert "Ruritania supports it as it stands. Borduria has conditions or doubts." in within
    assert "prisoners first" in within
    assert "Ruritania refuses it. Borduria has stated no position." in blocked


def test_mediators_count_where_they_are_asked_for(client: Client, process: Process) -> None:
    plan = ProposalFactory(process=process, name="Lake plan")
    for name in ("Ruritania", "Borduria"):
        StanceFactory(actor=of(name), target=plan)
    assert 'id="accepted"' in client.get("/agreement/?about=proposal").text
    page = client.get("/agreement/?about=proposal&who=all").text
    assert 'id="open"' in page
    assert "Ruritania and Borduria support it" not in client.get("/agreement/?about=issue").text
    assert "Borduria and Ruritania support it as it stands. Syldavia has stated no position." in page


def test_only_the_parties_of_the_day_and_their_own_process_count(client: Client, process: Process) -> None:
    StanceFactory(actor=of("Ruritania"), target=IssueFactory(name="Of another war"))
    StanceFactory(actor=ActorFactory(), target=IssueFactory(process=process, name="Said by others"))
    page = client.get("/agreement/?about=issue").text
    assert "Of another war" not in page
    assert "Said by others" not in page
    assert "None of them held a position" in page


def test_an_empty_record_makes_a_page(client: Client) -> None:
    assert "None of them held a position" in client.get("/agreement/").text
    assert client.get("/agreement/?who=me").status_code == 400


def test_number_of_queries_does_not_grow(queries: Callable[[str], int], process: Process) -> None:
    StanceFactory(actor=of("Ruritania"), target=IssueFactory(process=process))
    few = queries("/agreement/?who=all&about=issue")
    for _ in range(4):
        StanceFactory(actor=of("Borduria"), target=IssueFactory(process=process))
    assert queries("/agreement/?who=all&about=issue") == few <= 12
