"""On what condition: if, unless, without, "but … must", "any deal must …"."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spacy.tokens import Token

from .lexicon import lexicon
from .positions import VERBAL, Cue, is_negated, turns
from .reporting import agent_of, governor
from .sentences import Passage
from .syntax import bearer_of, clause_verb, head_of
from .targets import TargetMention


@dataclass(frozen=True, slots=True)
class Condition:
    words: str
    cue: str
    first: int
    last: int
    turned: bool = False
    reason: bool = False


def find_condition(clause: Token, against: bool = False) -> Condition | None:
    """The condition that a clause names for what it says: if, unless, without, but … must."""
    c = lexicon().conditions
    markers = c.markers | c.markers_against if against else c.markers
    for token in sorted(clause.subtree, key=lambda t: t.i):
        if token.dep_ == "advcl" and _bears_on(token, clause):
            marker = next(
                (m for m in token.children if m.dep_ in ("mark", "advmod") and m.lower_ in markers and m.i < token.i),
                None,
            )
            if marker is not None:
                tokens = [t for t in token.subtree if t.i > marker.i]
                if tokens:
                    return _condition(tokens, marker.lower_)
        if token.dep_ == "advcl" and token.pos_ in VERBAL and is_negated(token) and _bears_on(token, clause):
            # "rejected it because it did not call for …"
            reason = next(
                (m for m in token.children if m.dep_ == "mark" and m.lower_ in ("because", "as", "since")), None
            )
            if reason is not None:
                return _condition([t for t in token.subtree if t.i >= token.i], f"{reason.lower_} … not", reason=True)
        if token.lower_ in c.without and token.dep_ == "prep" and _bears_on(token, clause):
            tokens = [t for t in token.subtree if t.i > token.i]
            if tokens:
                return _condition(tokens, "without", turned=True)
    low = str(clause.sent.text).lower()
    for phrase in c.phrases:
        at = low.find(phrase)
        if at >= 0:
            start = clause.sent.start_char + at + len(phrase)
            right = clause.right_edge.i
            tokens = [t for t in clause.doc[clause.sent.start : right + 1] if t.idx >= start]
            if tokens and clause.left_edge.idx <= start:
                return _condition(_until_stop(tokens), phrase)
    for child in (*clause.children, *(g for k in clause.children if k.dep_ == "conj" for g in k.children)):
        # "welcomed the plan but stressed that revisions are needed"
        if child.dep_ == "conj" and child.pos_ in VERBAL:
            joined = [t for t in clause.doc[clause.i : child.i] if t.dep_ == "cc"]
            if any(t.lower_ in c.contrast for t in joined) and _needs(child):
                body = next((k for k in child.children if k.dep_ == "ccomp"), child)
                return _condition([t for t in body.subtree if t.dep_ != "mark" or t.i > body.i], "but")
    return None


def _bears_on(token: Token, clause: Token) -> bool:
    """Does a condition belong to a clause, and not to a reason or a relative clause inside it?"""
    at = token.head
    for _ in range(12):
        if at == clause or at.head == at:
            return True
        if at.dep_ in ("advcl", "relcl", "appos") or (at.dep_ == "conj" and at.pos_ in VERBAL):
            return False
        at = at.head
    return False


def _needs(token: Token) -> bool:
    needs = lexicon().conditions.needs
    return any(t.lower_ in needs and not (t.dep_ == "aux" and t.lower_ in ("has", "have")) for t in token.subtree)


def _until_stop(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in tokens:
        if token.text in (";", ".", "—", "”") or (token.text == "," and len(kept) > 2):
            break
        kept.append(token)
    return kept


def _condition(tokens: list[Token], cue: str, turned: bool = False, reason: bool = False) -> Condition | None:
    tokens = [t for t in tokens if not t.is_space]
    while tokens and (tokens[-1].is_punct or tokens[-1].is_quote):
        tokens.pop()
    while tokens and (tokens[0].is_punct or tokens[0].lower_ == "that"):
        tokens.pop(0)
    if not tokens:
        return None
    first, last = tokens[0].i, tokens[-1].i
    return Condition(tokens[0].doc[first : last + 1].text, cue, first, last, turned, reason)


def predicate_words(verb: Token) -> Condition | None:
    """What a duty demands: "ensure territorial integrity" of "any deal must ensure …"."""
    tokens = [t for t in verb.subtree if t.i >= verb.i]
    if verb.lemma_.lower() in lexicon().conditions.requiring:
        tokens = tokens[1:] or tokens
    elif verb.dep_ == "xcomp" or verb.lemma_ == "be":
        tokens = [t for t in verb.subtree if t.i >= verb.i]
    if verb.lemma_ == "be":
        tokens = tokens[1:] or tokens
    return _condition(_until_stop(tokens), "must")


def condition_of(cue: Cue) -> Condition | None:
    token = cue.token
    if cue.form == "duty":
        subject = next((c for c in bearer_of(token).children if c.dep_ in ("nsubj", "nsubjpass")), None)
        if subject is not None and _is_settlement(subject) and not _comes_about(token):
            return predicate_words(token)
        return None
    if cue.form == "shortcoming":
        tokens = [c for c in token.children if c.dep_ in ("dobj", "prep")]
        return _condition(list(tokens[0].subtree), "lacks") if tokens else None
    clause = clause_verb(token)
    against = (cue.attitude in ("oppose", "doubt")) != bool(turns(token) % 2)
    if cue.form == "need":
        return _condition([t for t in token.subtree if t.i > token.i], "no … without")
    if cue.form in ("verdict", "merit", "aim"):
        return None
    found = find_condition(clause, against)
    above = governor(token)
    if found is None and above is not None:
        found = find_condition(above, against)
        if found is not None and found.first < token.i:
            return None
    if found is not None and found.first <= token.i <= found.last:
        return None
    if found is not None and found.reason and cue.attitude not in ("oppose", "doubt"):
        return None
    return found


def limit_of(passage: Passage, cue: Cue, mention: TargetMention, turned: int) -> Condition | None:
    """ "won't endorse a deal undermining …", "any ceasefire that does not …": not as it stands."""
    against = (cue.attitude in ("oppose", "doubt")) != bool(turned % 2)
    head = head_of(passage, mention)
    if not against or cue.form in ("duty", "shortcoming"):
        return None
    if not any(c.dep_ == "det" and c.lower_ in ("a", "an", "any", "no") for c in head.children):
        return None
    clause = next((c for c in head.children if c.dep_ in ("acl", "relcl") and c.i > head.i), None)
    if clause is None or (clause.dep_ == "acl" and clause.tag_ not in ("VBG",)):
        return None
    found = _condition([t for t in clause.subtree if t.lower_ not in ("that", "which") or t.i > clause.i], "a … that")
    if found is None:
        return None
    return replace(found, words=f"not {found.words}")


def on_subject(cue: Cue, mention: TargetMention) -> bool:
    subject = next((c for c in bearer_of(cue.token).children if c.dep_ in ("nsubj", "nsubjpass")), None)
    return subject is not None and mention.first <= subject.i <= mention.last


def _is_settlement(subject: Token) -> bool:
    c = lexicon().conditions
    if subject.lemma_.lower() not in c.settlements:
        return False
    determiners = {k.lower_ for k in subject.children if k.dep_ in ("det", "amod")}
    return bool(determiners & (c.generic | {"the", "this", "that"})) or subject.tag_ in ("NNS", "NN")


def _comes_about(verb: Token) -> bool:
    if verb.lemma_.lower() in lexicon().conditions.coming_about:
        return True
    passive = any(c.dep_ == "auxpass" for c in verb.children)
    return passive and agent_of(verb) is None
