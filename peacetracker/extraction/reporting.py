"""Verbs of saying and who their subjects are, whatever the form: active, passive, participle, coordination."""

from __future__ import annotations

from spacy.tokens import Token

from .lexicon import lexicon

_SUBJECTS = ("nsubj", "csubj")


def is_reporting(token: Token) -> bool:
    if token.pos_ not in ("VERB", "AUX"):
        return False
    if token.lemma_.lower() in lexicon().reporting.verbs:
        return True
    # "issued a statement", "put out a declaration"
    return any(c.dep_ == "dobj" and c.lemma_.lower() in lexicon().people.documents for c in token.children)


def agent_of(verb: Token) -> Token | None:
    """ "by Israel" of "rejected by Israel"."""
    for child in verb.children:
        if child.dep_ == "agent" or (child.dep_ == "prep" and child.lower_ == "by"):
            for grandchild in child.children:
                if grandchild.dep_ == "pobj":
                    return grandchild
    return None


def is_passive(verb: Token) -> bool:
    return any(c.dep_ in ("nsubjpass", "auxpass", "csubjpass") for c in verb.children) or (
        verb.tag_ == "VBN"
        and verb.dep_ in ("acl", "amod", "relcl")
        and not any(c.dep_ == "nsubj" for c in verb.children)
        and not any(c.lemma_ == "have" for c in verb.children if c.dep_ == "aux")
    )


_BEING = frozenset({"be", "seem", "appear", "become", "remain"})


def is_expletive(token: Token) -> bool:
    """ "It is clear that …", "it remains to be seen": a subject that stands for nobody."""
    if token.lower_ != "it" or token.dep_ not in ("nsubj", "nsubjpass", "expl"):
        return False
    verb = token.head
    if token.dep_ == "expl":
        return True
    judged = [c for c in verb.children if c.dep_ in ("acomp", "attr", "oprd")]
    clauses = (c for one in (verb, *judged) for c in one.children if c.i > verb.i)
    return verb.lemma_ in _BEING and bool(judged) and any(c.dep_ in ("ccomp", "xcomp", "csubj") for c in clauses)


def own_subject(verb: Token) -> Token | None:
    for child in verb.children:
        if child.dep_ in _SUBJECTS:
            return child
    return None


def subject_of(verb: Token) -> Token | None:
    """The noun that does what the verb says: its own subject, or that of the verb it leans on."""
    seen = 0
    token = verb
    while seen < 8:
        seen += 1
        if is_passive(token):
            return (
                agent_of(token) if token == verb else next((c for c in token.children if c.dep_ == "nsubjpass"), None)
            )
        subject = own_subject(token)
        if subject is not None:
            if subject.lower_ in ("who", "which", "that") and token.dep_ == "relcl":
                return token.head
            return subject
        head = token.head
        if token.dep_ == "conj" and head.pos_ in ("VERB", "AUX", "ADJ", "NOUN"):
            token = head
        elif token.dep_ in ("xcomp", "advcl", "ccomp", "acomp", "attr") and head.pos_ in ("VERB", "AUX", "ADJ"):
            if token.dep_ == "ccomp" and any(c.dep_ == "mark" for c in token.children):
                return None
            if token.dep_ == "xcomp":
                # "urge Russia to withdraw": the object does it
                obj = next((c for c in head.children if c.dep_ in ("dobj", "iobj", "dative")), None)
                if obj is not None and obj.i < token.i:
                    return obj
            token = head
        elif token.dep_ == "acl" and token.tag_ == "VBG":
            return head
        elif token.dep_ in ("acl", "relcl") and head.dep_ == "attr" and head.head.pos_ in ("VERB", "AUX"):
            token = head.head  # "was the only country to abstain"
        elif token.dep_ == "pobj" and token != verb and head.dep_ == "prep":
            token = head  # "in addition to drawing up a plan, he …"
        elif token.dep_ in ("pcomp", "prep") and head.pos_ in ("VERB", "AUX", "ADJ", "ADP", "SCONJ", "NOUN"):
            token = head
        else:
            return None
    return None


def governor(token: Token) -> Token | None:
    """The verb of saying in whose clause a word stands: "insisted" for what was insisted upon."""
    at = token
    for _ in range(12):
        head = at.head
        if head == at:
            return None
        if head.pos_ in ("VERB", "AUX") and head.lemma_.lower() in lexicon().reporting.indirect:
            if at.dep_ in ("ccomp", "parataxis"):
                return head
        if at.dep_ == "ccomp" and (said := _says_by_adjective(head)) is not None:
            return said
        at = head
    return None


def _says_by_adjective(word: Token) -> Token | None:
    """The verb of "made clear that …", "is adamant that …", "has been clear and believes that …"."""
    adjectives = lexicon().reporting.adjectives
    if word.lemma_.lower() in adjectives and word.head.pos_ in ("VERB", "AUX"):
        return word.head
    if word.lemma_.lower() in ("make", "be") and any(c.lemma_.lower() in adjectives for c in word.children):
        return word
    return None
