"""A candidate: one cue, one holder, one target; and the signs by which the detector judges it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from spacy.tokens import Span

from . import positions
from .about import About, Aim
from .actors import Cast, Holder
from .conditions import Condition, condition_of, limit_of, on_subject
from .holders import Held, Voice, Whose
from .model import Document, ExtractedStatement, Position
from .positions import Cue
from .sentences import Passage
from .spans import span_of
from .syntax import head_of
from .targets import Table, TargetMention

Signs = dict[str, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that may be one; its confidence is not yet known."""

    statement: ExtractedStatement
    signs: Signs


class Candidates:
    """Makes the candidates of one article."""

    def __init__(self, document: Document, cast: Cast, table: Table) -> None:
        self.document = document
        self.table = table
        self.whose = Whose(cast, table)
        self.about = About(table)

    def of(self, passage: Passage, cue: Cue, voice: Voice) -> Iterator[Candidate]:
        if positions.is_hypothetical(cue.token) or self._left_to_complement(passage, cue):
            return
        held = self.whose.holders(passage, cue, voice)
        if not held.holders:
            return
        condition = condition_of(cue)
        turned = positions.turns(cue.token)
        aims = self.about.aims(passage, cue, condition)
        aims = aims or self.about.of_sponsor(passage, cue, held.holders[0].actor)
        for aim in aims:
            extra, shielded = positions.reverses(aim.mention, head_of(passage, aim.mention), cue.token)
            if shielded:
                continue
            limit = condition or limit_of(passage, cue, aim.mention, turned + extra)
            stance, note = self._position(passage, cue, turned + extra, limit, aim.mention)
            if stance is None:
                continue
            start, end = span_of(self.document.text, passage, cue, voice, aim.mention)
            if end <= start:
                continue
            for holder in held.holders:
                yield Candidate(
                    self._statement(passage, cue, voice, holder, aim, stance, note, limit, (start, end)),
                    _signs(passage, cue, voice, held, holder, aim, len(aims), (turned + extra) % 2, limit),
                )

    def _statement(
        self,
        passage: Passage,
        cue: Cue,
        voice: Voice,
        holder: Holder,
        aim: Aim,
        stance: Position,
        note: str,
        limit: Condition | None,
        span: tuple[int, int],
    ) -> ExtractedStatement:
        named = limit if stance in ("support_if", "oppose_unless") else None
        mention = aim.mention
        return ExtractedStatement(
            start=span[0],
            end=span[1],
            quote=self.document.text[span[0] : span[1]],
            direct=voice.quotation is not None and voice.quotation.holds(passage.offset(cue.token)),
            speaker=holder.speaker,
            role=holder.role,
            actor=holder.actor,
            target=mention.target.name,
            target_kind=mention.target.kind,
            position=stance,
            condition=named.words if named else None,
            said_on=said_on(self.document, passage, cue.token.sent),
            confidence=0.0,
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
        if cue.form == "existence":
            turned = 0  # "no" is already in the attitude
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


def said_on(document: Document, passage: Passage, sentence: Span) -> date | None:
    """The day that a sentence names ("on Tuesday"), else the article's."""
    day = document.published_on
    if day is None:
        return None
    found = _WEEKDAY.search(passage.text_of(sentence))
    if found:
        wanted = _DAYS.index(found[1])
        return day - timedelta(days=(day.weekday() - wanted) % 7)
    return day


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = re.compile(rf"\bon ({'|'.join(_DAYS)})\b")


def _condition_cue(condition: Condition | None) -> str:
    return "" if condition is None else f"“{condition.cue} …” → condition"


def _signs(
    passage: Passage,
    cue: Cue,
    voice: Voice,
    held: Held,
    holder: Holder,
    aim: Aim,
    aims: int,
    turned: int,
    limit: Condition | None,
) -> Signs:
    """What speaks for and against a candidate, none of it about the subject of the article."""
    token, mention = cue.token, aim.mention
    distance = abs(head_of(passage, mention).i - token.i)
    quoted = voice.quotation is not None and voice.quotation.holds(passage.offset(token))
    signs = {
        f"form {cue.form}": 1.0,
        f"attitude {cue.attitude}": 1.0,
        f"holder by {held.link}": 1.0,
        f"target by {aim.link}": 1.0,
        f"target named {_naming(aim)}": 1.0,
        f"about a {mention.target.kind}": 1.0,
        "distance": min(distance, 20) / 20,
        "holder unsure": 1 - holder.sure,
        "sentence length": min(len(token.sent), 60) / 60,
    }
    flags = {
        "third party": held.third,
        "holder unknown": not holder.known,
        "several targets": aims > 1,
        "turned round": turned == 1,
        "condition": limit is not None,
        "quoted": quoted,
        "speech": bool(voice.holders) and not quoted,
        "question": voice.question,
        "person speaks": holder.speaker is not None,
        "main verb": token.dep_ in ("ROOT", "conj") or token.head.dep_ == "ROOT",
        "past": token.tag_ in ("VBD", "VBN"),
        "infinitive": token.tag_ == "VB",
        "gerund": token.tag_ == "VBG",
        "said about a target not named": mention.pointing and mention.loose,
        "phrase": " " in cue.words,
        "target before": mention.last < token.i,
    }
    signs.update({name: 1.0 for name, holds in flags.items() if holds})
    return signs


def _naming(aim: Aim) -> str:
    mention = aim.mention
    if mention.pointing:
        return "by pointing"
    if mention.by_word:
        return "by a word"
    return "by synonym" if mention.by_synonym else "by its name"
