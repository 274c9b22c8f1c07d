"""Forms for evidence and findings."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget

from peacetracker.actors.models import Actor
from peacetracker.database.admin import RecordForm
from peacetracker.database.refusals import MESSAGES
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Position, Statement


class StatementForm(RecordForm):
    """A statement whose span follows its quote: an editor copies the words, and their place is found."""

    class Meta:
        model = Statement
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"start", "end"} & set(self.fields):
            self.fields[name].required = False
            self.fields[name].help_text = "Empty: found from the quote."
        if "quote" in self.fields:
            self.fields["quote"].strip = False  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        article = data.get("article") or (self.instance.article if self.instance.article_id else None)
        if article is not None and "quote" in data:
            unmoved = self.instance.article_id == article.pk
            self._settle_span(data, self.instance.text if unmoved else article.text)
        return data

    def _settle_span(self, data: dict[str, Any], text: str) -> None:
        quote, start, end = _with_newlines_of(text, data["quote"]), data.get("start"), data.get("end")
        was = (self.instance.start, self.instance.end) if self.instance.pk else (None, None)
        span_moved, quote_kept = (start, end) != was, bool(self.instance.pk) and quote == self.instance.quote
        if start is not None and end is not None and (not quote or (span_moved and quote_kept)):
            quote = text[start:end]
        elif text[start or 0 : end or 0] != quote:
            start = nearest(text, quote, was[0] if start is None else start)
            if start is None:
                self.add_error("quote", MESSAGES["quote_is_verbatim"])
                return
        data["quote"], data["start"], data["end"] = quote, start, (start or 0) + len(quote)


def _with_newlines_of(text: str, quote: str) -> str:
    """The quote with the text's kind of newline: browsers send every newline as \\r\\n."""
    unix = quote.replace("\r\n", "\n")
    return unix if unix in text else unix.replace("\n", "\r\n") if "\r\n" in text else unix


def nearest(text: str, quote: str, to: int | None) -> int | None:
    """Where in the text the quote stands, nearest to an offset."""
    if not quote:
        return None
    places, place = [], text.find(quote)
    while place >= 0:
        places.append(place)
        place = text.find(quote, place + 1)
    return min(places, key=lambda place: abs(place - (to or 0)), default=None)


class _Evidence(forms.ModelMultipleChoiceField):
    def label_from_instance(self, statement: Statement) -> str:
        said = f"{statement.said_on:%-d %b %Y}" if statement.said_on else "no date"
        source = statement.article.source or "unknown source"
        waiting = " · candidate: will be accepted" if statement.state == Statement.State.CANDIDATE else ""
        return f"“{statement.quote}” {said}, {source} · {statement.get_position_display()}{waiting}"


class RecordPositionForm(forms.Form):
    """A new position of an actor on a target, from a day on."""

    from_day = forms.DateField(label="From", widget=AdminDateWidget(), help_text="The first day on which it was held.")
    position = forms.ChoiceField(choices=[("", "---------"), *Position.choices])
    condition = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="In our words: what they ask for. Only for positions with a condition.",
    )
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 80}))
    evidence = _Evidence(
        queryset=Statement.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, actor: Actor, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        statements = Statement.objects.for_display().filter(actor=actor, target=target)
        evidence = self.fields["evidence"]
        evidence.queryset = statements.exclude(state=Statement.State.REJECTED)  # type: ignore[attr-defined]
        evidence.error_messages["required"] = MESSAGES["published_stance_rests_on_an_accepted_statement"]

    def chosen_day(self) -> dt.date | None:
        """The day as it stands in the form, whether or not the rest of it is right."""
        value = self["from_day"].value()
        try:
            return self.fields["from_day"].clean(value)
        except forms.ValidationError:
            return None
