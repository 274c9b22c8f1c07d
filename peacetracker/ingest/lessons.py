"""What editors' decisions teach the machine, and the detector that was learnt from them.

Nothing is stored twice: a statement's first event is what was proposed, its row is what was decided, and both carry
the extractor's version. The detector in use lies in DATA_DIR; without one there it is the shipped one.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from peacetracker.actors.models import Actor
from peacetracker.extraction import Document
from peacetracker.extraction.detector import Detector, use
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Statement

if TYPE_CHECKING:
    from peacetracker.extraction.training.decisions import DecidedText

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Words:
    """A statement as it was proposed or as it was decided."""

    actor: str
    target: str
    position: str
    condition: str
    start: int
    end: int


@dataclass(frozen=True)
class Lesson:
    """A labelled example: `verdict` is accepted, corrected (accepted with other values) or rejected."""

    statement: int
    article: int
    extractor: str
    version: str
    verdict: str
    decided_at: dt.datetime
    proposed: Words
    decided: Words

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "decided_at": self.decided_at.isoformat()}


def lessons() -> list[Lesson]:
    """Every decision on what a machine proposed, by article. Three queries, however many there are."""
    rows = Statement.objects.decided().filter(former_text=None)  # what stands in today's text
    rows = rows.select_related("actor", "target").order_by("article", "pk")
    first = _first_events()
    names = _Names(first.values())
    found = []
    for row in rows:
        decided = Words(
            row.actor.name if row.actor else row.actor_name,
            row.target.name if row.target else row.target_name,
            row.position,
            row.condition,
            row.start,
            row.end,
        )
        proposed = names.words(first[row.pk]) if row.pk in first else decided
        verdict = "rejected" if row.state == Statement.State.REJECTED else _accepted(proposed, decided)
        when = row.decided_at or row.added_at
        made_by = (row.extractor, row.extractor_version)
        found.append(Lesson(row.pk, row.article_id, *made_by, verdict, when, proposed, decided))
    return found


def _accepted(proposed: Words, decided: Words) -> str:
    return "accepted" if proposed == decided else "corrected"


def _first_events() -> dict[int, Any]:
    """What was proposed: of each decided statement the event of its insertion."""
    events = Statement.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_label="insert", pgh_obj__in=Statement.objects.decided()
    )
    return {event.pgh_obj_id: event for event in events}


class _Names:
    """The names behind an event's keys, as they are today."""

    def __init__(self, events: Iterable[Any]) -> None:
        events = list(events)
        self.actors = dict(Actor.objects.filter(pk__in={e.actor_id for e in events}).values_list("pk", "name"))
        self.targets = dict(Target.objects.filter(pk__in={e.target_id for e in events}).values_list("pk", "name"))

    def words(self, event: Any) -> Words:
        actor = self.actors.get(event.actor_id) or event.actor_name
        target = self.targets.get(event.target_id) or event.target_name
        return Words(actor, target, event.position, event.condition, event.start, event.end)


def decided_texts(found: Iterable[Lesson]) -> Iterator[DecidedText]:
    """Lessons as the pure training takes them, an article at a time."""
    from peacetracker.extraction.training.decisions import DecidedText, Decision
    from peacetracker.press.models import Article

    by_article = {key: list(group) for key, group in groupby(found, key=lambda lesson: lesson.article)}
    for article in Article.objects.filter(Q(language="en") | Q(language=""), pk__in=by_article).order_by("pk"):
        group = by_article[article.pk]
        decisions = []
        for lesson in group:
            decisions.append(_decision(Decision, lesson.decided, lesson.verdict != "rejected"))
            if _elsewhere(lesson):
                decisions.append(_decision(Decision, lesson.proposed, False))
        document = Document(article.text, article.title, article.published_on, "en")
        yield DecidedText(article.pk, document, tuple(decisions), max(lesson.decided_at for lesson in group))


def _decision(kind: Any, words: Words, right: bool) -> Any:
    return kind(words.start, words.end, words.actor, words.target, right)


def _elsewhere(lesson: Lesson) -> bool:
    """Corrected in what makes it another statement: that actor on that target was wrong."""
    return (lesson.proposed.actor, lesson.proposed.target) != (lesson.decided.actor, lesson.decided.target)


# --- the detector in use ---------------------------------------------------------------------------------------------


def detector_path() -> Path:
    return Path(settings.DATA_DIR) / "models" / "detector.json"


def store_detector(data: dict[str, Any], until: dt.datetime) -> None:
    """Replace the detector in use, whole or not at all; the one before is kept beside it."""
    path = detector_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps({**data, "until": until.isoformat()}, indent=1, ensure_ascii=False) + "\n")
    if path.exists():
        os.replace(path, path.with_name("detector.previous.json"))
    os.replace(aside, path)


def learnt_until() -> dt.datetime | None:
    """The newest decision that the detector in use was learnt from; None for the shipped one."""
    data = _read_detector()
    return dt.datetime.fromisoformat(data["until"]) if data else None


_taken_up: tuple[float, str] = (0.0, "")  # when the file was written that this process judges by, and its tag


def use_learnt_detector() -> str:
    """Judge by the detector in DATA_DIR, if there is one; the tag that its extractor's version carries."""
    global _taken_up
    try:
        written = detector_path().stat().st_mtime
    except OSError:
        written = 0.0
    if written != _taken_up[0]:
        data = _read_detector()
        use(Detector.from_json(json.dumps(data)) if data else None)
        _taken_up = (written, f"+{data['tag']}" if data else "")
    return _taken_up[1]


def _read_detector() -> dict[str, Any] | None:
    path = detector_path()
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text())
        Detector.from_json(json.dumps(data))
        return {**data, "tag": str(data["tag"]), "until": str(data["until"])}
    except (OSError, ValueError, LookupError, TypeError):
        log.exception("%s cannot be read: the shipped detector is used", path)
        return None
