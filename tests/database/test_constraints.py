"""Each rule of the record holds at every door: save, querysets, bulk operations and SQL.

A case makes a valid row and says which change the rule must refuse.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange

from peacetracker.actors.models import Affiliation, Alias
from peacetracker.database.fields import period, whole_time
from peacetracker.press.models import FormerText, Snapshot
from peacetracker.proposals.models import (
    Citation,
    Correspondence,
    Party,
    ProposalRelation,
    ProvisionIssue,
    Sponsorship,
)
from peacetracker.stances.models import Evidence
from tests.database.doors import EVERY_DOOR, INSERTS, UPDATES, Change, refused
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    FeedFactory,
    IssueFactory,
    ProcessFactory,
    ProposalFactory,
    ProvisionFactory,
    SourceFactory,
    StanceFactory,
    StatementFactory,
)

ROOT = Path(__file__).parents[2]
RECORD = ["database", "actors", "proposals", "press", "stances"]
NO_DAY = DateRange(empty=True)
LATER = period(DAY + dt.timedelta(days=30), None)

Case = tuple[models.Model, Change]


# Rows that need others


def alias(**fields: object) -> Alias:
    return Alias.objects.create(**{"actor": ActorFactory(), "text": "Paris", **fields})


def affiliation(**fields: object) -> Affiliation:
    members = {"actor": ActorFactory(), "organisation": ActorFactory(), "kind": "member"}
    return Affiliation.objects.create(**members | fields)


def party(**fields: object) -> Party:
    return Party.objects.create(**{"process": ProcessFactory(), "actor": ActorFactory(), "role": "mediator"} | fields)


def sponsorship(**fields: object) -> Sponsorship:
    return Sponsorship.objects.create(**{"proposal": ProposalFactory(), "actor": ActorFactory()} | fields)


def provision_issue(**fields: object) -> ProvisionIssue:
    return ProvisionIssue.objects.create(**{"provision": ProvisionFactory(), "issue": IssueFactory()} | fields)


def relation(**fields: object) -> ProposalRelation:
    ends = {"proposal": ProposalFactory(), "kind": "revises", "earlier": ProposalFactory()}
    return ProposalRelation.objects.create(**ends | fields)


def correspondence(**fields: object) -> Correspondence:
    return Correspondence.objects.create(**{"one": ProvisionFactory(), "other": ProvisionFactory()} | fields)


def citation(**fields: object) -> Citation:
    page = {"target": ProposalFactory(), "url": "https://a.example", "publisher": "A"}
    return Citation.objects.create(**page | fields)


def snapshot(**fields: object) -> Snapshot:
    place = {"file": "a.warc.gz", "offset": 0, "length": 1, "size": 1}
    return Snapshot.objects.create(**{"article": ArticleFactory(), "url": "https://a.example"} | place | fields)


# Cases whose change depends on another row


def same_iso_code() -> Case:
    ActorFactory(iso3="FRA")
    return ActorFactory(iso3="DEU"), {"iso3": "FRA"}


def same_alias_but_for_case() -> Case:
    alias(text="Київ", language="uk")
    return alias(text="Kyiv", language="uk"), {"text": "КИЇВ"}


def affiliated_with_oneself() -> Case:
    row = affiliation()
    return row, {"organisation": row.actor}


def same_affiliation_twice() -> Case:
    first = affiliation(period=period(None, DAY))
    return affiliation(actor=first.actor, organisation=first.organisation, period=period(DAY, None)), {
        "period": period(DAY - dt.timedelta(days=1), None)
    }


def same_party_twice() -> Case:
    first = party(period=period(None, DAY))
    return party(process=first.process, actor=first.actor, period=period(DAY, None)), {"period": whole_time()}


def same_number_in_a_proposal() -> Case:
    first = ProvisionFactory(number=1)
    return ProvisionFactory(proposal=first.proposal, number=2), {"number": 1}


def same_sponsor() -> Case:
    first = sponsorship()
    return sponsorship(proposal=first.proposal), {"actor": first.actor}


def same_issue() -> Case:
    first = provision_issue()
    return provision_issue(provision=first.provision), {"issue": first.issue}


def same_relation() -> Case:
    first = relation()
    return relation(proposal=first.proposal), {"earlier": first.earlier}


def answer_to_itself() -> Case:
    row = relation()
    return row, {"earlier": row.proposal}


def same_correspondence() -> Case:
    first = correspondence()
    return correspondence(one=first.one), {"other": first.other}


def correspondence_back_to_front() -> Case:
    row = correspondence()
    return row, {"one": row.other, "other": row.one}


def correspondence_within_a_proposal() -> Case:
    row = correspondence()
    return row, {"other": ProvisionFactory(proposal=row.one.proposal, number=99)}


def same_page() -> Case:
    first = citation()
    return citation(target=first.target, url="https://b.example"), {"url": first.url}


def copy_of_itself() -> Case:
    row = ArticleFactory()
    return row, {"syndicated_from": row}


def former_text_changed() -> Case:
    return FormerText.objects.create(article=ArticleFactory(), text="One.", digest="1"), {"text": "Two."}


def same_record() -> Case:
    snapshot(offset=1)
    return snapshot(offset=2), {"offset": 1}


def text_changed_under_a_quote() -> Case:
    article = StatementFactory().article
    return article, {"text": article.text.replace("We back", "We backed")}


def text_shifted_under_a_quote() -> Case:
    article = StatementFactory(state="candidate").article
    return article, {"text": " " + article.text}


def text_removed_under_a_quote() -> Case:
    return StatementFactory(state="rejected").article, {"text": "", "state": "queued"}


def span_past_the_end() -> Case:
    """PostgreSQL's `substr` stops at the end, so that the words alone would still agree."""
    row = StatementFactory(quote="yesterday.")
    return row, {"end": row.end + 5}


