"""A roll call is one short entry in a data set, and a statement and a stance for each vote in the record."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from peacetracker.dataset.dumping import dump_data_set
from peacetracker.dataset.loading import load_data_set
from peacetracker.dataset.reading import BadDataSet
from peacetracker.press.models import Article
from peacetracker.stances import services
from peacetracker.stances.models import Stance, Statement
from tests.dataset.test_round_trip import changes, contents, empty_the_record

pytestmark = pytest.mark.django_db

SET = """\
process: {slug: war, name: A war}
actors:
  - {slug: guinea, name: Guinea, kind: state}
  - {slug: equatorial-guinea, name: Equatorial Guinea, kind: state}
  - {slug: france, name: France, kind: state}
  - {slug: peru, name: Peru, kind: state}
  - {slug: mali, name: Mali, kind: state}
proposals:
  - {slug: un-1, process: war, name: Resolution 1, tabled_on: 2022-03-02, status: agreed, resolution: true}
roll_calls:
  - target: un-1
    body: UN General Assembly
    held_on: 2022-03-02
    url: https://un.example/1
    title: The record
    credibility: 1
    votes:
      in_favour: [france]
      against: [mali]
      abstained: [equatorial-guinea, guinea]
      not_voting: [peru]
"""
LATER = """\
articles:
  - url: https://news.example/1
    text: France now opposes it.
    statements:
      - {id: later, actor: france, target: un-1, position: oppose, quote: France now opposes it, said_on: 2023-01-01}
stances:
  - actor: france
    target: un-1
    from: 2022-03-02
    until: 2023-01-01
    position: support
    evidence: [france-un-1-2022-03-02]
  - {actor: france, target: un-1, from: 2023-01-01, position: oppose, evidence: [later]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "set.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_vote_is_a_statement_with_its_line(file: Callable[[str], Path]) -> None:
    load_data_set(file(SET))
    article = Article.objects.get()
    assert article.text.split("\n") == [
        "UN General Assembly, 2 March 2022: 1 in favour, 1 against, 2 abstaining, 1 not voting.",
        "Equatorial Guinea abstained",
        "France voted in favour",
        "Guinea abstained",
        "Mali voted against",
        "Peru did not vote",
    ]
    votes = Statement.objects.select_related("actor").order_by("start")
    assert [(vote.actor.name, vote.quote, vote.position) for vote in votes] == [
        ("Equatorial Guinea", "Equatorial Guinea abstained", "neutral"),
        ("France", "France voted in favour", "support"),
        ("Guinea", "Guinea abstained", "neutral"),
        ("Mali", "Mali voted against", "oppose"),
    ]
    assert {(vote.kind, vote.state, vote.extractor, vote.credibility) for vote in votes} == {
        ("vote", "accepted", "roll call", 1)
    }


def test_stances_follow_from_votes(file: Callable[[str], Path]) -> None:
    load_data_set(file(SET))
    stances = {stance.actor.slug: stance for stance in Stance.objects.published().select_related("actor")}
    assert {slug: stance.position for slug, stance in stances.items()} == {
        "equatorial-guinea": "neutral",
        "france": "support",
        "guinea": "neutral",
        "mali": "oppose",
    }
    assert all(
        stance.period.lower == dt.date(2022, 3, 2) and stance.period.upper is None for stance in stances.values()
    )
    assert [link.statement.quote for link in stances["guinea"].evidence.all()] == ["Guinea abstained"]


def test_what_the_data_set_says_of_a_voter_goes_before(file: Callable[[str], Path]) -> None:
    load_data_set(file(SET + LATER))
    stances = Stance.objects.published().filter(actor__slug="france").order_by("period")
    assert [stance.position for stance in stances] == ["support", "oppose"]


@pytest.mark.parametrize("text", [SET, SET + LATER])
def test_it_comes_back_as_short_as_it_was(file: Callable[[str], Path], tmp_path: Path, text: str) -> None:
    load_data_set(file(text))
    assert dump_data_set(tmp_path / "a") == []
    files = contents(tmp_path / "a")
    assert "abstained: [equatorial-guinea, guinea]" in files["roll_calls.yaml"]
    assert ("stances.yaml" in files) == (text != SET)
    assert "mali" not in files.get("stances.yaml", "")
    empty_the_record()
    load_data_set(tmp_path / "a")
    assert changes(lambda: load_data_set(file(text))) == (0, 0)


def test_a_withdrawn_stance_does_not_return_with_a_dump(file: Callable[[str], Path], tmp_path: Path) -> None:
    load_data_set(file(SET))
    services.withdraw(Stance.objects.get(actor__slug="mali"))
    dump_data_set(tmp_path / "a")
    files = contents(tmp_path / "a")
    assert "roll_calls.yaml" not in files
    assert "kind: vote" in files["articles/undated.yaml"]
    empty_the_record()
    load_data_set(tmp_path / "a")
    assert not Stance.objects.published().filter(actor__slug="mali").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("in_favour: [france]", "in_favour: [narnia]", "there is no “narnia”"),
        ("not_voting: [peru]", "not_voting: [narnia]", "there is no “narnia”"),
        ("against: [mali]", "against: [mali, france]", "“france” votes twice"),
        ("abstained: [", "abstained: [peru, ", "“peru” votes twice"),
        (", resolution: true", "", "“un-1” is no resolution"),
        ("target: un-1", "target: un-2", "there is no “un-2”"),
    ],
)
def test_mistakes(file: Callable[[str], Path], old: str, new: str, message: str) -> None:
    text = SET.replace(old, new, 1)
    with pytest.raises(BadDataSet, match=message):
        load_data_set(file(text))
