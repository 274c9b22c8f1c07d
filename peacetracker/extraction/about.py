"""What a position is about: the targets within the reach of a cue."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from spacy.tokens import Token

from . import positions, targets
from .conditions import Condition
from .lexicon import lexicon
from .positions import Cue
from .sentences import Passage
from .syntax import bearer_of, copula_of, had_of, head_of, takes_position, verb_above, without_clauses
from .targets import Table, TargetMention


class Aim(NamedTuple):
    """A target and its ``link`` to the cue: in its ``scope``, a ``relative`` clause on it, ``previous``, ``near``."""

    mention: TargetMention
    link: str


class About:
    """Finds what cues of one article are about."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def aims(self, passage: Passage, cue: Cue, condition: Condition | None) -> list[Aim]:
        """The targets that a cue is about, at most three, and how each hangs on it."""
        if cue.form == "need":
            return [Aim(m, "scope") for m in self._needed(passage, cue)]
        found = self._in_scope(passage, cue, condition)
        if found:
            if cue.attitude == "propose" and cue.form != "participle":
                found = [m for m in found if self._is_object(passage, cue.token, m)]
            return [Aim(m, "scope") for m in self._pruned(passage, cue, found, condition)[:3]]
        if (mention := self._hung_on(passage, cue)) is not None:
            return [Aim(mention, "relative")]
        if (mention := self._spoken_of_before(passage, cue)) is not None:
            return [Aim(mention, "previous")]
        return self._nearby(passage, cue)

    def _in_scope(self, passage: Passage, cue: Cue, condition: Condition | None) -> list[TargetMention]:
        token = cue.token
        scope = self._scope(cue)
        if condition is not None and cue.form not in ("duty", "shortcoming"):
            scope -= set(range(condition.first, condition.last + 1))
        if cue.form == "duty" and condition is not None:
            bearer = next((c for c in bearer_of(token).children if c.dep_ in ("nsubj", "nsubjpass")), token)
            scope = {t.i for t in bearer.subtree if t.i <= bearer.i or t.dep_ in ("compound", "prep", "pobj")}
        found: list[TargetMention] = []
        for mention in self.table.mentions[passage.start]:
            head = head_of(passage, mention)
            inside = mention.first <= token.i <= mention.last and (mention.size == 1 or cue.form == "noun")
            modified = cue.form == "participle" and mention.first <= token.head.i <= mention.last
            if (head.i in scope or modified) and not inside:
                if all(mention.target != other.target for other in found):
                    found.append(mention)
        return found

    def _hung_on(self, passage: Passage, cue: Cue) -> TargetMention | None:
        """The noun that a clause hangs on: "the plan, to which Kyiv agreed", "initiatives that risk partition"."""
        token = cue.token
        mentions = self.table.mentions[passage.start]
        if cue.form == "verb" and cue.attitude == "oppose":
            thing = next((c for c in token.children if c.dep_ in ("dobj", "pobj")), None)
            clause = next((c for c in thing.children if c.dep_ == "relcl"), None) if thing is not None else None
            if clause is not None:
                inside = {t.i for t in clause.subtree}
                return next((m for m in mentions if head_of(passage, m).i in inside), None)
        noun = token.head
        if token.dep_ == "relcl":
            own = next((c for c in token.children if c.dep_ in ("nsubj", "nsubjpass")), None)
            if own is not None and own.lower_ in ("who", "which", "that") and cue.form != "passive":
                return None
        elif token.dep_ in ("pcomp", "advcl") and cue.form == "passive":
            # "despite being blocked by China, the draft …"
            main = noun.head if noun.dep_ == "prep" else noun
            subject = next((c for c in main.children if c.dep_ in ("nsubj", "nsubjpass")), None)
            if subject is None:
                return None
            noun = subject
        else:
            return None
        return next((m for m in mentions if m.first <= noun.i <= m.last), None)

    def _spoken_of_before(self, passage: Passage, cue: Cue) -> TargetMention | None:
        """ "rejected it", "it lacks …", "I won't comment": what was on the table before."""
        token = cue.token
        thing = next((c for c in token.children if c.dep_ in ("dobj", "nsubjpass", "pobj") and c.i != token.i), None)
        if thing is None:
            thing = next((g for c in token.children if c.dep_ == "prep" for g in c.children if g.dep_ == "pobj"), None)
        last = self.table.last
        if (
            thing is not None
            and (thing.lower_ in ("it", "that", "this", "them") or is_move(thing))
            and last is not None
        ):
            if cue.form in ("verb", "passive") and cue.attitude in ("support", "oppose"):
                return replace(last, first=thing.i, last=thing.i)
        if thing is not None and thing.lemma_.lower() in lexicon().stances.bare and last is not None:
            if not any(c.dep_ in ("prep", "acl") for c in thing.children) and token.dep_ != "xcomp":
                return replace(last, first=thing.i, last=thing.i)  # "have expressed an interest"
        if not self.table.order:
            return None
        target = targets.Target(self.table.order[-1], "proposal")
        if cue.form in ("shortcoming", "merit", "verdict"):
            verb = copula_of(token) if cue.form == "verdict" else token
            subject = next((c for c in verb.children if c.dep_ == "nsubj"), None)
            clause = any(c.dep_ in ("ccomp", "xcomp", "advcl", "acl") for c in (*verb.children, *token.children))
            if (
                subject is not None
                and subject.lower_ in ("it", "this", "that", "they", "these", "those")
                and not (clause and subject.lower_ == "it")
            ):
                return TargetMention(subject.i, subject.i, target, f"“{subject.text}” → {target.name}", True, True)
        silent = cue.attitude == "neutral" and (cue.words.startswith("not") or token.lemma_.lower() == "abstain")
        if silent and not _speaks_of_something_else(token):
            return TargetMention(token.i, token.i, target, f"spoken of before: {target.name}", True, True)
        return None

    def _nearby(self, passage: Passage, cue: Cue) -> list[Aim]:
        """What stands next to a cue in its sentence though the parse does not connect them."""
        token = cue.token
        if cue.form in ("intent", "participle", "aim"):
            return []
        reach = 6 if cue.form in ("noun", "duty") else 15
        sentence = token.sent
        mentions = [m for m in self.table.mentions[passage.start] if not m.loose]
        if cue.form in ("verdict", "merit", "shortcoming"):
            mentions = [m for m in reversed(mentions) if max(sentence.start, token.i - reach) <= m.last < token.i]
        else:
            mentions = [m for m in mentions if token.i < m.first < min(sentence.end, token.i + reach)]
        return [Aim(m, "near") for m in mentions[:1]]

    def of_sponsor(self, passage: Passage, cue: Cue, actor: str) -> list[Aim]:
        """ "Egypt proposed that …": its own proposal, where it has but one that was known by then."""
        if cue.attitude != "propose" or cue.form != "verb":
            return []
        if not any(c.dep_ in ("ccomp", "xcomp") for c in cue.token.children):
            return []
        name = self.table.only_proposal_of(actor)
        if name is None:
            return []
        target = targets.Target(name, "proposal")
        return [Aim(TargetMention(cue.token.i, cue.token.i, target, f"{actor}’s proposal", True, True), "previous")]

    def _needed(self, passage: Passage, cue: Cue) -> list[TargetMention]:
        """Of "no deal without guarantees": the deal where one is on the table, else the guarantees."""
        thing = positions.settlement_without(cue.token)
        mentions = self.table.mentions[passage.start]
        if thing is not None:
            found = [m for m in mentions if m.first <= thing.i <= m.last]
            if found:
                return found[:1]
        inside = {t.i for t in cue.token.subtree}
        return [m for m in mentions if head_of(passage, m).i in inside][:2]

    def _pruned(
        self, passage: Passage, cue: Cue, found: list[TargetMention], condition: Condition | None
    ) -> list[TargetMention]:
        """A loose pointer says nothing beside a name, nor an end beside its means."""
        if cue.form == "duty" and condition is not None:
            return found[:1]
        for thing in [m for m in found if m.loose or m.target.kind == "proposal"]:
            head = head_of(passage, thing)
            inside = {t.i for c in head.children if c.dep_ in ("acl", "relcl") for t in c.subtree}
            if head.dep_ in ("dobj", "pobj") and any(head_of(passage, m).i in inside for m in found):
                # "a deal undermining sovereignty": the deal is meant
                found = [m for m in found if head_of(passage, m).i not in inside]
        firm = [m for m in found if not m.loose]
        found = firm or found
        means = [m for m in found if m.target.name not in self.table.names.goals]
        return means or found

    def _is_object(self, passage: Passage, verb: Token, mention: TargetMention) -> bool:
        """Only what is itself put forward, not what its text speaks of."""
        head = head_of(passage, mention)
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
            verb = token if cue.form != "verdict" else copula_of(token)
            subject = next((c for c in verb.children if c.dep_ in ("nsubj", "csubj", "nsubjpass")), None)
            if subject is None or (subject.lower_ == "it" and cue.form == "verdict"):
                clauses = [c for c in (*verb.children, *token.children) if c.dep_ in ("ccomp", "xcomp", "advcl", "acl")]
                return {t.i for clause in clauses for t in clause.subtree} if subject is not None else set()
            if subject.lower_ in ("which", "that", "who") and verb.dep_ == "relcl":
                return {verb.head.i, *(t.i for t in verb.head.subtree if t.i < verb.left_edge.i)}
            return without_clauses(subject)
        if cue.form == "noun" and (above := verb_above(token)) is not None and had_of(token, above):
            # "the plan has the backing of Hungary"
            had = next((c for c in above.children if c.dep_ == "nsubj"), None)
            return {t.i for t in had.subtree} if had is not None else set()
        if cue.form == "passive":
            subject = next((c for c in token.children if c.dep_ in ("nsubjpass", "csubjpass")), None)
            return without_clauses(subject) if subject is not None else set()
        if cue.form == "aim":
            after = [c for c in token.children if c.i > token.i and c.dep_ not in ("advcl", "punct")]
            return {t.i for c in after for t in c.subtree}
        top = bearer_of(token) if cue.form == "duty" else token
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
                    if takes_position(child):
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