def shifted_span() -> Case:
    row = StatementFactory()
    return row, {"start": row.start + 1, "end": row.end + 1}


def words_of_another_articles_former_text() -> Case:
    statement = StatementFactory()
    other = FormerText.objects.create(article=ArticleFactory(), text=statement.article.text, digest="1")
    return statement, {"former_text": other}


def words_of_another_article() -> Case:
    return StatementFactory(), {"article": ArticleFactory(text="Nothing of the kind.")}


def same_statement() -> Case:
    first = StatementFactory()
    return StatementFactory(article=first.article, actor=first.actor), {"target": first.target}


def same_candidate_of_nobody() -> Case:
    unknown = {"actor": None, "actor_name": "a bloc", "target": None, "state": "candidate"}
    first = StatementFactory(**unknown, target_name="a plan")
    return StatementFactory(article=first.article, **unknown, target_name="another"), {"target_name": "a plan"}


def two_published_stances() -> Case:
    first = StanceFactory()
    return StanceFactory(actor=first.actor, target=first.target, published=False, period=LATER), {"published": True}


def two_stances_one_day_over() -> Case:
    first = StanceFactory(period=period(DAY, LATER.lower))
    return StanceFactory(actor=first.actor, target=first.target, period=LATER), {
        "period": period(LATER.lower - dt.timedelta(days=1), None)
    }


def same_evidence() -> Case:
    stance = StanceFactory()
    first = stance.statements.get()
    other = StatementFactory(actor=stance.actor, target=stance.target)
    return Evidence.objects.create(stance=stance, statement=other), {"statement": first}


def moved_to_another_proposal() -> Case:
    row = ProvisionFactory()
    return row, {"proposal": ProposalFactory(process=row.process)}


def fixed(make: Callable[[], models.Model], **change: object) -> Callable[[], Case]:
    return lambda: (make(), change)


