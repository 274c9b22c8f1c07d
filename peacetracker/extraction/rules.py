"""The default extractor: linguistic rules over a dependency parse. Runs offline on the CPU.

One article goes through named steps, each a module: sentences, quotations, reporting, speakers, actors, holders,
targets, about, positions, conditions, spans, confidence, once. This module only leads it from one to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from spacy.tokens import Doc, Token

from . import positions, quotations, sentences, speakers, targets
from .about import About
from .actors import Cast, Holder, actor_names
from .conditions import Condition, condition_of, limit_of, on_subject
from .confidence import LEAST, Signs, confidence
from .gazetteer import Gazetteer
from .holders import Voice, Whose
from .model import Document, ExtractedStatement, Position, UnsupportedLanguage
from .once import once_each
from .positions import Cue
from .quotations import Quotation
from .sentences import Passage
from .spans import span_of
from .speakers import Label, Turn
from .syntax import head_of
from .targets import Table, TargetMention


class RuleExtractor:
    name = "rules"
    version = "1"

    def extract(self, document: Document, gazetteer: Gazetteer) -> list[ExtractedStatement]:
        return next(self.extract_many([document], gazetteer))

    def extract_many(self, documents: Iterable[Document], gazetteer: Gazetteer) -> Iterator[list[ExtractedStatement]]:
        """One list a document, in order; texts are parsed in batches across documents."""
        waiting: list[_Prepared] = []

        def pieces() -> Iterator[tuple[str, int]]:
            for document in documents:
                if document.language.replace("_", "-").split("-")[0].lower() not in ("en", "eng", ""):
                    raise UnsupportedLanguage(document.language)
                prepared = _Prepared.of(document, gazetteer)
                waiting.append(prepared)
                for start, end in prepared.pieces:
                    yield document.text[start:end], start

        parsed: list[Doc] = []
        for doc, _ in sentences.parse(pieces()):
            parsed.append(doc)
            while waiting and len(parsed) >= len(waiting[0].pieces):
                prepared = waiting[0]
                # A document without a single piece has nothing to wait for.
                count = len(prepared.pieces)
                if count == 0 and len(waiting) == 1:
                    break
                waiting.pop(0)
                mine, parsed = parsed[:count], parsed[count:]
                yield _read(prepared, mine)
        for prepared in waiting:
            count = len(prepared.pieces)
            mine, parsed = parsed[:count], parsed[count:]
            yield _read(prepared, mine)


@dataclass(slots=True)
class _Prepared:
    """A document cut into pieces for the parser, labels taken off."""

    document: Document
    cast: Cast
    table: Table
    pieces: list[tuple[int, int]]
    labels: list[Label | None]

    @classmethod
    def of(cls, document: Document, gazetteer: Gazetteer) -> _Prepared:
        cast = Cast(actor_names(gazetteer), document.published_on)
        table = Table(targets.target_names(gazetteer), cast, document.published_on)
        pieces: list[tuple[int, int]] = []
        labels: list[Label | None] = []
        for paragraph in sentences.paragraphs(document.text):
            label = speakers.find_label(document.text, paragraph, cast)
            start = paragraph.start if label is None else label.end
            if start < paragraph.end:
                pieces.append((start, paragraph.end))
                labels.append(label)
        return cls(document, cast, table, pieces, labels)


def _read(prepared: _Prepared, docs: list[Doc]) -> list[ExtractedStatement]:
    return _Reading(prepared, docs).statements()


class _Reading:
    """One article being read, sentence by sentence."""

    def __init__(self, prepared: _Prepared, docs: list[Doc]) -> None:
        self.document = prepared.document
        self.text = prepared.document.text
        self.cast = prepared.cast
        self.table = prepared.table
        self.passages = [Passage(start, doc) for (start, _), doc in zip(prepared.pieces, docs, strict=True)]
        self.labels = prepared.labels
        self.pieces = prepared.pieces
        self.quotations = quotations.find_quotations(self.text, self.pieces)
        self.whose = Whose(self.cast, self.table)
        self.about = About(self.table)
        self.said_before: tuple[Holder, ...] = ()
        for passage in self.passages:
            self.cast.read(passage)
            self.table.read(passage)
        self.table.read_title(self.document.title)
        speaks = _FIRST_PERSON.search(self.text) is not None
        self.author = speakers.author(self.document, self.cast) if speaks else ()
        if any(label is not None and not label.quoted for label in self.labels):
            first = next(label for label in self.labels if label is not None)
            self.opening: tuple[Holder, ...] = self.author if first.question else ()
        else:
            self.opening = self.author
        pair = [n for n in self.cast.find_in(self.document.title) if n[2][0] != "person"]
        if len({n[2][1] for n in pair}) == 2:
            self.cast.last_pair = [Holder(name) for name in dict.fromkeys(n[2][1] for n in pair)]

    def statements(self) -> list[ExtractedStatement]:
        found: list[ExtractedStatement] = []
        turn = Turn(self.opening)
        for passage, label, (_, end) in zip(self.passages, self.labels, self.pieces, strict=True):
            if label is not None and label.quoted:
                own = Turn(speakers.label_holders(label, self.cast, self.document.title), labelled=True)
                found.extend(self._passage(passage, own, end, quoted=True))
                continue
            if label is not None:
                holders = () if label.question else speakers.label_holders(label, self.cast, self.document.title)
                turn = Turn(holders, question=label.question, labelled=True)
            found.extend(self._passage(passage, turn, end))
        return once_each(found)

    # --- a paragraph -----------------------------------------------------------------------------------------------

    def _passage(self, passage: Passage, turn: Turn, end: int, quoted: bool = False) -> Iterator[ExtractedStatement]:
        here = [q for q in self.quotations if passage.start <= q.opened < end]
        voices: dict[Quotation, Voice] = {}
        for sentence in passage.doc.sents:
            self.table.point(passage, sentence.start, sentence.end)
            high = passage.bounds(sentence)[1]
            for quotation in here:
                if quotation not in voices and quotation.opened < high:
                    voices[quotation] = self._speaking(passage, quotation, here, turn, quoted)
            if not str(sentence.text).rstrip(" ”\"'").endswith("?"):
                for cue in positions.find_cues(sentence):
                    at = passage.offset(cue.token)
                    voice = next(
                        (v for q, v in voices.items() if q.holds(at)), Voice(turn.holders, None, turn.question)
                    )
                    yield from self._statements(passage, cue, voice)
            self.cast.note(passage, sentence.start, sentence.end)

    def _speaking(
        self, passage: Passage, quotation: Quotation, here: list[Quotation], turn: Turn, quoted: bool
    ) -> Voice:
        tokens = [t for t in passage.doc if quotation.holds(passage.offset(t))]
        if not speakers.is_speech(quotation, tokens):
            return Voice(turn.holders, None, turn.question)
        if quoted:
            return Voice(turn.holders, quotation)
        subject, _ = speakers.quotation_speaker(passage, quotation, here, self.cast, list(turn.holders))
        holders: tuple[Holder, ...] = ()
        if subject is not None:
            holders = tuple(self.cast.resolve(passage, subject, list(turn.holders)))[:1]
        elif quotation.continues or quotation is not here[0] or self._alone(passage, quotation):
            holders = tuple(replace(h, sure=h.sure * 0.9) for h in self.said_before)
        if holders:
            self.said_before = holders
        elif turn.holders and not quotation.ended:
            return Voice(turn.holders, None, turn.question)
        return Voice(holders, quotation)

    def _alone(self, passage: Passage, quotation: Quotation) -> bool:
        """A paragraph that begins with a quotation and names nobody: still the one who spoke before."""
        return not self.text[passage.start : quotation.opened].strip()

    # --- a cue -------------------------------------------------------------------------------------------------------

    def _statements(self, passage: Passage, cue: Cue, voice: Voice) -> Iterator[ExtractedStatement]:
        if positions.is_hypothetical(cue.token) or self._left_to_complement(passage, cue):
            return
        held = self.whose.holders(passage, cue, voice)
        if not held.holders:
            return
        condition = condition_of(cue)
        aims = self.about.aims(passage, cue, condition)
        turned = positions.turns(cue.token)
        for mention, link in aims:
            extra, shielded = positions.reverses(mention, head_of(passage, mention), cue.token)
            if shielded:
                continue
            limit = condition or limit_of(passage, cue, mention, turned + extra)
            stance, note = self._position(passage, cue, turned + extra, limit, mention)
            if stance is None:
                continue
            start, end = span_of(self.text, passage, cue, voice, mention)
            if end <= start:
                continue
            for holder in held.holders:
                signs = Signs(
                    form=cue.form,
                    holder_sure=holder.sure,
                    known_actor=holder.known,
                    loose_target=mention.loose,
                    pointed_target=mention.pointing,
                    previous_target=link in ("previous", "near"),
                    distance=abs(head_of(passage, mention).i - cue.token.i),
                    doubtful_words=held.third and voice.quotation is not None,
                )
                sure = confidence(signs)
                if sure < LEAST:
                    continue
                named = limit if stance in ("support_if", "oppose_unless") else None
                yield ExtractedStatement(
                    start=start,
                    end=end,
                    quote=self.text[start:end],
                    direct=voice.quotation is not None and voice.quotation.holds(passage.offset(cue.token)),
                    speaker=holder.speaker,
                    role=holder.role,
                    actor=holder.actor,
                    target=mention.target.name,
                    target_kind=mention.target.kind,
                    position=stance,
                    condition=named.words if named else None,
                    said_on=self._said_on(cue.token),
                    confidence=sure,
                    cues=tuple(x for x in (note, _condition_cue(named), mention.how, holder.how) if x),
                    warnings=(*holder.warnings, *mention.warnings),
                )

    def _position(
        self, passage: Passage, cue: Cue, turned: int, condition: Condition | None, mention: TargetMention
    ) -> tuple[Position | None, str]:
        words = f"“{self._cue_words(passage, cue)}”"
        if cue.form == "duty" and condition is not None and on_subject(cue, mention):
            stance: Position = "oppose_unless" if positions.governed_by_doubt(cue.token) else "support_if"
            return stance, f"{words} → {stance}"
        if cue.form == "need":
            thing = positions.settlement_without(cue.token)
            named = thing is not None and mention.first <= thing.i <= mention.last
            stance = "support_if" if named else "support"
            return stance, f"{words} → {stance}"
        if cue.form == "shortcoming":
            if turned % 2:
                return None, ""
            return "oppose_unless", f"{words} → oppose_unless"
        stance_or_none = positions.position(cue.attitude, turned, condition is not None)
        return stance_or_none, f"{words} → {stance_or_none}"

    def _cue_words(self, passage: Passage, cue: Cue) -> str:
        token = cue.token
        first = token
        for child in token.children:
            if child.i < token.i and child.dep_ in ("aux", "neg", "auxpass") and token.i - child.i <= 3:
                first = min(first, child, key=lambda t: t.i)
        last = max((c for c in token.children if c.dep_ == "prt"), key=lambda t: t.i, default=token)
        last = max(last, token, key=lambda t: t.i)
        words = str(passage.doc[first.i : last.i + 1].text)
        if "…" in cue.words:
            return cue.words
        return words if cue.form not in ("verdict", "adjective", "duty") else cue.words

    def _left_to_complement(self, passage: Passage, cue: Cue) -> bool:
        """ "insists that any deal must …": the clause below says more; "agreed that it was useful": says nothing."""
        if cue.form != "verb":
            return False
        if any(
            m.size > 1 and m.first <= cue.token.i <= m.last and m.target.kind == "issue"
            for m in self.table.mentions[passage.start]
        ):
            return True  # the verb is itself part of the issue: "renounce all claims"
        clause = next((c for c in cue.token.children if c.dep_ == "ccomp"), None)
        if clause is None:
            return False
        if any(positions.is_duty(t) and t.pos_ in ("VERB", "AUX") for t in clause.subtree):
            return True
        finite = not any(
            c.dep_ == "aux" and c.lower_ in ("to", "will", "would", "can", "should") for c in clause.children
        )
        return finite and cue.attitude == "support" and cue.words in ("agree", "believe in")

    def _said_on(self, token: Token) -> date | None:
        day = self.document.published_on
        if day is None:
            return None
        found = _WEEKDAY.search(str(token.sent.text))
        if found:
            wanted = _DAYS.index(found[1])
            return day - timedelta(days=(day.weekday() - wanted) % 7)
        return day


_FIRST_PERSON = re.compile(r"\b(?:[Ww]e|[Oo]ur|I)\b")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = re.compile(rf"\bon ({'|'.join(_DAYS)})\b")


def _condition_cue(condition: Condition | None) -> str:
    return "" if condition is None else f"“{condition.cue} …” → condition"
