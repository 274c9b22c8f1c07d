"""Load what was said and what follows from it: articles, statements, stances.

They are many, so they are compared in memory and written together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from peacetracker.actors.models import Actor
from peacetracker.database.fields import period, validate_text
from peacetracker.database.refusals import MESSAGES
from peacetracker.dataset.merging import Merger, last_loaded, pair, touched
from peacetracker.dataset.quotes import nth_start, occurrence_at
from peacetracker.dataset.reading import BadDataSet, Problem
from peacetracker.dataset.roll_calls import RULE
from peacetracker.dataset.schema import ArticleEntry, Entry, StanceEntry, StatementEntry
from peacetracker.press.models import Address, Article, FormerText, Source, digest_of
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Evidence, Stance, Statement

Cell = tuple[int, int]  # ids of actor and target


@contextmanager
def standing_at(entry: Entry) -> Iterator[None]:
    """Name the entry that the database refuses."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        name = getattr(diagnosis, "constraint_name", None) or ""
        words = MESSAGES.get(name) or getattr(diagnosis, "message_primary", None) or str(error)
        raise BadDataSet([Problem(entry.place, f"the record refuses this ({name}): {words}")]) from error
    except ValidationError as error:
        raise BadDataSet([Problem(entry.place, " ".join(error.messages))]) from error


def _write(rows: Sequence[tuple[Any, Entry]]) -> None:
    """New rows of one table together; one by one where the database refuses, to name the entry."""
    if not rows:
        return
    manager = type(rows[0][0])._default_manager
    try:
        with transaction.atomic():
            manager.bulk_create([row for row, _ in rows])
    except (IntegrityError, DataError):
        for row, entry in rows:
            with standing_at(entry):
                row.pk = None
                row.save(force_insert=True)