ALL = [
    ("actor_has_a_name", fixed(ActorFactory, name="")),
    ("iso_code_is_a_states_and_well_formed", fixed(ActorFactory, iso3="Fra")),
    ("iso_code_is_a_states_and_well_formed", fixed(lambda: ActorFactory(iso3="FRA"), kind="bloc")),
    ("iso_code_names_one_state", same_iso_code),
    ("alias_has_a_text", fixed(alias, text="")),
    ("alias_names_one_actor_in_a_language", same_alias_but_for_case),
    ("nobody_is_affiliated_with_themselves", affiliated_with_oneself),
    ("affiliation_lasts_a_day", fixed(affiliation, period=NO_DAY)),
    ("same_affiliation_never_overlaps", same_affiliation_twice),
    ("party_lasts_a_day", fixed(party, period=NO_DAY)),
    ("same_party_role_never_overlaps", same_party_twice),
    ("target_has_a_name", fixed(IssueFactory, name="")),
    ("a_proposal_and_no_other_has_status_and_date", fixed(ProposalFactory, status="")),
    ("a_proposal_and_no_other_has_status_and_date", fixed(ProposalFactory, tabled_on=None)),
    ("a_proposal_and_no_other_has_status_and_date", fixed(IssueFactory, status="tabled", tabled_on=DAY)),
    ("a_proposal_and_no_other_has_status_and_date", fixed(ProvisionFactory, tabled_on=DAY)),
    ("a_provision_and_no_other_has_proposal_and_number", fixed(ProvisionFactory, number=0)),
    ("a_provision_and_no_other_has_proposal_and_number", fixed(ProvisionFactory, number=None)),
    ("a_provision_and_no_other_has_proposal_and_number", fixed(ProposalFactory, number=1)),
    ("only_an_issue_has_a_pax_category", fixed(ProposalFactory, pax_category="State definition")),
    ("only_a_proposal_is_a_resolution", fixed(IssueFactory, is_resolution=True)),
    ("number_names_one_provision", same_number_in_a_proposal),
    ("actor_sponsors_a_proposal_once", same_sponsor),
    ("only_proposals_have_sponsors", lambda: (sponsorship(), {"proposal": IssueFactory()})),
    ("provision_has_an_issue_once", same_issue),
    ("provisions_are_about_issues", lambda: (provision_issue(), {"provision": ProposalFactory()})),
    ("provisions_are_about_issues", lambda: (provision_issue(), {"issue": ProvisionFactory()})),
    ("proposal_relation_stands_once", same_relation),
    ("no_proposal_answers_itself", answer_to_itself),
    ("relations_join_proposals", lambda: (relation(), {"proposal": ProvisionFactory()})),
    ("relations_join_proposals", lambda: (relation(), {"earlier": IssueFactory()})),
    ("correspondence_stands_once", same_correspondence),
    ("correspondence_has_one_direction", correspondence_back_to_front),
    ("correspondence_joins_two_proposals", correspondence_within_a_proposal),
    ("correspondence_joins_two_proposals", lambda: (correspondence(), {"other": ProposalFactory()})),
    ("target_cites_a_page_once", same_page),
    ("reliability_is_admiralty_a_to_f", fixed(SourceFactory, reliability="G")),
    ("a_page_with_links_and_no_other_has_a_selector", fixed(FeedFactory, selector="a.headline")),
    ("a_page_with_links_and_no_other_has_a_selector", fixed(FeedFactory, kind="links", selector="")),
    ("a_failed_article_says_why", lambda: (ArticleFactory(state="parsed"), {"state": "failed"})),
    ("a_parsed_article_has_a_text", fixed(ArticleFactory, text="")),
    ("record_is_of_one_snapshot", same_record),
    ("span_is_as_long_as_the_quote", span_past_the_end),
    ("span_is_as_long_as_the_quote", fixed(StatementFactory, quote="", start=3, end=3)),
    ("statement_takes_one_of_five_positions", fixed(StatementFactory, position="maybe")),
    ("only_conditional_statements_have_conditions", fixed(StatementFactory, condition="if Kyiv agrees")),
    ("accepted_statement_has_actor_target_and_date", fixed(StatementFactory, actor=None)),
    ("accepted_statement_has_actor_target_and_date", fixed(StatementFactory, target=None)),
    ("accepted_statement_has_actor_target_and_date", fixed(StatementFactory, said_on=None)),
    ("confidence_lies_between_0_and_1", fixed(StatementFactory, confidence=1.01)),
    ("confidence_lies_between_0_and_1", fixed(StatementFactory, confidence=float("nan"))),
    ("credibility_is_admiralty_1_to_6", fixed(StatementFactory, credibility=0)),
    ("credibility_is_admiralty_1_to_6", fixed(StatementFactory, credibility=7)),
    ("statement_is_in_a_known_state", fixed(StatementFactory, state="perhaps")),
    ("statement_is_spoken_or_a_vote", fixed(StatementFactory, kind="sung")),
    ("statement_stands_once", same_statement),
    ("statement_stands_once", same_candidate_of_nobody),
    ("quote_is_verbatim", fixed(StatementFactory, quote="We back the plan if Kyiv AGREES")),
    ("quote_is_verbatim", shifted_span),
    ("quote_is_verbatim", words_of_another_article),
    ("quote_is_verbatim", words_of_another_articles_former_text),
    ("stance_takes_one_of_five_positions", fixed(StanceFactory, position="maybe")),
    ("only_conditional_stances_have_conditions", fixed(StanceFactory, condition="if Kyiv agrees")),
    ("stance_has_a_first_day", fixed(StanceFactory, period=NO_DAY)),
    ("stance_has_a_first_day", fixed(StanceFactory, period=period(None, DAY))),
    ("one_published_stance_at_a_time", two_published_stances),
    ("one_published_stance_at_a_time", two_stances_one_day_over),
    ("statement_proves_a_stance_once", same_evidence),
]
ONLY_NEW_ROWS = [
    ("article_is_in_a_known_state", fixed(ArticleFactory, state="lost")),
    ("target_is_of_a_known_kind", fixed(IssueFactory, kind="plan")),
    (
        "provision_belongs_to_a_proposal_of_its_process",
        lambda: (ProvisionFactory(), {"proposal": ProposalFactory()}),
    ),
    (
        "provision_belongs_to_a_proposal_of_its_process",
        lambda: (ProvisionFactory(), {"proposal": ProvisionFactory()}),
    ),
]
ONLY_CHANGES = [
    ("article_takes_a_known_way", fixed(ArticleFactory, state="lost")),
    ("article_takes_a_known_way", lambda: (ArticleFactory(state="queued"), {"state": "parsed"})),
    ("kind_of_a_target_never_changes", fixed(ProposalFactory, kind="issue", status="", tabled_on=None)),
    ("process_of_a_target_never_changes", lambda: (IssueFactory(), {"process": ProcessFactory()})),
    ("proposal_of_a_provision_never_changes", moved_to_another_proposal),
    ("no_article_copies_itself", copy_of_itself),
    ("former_text_never_changes", former_text_changed),
    ("quotes_stay_verbatim", text_changed_under_a_quote),
    ("quotes_stay_verbatim", text_shifted_under_a_quote),
    ("quotes_stay_verbatim", text_removed_under_a_quote),
]
ELSEWHERE = {
    "evidence_rule": "stances/test_evidence_rule.py",
    "hold_statement": "stances/test_evidence_rule.py",
    "version_rises": "stances/test_queue.py",
    "weigh": "stances/test_queue.py",
    "weigh_insert": "stances/test_queue.py",
    "weigh_update": "stances/test_queue.py",
    "weigh_delete": "stances/test_queue.py",
    "find_echo": "stances/test_queue.py",
    "promote_echo": "stances/test_queue.py",
    "insert_insert": "database/test_history.py",
    "update_update": "database/test_history.py",
    "delete_delete": "database/test_history.py",
    "append_only": "database/test_history.py",
    "revision_base_has_one_row": "database/test_revision.py",
    "revision_insert": "database/test_revision.py",
    "revision_update": "database/test_revision.py",
    "revision_delete": "database/test_revision.py",
}


