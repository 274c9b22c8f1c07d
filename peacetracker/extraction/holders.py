"""Whose position a cue takes: the one who speaks, or somebody else of whom the article tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from spacy.tokens import Token

from . import positions
from .actors import Cast, Holder
from .lexicon import lexicon
from .positions import Cue, is_first_person
from .quotations import Quotation
from .reporting import agent_of, governor, is_expletive, own_subject, subject_of
from .sentences import Passage
from .syntax import copula_of, takes_position, verb_above
from .targets import Table

_THIRD_PERSON = frozenset({"he", "she", "it", "they"})
_OPINIONS = frozenset({"duty", "verdict", "shortcoming", "need", "merit", "aim", "existence"})


@dataclass(frozen=True, slots=True)
class Voice:
    """Who "we" is, and whose opinion an opinion is."""

    holders: tuple[Holder, ...] = ()
    quotation: Quotation | None = None
    question: bool = False


class Held(NamedTuple):
    """Who holds a position and by what ``link`` he was found.

    ``first`` says "we", ``voice`` has the floor, ``reporter`` is the subject of a verb of saying, ``subject`` of the
    cue itself, ``noun`` is named beside a noun, ``near`` stands before it in the sentence, ``barred`` is nobody
    because what others say somebody wants does not count, ``none`` nobody.
    """

    holders: list[Holder]
    link: str
    third: bool = False


NOBODY = Held([], "none")
BARRED = Held([], "barred")


class Whose:
    """Finds the holders of positions in one article."""

    def __init__(self, cast: Cast, table: Table) -> None:
        self.cast = cast
        self.table = table

    def holders(self, passage: Passage, cue: Cue, voice: Voice) -> Held:
        """Who takes the position, and whether it is somebody else than the one who speaks."""
        reporter = self._reporter(passage, cue.token, voice)
        ours = list(voice.holders) if reporter is None else reporter
        found = self._by_syntax(passage, cue, voice, ours, bool(reporter))
        if found.holders or found.link == "barred" or cue.form == "passive":
            return found
        return self._nearest(passage, cue, voice, reporter)

    def _by_syntax(self, passage: Passage, cue: Cue, voice: Voice, ours: list[Holder], reported: bool) -> Held:
        if cue.form in _OPINIONS:
            return Held(ours, "reporter" if reported else "voice") if ours else NOBODY
        if cue.form in ("participle", "passive"):
            agent = agent_of(cue.token)
            if agent is not None:
                return self._third(passage, cue, agent, voice, ours)
            return self._tabled_by(passage, cue) if cue.form == "participle" and cue.attitude == "propose" else BARRED
        if cue.form == "noun":
            return self._of_noun(passage, cue, voice, ours)
        token = cue.token
        if cue.form == "intent" and not self._intends(passage, cue):
            return BARRED
        if cue.form == "verb" and asked_of_another(token):
            return BARRED
        verb = copula_of(token) if cue.form == "adjective" and token.pos_ not in positions.VERBAL else token
        subject = subject_of(verb)
        if subject is not None:
            return self._third(passage, cue, subject, voice, ours)
        imperative = token.dep_ == "ROOT" and token.tag_ in ("VB", "VBP", "NNP") and token.i - token.sent.start <= 2
        return Held(ours, "voice") if imperative and voice.holders else NOBODY

    def _tabled_by(self, passage: Passage, cue: Cue) -> Held:
        """The Soviets of "a Soviet plan tabled in May"."""
        for child in cue.token.head.children:
            if child.dep_ in ("amod", "compound", "poss", "nmod") and self.cast.mention(passage, child) is not None:
                return Held(self.cast.resolve(passage, child), "noun", True)
        return BARRED

    def _nearest(self, passage: Passage, cue: Cue, voice: Voice, reporter: list[Holder] | None) -> Held:
        """Where the parse tells nothing: who reports, who speaks, or the last subject before the cue."""
        if cue.form in _OPINIONS and voice.quotation is None:
            return NOBODY  # they are those of whoever reports or speaks, and there is nobody
        if voice.quotation is not None:
            ours = list(voice.holders) or reporter
            return Held([replace(h, sure=h.sure * 0.8) for h in ours], "near") if ours else NOBODY
        token = cue.token
        before = passage.doc[token.sent.start : token.i]
        for subject in reversed([t for t in before if t.dep_ in ("nsubj", "nsubjpass")]):
            if is_first_person(subject):
                holders = list(voice.holders)
            else:
                holders = self.cast.resolve(passage, subject, list(voice.holders))
            if holders and voice.holders and holders[0].actor not in {h.actor for h in voice.holders}:
                return BARRED
            if holders:
                return Held([replace(h, sure=h.sure * 0.7) for h in holders], "near")
        return NOBODY

    def _intends(self, passage: Passage, cue: Cue) -> bool:
        """Is it a position to say that one will, or will not, do this?"""
        verb = cue.token
        if positions.turns(verb) % 2:
            return True
        inside = any(m.first <= verb.i <= m.last and m.size > 1 for m in self.table.mentions[passage.start])
        return inside or verb.lemma_.lower() in lexicon().stances.intentions

    def _third(self, passage: Passage, cue: Cue, subject: Token, voice: Voice, ours: list[Holder]) -> Held:
        if is_first_person(subject):
            return Held(list(voice.holders), "first")
        if subject.lower_ in _THIRD_PERSON and ours and governor(cue.token) is not None:
            return Held(ours, "reporter")
        holders = self.cast.resolve(passage, subject, list(voice.holders))
        if not holders:
            if any(c.dep_ == "poss" and is_first_person(c) for c in subject.children):
                return Held(list(voice.holders), "first")  # "my government", "our delegation"
            return NOBODY if subject.pos_ == "PRON" and cue.token.dep_ != "relcl" else BARRED
        mine = {h.actor: h for h in reversed(ours)}
        if any(h.actor in mine for h in holders):
            return Held([mine.get(h.actor, h) for h in holders], "subject")
        if (voice.holders or ours or voice.quotation is not None) and not _did(cue.token):
            return Held([], "barred", True)
        return Held(holders, "subject", bool(ours))

    # --- nouns -------------------------------------------------------------------------------------------------------

    def _of_noun(self, passage: Passage, cue: Cue, voice: Voice, ours: list[Holder]) -> Held:
        noun = cue.token
        above = verb_above(noun)
        for child in noun.children:
            if child.dep_ == "poss":
                return self._of_owner(passage, cue, child, above, voice, ours)
        for child in noun.children:
            if child.dep_ in ("amod", "compound", "nmod") and self.cast.mention(passage, child) is not None:
                return Held(self.cast.resolve(passage, child), "noun", bool(ours))
        agent = _object_of(noun, ("by", "from"))
        if agent is not None:
            return self._third(passage, cue, agent, voice, ours)
        if above is None:
            return NOBODY
        if _refuses(above):
            return BARRED  # "rejected calls for a truce": said by the verb
        if above.lemma_.lower() in lexicon().stances.having:
            backer = _object_of(noun, ("of",)) or _object_of(above, ("from",))
            if backer is not None:
                return self._third(passage, cue, backer, voice, ours)
        if above.lemma_.lower() not in lexicon().reporting.light:
            return NOBODY
        subject = subject_of(above)
        if subject is None or subject.i > noun.i:
            return NOBODY
        if _to_come(above) and not is_first_person(subject):
            return BARRED
        return self._third(passage, cue, subject, voice, ours)

    def _of_owner(
        self, passage: Passage, cue: Cue, owner: Token, above: Token | None, voice: Voice, ours: list[Holder]
    ) -> Held:
        """ "Moscow's rejection of …", "our support for …"."""
        if is_first_person(owner):
            return Held(list(voice.holders), "first")
        if above is not None and _to_come(above):
            return BARRED
        if above is not None and cue.attitude != "oppose" and takes_position(above):
            return BARRED  # "welcome Trump's commitment": the one who welcomes takes the position
        if above is not None and _refuses(above):
            return BARRED  # "continues to reject their calls"
        subject = subject_of(above) if above is not None else None
        before = subject if subject is not None and subject.i < cue.token.i else None
        named = self.cast.resolve(passage, owner, list(voice.holders))
        if before is not None and named:
            # "Secretary Rubio reiterated the United States' commitment": he speaks for it
            for holder in self.cast.resolve(passage, before, list(voice.holders)):
                if holder.actor == named[0].actor:
                    return Held([holder], "noun")
        if before is not None and owner.lower_ in ("its", "their", "his", "her"):
            return self._third(passage, cue, before, voice, ours)
        return self._third(passage, cue, owner, voice, ours)

    # --- who reports -------------------------------------------------------------------------------------------------

    def _reporter(self, passage: Passage, near: Token, voice: Voice) -> list[Holder] | None:
        """Who says it; none if somebody says it of whom nothing is known, None if nobody does."""
        said = governor(near)
        if said is None:
            return self._according(passage, near, voice) or None
        if voice.quotation is not None and not voice.quotation.holds(passage.offset(said)):
            return None
        subject = subject_of(said)
        if subject is None or is_expletive(subject):
            return None
        if is_first_person(subject):
            return list(voice.holders)
        return self.cast.resolve(passage, subject, list(voice.holders))

    def _according(self, passage: Passage, token: Token, voice: Voice) -> list[Holder]:
        """ "according to Peskov, Russia is open …"."""
        sentence = token.sent
        low = passage.text_of(sentence).lower()
        if not any(words in low for words in lexicon().reporting.according):
            return []
        for one in sentence:
            if one.dep_ == "pobj" and one.head.lower_ in ("to", "of") and one.head.i >= 1:
                before = one.doc[max(one.head.i - 3, 0) : one.head.i].text.lower()
                if before.endswith(("according", "in the words", "in the view")):
                    return self.cast.resolve(passage, one, list(voice.holders))
        return []


def _did(token: Token) -> bool:
    """Is it an act or utterance that can be told of another ("Israel rejected …"), not a wish or a forecast?"""
    if token.lemma_.lower() not in lexicon().reporting.acts or positions.is_negated(token):
        return False
    return not any(a.lower_ in ("will", "would", "could", "can") for a in token.children if a.dep_ == "aux")


def _refuses(verb: Token) -> bool:
    return any(p.attitude == "oppose" for p in lexicon().stances.verbs.get(verb.lemma_.lower(), ()) if not p.rest)


def _to_come(verb: Token) -> bool:
    """A forecast: "China will reiterate calls …"."""
    return any(c.dep_ == "aux" and c.lower_ in ("will", "'ll", "would") for c in verb.children)


def _object_of(token: Token, prepositions: tuple[str, ...]) -> Token | None:
    for child in token.children:
        if child.dep_ in ("prep", "agent") and child.lower_ in prepositions:
            return next((g for g in child.children if g.dep_ == "pobj"), None)
    return None


_FINITE = frozenset({"VBD", "VBZ", "VBP"})


def asked_of_another(token: Token) -> bool:
    """ "urged Russia to accept", "demanded that Russia agree": what is asked of somebody is not his position."""
    if any(c.dep_ in ("nsubj", "nsubjpass") for c in token.children) and any(
        c.dep_ == "aux" and c.lower_ == "to" for c in token.children
    ):
        return True  # "called for Israel to agree", "allowed him to present"
    at = token
    for _ in range(6):
        head = at.head
        if head == at or (at.tag_ in _FINITE and at.dep_ != "ccomp" and own_subject(at) is not None):
            return False
        asks = any(p.attitude == "demand" for p in lexicon().stances.verbs.get(head.lemma_.lower(), ()))
        if at.dep_ in ("xcomp", "acl", "pcomp") or (at.dep_ == "advcl" and at.tag_ == "VB"):
            told = head.lemma_.lower() in lexicon().reporting.telling
            objects = (c for c in head.children if head.i < c.i < at.i)
            if (asks or told) and any(c.dep_ in ("dobj", "prep", "iobj", "dative") for c in objects):
                return True
            if at.dep_ == "acl":
                return True
        if at.dep_ == "ccomp" and asks:
            return True
        at = head
    return False
