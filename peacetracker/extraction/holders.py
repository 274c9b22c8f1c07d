"""Whose position a cue takes: the one who speaks, or somebody else of whom the article tells."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spacy.tokens import Token

from . import positions
from .actors import Cast, Holder
from .lexicon import lexicon
from .positions import FIRST_PERSON, Cue
from .quotations import Quotation
from .reporting import agent_of, governor, subject_of
from .sentences import Passage
from .syntax import takes_position, verb_above
from .targets import Table


@dataclass(frozen=True, slots=True)
class Voice:
    """Who "we" is, and whose opinion an opinion is."""

    holders: tuple[Holder, ...] = ()
    quotation: Quotation | None = None
    question: bool = False


class Whose:
    """Finds the holders of positions in one article."""

    def __init__(self, cast: Cast, table: Table) -> None:
        self.cast = cast
        self.table = table

    def holders(self, passage: Passage, cue: Cue, voice: Voice) -> tuple[list[Holder], bool]:
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

    def _intends(self, passage: Passage, cue: Cue, voice: Voice) -> bool:
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
        self, passage: Passage, cue: Cue, subject: Token, voice: Voice, ours: list[Holder]
    ) -> tuple[list[Holder], bool]:
        if subject.lower_ in FIRST_PERSON:
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

    def _noun_holders(self, passage: Passage, cue: Cue, voice: Voice, ours: list[Holder]) -> tuple[list[Holder], bool]:
        noun = cue.token
        above = verb_above(noun)
        for child in noun.children:
            if child.dep_ == "poss":
                if child.lower_ in FIRST_PERSON:
                    return list(voice.holders), False
                if above is not None and self._to_come(above):
                    return [], False
                if above is not None and cue.attitude != "oppose" and takes_position(above):
                    return [], False  # "welcome Trump's commitment": the one who welcomes takes the position
                named = self.cast.resolve(passage, child, list(voice.holders))
                subject = subject_of(above) if above is not None else None
                if subject is not None and named and subject.i < noun.i:
                    # "Secretary Rubio reiterated the United States' commitment": he speaks for it
                    for holder in self.cast.resolve(passage, subject, list(voice.holders)):
                        if holder.actor == named[0].actor:
                            return [holder], False
                if child.lower_ in ("its", "their", "his", "her"):
                    verb = verb_above(noun)
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
        verb = verb_above(noun)
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
        if self._to_come(verb) and subject.lower_ not in FIRST_PERSON:
            return [], False
        return self._third(passage, cue, subject, voice, ours)

    def _to_come(self, verb: Token) -> bool:
        """A forecast: "China will reiterate calls …"."""
        return any(c.dep_ == "aux" and c.lower_ in ("will", "'ll", "would") for c in verb.children)

    def _reporter(self, passage: Passage, near: Token, said: Token | None, voice: Voice) -> list[Holder]:
        if said is None:
            return self._according(passage, near, voice)
        if voice.quotation is not None and not voice.quotation.holds(passage.offset(said)):
            return []
        subject = subject_of(said)
        if subject is None:
            return []
        if subject.lower_ in FIRST_PERSON:
            return list(voice.holders)
        return self.cast.resolve(passage, subject, list(voice.holders))

    def _according(self, passage: Passage, token: Token, voice: Voice) -> list[Holder]:
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
