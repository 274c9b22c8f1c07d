"""What an editor types at the desk: names are resolved here, offsets checked, and new actors and targets made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.text import slugify

from peacetracker.actors.models import Actor
from peacetracker.database.refusals import MESSAGES
from peacetracker.desk.marking import place
from peacetracker.press.models import Article
from peacetracker.proposals.models import Process, Target
from peacetracker.stances.models import CONDITIONAL, Position, Statement


class StatementForm(forms.Form):
    """The fields of a statement that an editor corrects; only those that were sent are changed.

    Actors and targets come as text, and by their number where one was chosen from the suggestions. A name that the
    record lacks is made where its kind was chosen too.
    """

    actor = forms.CharField(max_length=200, required=False)
    actor_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    new_actor = forms.ChoiceField(label="If new, it is a", choices=[("", "–"), *Actor.Kind.choices], required=False)
    actor_alias = forms.BooleanField(required=False)
    target = forms.CharField(max_length=300, required=False)
    target_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    new_target = forms.ChoiceField(
        label="If new, it is a",
        choices=[("", "–"), (Target.Kind.PROPOSAL, "proposal"), (Target.Kind.ISSUE, "issue")],
        required=False,
    )
    target_alias = forms.BooleanField(required=False)
    position = forms.ChoiceField(choices=Position.choices, required=False)
    condition = forms.CharField(max_length=500, required=False)
    said_on = forms.DateField(label="said on", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    credibility = forms.TypedChoiceField(
        choices=[("", "not graded"), *Statement.Credibility.choices], coerce=int, empty_value=None, required=False
    )
    quote = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3}))
    start = forms.IntegerField(required=False, widget=forms.HiddenInput)
    direct = forms.BooleanField(label="in the speaker's own words", required=False)

    def __init__(
        self, *args: Any, article: Article, editor: Any, statement: Statement | None = None, **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        self.label_suffix = ""
        self.article, self.editor, self.statement = article, editor, statement
        self.values: dict[str, Any] = {}  # what a statement gets; an actor or target in it may be new, not yet saved
        identity = statement.pk if statement else "new"
        self.auto_id = f"id_%s_{identity}"

    @classmethod
    def of(cls, statement: Statement, editor: Any) -> StatementForm:
        """The form as it first shows."""
        return cls(article=statement.article, editor=editor, statement=statement, initial=shown_values(statement))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        values = self.values
        if "actor" in self.data:
            values |= self._named("actor", data, self._actor)
        if "target" in self.data:
            values |= self._named("target", data, self._target)
        for name in ("position", "condition", "said_on", "credibility"):
            if name in self.data and name in data and (data[name] or name != "position"):
                values[name] = data[name]
        if "quote" in self.data:
            values |= self._span(data)
        self._condition_fits(values)
        return data

    def _named(self, name: str, data: dict[str, Any], find: Any) -> dict[str, Any]:
        words = (data.get(name) or "").strip()
        if not words:
            return {name: None}
        row = find(words, data)
        return {name: row, f"{name}_name": ""} if row else {}

    def _actor(self, words: str, data: dict[str, Any]) -> Actor | None:
        found = Actor.objects.filter(pk=data.get("actor_id") or 0).first()
        if found is None or found.name != words:
            same = Q(name__iexact=words) | Q(slug=words) | Q(aliases__text__iexact=words)
            matches = list(Actor.objects.filter(same).distinct()[:2])
            found = matches[0] if len(matches) == 1 else None
        if found is None and data.get("new_actor"):
            return self._make_actor(words, data["new_actor"])
        if found is None:
            self.add_error("actor", "The record has no such actor: choose one of the suggestions, or say what it is.")
        return found

    def _make_actor(self, words: str, kind: str) -> Actor | None:
        if not self.editor.has_perm("actors.add_actor"):
            self.add_error("actor", "You may not add actors: choose one of the record.")
            return None
        slug = slugify(words)[:80] or "actor"
        if Actor.objects.filter(slug=slug).exists():
            self.add_error("actor", f"An actor goes by “{slug}” already: choose that one, or name the new one apart.")
            return None
        return Actor(name=words, slug=slug, kind=kind)

    def _target(self, words: str, data: dict[str, Any]) -> Target | None:
        found = Target.objects.select_related("proposal").filter(pk=data.get("target_id") or 0).first()
        if found is None or words not in (found.long_name, found.name):
            same = Q(name__iexact=words) | Q(slug=words) | Q(terms__icontains=words)
            matches = list(Target.objects.filter(same)[:2])
            found = matches[0] if len(matches) == 1 else None
        if found is None and data.get("new_target"):
            return self._make_target(words, data["new_target"])
        if found is None:
            self.add_error("target", "The record has no such target: choose one of the suggestions, or say what it is.")
        return found

    def _make_target(self, words: str, kind: str) -> Target | None:
        process = self._process()
        if not self.editor.has_perm(f"proposals.add_{kind}"):
            self.add_error("target", f"You may not add a {kind}: choose one of the record.")
        elif process is None:
            self.add_error("target", "There is no process that it could belong to.")
        elif Target.objects.filter(slug=slugify(words)[:80]).exists():
            self.add_error("target", "A target goes by that name already: choose that one, or name the new one apart.")
        else:
            return self._new_target(words, kind, process)
        return None

    def _new_target(self, words: str, kind: str, process: Process) -> Target | None:
        target = Target(kind=kind, process=process, name=words, slug=slugify(words)[:80])
        if kind == Target.Kind.PROPOSAL:
            target.status, target.tabled_on = Target.Status.TABLED, self._day()
            if target.tabled_on is None:
                self.add_error("target", "A new proposal needs a day: give the statement's first.")
                return None
        return target

    def _process(self) -> Process | None:
        if self.statement and self.statement.target:
            return self.statement.target.process
        return Process.objects.order_by("pk").first()

    def _day(self) -> Any:
        return self.cleaned_data.get("said_on") or self.article.published_on

    def _span(self, data: dict[str, Any]) -> dict[str, Any]:
        near = data.get("start")
        if near is None and self.statement:
            near = self.statement.start
        text = self.statement.text if self.statement else self.article.text
        found = place(text, data["quote"], near)
        if found is None:
            self.add_error("quote", MESSAGES["quote_is_verbatim"])
            return {}
        start, end = found
        span = {"start": start, "end": end, "quote": text[start:end]}
        return span | ({"direct": data["direct"]} if "said_on" in self.data else {})

    def _condition_fits(self, values: dict[str, Any]) -> None:
        position = values.get("position") or (self.statement.position if self.statement else "")
        if values.get("condition") and position not in CONDITIONAL:
            self.add_error("condition", MESSAGES["only_conditional_statements_have_conditions"])

    @property
    def alias(self) -> str:
        """The article's words for the actor, where they are to be remembered."""
        asked = self.statement and self.cleaned_data.get("actor_alias") and self.values.get("actor")
        return self.statement.actor_name if asked and self.editor.has_perm("actors.add_alias") else ""  # type: ignore[union-attr]

    @property
    def term(self) -> str:
        """The article's words for the target, where they are to be remembered."""
        asked = self.statement and self.cleaned_data.get("target_alias") and self.values.get("target")
        return self.statement.target_name if asked and self.editor.has_perm("proposals.change_proposal") else ""  # type: ignore[union-attr]


def shown_values(statement: Statement) -> dict[str, Any]:
    """A statement as the form shows it."""
    return {
        "actor": str(statement.actor or statement.actor_name),
        "actor_id": statement.actor_id,
        "target": statement.target.long_name if statement.target else statement.target_name,
        "target_id": statement.target_id,
        "position": statement.position,
        "condition": statement.condition,
        "said_on": statement.said_on,
        "credibility": statement.credibility,
        "quote": statement.quote,
        "start": statement.start,
        "direct": statement.direct,
    }


class SubmissionForm(forms.Form):
    """A link, or a text, for the pipeline."""

    label_suffix = ""

    link = forms.URLField(
        label="Link", max_length=2000, required=False, assume_scheme="https", help_text="The address of an article."
    )
    text = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Or the text itself, where no address has it.",
    )
    title = forms.CharField(max_length=500, required=False, help_text="Of a text: a page brings its own.")
    publisher = forms.CharField(max_length=200, required=False)
    published_on = forms.DateField(label="Published on", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and bool(data.get("link")) == bool((data.get("text") or "").strip()):
            raise forms.ValidationError("Give a link or a text: one of the two.")
        return data
