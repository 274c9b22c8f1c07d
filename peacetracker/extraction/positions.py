"""Where a position is taken, and which: cues, negation, modality, conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spacy.tokens import Token

from .lexicon import Phrase, Phrases, lexicon
from .model import Position
from .reporting import is_passive
from .targets import TargetMention

VERBAL = ("VERB", "AUX")
_COPULAS = frozenset({"be", "remain", "become", "seem", "appear", "stay", "stand", "constitute", "represent"})
FIRST_PERSON = frozenset({"i", "we", "us", "our", "my", "me"})


def is_first_person(token: Token) -> bool:
    """ "we", "us", "our", but not the US."""
    return token.lower_ in FIRST_PERSON and token.text != "US"


_HYPOTHETICAL = frozenset({"may", "might", "could"})


@dataclass(frozen=True, slots=True)
class Cue:
    """A word by which a position is taken; ``form`` says how to read what stands around it."""

    token: Token
    form: str  # verb, passive, participle, noun, adjective, verdict, duty, shortcoming, intent, existence …
    attitude: str  # support, propose, demand, oppose, doubt, neutral
    words: str


# --- finding cues ------------------------------------------------------------------------------------------------


def find_cues(tokens: Iterable[Token]) -> Iterator[Cue]:
    s = lexicon().stances
    for token in tokens:
        if token.is_punct or token.is_space:
            continue
        lemma = token.lemma_.lower()
        if token.pos_ in VERBAL:
            phrase = _fitting(s.verbs, lemma, token)
            if phrase is not None:
                form = "verb"
                if is_passive(token):
                    form = "participle" if token.dep_ in ("acl", "amod") else "passive"
                yield Cue(token, form, phrase.attitude, str(phrase))
            short = _fitting(s.shortcomings, lemma, token)
            if short is not None and not is_passive(token):
                yield Cue(token, "shortcoming", "doubt", str(short))
            merit = _fitting(s.merits, lemma, token)
            if merit is not None and not is_passive(token):
                yield Cue(token, "merit", "support", str(merit))
            silence = _fitting(s.silences, lemma, token)
            if silence is not None and turns(token) % 2:
                yield Cue(token, "verb", "neutral", f"not … {silence}")
            if lemma == "be" and (aim := _aim(token)) is not None:
                yield Cue(token, "aim", "support", f"{aim.text} {token.text}")
            if lemma in s.judging and (judged := _judgement(token)) is not None:
                yield Cue(token, "verb", judged.attitude, f"{token.text} … {judged}")
            if is_duty(token):
                yield Cue(token, "duty", "demand", duty_words(token))
            if (thing := _existence(token)) is not None:
                no = is_negated(token) or is_negated(thing) or (token.dep_ == "xcomp" and is_negated(token.head))
                yield Cue(token, "existence", "oppose" if no else "support", "there … no" if no else "there will be")
            if is_intent(token):
                yield Cue(token, "intent", "support", intent_words(token))
        elif token.lower_ == "without" and token.dep_ == "prep" and _no_settlement(token) is not None:
            yield Cue(token, "need", "demand", "no … without")
        elif token.pos_ in ("NOUN", "PROPN") and (noun := _fitting(s.nouns, lemma, token)):
            yield Cue(token, "noun", noun.attitude, lemma)
        if token.pos_ in ("ADJ", "NOUN", "PROPN", "ADP", "ADV", "VERB", "SCONJ") and token.dep_ in (
            "acomp",
            "attr",
            "prep",
            "oprd",
            "ROOT",
            "conj",
            "advmod",
            "pobj",
            "amod",
        ):
            copula = _copula(token) if lemma in s.adjectives or lemma in s.verdicts else None
            if copula is not None:
                adjective = _fitting(s.adjectives, lemma, token)
                if adjective is not None:
                    yield Cue(token, "adjective", adjective.attitude, f"{copula.text} {adjective}")
                verdict = _verdict(token)
                if verdict is not None:
                    yield Cue(token, "verdict", verdict.attitude, f"{copula.text} {verdict}")


def _fitting(phrases: Phrases, lemma: str, token: Token) -> Phrase | None:
    choices = phrases.get(lemma)
    if not choices:
        return None
    near: set[str] | None = None
    for phrase in choices:
        if not phrase.rest:
            return phrase
        if near is None:
            near = {c.lemma_.lower() for c in token.children if c.i > token.i}
            near |= {g.lemma_.lower() for c in token.children if c.i > token.i for g in c.children}
            near |= {t.lemma_.lower() for t in token.doc[token.i + 1 : min(token.i + 4, token.sent.end)]}
        if all(word in near for word in phrase.rest):
            return phrase
    return None


def _copula(token: Token) -> Token | None:
    """The "is" of "is essential", "is of vital importance", "stands ready"."""
    at = token
    for _ in range(4):
        head = at.head
        if head == at:
            return None
        if head.pos_ in VERBAL and head.lemma_.lower() in _COPULAS:
            return head if at.i > head.i or at.dep_ in ("acomp", "attr") else None
        if _leads_up(at):
            at = head
            continue
        return None
    return None


def _leads_up(token: Token) -> bool:
    """Between "important" and the "is" of "is of importance", "is one of the important points"."""
    head = token.head
    if token.dep_ in ("pobj", "conj") or head.dep_ == "prep" or (token.dep_ == "prep" and token.lower_ == "of"):
        return True
    return token.dep_ == "amod" and head.dep_ in ("attr", "pobj")


def _judgement(verb: Token) -> Phrase | None:
    """ "unrealistic" of "called the plan unrealistic", "basis" of "described it as a good basis"."""
    thing = next((c for c in verb.children if c.dep_ in ("dobj", "nsubj") and c.i > verb.i), None)
    tail = [t for t in verb.subtree if t.i > verb.i and t != thing]
    for token in tail[:12]:
        if token.dep_ in ("oprd", "appos", "pobj", "acomp", "attr", "ccomp", "dobj", "amod", "conj"):
            if thing is not None and token.i < thing.i:
                continue
            verdict = _verdict(token)
            if verdict is not None:
                return verdict
    return None


def _verdict(token: Token) -> Phrase | None:
    """Verdict phrases are written as they are read: "only way", "right answer", "good basis"."""
    choices = lexicon().stances.verdicts.get(token.lemma_.lower())
    if not choices:
        return None
    left = {t.lemma_.lower() for t in token.subtree if t.i < token.i} | {
        t.lemma_.lower() for t in token.doc[max(token.i - 3, token.sent.start) : token.i]
    }
    return next((p for p in choices if all(word in left for word in (p.head, *p.rest)[:-1])), None)


def _aim(copula: Token) -> Token | None:
    """The "goal" of "our goal is a ceasefire", the "way" of "the only way is a deal", the "about" of "it is about …",
    the "want" of "what we want is peace": what follows is what the speaker is for."""
    stances = lexicon().stances
    subject = next((c for c in copula.children if c.dep_ in ("nsubj", "csubj")), None)
    if subject is None:
        return None
    lemma = subject.lemma_.lower()
    if lemma in stances.aims and any(c.dep_ == "poss" for c in subject.children):
        return subject
    if lemma in stances.ways and any(c.lower_ in stances.chosen for c in subject.children if c.dep_ == "amod"):
        return subject
    if subject.lower_ == "it":
        return next((c for c in copula.children if c.dep_ == "prep" and c.lower_ == "about"), None)
    if subject.dep_ == "csubj" and subject.left_edge.lower_ in ("what", "where"):
        wants = [t for t in subject.subtree if t.lemma_.lower() in stances.wanting]
        return wants[0] if wants else None
    return None


def _existence(verb: Token) -> Token | None:
    """The "ceasefire" of "there will be no ceasefire": what the speaker says is to be, or not to be."""
    if verb.lemma_ != "be":
        return None
    bearer = verb.head if verb.dep_ == "xcomp" and verb.head.lower_ == "going" else verb
    if not any(c.dep_ == "expl" for c in (*verb.children, *bearer.children)):
        return None
    future = bearer != verb or any(a.dep_ == "aux" and a.lower_ in _TO_COME for a in verb.children)
    return next((c for c in verb.children if c.dep_ == "attr"), None) if future else None


_TO_COME = frozenset({"will", "would", "can", "must", "should", "shall", "'ll", "wo", "ca", "cannot"})


def _no_settlement(without: Token) -> Token | None:
    """The "peace" of "no lasting peace without …", "a just peace cannot be realized without …"."""
    settlements = lexicon().conditions.settlements | lexicon().conditions.fighting
    head = without.head
    if head.pos_ == "NOUN":
        no = any(c.dep_ == "det" and c.lower_ == "no" for c in head.children)
        return head if no and head.lemma_.lower() in settlements else None
    if head.pos_ in VERBAL:
        for child in head.children:
            if child.dep_ in ("attr", "nsubj", "nsubjpass", "dobj") and child.lemma_.lower() in settlements:
                no = any(c.dep_ == "det" and c.lower_ == "no" for c in child.children)
                if no or any(c.dep_ == "neg" for c in head.children):
                    return child
    return None


def settlement_without(without: Token) -> Token | None:
    return _no_settlement(without)


def is_duty(verb: Token) -> bool:
    """ "must withdraw", "need to begin", "have no choice but to"."""
    c = lexicon().conditions
    if any(a.dep_ == "aux" and a.lemma_.lower() in c.modals for a in verb.children):
        return True
    head = verb.head
    if verb.dep_ == "xcomp" and head.lemma_.lower() in c.duty_verbs and any(a.lower_ == "to" for a in verb.children):
        return True
    if (
        verb.dep_ == "xcomp"
        and head.lower_ in ("got", "gotta")
        and any(a.lemma_ in ("have", "'ve") for a in head.children)
    ):
        return True
    if verb.lemma_.lower() in c.requiring and not is_passive(verb):
        # "diplomacy requires good faith": said of a settlement, not of somebody who demands
        subject = next((k for k in verb.children if k.dep_ in ("nsubj", "csubj")), None)
        return subject is not None and subject.lemma_.lower() in c.settlements
    if verb.lemma_ == "have" and verb.pos_ == "VERB":
        return any(o.dep_ == "dobj" and o.lemma_ == "choice" for o in verb.children)
    return False


def duty_words(verb: Token) -> str:
    for a in verb.children:
        if a.dep_ == "aux" and a.lemma_.lower() in lexicon().conditions.modals:
            return str(verb.doc[a.i : verb.i + 1].text) if verb.i - a.i <= 4 else f"{a.text} {verb.text}"
    if verb.dep_ == "xcomp":
        return f"{verb.head.text} to {verb.text}"
    return verb.text


def is_intent(verb: Token) -> bool:
    """ "we will …", "is not going to …": what is said of oneself."""
    if verb.lemma_ == "be" or is_passive(verb):
        return False
    if any(
        a.dep_ == "aux" and a.lower_ in ("will", "wo", "would", "'ll", "can", "ca", "cannot") for a in verb.children
    ):
        return True
    return verb.dep_ == "xcomp" and verb.head.lower_ == "going"


def intent_words(verb: Token) -> str:
    aux = next((a.text for a in verb.children if a.dep_ == "aux"), "")
    no = "not" if is_negated(verb) or (verb.dep_ == "xcomp" and is_negated(verb.head)) else ""
    return " ".join(word for word in (aux, no, verb.text) if word)


# --- negation and modality ---------------------------------------------------------------------------------------


def is_negated(token: Token) -> bool:
    negations = lexicon().stances.negations
    for child in token.children:
        if child.lower_ == "not" and child.i + 1 < len(child.doc) and child.nbor().lower_ in _NOT_ONLY:
            continue
        if child.dep_ == "neg":
            return True
        if (
            child.lower_ in negations
            and child.dep_ in ("det", "advmod", "preconj", "cc", "neg")
            and child.lower_ != "nor"
        ):
            return True
        if child.dep_ in ("nsubj", "nsubjpass") and (
            child.lower_ in ("nobody", "none") or any(g.dep_ == "det" and g.lower_ == "no" for g in child.children)
        ):
            return True
        if child.dep_ == "advmod" and child.lower_ == "longer" and any(g.lower_ == "no" for g in child.children):
            return True
    return False


_RAISING = frozenset(
    {"say", "argue", "claim", "believe", "think", "expect", "want", "feel", "intend", "plan", "go", "see", "like"}
)
_NOT_ONLY = frozenset({"only", "just", "merely", "simply"})
_UNDOING = frozenset({"refuse", "decline", "fail", "cease", "stop", "reject", "unwilling", "avoid", "short", "refusal"})


def turns(token: Token) -> int:
    """How often what stands above a cue turns it round: "not believe that …", "refuses to …"."""
    count = int(is_negated(token))
    if token.pos_ not in VERBAL:
        copula = _copula(token)
        if copula is not None and copula.i != token.i:
            count += int(is_negated(copula))
            token = copula
    at = token
    for _ in range(6):
        head = at.head
        if head == at:
            break
        lemma = head.lemma_.lower()
        if at.dep_ in ("xcomp", "ccomp", "pcomp", "acl") or (at.dep_ == "conj" and not _has_own_subject(at)):
            if lemma in _UNDOING and at.dep_ != "conj":
                count += 1
            reaches = at.dep_ == "xcomp" or (at.dep_ == "ccomp" and lemma in _RAISING)
            reaches = reaches or (at.dep_ == "conj" and _negation_spans(head))
            count += int(reaches and is_negated(head))
        else:
            break
        at = head
    return count


def _negation_spans(head: Token) -> bool:
    """ "will not accept or recognise" but not "did not reject it and welcomed …"."""
    return any(c.dep_ == "cc" and c.lower_ in ("or", "nor") for c in head.children)


def _has_own_subject(token: Token) -> bool:
    return any(c.dep_ in ("nsubj", "nsubjpass", "expl", "csubj") for c in token.children)


def is_hypothetical(token: Token) -> bool:
    """Said of what might be: "could accept", "if Russia accepts", "would have accepted", "whether to accept"."""
    at = token
    for _ in range(10):
        for child in at.children:
            if child.dep_ == "aux" and child.lower_ in _HYPOTHETICAL and at == token:
                return True
            if child.dep_ in ("mark", "advmod") and child.lower_ in (
                "if",
                "unless",
                "whether",
                "once",
                "until",
                "before",
            ):
                return True
        lowers = [c.lower_ for c in at.children if c.dep_ == "aux"]
        if at == token and "would" in lowers and "have" in lowers:
            return True
        if at.dep_ == "ROOT" or at.head == at:
            return False
        at = at.head
    return False


def reverses(mention: TargetMention, head: Token, stop: Token) -> tuple[int, bool]:
    """Between a target and its cue: how often it is turned round, and whether a shield takes it away."""
    s = lexicon().stances
    count, at = 0, head
    for _ in range(15):
        if at.i == stop.i or at.head == at:
            return count, False
        while at.dep_ == "conj" and at.head.i != stop.i and at.head != at:
            at = at.head  # a conjunct is not what the word before it acts on
            if at.i == stop.i:
                return count, False
        beside = at.dep_ in ("conj", "advcl")
        at = at.head
        if at.i == stop.i or beside or at.is_ancestor(stop):
            return count, False
        if mention.first <= at.i <= mention.last:
            continue
        lemma = at.lemma_.lower()
        if lemma in s.shields:
            return count, True
        if at.pos_ in VERBAL:
            count += int(lemma in s.reversing or is_negated(at))
        elif at.pos_ == "NOUN":
            count += int(any(p.attitude == "oppose" for p in s.nouns.get(lemma, ())))
    return count, False


def position(attitude: str, turned: int, condition: bool) -> Position | None:
    """The five-point position of an attitude, turned round so many times."""
    if attitude == "neutral":
        return "neutral"
    against = attitude in ("oppose", "doubt")
    if turned % 2:
        if attitude == "propose" or against:
            return None
        against = True
    if against:
        return "oppose_unless" if condition else "oppose"
    return "support_if" if condition else "support"


def governed_by_doubt(token: Token) -> bool:
    """Does the sentence around a demand doubt what it speaks of?"""
    s = lexicon().stances
    at = token
    for _ in range(8):
        if at.head == at:
            return False
        at = at.head
        phrase = _fitting(s.verbs, at.lemma_.lower(), at) if at.pos_ in VERBAL else None
        if phrase is not None and phrase.attitude in ("doubt", "oppose"):
            return True
    return False