_NOMINAL = frozenset({"dobj", "conj", "pobj", "compound", "amod", "appos", "nsubjpass", "nmod", "attr"})
_SPANS = frozenset({"day", "evening", "hour", "month", "morning", "night", "week", "weekend", "year"})
_VAGUE = frozenset({"it", "that", "this", "debate", "position", "side", "hypothetical", "detail", "specific", "matter"})


def is_move(noun: Token) -> bool:
    """ "the decision", "this move by Ankara on Monday"; not "the decision to leave", which says itself what it is."""
    definite = any(c.dep_ == "det" and c.lower_ in ("the", "this", "that", "these") for c in noun.children)
    plain = all(c.dep_ in ("det", "amod", "punct") or _tells_who_or_when(c) for c in noun.children)
    return definite and plain and noun.lemma_.lower() in lexicon().targets.moves


def _tells_who_or_when(preposition: Token) -> bool:
    if preposition.dep_ != "prep":
        return False
    when = lexicon().people.times
    return preposition.lower_ == "by" or any(c.lower_ in when or c.lemma_ in _SPANS for c in preposition.children)


def _speaks_of_something_else(verb: Token) -> bool:
    """ "won't comment on the election": silent, but not about the plan."""
    objects = [c for c in verb.children if c.dep_ == "dobj"]
    objects += [g for c in verb.children if c.dep_ == "prep" for g in c.children if g.dep_ == "pobj"]
    return any(one.lemma_.lower() not in _VAGUE for one in objects)