def attempts() -> list[object]:
    tried = [(*case, door) for case in ALL for door in EVERY_DOOR]
    tried += [(*case, door) for case in ONLY_NEW_ROWS for door in INSERTS]
    tried += [(*case, door) for case in ONLY_CHANGES for door in UPDATES]
    return [pytest.param(*attempt, id=f"{attempt[0]}-{attempt[2].__name__}") for attempt in tried]


@pytest.mark.django_db
@pytest.mark.parametrize(("rule", "case", "door"), attempts())
def test_the_rule_refuses(rule: str, case: Callable[[], Case], door: Callable[[models.Model, Change], None]) -> None:
    row, change = case()
    assert refused(lambda: door(row, change)) == rule


def test_every_rule_is_tried() -> None:
    record = [model for label in RECORD for model in apps.get_app_config(label).get_models()]
    rules = {rule.name for model in record for rule in model._meta.constraints if not model._meta.proxy}
    rules |= {trigger.name for model in record for trigger in model._meta.original_attrs.get("triggers", [])}
    tried = {rule for rule, _ in [*ALL, *ONLY_NEW_ROWS, *ONLY_CHANGES]} | set(ELSEWHERE)
    assert rules - tried == set(), "a rule without a test: give it a case above"
    assert tried - rules == set(), "a case for a rule that is gone"
    reference = (ROOT / "docs/reference/record.md").read_text(encoding="utf-8")
    assert [rule for rule in sorted(rules - {"evidence_rule"}) if f"`{rule}`" not in reference] == []
    assert all((ROOT / "tests" / file).exists() for file in ELSEWHERE.values())


@pytest.mark.django_db
class TestWhatTheRulesAllow:
    def test_drafts_overlap_the_stance_that_they_are_to_replace(self) -> None:
        first = StanceFactory()
        for _ in range(2):
            StanceFactory(actor=first.actor, target=first.target, published=False)

    def test_stances_meet_without_overlapping(self) -> None:
        first = StanceFactory(period=period(DAY, LATER.lower))
        StanceFactory(actor=first.actor, target=first.target, period=LATER)

    def test_an_alias_means_another_actor_in_another_language(self) -> None:
        alias(text="Bankova", language="en")
        alias(text="bankova", language="uk")

    def test_an_office_is_held_again(self) -> None:
        first = affiliation(period=period(None, DAY), role="president")
        affiliation(actor=first.actor, organisation=first.organisation, role="president", period=LATER)
        affiliation(actor=first.actor, organisation=first.organisation, role="member", period=whole_time())

    def test_many_actors_have_no_iso_code(self) -> None:
        ActorFactory.create_batch(2, iso3="")

    def test_one_span_says_something_of_two_targets(self) -> None:
        first = StatementFactory()
        StatementFactory(article=first.article, actor=first.actor)

    def test_a_text_may_grow_behind_its_quotes(self) -> None:
        article = StatementFactory().article
        article.text += " And more."
        article.save()
