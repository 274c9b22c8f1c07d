"""The admin's pages of the record, and a row of everything to show on them."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from peacetracker.actors.models import Affiliation, Alias
from peacetracker.press.models import Feed, Snapshot
from peacetracker.proposals.models import (
    Citation,
    Correspondence,
    Party,
    ProposalRelation,
    ProvisionIssue,
    Sponsorship,
    Target,
)
from tests.factories import ActorFactory, IssueFactory, ProvisionFactory, StanceFactory, StatementFactory

RECORD_APPS = {"actors", "proposals", "press", "stances"}
# The base of all targets serves autocompletes alone.
RECORD = [model for model in admin.site._registry if model._meta.app_label in RECORD_APPS and model is not Target]


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def make_record(times: int = 1) -> None:
    """A row of everything, `times` over."""
    for n in range(times):
        stance = StanceFactory()
        actor, proposal = stance.actor, stance.target
        state = ActorFactory()
        Alias.objects.create(actor=actor, text=f"alias {actor.pk}")
        Affiliation.objects.create(actor=actor, organisation=state, kind="speaks_for", role="minister")
        Party.objects.create(process=proposal.process, actor=actor, role="mediator")
        one, other = ProvisionFactory(proposal=proposal), ProvisionFactory()
        ProvisionIssue.objects.create(provision=one, issue=IssueFactory(process=proposal.process))
        Correspondence.objects.create(one=one, other=other)
        Citation.objects.create(target=proposal, url=f"https://page.example/{n}", publisher="Paper")
        Sponsorship.objects.create(proposal=proposal, actor=actor)
        ProposalRelation.objects.create(proposal=proposal, kind="counters", earlier=other.proposal)
        candidate = StatementFactory(state="candidate", cues=["verb: back"], warnings=["hedged"], speaker=state)
        Feed.objects.create(source=candidate.article.source, url=f"https://feed.example/{candidate.pk}")
        place = {"file": "a.warc.gz", "offset": candidate.pk, "length": 1, "size": 1}
        Snapshot.objects.create(article=candidate.article, url="https://a.example", digest=f"{n}", **place)


def fields_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send for a page's forms if nothing were typed."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    return {name: value for form in forms for name, value in _values(form)}


def _values(form: Any) -> Iterator[tuple[str, Any]]:
    for bound in form:
        value = bound.value()
        if isinstance(value, list) and hasattr(bound.field.widget, "widgets"):
            yield from ((f"{bound.html_name}_{n}", part or "") for n, part in enumerate(value))
        elif isinstance(value, bool):
            if value:
                yield bound.html_name, "on"
        else:
            yield bound.html_name, "" if value is None else bound.field.prepare_value(value)
