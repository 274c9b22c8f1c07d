"""An article read sentence by sentence: who has the floor, which cues stand where, what is on the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from spacy.tokens import Doc, Span

from . import positions, quotations, sentences, speakers, targets
from .actors import Cast, Holder, actor_names
from .candidates import Candidate, Candidates
from .clauses import Clauses, Scene
from .encoder import ACTOR, PLAIN, TARGET, Impression, encoder
from .gazetteer import Gazetteer
from .holders import Voice
from .model import Document, ExtractedStatement, overlaps
from .quotations import Quotation, quotation_at
from .sentences import Passage, words_of
from .speakers import Label, Turn
from .targets import Table

_FIRST_PERSON = re.compile(r"\b(?:[Ww]e|[Oo]ur|I)\b")


@dataclass(slots=True)
class Prepared:
    """A document cut into pieces for the parser, labels taken off."""

    document: Document
    cast: Cast
    table: Table
    pieces: list[tuple[int, int]]
    labels: list[Label | None]

    @classmethod
    def of(cls, document: Document, gazetteer: Gazetteer) -> Prepared:
        cast = Cast(actor_names(gazetteer), document.published_on)
        table = Table(targets.target_names(gazetteer), cast, document.published_on)
        pieces: list[tuple[int, int]] = []
        labels: list[Label | None] = []
        paragraphs = list(sentences.paragraphs(document.text))
        unknown = speakers.strangers(document.text, paragraphs, cast)
        for paragraph in paragraphs:
            label = speakers.find_label(document.text, paragraph, cast, unknown)
            start = label.end if label else speakers.after_dateline(document.text, paragraph.start, paragraph.end)
            if start < paragraph.end:
                pieces.append((start, paragraph.end))
                labels.append(label)
        cast.quotations = quotations.find_quotations(document.text, pieces)
        return cls(document, cast, table, pieces, labels)

    def read(self, passages: Sequence[Passage]) -> None:
        """Find who and what is named in the whole text."""
        for passage in passages:
            self.cast.read(passage)
        self.table.look_around(f"{self.document.title}\n{self.document.text}")
        for passage in passages:
            self.table.read(passage)
        self.table.read_title(self.document.title)


class Reading:
    """One article being read, sentence by sentence."""

    def __init__(self, prepared: Prepared, docs: list[Doc]) -> None:
        self.document = prepared.document
        self.text = prepared.document.text
        self.cast = prepared.cast
        self.table = prepared.table
        self.passages = [Passage(start, doc) for (start, _), doc in zip(prepared.pieces, docs, strict=True)]
        self.labels = prepared.labels
        self.pieces = prepared.pieces
        self.quotations = self.cast.quotations
        self.of = Candidates(self.document, self.cast, self.table).of
        self.clauses = Clauses(self.document, self.cast, self.table)
        self.said_before: tuple[Holder, ...] = ()
        prepared.read(self.passages)
        self.sentences = [(p, s) for p in self.passages for s in p.doc.sents if len(s) > 2]  # fewer words say nothing
        self.impressions: dict[tuple[int, int], Impression] = {}
        quoted = [quotation_at(self.quotations, m.start()) is not None for m in _FIRST_PERSON.finditer(self.text)]
        self.author = speakers.author(self.document, self.cast, speaks=not all(quoted)) if quoted else ()
        if any(label is not None and not label.quoted for label in self.labels):
            first = next(label for label in self.labels if label is not None)
            self.opening: tuple[Holder, ...] = self.author if first.question else ()
        else:
            self.opening = self.author
        pair = [n for n in self.cast.find_in(self.document.title) if n[2][0] != "person"]
        if len({n[2][1] for n in pair}) == 2:
            self.cast.last_pair = [Holder(name) for name in dict.fromkeys(n[2][1] for n in pair)]

    def candidates(self) -> list[Candidate]:
        found: list[Candidate] = []
        turn = Turn(self.opening)
        for passage, label, (_, end) in zip(self.passages, self.labels, self.pieces, strict=True):
            if label is not None and label.quoted:
                own = Turn(speakers.label_holders(label, self.cast, self.document.title), labelled=True)
                found.extend(self._passage(passage, own, end, quoted=True))
                continue
            if label is None and (named := self._heading(passage)):
                turn = Turn(named, labelled=True)
                self.said_before = named
                continue
            if label is not None:
                holders = () if label.question else speakers.label_holders(label, self.cast, self.document.title)
                turn = Turn(holders, question=label.question, labelled=True)
            found.extend(self._passage(passage, turn, end))
        return found

    def _heading(self, passage: Passage) -> tuple[Holder, ...]:
        """ "Secretary of State Marco Rubio on Meet the Press": a line without a verb that says who is quoted below."""
        doc = passage.doc
        if len(doc) > 14 or doc[-1].text in (".", "!", "?", ",") or any(t.pos_ in positions.VERBAL for t in doc[:-1]):
            return ()
        after = self.text[passage.start + len(passage.text) :].lstrip().lstrip("-–—•*· ")
        people = [n for n in self.cast.find_in(passage.text) if n[2][0] == "person"]
        if not people or not after.startswith(("“", '"')):
            return ()
        return (self.cast.of_name(people[0][2], passage.text[: people[0][1]], f"“{passage.text}”"),)

    # --- a paragraph -----------------------------------------------------------------------------------------------

    def _passage(self, passage: Passage, turn: Turn, end: int, quoted: bool = False) -> Iterator[Candidate]:
        here = [q for q in self.quotations if passage.start <= q.opened < end]
        voices: dict[Quotation, Voice] = {}
        for sentence in passage.doc.sents:
            self.table.point(passage, sentence.start, sentence.end)
            high = passage.bounds(sentence)[1]
            for quotation in here:
                if quotation not in voices and quotation.opened < high:
                    voices[quotation] = self._speaking(passage, quotation, here, turn, quoted)
            if not passage.text_of(sentence).rstrip(" ”\"'").endswith("?"):
                floor = Voice(turn.holders, None, turn.question)
                found: list[Candidate] = []
                for cue in positions.find_cues(sentence):
                    at = passage.offset(cue.token)
                    voice = next((v for q, v in voices.items() if q.holds(at)), floor)
                    found.extend(self.of(passage, cue, voice))
                yield from self._weighed(passage, sentence, found, voices, floor)
            self.cast.note(passage, sentence.start, sentence.end)

    def _weighed(
        self,
        passage: Passage,
        sentence: Span,
        found: list[Candidate],
        voices: dict[Quotation, Voice],
        floor: Voice,
    ) -> Iterator[Candidate]:
        """Candidates of the rules as the encoder sees them, and those that it alone finds."""
        impression = self.impressions.get((passage.start, sentence.start))
        if impression is None:
            yield from found
            return
        scene = Scene(passage, sentence, impression, voices, floor)
        for one in found:
            yield self.clauses.weighed(one, scene)
        for one in self.clauses.of(scene):
            if not any(_same(one.statement, other.statement) for other in found):
                yield one

    def _speaking(
        self, passage: Passage, quotation: Quotation, here: list[Quotation], turn: Turn, quoted: bool
    ) -> Voice:
        tokens = [t for t in passage.doc if quotation.holds(passage.offset(t))]
        if not speakers.is_speech(quotation, tokens):
            return Voice(turn.holders, None, turn.question)
        if quoted:
            return Voice(turn.holders, quotation)
        subject = speakers.quotation_speaker(passage, quotation, here, self.cast)
        if subject is not None:
            holders = tuple(self.cast.resolve(passage, subject, list(turn.holders)))[:3]
        else:
            holders = self._unattributed(passage, quotation, here)
        if holders:
            self.said_before = holders
        elif turn.holders and not quotation.ended:
            return Voice(turn.holders, None, turn.question)
        return Voice(holders, quotation)

    def _unattributed(self, passage: Passage, quotation: Quotation, here: list[Quotation]) -> tuple[Holder, ...]:
        """Whose a quotation is that nobody near it is said to say."""
        if not quotation.continues and (found := self._spoken_of(passage, quotation, here)):
            return found
        if quotation.continues or quotation is not here[0] or self._alone(passage, quotation):
            return tuple(replace(h, sure=h.sure * 0.9) for h in self.said_before)
        return ()

    def _spoken_of(self, passage: Passage, quotation: Quotation, here: list[Quotation]) -> tuple[Holder, ...]:
        """Whom the sentence before a quotation is about."""
        subject = speakers.subject_before(passage, quotation, here)
        found = self.cast.resolve(passage, subject) if subject is not None else []
        return tuple(replace(h, sure=h.sure * 0.8) for h in found if h.known or h.speaker)[:3]

    def _alone(self, passage: Passage, quotation: Quotation) -> bool:
        """A paragraph that begins with a quotation and names nobody: still the one who spoke before."""
        return not self.text[passage.start : quotation.opened].strip()


def impress(readings: Sequence[Reading]) -> None:
    """Let the encoder read all sentences of some articles at once: many of one length take less time than few."""
    sentences = [(reading, p, s) for reading in readings for p, s in reading.sentences]
    words = [[t.text for t in words_of(s)] for _, _, s in sentences]
    seen = encoder().read(words, [roles(p, s, reading.cast, reading.table) for reading, p, s in sentences])
    for (reading, passage, sentence), impression in zip(sentences, seen, strict=True):
        reading.impressions[passage.start, sentence.start] = impression


def roles(passage: Passage, sentence: Span, cast: Cast, table: Table) -> list[int]:
    """Which words of a sentence name an actor and which a target, before anything in it is resolved."""
    named: dict[int, int] = {}
    for mention in cast.mentions.get(passage.start, ()):
        named |= dict.fromkeys(range(mention.first, mention.last + 1), ACTOR)
    for aim in table.mentions[passage.start]:
        if not aim.pointing:
            named |= dict.fromkeys(range(aim.first, aim.last + 1), TARGET)
    return [named.get(token.i, PLAIN) for token in words_of(sentence)]


def _same(one: ExtractedStatement, other: ExtractedStatement) -> bool:
    """Is it the same actor in the same words?"""
    return one.actor == other.actor and overlaps(one, other)
