"""Where a word stands in its sentence: questions to the dependency parse that several steps ask."""

from __future__ import annotations

from spacy.tokens import Token

from .lexicon import lexicon
from .sentences import Passage
from .targets import TargetMention


def head_of(passage: Passage, mention: TargetMention) -> Token:
    """The word of a mention that the others depend on."""
    tokens = passage.doc[mention.first : mention.last + 1]
    return tokens.root


def without_clauses(noun: Token) -> set[int]:
    """The words of a noun phrase, not those of the relative clauses that hang on it."""
    left_out = {t.i for c in noun.subtree if c.dep_ == "relcl" for t in c.subtree}
    return {t.i for t in noun.subtree} - left_out


def bearer_of(verb: Token) -> Token:
    """The verb that bears the subject: "need" of "need to begin"."""
    return verb.head if verb.dep_ == "xcomp" else verb


def copula_of(token: Token) -> Token:
    at = token
    for _ in range(3):
        at = at.head
        if at.pos_ in ("VERB", "AUX"):
            return at
    return token.head


def clause_verb(token: Token) -> Token:
    """The verb of the clause that a word stands in, or what is found on the way to it."""
    for _ in range(4):
        if token.pos_ in ("VERB", "AUX") and token.dep_ != "xcomp":
            break
        token = token.head
    return token


def verb_above(noun: Token) -> Token | None:
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


def had_of(noun: Token, verb: Token) -> bool:
    of = any(c.dep_ == "prep" and c.lower_ in ("of", "from") for c in (*noun.children, *verb.children))
    return of and verb.lemma_.lower() in lexicon().stances.having


def takes_position(token: Token) -> bool:
    return token.lemma_.lower() in lexicon().stances.verbs


def main_clause(token: Token) -> tuple[int, int]:
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
