"""The default extractor: linguistic rules over a dependency parse. Runs offline on the CPU.

One article goes through named steps, each a module: sentences, quotations, reporting, speakers, actors, targets,
positions, confidence. This module only leads it from one to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rapidfuzz import fuzz
from spacy.tokens import Doc, Token

from . import positions, quotations, sentences, speakers, targets
from .actors import Cast, Holder, actor_names
from .confidence import LEAST, Signs, confidence
from .gazetteer import Gazetteer
from .lexicon import lexicon
from .model import Document, ExtractedStatement, Position, UnsupportedLanguage
from .positions import Cue
from .quotations import Quotation
from .reporting import agent_of, governor, subject_of
from .sentences import Passage
from .speakers import Label, Turn
from .targets import Table, TargetMention

SAME_CONDITION = 60  # per cent of words alike
_FIRST = frozenset({"i", "we", "us", "our", "my", "me"})


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


@dataclass(frozen=True, slots=True)
class _Voice:
    """Who "we" is, and whose opinion an opinion is."""

    holders: tuple[Holder, ...] = ()
    quotation: Quotation | None = None
    question: bool = False


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
        return _once_each(found)

    # --- a paragraph -----------------------------------------------------------------------------------------------

    def _passage(self, passage: Passage, turn: Turn, end: int, quoted: bool = False) -> Iterator[ExtractedStatement]:
        here = [q for q in self.quotations if passage.start <= q.opened < end]
        voices: dict[Quotation, _Voice] = {}
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
                        (v for q, v in voices.items() if q.holds(at)), _Voice(turn.holders, None, turn.question)
                    )
                    yield from self._statements(passage, cue, voice)
            self.cast.note(passage, sentence.start, sentence.end)

    def _speaking(
        self, passage: Passage, quotation: Quotation, here: list[Quotation], turn: Turn, quoted: bool
    ) -> _Voice:
        tokens = [t for t in passage.doc if quotation.holds(passage.offset(t))]
        if not speakers.is_speech(quotation, tokens):
            return _Voice(turn.holders, None, turn.question)
        if quoted:
            return _Voice(turn.holders, quotation)
        subject, _ = speakers.quotation_speaker(passage, quotation, here, self.cast, list(turn.holders))
        holders: tuple[Holder, ...] = ()
        if subject is not None:
            holders = tuple(self.cast.resolve(passage, subject, list(turn.holders)))[:1]
        elif quotation.continues or quotation is not here[0] or self._alone(passage, quotation):
            holders = tuple(replace(h, sure=h.sure * 0.9) for h in self.said_before)
        if holders:
            self.said_before = holders
        elif turn.holders and not quotation.ended:
            return _Voice(turn.holders, None, turn.question)
        return _Voice(holders, quotation)

    def _alone(self, passage: Passage, quotation: Quotation) -> bool:
        """A paragraph that begins with a quotation and names nobody: still the one who spoke before."""
        return not self.text[passage.start : quotation.opened].strip()

    # --- a cue -------------------------------------------------------------------------------------------------------

    def _statements(self, passage: Passage, cue: Cue, voice: _Voice) -> Iterator[ExtractedStatement]:
        if positions.is_hypothetical(cue.token) or self._left_to_complement(passage, cue):
            return
        holders, third = self._holders(passage, cue, voice)
        if not holders:
            return
        condition = self._condition(cue)
        mentions, previous = self._targets(passage, cue, condition)
        if not mentions:
            return
        turned = positions.turns(cue.token)
        for mention in mentions:
            extra, shielded = positions.reverses(mention, _head(passage, mention), cue.token)
            if shielded:
                continue
            limit = condition or self._limit(passage, cue, mention, turned + extra)
            stance, note = self._position(passage, cue, turned + extra, limit, mention)
            if stance is None:
                continue
            start, end = self._span(passage, cue, voice, mention)
            if end <= start:
                continue
            for holder in holders:
                signs = Signs(
                    form=cue.form,
                    holder_sure=holder.sure,
                    known_actor=holder.known,
                    loose_target=mention.loose,
                    pointed_target=mention.pointing,
                    previous_target=previous,
                    distance=abs(_head(passage, mention).i - cue.token.i),
                    doubtful_words=third and voice.quotation is not None,
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
        self, passage: Passage, cue: Cue, turned: int, condition: positions.Condition | None, mention: TargetMention
    ) -> tuple[Position | None, str]:
        words = f"“{self._cue_words(passage, cue)}”"
        if cue.form == "duty" and condition is not None and self._on_subject(cue, mention):
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

    # --- whose position ----------------------------------------------------------------------------------------------

    def _holders(self, passage: Passage, cue: Cue, voice: _Voice) -> tuple[list[Holder], bool]:
        """Who takes the position, and whether it is somebody else than the one who speaks."""
        said = governor(cue.token)
        reporter = self._reporter(passage, cue.token, said, voice)
        ours = list(reporter) or list(voice.holders)
        if cue.form in ("duty", "verdict", "shortcoming", "need", "merit", "aim"):
            if cue.form == "shortcoming" and not ours:
                return [], False
            return ours, False
        if cue.form == "participle" or cue.form == "passive":
            agent = agent_of(cue.token)
            if agent is None:
                return [], False
            return self._third(passage, cue, agent, voice, ours)
        if cue.form == "noun":
            return self._noun_holders(passage, cue, voice, ours)
        token = cue.token
        if cue.form == "adjective" and token.pos_ not in ("VERB", "AUX"):
            copula = token.head
            for _ in range(3):
                if copula.pos_ in ("VERB", "AUX"):
                    break
                copula = copula.head
            subject = subject_of(copula)
        else:
            subject = subject_of(token)
        if cue.form == "intent" and not self._intends(passage, cue, voice):
            return [], False
        if (
            cue.form == "verb"
            and token.dep_ in ("xcomp", "acl", "advcl", "pcomp", "conj", "ccomp")
            and self._asked_of(token)
        ):
            return [], False
        if subject is None:
            imperative = token.dep_ == "ROOT" and token.tag_ in ("VB", "VBP", "NNP") and token.i - token.sent.start <= 2
            return (ours, False) if imperative and voice.holders else ([], False)
        return self._third(passage, cue, subject, voice, ours)

    def _intends(self, passage: Passage, cue: Cue, voice: _Voice) -> bool:
        """Is it a position to say that one will, or will not, do this?"""
        verb = cue.token
        if positions.turns(verb) % 2:
            return True
        inside = any(m.first <= verb.i <= m.last and m.size > 1 for m in self.table.mentions[passage.start])
        return inside or verb.lemma_.lower() in lexicon().stances.intentions

    def _asked_of(self, token: Token) -> bool:
        """ "urged Russia to accept": what is asked of somebody is not his position."""
        if any(c.dep_ in ("nsubj", "nsubjpass") for c in token.children) and any(
            c.dep_ == "aux" and c.lower_ == "to" for c in token.children
        ):
            return True  # "called for Israel to agree", "allowed him to present"
        at = token
        for _ in range(6):
            head = at.head
            if head == at:
                return False
            if at.dep_ in ("xcomp", "acl", "advcl", "pcomp") and at.tag_ in ("VB", "VBG"):
                phrases = lexicon().stances.verbs.get(head.lemma_.lower(), ())
                asks = any(p.attitude == "demand" for p in phrases)
                told = head.lemma_.lower() in ("tell", "ask", "force", "allow", "push", "press", "help", "get", "let")
                if (asks or told) and any(
                    c.dep_ in ("dobj", "prep", "iobj") for c in head.children if c.i < at.i and c.i > head.i
                ):
                    return True
                if at.dep_ == "acl":
                    return True
            if at.dep_ == "ccomp" and any(
                p.attitude == "demand" for p in lexicon().stances.verbs.get(head.lemma_.lower(), ())
            ):
                return True  # "demanded that Russia agree"
            at = head
        return False

    def _third(
        self, passage: Passage, cue: Cue, subject: Token, voice: _Voice, ours: list[Holder]
    ) -> tuple[list[Holder], bool]:
        if subject.lower_ in _FIRST:
            return list(voice.holders), False
        if (
            subject.pos_ == "PRON"
            and ours
            and governor(cue.token) is not None
            and subject.lower_ in ("he", "she", "it", "they")
        ):
            return ours, False
        holders = self.cast.resolve(passage, subject, list(voice.holders))
        if not holders:
            if subject.pos_ == "PROPN" and subject.ent_type_ in ("GPE", "LOC", "NORP") and voice.holders:
                return [replace(h, sure=h.sure * 0.8) for h in voice.holders], False
            return [], False
        mine = {h.actor for h in ours}
        if ours and any(h.actor in mine for h in holders):
            return [h if h.actor not in mine else next(o for o in ours if o.actor == h.actor) for h in holders], False
        if voice.holders or ours or voice.quotation is not None:
            lemma = cue.token.lemma_.lower()
            if lemma not in lexicon().reporting.acts or positions.is_negated(cue.token):
                return [], True
            if any(a.lower_ in ("will", "would", "could", "can") for a in cue.token.children if a.dep_ == "aux"):
                return [], True
        return holders, bool(ours)

    def _noun_holders(self, passage: Passage, cue: Cue, voice: _Voice, ours: list[Holder]) -> tuple[list[Holder], bool]:
        noun = cue.token
        above = _verb_above(noun)
        for child in noun.children:
            if child.dep_ == "poss":
                if child.lower_ in _FIRST:
                    return list(voice.holders), False
                if above is not None and self._to_come(above):
                    return [], False
                if above is not None and cue.attitude != "oppose" and _is_cue_verb(above):
                    return [], False  # "welcome Trump's commitment": the one who welcomes takes the position
                named = self.cast.resolve(passage, child, list(voice.holders))
                subject = subject_of(above) if above is not None else None
                if subject is not None and named and subject.i < noun.i:
                    # "Secretary Rubio reiterated the United States' commitment": he speaks for it
                    for holder in self.cast.resolve(passage, subject, list(voice.holders)):
                        if holder.actor == named[0].actor:
                            return [holder], False
                if child.lower_ in ("its", "their", "his", "her"):
                    verb = _verb_above(noun)
                    subject = subject_of(verb) if verb is not None else None
                    if subject is not None and subject.i < noun.i:
                        return self._third(passage, cue, subject, voice, ours)
                return self._third(passage, cue, child, voice, ours)
        for child in noun.children:
            if child.dep_ in ("amod", "compound", "nmod") and self.cast.mention(passage, child) is not None:
                holders = self.cast.resolve(passage, child)
                return holders, bool(ours)
        for child in noun.children:
            if (child.dep_ == "prep" and child.lower_ in ("by", "from")) or child.dep_ == "agent":
                for grandchild in child.children:
                    if grandchild.dep_ == "pobj":
                        return self._third(passage, cue, grandchild, voice, ours)
        verb = _verb_above(noun)
        if verb is None:
            return [], False
        if verb.lemma_.lower() in lexicon().stances.having:
            for child in noun.children:
                if child.dep_ == "prep" and child.lower_ == "of":
                    for grandchild in child.children:
                        if grandchild.dep_ == "pobj":
                            return self._third(passage, cue, grandchild, voice, ours)
        if verb.lemma_.lower() not in lexicon().reporting.light:
            return [], False
        subject = subject_of(verb)
        if subject is None or subject.i > noun.i:
            return [], False
        if self._to_come(verb) and subject.lower_ not in _FIRST:
            return [], False
        return self._third(passage, cue, subject, voice, ours)

    def _to_come(self, verb: Token) -> bool:
        """A forecast: "China will reiterate calls …"."""
        return any(c.dep_ == "aux" and c.lower_ in ("will", "'ll", "would") for c in verb.children)

    def _reporter(self, passage: Passage, near: Token, said: Token | None, voice: _Voice) -> list[Holder]:
        if said is None:
            return self._according(passage, near, voice)
        if voice.quotation is not None and not voice.quotation.holds(passage.offset(said)):
            return []
        subject = subject_of(said)
        if subject is None:
            return []
        if subject.lower_ in _FIRST:
            return list(voice.holders)
        return self.cast.resolve(passage, subject, list(voice.holders))

    def _according(self, passage: Passage, token: Token, voice: _Voice) -> list[Holder]:
        """ "according to Peskov, Russia is open …"."""
        sentence = token.sent
        low = str(sentence.text).lower()
        if not any(words in low for words in lexicon().reporting.according):
            return []
        for one in sentence:
            if one.dep_ == "pobj" and one.head.lower_ == "to" and one.head.head.lower_ == "according":
                return self.cast.resolve(passage, one, list(voice.holders))
            if (
                one.dep_ == "pobj"
                and one.head.lower_ == "to"
                and one.i >= 2
                and one.head.nbor(-1).lower_ == "according"
            ):
                return self.cast.resolve(passage, one, list(voice.holders))
        return []

    # --- about what --------------------------------------------------------------------------------------------------

    def _condition(self, cue: Cue) -> positions.Condition | None:
        token = cue.token
        if cue.form == "duty":
            subject = next((c for c in _owner(token).children if c.dep_ in ("nsubj", "nsubjpass")), None)
            if subject is not None and _is_settlement(subject) and not _comes_about(token):
                return positions.predicate_words(token)
            return None
        if cue.form == "shortcoming":
            tokens = [c for c in token.children if c.dep_ in ("dobj", "prep")]
            return positions._condition(list(tokens[0].subtree), "lacks") if tokens else None
        clause = token
        for _ in range(4):
            if clause.pos_ in ("VERB", "AUX") and clause.dep_ not in ("xcomp",):
                break
            clause = clause.head
        against = (cue.attitude in ("oppose", "doubt")) != bool(positions.turns(token) % 2)
        if cue.form == "need":
            return positions._condition([t for t in token.subtree if t.i > token.i], "no … without")
        if cue.form in ("verdict", "merit", "aim"):
            return None
        found = positions.find_condition(clause, against)
        above = governor(token)
        if found is None and above is not None:
            found = positions.find_condition(above, against)
            if found is not None and found.first < token.i:
                return None
        if found is not None and found.first <= token.i <= found.last:
            return None
        if found is not None and found.reason and cue.attitude not in ("oppose", "doubt"):
            return None
        return found

    def _limit(self, passage: Passage, cue: Cue, mention: TargetMention, turned: int) -> positions.Condition | None:
        """ "won't endorse a deal undermining …", "any ceasefire that does not …": not as it stands."""
        against = (cue.attitude in ("oppose", "doubt")) != bool(turned % 2)
        head = _head(passage, mention)
        if not against or cue.form in ("duty", "shortcoming"):
            return None
        if not any(c.dep_ == "det" and c.lower_ in ("a", "an", "any", "no") for c in head.children):
            return None
        clause = next((c for c in head.children if c.dep_ in ("acl", "relcl") and c.i > head.i), None)
        if clause is None or (clause.dep_ == "acl" and clause.tag_ not in ("VBG",)):
            return None
        found = positions._condition(
            [t for t in clause.subtree if t.lower_ not in ("that", "which") or t.i > clause.i], "a … that"
        )
        if found is None:
            return None
        return replace(found, words=f"not {found.words}")

    def _on_subject(self, cue: Cue, mention: TargetMention) -> bool:
        subject = next((c for c in _owner(cue.token).children if c.dep_ in ("nsubj", "nsubjpass")), None)
        return subject is not None and mention.first <= subject.i <= mention.last

    def _targets(
        self, passage: Passage, cue: Cue, condition: positions.Condition | None
    ) -> tuple[list[TargetMention], bool]:
        token = cue.token
        if cue.form == "need":
            return self._needed(passage, cue, condition)
        scope = self._scope(cue)
        if condition is not None and cue.form not in ("duty", "shortcoming"):
            scope -= set(range(condition.first, condition.last + 1))
        if cue.form == "duty" and condition is not None:
            bearer = next((c for c in _owner(token).children if c.dep_ in ("nsubj", "nsubjpass")), token)
            scope = {t.i for t in bearer.subtree if t.i <= bearer.i or t.dep_ in ("compound", "prep", "pobj")}
        found: list[TargetMention] = []
        for mention in self.table.mentions[passage.start]:
            head = _head(passage, mention)
            if head.i in scope and not (mention.first <= token.i <= mention.last and mention.size == 1):
                if all(mention.target != other.target for other in found):
                    found.append(mention)
        if found:
            if cue.attitude == "propose" and cue.form != "participle":
                found = [m for m in found if self._is_object(passage, token, m)]
            return self._pruned(passage, cue, found, condition)[:3], False
        if cue.form == "verb":
            # "reject all initiatives that risk leading to partition"
            thing = next((c for c in token.children if c.dep_ in ("dobj", "pobj")), None)
            clause = next((c for c in thing.children if c.dep_ == "relcl"), None) if thing is not None else None
            if clause is not None and cue.attitude == "oppose":
                inside = {t.i for t in clause.subtree}
                found = [m for m in self.table.mentions[passage.start] if _head(passage, m).i in inside]
                if found:
                    return found[:1], False
        thing = next((c for c in token.children if c.dep_ in ("dobj", "nsubjpass", "pobj") and c.i != token.i), None)
        if thing is None:
            thing = next((g for c in token.children if c.dep_ == "prep" for g in c.children if g.dep_ == "pobj"), None)
        last = self.table.last
        if thing is not None and thing.lower_ in ("it", "that", "this", "them") and last is not None:
            if cue.form in ("verb", "passive") and cue.attitude in ("support", "oppose"):
                return [replace(last, first=thing.i, last=thing.i)], True
        if cue.form in ("shortcoming", "merit"):
            subject = next((c for c in token.children if c.dep_ == "nsubj"), None)
            if subject is not None and subject.lower_ in ("it", "this", "that", "they") and self.table.order:
                name = self.table.order[-1]
                target = targets.Target(name, "proposal")
                return [TargetMention(subject.i, subject.i, target, f"“{subject.text}” → {name}", True, True)], True
        silent = cue.attitude == "neutral" and cue.words.startswith("not")
        if silent and self.table.order and not _speaks_of_something_else(token):
            name = self.table.order[-1]
            target = targets.Target(name, "proposal")
            return [TargetMention(token.i, token.i, target, f"spoken of before: {name}", True, True)], True
        return [], False

    def _needed(
        self, passage: Passage, cue: Cue, condition: positions.Condition | None
    ) -> tuple[list[TargetMention], bool]:
        """Of "no deal without guarantees": the deal where one is on the table, else the guarantees."""
        thing = positions.settlement_without(cue.token)
        mentions = self.table.mentions[passage.start]
        if thing is not None:
            found = [m for m in mentions if m.first <= thing.i <= m.last]
            if found:
                return found[:1], False
        inside = {t.i for t in cue.token.subtree}
        return [m for m in mentions if _head(passage, m).i in inside][:2], False

    def _pruned(
        self, passage: Passage, cue: Cue, found: list[TargetMention], condition: positions.Condition | None
    ) -> list[TargetMention]:
        """A loose pointer says nothing beside a name, nor an end beside its means."""
        if cue.form == "duty" and condition is not None:
            return found[:1]
        loose = [m for m in found if m.loose]
        for pointer in loose:
            head = _head(passage, pointer)
            inside = {t.i for c in head.children if c.dep_ in ("acl", "relcl") for t in c.subtree}
            if head.dep_ in ("dobj", "pobj") and any(_head(passage, m).i in inside for m in found):
                # "a deal undermining sovereignty": the deal is meant
                found = [m for m in found if _head(passage, m).i not in inside]
        firm = [m for m in found if not m.loose]
        found = firm or found
        means = [m for m in found if m.target.name not in self.table.names.goals]
        return means or found

    def _is_object(self, passage: Passage, verb: Token, mention: TargetMention) -> bool:
        """Only what is itself put forward, not what its text speaks of."""
        head = _head(passage, mention)
        for _ in range(6):
            if head.i == verb.i:
                return True
            if head.dep_ == "conj" and head.pos_ in ("VERB", "AUX"):
                return False
            if head.dep_ in _NOMINAL or (head.dep_ == "prep" and head.lower_ in ("of", "for", "on", "with")):
                head = head.head
            elif head.dep_ in ("ccomp", "xcomp") and head.head.i == verb.i:
                return True
            elif mention.first <= head.head.i <= mention.last:
                head = head.head
            else:
                return head.i == verb.i or (verb.dep_ in ("acl", "relcl") and head.i == verb.head.i)
        return False

    def _scope(self, cue: Cue) -> set[int]:
        token = cue.token
        if cue.form == "participle":
            noun = token.head
            return {noun.i, *(t.i for t in noun.subtree if t.i < token.i)} | {
                c.i for c in noun.children if c.dep_ == "prep" for c in c.subtree if c.i < token.i
            }
        if cue.form in ("verdict", "shortcoming", "merit"):
            verb = token if cue.form != "verdict" else _copula_of(token)
            subject = next((c for c in verb.children if c.dep_ in ("nsubj", "csubj", "nsubjpass")), None)
            if subject is None or (subject.lower_ == "it" and cue.form == "verdict"):
                clauses = [c for c in (*verb.children, *token.children) if c.dep_ in ("ccomp", "xcomp", "advcl", "acl")]
                return {t.i for clause in clauses for t in clause.subtree} if subject is not None else set()
            if subject.lower_ in ("which", "that", "who") and verb.dep_ == "relcl":
                return {verb.head.i, *(t.i for t in verb.head.subtree if t.i < verb.left_edge.i)}
            return _without_clauses(subject)
        if cue.form == "noun" and (above := _verb_above(token)) is not None and _had(token, above):
            # "the plan has the backing of Hungary"
            had = next((c for c in above.children if c.dep_ == "nsubj"), None)
            return {t.i for t in had.subtree} if had is not None else set()
        if cue.form == "passive":
            subject = next((c for c in token.children if c.dep_ in ("nsubjpass", "csubjpass")), None)
            return _without_clauses(subject) if subject is not None else set()
        top = _owner(token) if cue.form == "duty" else token
        scope: set[int] = set()
        stack = [top]
        while stack:
            one = stack.pop()
            scope.add(one.i)
            for child in one.children:
                if one == top and child.dep_ in ("nsubj", "agent") and cue.form != "duty":
                    continue
                if child.dep_ == "relcl" or (child.dep_ == "conj" and child.pos_ in ("VERB", "AUX") and one == top):
                    if child.dep_ == "relcl" or any(c.dep_ in ("nsubj", "nsubjpass") for c in child.children):
                        continue
                    if _is_cue_verb(child):
                        continue
                if child.dep_ == "advcl" and one == top and child.i < top.i:
                    continue
                if child.dep_ == "advcl" and any(
                    m.lower_ in ("while", "although", "though", "because", "as", "since", "after", "before", "when")
                    for m in child.children
                    if m.dep_ in ("mark", "advmod")
                ):
                    continue
                if child.dep_ == "poss" and cue.form == "noun" and one == top:
                    continue
                if child.dep_ == "advcl" and cue.attitude in ("oppose", "doubt") and one == top:
                    continue
                stack.append(child)
        return scope

    # --- where -------------------------------------------------------------------------------------------------------

    def _span(self, passage: Passage, cue: Cue, voice: _Voice, mention: TargetMention) -> tuple[int, int]:
        """The clause that reports the position; of a quotation, the sentence inside the marks."""
        doc, token = passage.doc, cue.token
        if cue.form == "participle":
            noun = token.head
            first, last = noun.left_edge.i, token.right_edge.i
        elif cue.form == "noun" and any(c.dep_ == "poss" and c.lower_ not in _FIRST for c in token.children):
            first, last = token.left_edge.i, token.right_edge.i
        else:
            first, last = _clause(token)
        first, last = min(first, mention.first), max(last, mention.last)
        sentence = token.sent
        first, last = max(first, sentence.start), min(last, sentence.end - 1)
        while first < last and (doc[first].is_punct or doc[first].dep_ == "cc" or doc[first].is_space):
            first += 1
        while last > first and doc[last].text in (",", ";", ":", "—", "–", "-"):
            last -= 1
        start, end = passage.offset(doc[first]), passage.end_of(doc[last])
        quotation = voice.quotation
        if quotation is not None and quotation.holds(passage.offset(token)):
            start, end = max(start, quotation.start), min(end, quotation.end)
        return _trim(self.text, start, end)

    def _said_on(self, token: Token) -> date | None:
        day = self.document.published_on
        if day is None:
            return None
        found = _WEEKDAY.search(str(token.sent.text))
        if found:
            wanted = _DAYS.index(found[1])
            return day - timedelta(days=(day.weekday() - wanted) % 7)
        return day


_NOMINAL = frozenset({"dobj", "conj", "pobj", "compound", "amod", "appos", "nsubjpass", "nmod", "attr"})
_FIRST_PERSON = re.compile(r"\b(?:[Ww]e|[Oo]ur|I)\b")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = re.compile(rf"\bon ({'|'.join(_DAYS)})\b")


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in '“”"„«»'):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _head(passage: Passage, mention: TargetMention) -> Token:
    """The word of a mention that the others depend on."""
    tokens = passage.doc[mention.first : mention.last + 1]
    return tokens.root


def _without_clauses(noun: Token) -> set[int]:
    """The words of a noun phrase, not those of the relative clauses that hang on it."""
    left_out = {t.i for c in noun.subtree if c.dep_ == "relcl" for t in c.subtree}
    return {t.i for t in noun.subtree} - left_out


def _owner(verb: Token) -> Token:
    """The verb that bears the subject: "need" of "need to begin"."""
    return verb.head if verb.dep_ == "xcomp" else verb


def _is_settlement(subject: Token) -> bool:
    c = lexicon().conditions
    if subject.lemma_.lower() not in c.settlements:
        return False
    determiners = {k.lower_ for k in subject.children if k.dep_ in ("det", "amod")}
    return bool(determiners & (c.generic | {"the", "this", "that"})) or subject.tag_ in ("NNS", "NN")


_VAGUE = frozenset({"it", "that", "this", "debate", "position", "side", "hypothetical", "detail", "specific", "matter"})


def _speaks_of_something_else(verb: Token) -> bool:
    """ "won't comment on the election": silent, but not about the plan."""
    objects = [c for c in verb.children if c.dep_ == "dobj"]
    objects += [g for c in verb.children if c.dep_ == "prep" for g in c.children if g.dep_ == "pobj"]
    return any(one.lemma_.lower() not in _VAGUE for one in objects)


def _comes_about(verb: Token) -> bool:
    if verb.lemma_.lower() in lexicon().conditions.coming_about:
        return True
    passive = any(c.dep_ == "auxpass" for c in verb.children)
    return passive and agent_of(verb) is None


def _copula_of(token: Token) -> Token:
    at = token
    for _ in range(3):
        at = at.head
        if at.pos_ in ("VERB", "AUX"):
            return at
    return token.head


def _verb_above(noun: Token) -> Token | None:
    at = noun
    for _ in range(3):
        if at.head == at:
            return None
        if at.dep_ not in ("dobj", "pobj", "prep", "conj", "attr"):
            return None
        at = at.head
        if at.pos_ in ("VERB", "AUX"):
            return at
    return None


def _had(noun: Token, verb: Token) -> bool:
    of = any(c.dep_ == "prep" and c.lower_ in ("of", "from") for c in noun.children)
    return of and verb.lemma_.lower() in lexicon().stances.having


def _is_cue_verb(token: Token) -> bool:
    return token.lemma_.lower() in lexicon().stances.verbs


def _clause(token: Token) -> tuple[int, int]:
    """First and last token of the main clause a word stands in."""
    at = token
    for _ in range(30):
        if at.head == at:
            break
        if (
            at.dep_ == "conj"
            and at.pos_ in ("VERB", "AUX")
            and any(c.dep_ in ("nsubj", "nsubjpass", "expl") for c in at.children)
        ):
            top = at.head
            while top.dep_ == "conj":
                top = top.head
            if top.dep_ == "ROOT":
                break
        at = at.head
    first, last = at.left_edge.i, at.right_edge.i
    for child in at.children:
        own = any(c.dep_ in ("nsubj", "nsubjpass", "expl") for c in child.children)
        if child.dep_ == "conj" and own and child.pos_ in ("VERB", "AUX") and token.i < child.left_edge.i:
            last = min(last, child.left_edge.i - 1)
            while last > token.i and (at.doc[last].dep_ == "cc" or at.doc[last].is_punct):
                last -= 1
    return first, last


def _condition_cue(condition: positions.Condition | None) -> str:
    return "" if condition is None else f"“{condition.cue} …” → condition"


def _side(stance: str) -> int:
    return 1 if stance.startswith("support") else -1 if stance.startswith("oppose") else 0


def _once_each(statements: list[ExtractedStatement]) -> list[ExtractedStatement]:
    """A position said twice is recorded once, at its clearest place; one with its condition is clearer."""
    kept: list[ExtractedStatement] = []
    for one in sorted(statements, key=_clearness, reverse=True):
        if not any(_says_the_same(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda s: (s.start, s.end, s.actor, s.target))


def _says_the_same(one: ExtractedStatement, other: ExtractedStatement) -> bool:
    if (one.actor, one.target, _side(one.position)) != (other.actor, other.target, _side(other.position)):
        return False
    if one.condition and other.condition:
        return fuzz.token_set_ratio(one.condition, other.condition) >= SAME_CONDITION
    return True


def _clearness(statement: ExtractedStatement) -> tuple[bool, float, int]:
    return (statement.condition is not None, round(statement.confidence, 1), -statement.start)