class EvidenceLoader:
    def __init__(
        self, merger: Merger, actors: Mapping[str, Actor], targets: Mapping[str, Target], sources: Mapping[str, Source]
    ) -> None:
        self.merger = merger
        self.actors, self.targets, self.sources = actors, targets, sources
        self.statements: dict[str, Statement] = {}  # by the data set's id

    # Articles and what is said in them

    def articles(self, entries: Sequence[ArticleEntry]) -> None:
        stored = Article.objects.select_for_update(of=("self",)).filter(canonical_url__in=[e.address for e in entries])
        found = {article.canonical_url: article for article in stored}
        said: defaultdict[str, list[Statement]] = defaultdict(list)
        for statement in (
            Statement.objects.filter(article__in=found.values()).select_related("article", "former_text").order_by("pk")
        ):
            said[statement.article.canonical_url].append(statement)
        new = [entry for entry in entries if entry.address not in found]
        for entry in new:
            with standing_at(entry):
                found[entry.address] = self._new_article(entry)
        _write([(found[entry.address], entry) for entry in new])
        Address.objects.remember((found[e.address], url) for e in new for url in (e.address, e.url))
        added: list[tuple[Statement, StatementEntry]] = []
        for entry in entries:
            with standing_at(entry):
                added += self._statements(found[entry.address], entry, said[entry.address])
        _write(added)

    def _new_article(self, entry: ArticleEntry) -> Article:
        validate_text(entry.text)
        article = Article(canonical_url=entry.address, digest=digest_of(entry.text), **self._values(entry))
        article.date_provenance = "given" if entry.published_on else ""
        return article

    def _values(self, entry: ArticleEntry) -> dict[str, Any]:
        return {
            "url": entry.url,
            "source": self.sources[entry.source] if entry.source else None,
            "title": entry.title,
            "author": entry.author,
            "published_on": entry.published_on,
            "language": entry.language,
            "text_kind": entry.text_kind,
            "text": entry.text,
            "state": Article.State.EXTRACTED,
        }

    def _statements(
        self, article: Article, entry: ArticleEntry, said: list[Statement]
    ) -> Iterator[tuple[Statement, StatementEntry]]:
        """Bring a stored article and its statements in line; the statements that are new, to be written."""
        meant = self._meant(article, entry, said)
        if said or entry.text != article.text:
            self._correct(article, entry, [one for one in said if not one.former_text_id], meant)
        for each in entry.statements:
            former = self._former_text(article, entry.text_of(each)) if each.former_text else None
            start = nth_start(former.text if former else article.text, each.quote, each.occurrence)
            if start == -1:
                self.merger.leave(each.place, f"statement “{each.id}”: left out, for the text does not hold its quote")
                continue
            statement = meant.get(each.id)
            with standing_at(each):
                values = {**self._statement_values(each, start), "former_text": former}
                if statement is not None:
                    self.merger.save(each.place, statement, together=_SPAN, **values)
                else:
                    key = {"article": article, "actor": self.actors[each.actor], "target": self.targets[each.target]}
                    if self.merger.was_removed(Statement, {**key, "start": start, "end": values["end"]}):
                        self.merger.leave(each.place, f"statement “{each.id}”: left out, for somebody removed it")
                        continue
                    statement = Statement(**key, **values, extractor=RULE if each.kind == "vote" else "")
                    yield statement, each
            self.statements[each.id] = statement

    def _former_text(self, article: Article, text: str) -> FormerText:
        validate_text(text)
        former, _ = FormerText.objects.get_or_create(
            article=article, digest=digest_of(text), defaults={"text": text, "title": article.title}
        )
        return former

    def _statement_values(self, entry: StatementEntry, start: int) -> dict[str, Any]:
        return {
            "start": start,
            "end": start + len(entry.quote),
            "quote": entry.quote,
            "speaker": self.actors[entry.speaker] if entry.speaker else None,
            "speaker_name": entry.speaker_name,
            "role": entry.role,
            "position": entry.position,
            "condition": entry.condition,
            "direct": entry.direct,
            "said_on": entry.said_on,
            "credibility": entry.credibility,
            "state": entry.state,
            "kind": entry.kind,
        }

    def _meant(self, article: Article, entry: ArticleEntry, said: list[Statement]) -> dict[str, Statement]:
        """The stored statement that each of the data set's is: in the same words, else of the same day.

        A data set that corrects a quote means the statement that it had before, and no other that stands there.
        """
        left = list(said)
        meant: dict[str, Statement] = {}

        def match(same: Callable[[Statement, StatementEntry], bool]) -> None:
            for each in entry.statements:
                cell = (self.actors[each.actor].pk, self.targets[each.target].pk)
                found = (s for s in left if (s.actor_id, s.target_id) == cell and same(s, each))
                if each.id not in meant and (statement := next(found, None)) is not None:
                    meant[each.id] = statement
                    left.remove(statement)

        match(lambda s, e: s.quote == e.quote and occurrence_at(s.text, s.quote, s.start) == e.occurrence)
        match(lambda s, e: s.said_on == e.said_on and last_loaded(s) is not None)
        return meant

    def _correct(
        self, article: Article, entry: ArticleEntry, said: list[Statement], meant: Mapping[str, Statement]
    ) -> None:
        """Bring a stored article in line. Where its text changes, all statements in it move to their new places."""
        values = self._values(entry)
        if entry.published_on != article.published_on:
            values["date_provenance"] = "given" if entry.published_on else ""
        spans = self._spans(article, entry, said, meant) if entry.text != article.text else {}
        if spans is None:
            self.merger.leave(entry.place, "text: left as it is, for a statement of the record quotes words of it")
            values["text"] = article.text
        before = article.text
        # Text and quotes cannot change in one statement. Each quote is checked as it moves.
        with pgtrigger.ignore("press.Article:quotes_stay_verbatim"):
            self.merger.save(entry.place, article, **values)
        if spans and article.text != before:
            for statement in said:
                statement.start, statement.end, statement.quote = spans[statement.pk]
                statement.article = article
                statement.save(update_fields=["start", "end", "quote"])

    def _spans(
        self, article: Article, entry: ArticleEntry, said: list[Statement], meant: Mapping[str, Statement]
    ) -> dict[int, tuple[int, int, str]] | None:
        """Where the statements stand in the new text, and in which words; None where one of them does not."""
        entries = {meant[each.id].pk: each for each in entry.statements if each.id in meant}
        spans = {}
        for statement in said:
            each = entries.get(statement.pk)
            quote = each.quote if each else statement.quote
            occurrence = each.occurrence if each else occurrence_at(article.text, quote, statement.start)
            start = nth_start(entry.text, quote, occurrence)
            if start == -1:
                return None
            spans[statement.pk] = (start, start + len(quote), quote)
        return spans

    # What follows from it

    def stances(self, entries: Sequence[StanceEntry]) -> None:
        cells: defaultdict[Cell, list[StanceEntry]] = defaultdict(list)
        for entry in sorted(entries, key=lambda entry: entry.start):
            cells[self.actors[entry.actor].pk, self.targets[entry.target].pk].append(entry)
        stored: defaultdict[Cell, list[Stance]] = defaultdict(list)
        of_targets = Stance.objects.published().filter(target__in={target for _, target in cells})
        for stance in of_targets.order_by("period"):
            stored[stance.actor_id, stance.target_id].append(stance)
        differing = {cell for cell, wanted in cells.items() if not self._same(stored[cell], wanted)}
        decided = self._decided_by_others(differing)
        written: list[tuple[Stance, StanceEntry]] = []
        for cell, wanted in cells.items():
            if cell in decided:
                self.merger.leave(
                    wanted[0].place,
                    f"stances of “{wanted[0].actor}” on “{wanted[0].target}”: left alone, for somebody changed them",
                )
            elif cell in differing:
                written += self._cell(stored[cell], wanted)
            else:
                written += [
                    (stance, entry) for entry in wanted for stance in stored[cell] if _begins_with(stance, entry)
                ]
        with_evidence = [(stance, entry) for stance, entry in written if self._evidence_of(entry)]
        _write([(stance, entry) for stance, entry in with_evidence if stance.pk is None])
        self._link(with_evidence)

    def _same(self, stored: list[Stance], wanted: list[StanceEntry]) -> bool:
        by_start = {stance.period.lower: stance for stance in stored}
        return all(
            (stance := by_start.get(entry.start)) is not None
            and all(getattr(stance, name) == value for name, value in _stance_values(entry).items())
            for entry in wanted
        )

    def _decided_by_others(self, cells: set[Cell]) -> set[Cell]:
        """The cells whose stances somebody recorded, changed or withdrew after a data set wrote them."""
        if self.merger.overwrite or not cells:
            return set()
        events = Stance.pgh_event_model.objects.filter(target__in={target for _, target in cells})  # type: ignore[attr-defined]
        return {
            (actor, target) for actor, target in touched(["actor_id", "target_id"], events) if (actor, target) in cells
        }

    def _cell(self, stored: list[Stance], wanted: list[StanceEntry]) -> list[tuple[Stance, StanceEntry]]:
        """Bring the stances of one actor on one target in line: a corrected first day is no second stance."""
        pairs = pair(stored, wanted)
        kept = [stance for stance, _ in pairs if stance is not None]
        gone = [s for s in stored if s not in kept and any(_overlap(s.period, _days(entry)) for entry in wanted)]
        for stance in gone:
            self.merger.leave(wanted[0].place, f"stance “{stance}” from {stance.period.lower}: withdrawn, now a draft")
        moving = [s for s, entry in pairs if s is not None and s.period != _days(entry)]
        # Two published stances never overlap, not even between two statements of one transaction.
        apart = [*gone, *(moving if len(moving) > 1 else [])]
        if apart:
            Stance.objects.filter(pk__in=[stance.pk for stance in apart]).update(published=False)
        result = []
        for stance, entry in pairs:
            with standing_at(entry):
                values = _stance_values(entry)
                if stance is None:
                    stance = Stance(
                        actor=self.actors[entry.actor], target=self.targets[entry.target], published=True, **values
                    )
                else:
                    _set(stance, values, always=stance in apart)
            result.append((stance, entry))
        return result

    def _evidence_of(self, entry: StanceEntry) -> list[Statement]:
        found = [self.statements[name] for name in entry.evidence if name in self.statements]
        if not found:
            self.merger.leave(entry.place, "stance: left out, for the record has none of its evidence")
        return found

    def _link(self, pairs: Sequence[tuple[Stance, StanceEntry]]) -> None:
        linked = set(
            Evidence.objects.filter(stance__in=[stance.pk for stance, _ in pairs]).values_list("stance", "statement")
        )
        new = []
        for stance, entry in pairs:
            for statement in self._evidence_of(entry):
                if (stance.pk, statement.pk) in linked:
                    continue
                key = {"stance": stance, "statement": statement}
                if self.merger.was_removed(Evidence, key):
                    self.merger.leave(entry.place, f"evidence: “{statement}” not linked again, for somebody removed it")
                else:
                    new.append((Evidence(**key), entry))
        _write(new)


_SPAN = frozenset({"start", "end", "quote", "former_text"})


def _days(entry: StanceEntry) -> DateRange:
    return period(entry.start, entry.until)


def _stance_values(entry: StanceEntry) -> dict[str, Any]:
    return {
        "period": _days(entry),
        "position": entry.position,
        "condition": entry.condition,
        "note": entry.note,
    }


def _begins_with(stance: Stance, entry: StanceEntry) -> bool:
    return bool(stance.period.lower == entry.start)


def _overlap(one: DateRange, other: DateRange) -> bool:
    return (one.upper is None or other.lower < one.upper) and (other.upper is None or one.lower < other.upper)


def _set(stance: Stance, values: Mapping[str, Any], *, always: bool) -> None:
    """Save a stance with these values where it differs, or `always` where it was taken apart from its neighbours."""
    if always or any(getattr(stance, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(stance, name, value)
        stance.published = True
        stance.save()
