"""What a position is about: proposals, provisions and issues named, paraphrased or only pointed at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from weakref import WeakKeyDictionary

from spacy.tokens import Token

from .actors import Cast
from .aliases import AliasIndex
from .gazetteer import Gazetteer, ProposalEntry
from .lexicon import lexicon
from .model import TargetKind
from .reporting import agent_of
from .sentences import Passage
from .text import Word, words

_SMALL = frozenset(
    """the a an of to in on for and or by with at from be is are its his her their our all any no must not as""".split()  # noqa: SIM905
)
_RANK: dict[TargetKind, int] = {"provision": 0, "proposal": 1, "issue": 2}


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    kind: TargetKind


@dataclass(frozen=True, slots=True)
class TargetMention:
    """A target in a passage; token indexes, both included."""

    first: int
    last: int
    target: Target
    how: str
    loose: bool = False
    pointing: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return self.last - self.first + 1


@dataclass(slots=True)
class TargetNames:
    index: AliasIndex[Target] = field(default_factory=AliasIndex)
    proposals: dict[str, ProposalEntry] = field(default_factory=dict)
    gapped: dict[str, list[tuple[tuple[str, ...], Target]]] = field(default_factory=dict)
    pointing: dict[str, list[str]] = field(default_factory=dict)
    goals: set[str] = field(default_factory=set)


_KNOWN: WeakKeyDictionary[Gazetteer, TargetNames] = WeakKeyDictionary()


def target_names(gazetteer: Gazetteer) -> TargetNames:
    names = _KNOWN.get(gazetteer)
    if names is None:
        names = _KNOWN[gazetteer] = _build(gazetteer)
    return names


def _build(gazetteer: Gazetteer) -> TargetNames:
    names = TargetNames()
    vague = (
        lexicon().targets.proposal_words | _SMALL | {"peace", "this", "that", "revised", "current", "new", "proposed"}
    )
    for proposal in gazetteer.proposals:
        names.proposals.setdefault(proposal.name, proposal)
        for alias in (proposal.name, *proposal.aliases):
            if alias.islower() and all(word.raw in vague for word in words(alias)):
                # "the plan": means this proposal only where nothing else is on the table
                names.pointing.setdefault(_heart(alias), []).append(proposal.name)
            else:
                names.index.add(alias, Target(proposal.name, "proposal"))
    for provision in gazetteer.provisions:
        for alias in (provision.name, *provision.aliases):
            names.index.add(alias, Target(provision.name, "provision"))
    goals = {_heart(goal) for goal in lexicon().targets.goals}
    groups = [(set(map(_heart, group)), group) for group in lexicon().targets.synonyms]
    own = {_heart(term) for issue in gazetteer.issues for term in (issue.name, *issue.terms)}
    for issue in gazetteer.issues:
        target = Target(issue.name, "issue")
        terms = [issue.name, *issue.terms]
        hearts = {_heart(term) for term in terms}
        if hearts & goals:
            names.goals.add(issue.name)
        for group_hearts, group in groups:
            if hearts & group_hearts:
                terms.extend(term for term in group if _heart(term) not in own)
        for term in dict.fromkeys(terms):
            names.index.add(term, target)
            content = tuple(w.key for w in words(term) if w.key not in _SMALL)
            if len(content) >= 2:
                entry = (content, target)
                rows = names.gapped.setdefault(content[0], [])
                if entry not in rows:
                    rows.append(entry)
    return names


def _heart(term: str) -> str:
    return " ".join(w.key for w in words(term) if w.key not in _SMALL)


def _duty_between(between: str, content: tuple[str, ...]) -> bool:
    """ "any peace must be just" speaks of a peace and of what it must be, not of a just peace."""
    low = between.lower().split()
    return any(word in low for word in ("must", "should", "is", "are", "will")) and content[0] != "hostag"


class Table:
    """The targets of one article in the order in which they are put on the table."""

    def __init__(self, names: TargetNames, cast: Cast, published_on: date | None) -> None:
        self.names = names
        self.cast = cast
        self.published_on = published_on
        self.mentions: dict[int, list[TargetMention]] = {}
        self.named: Counter[str] = Counter()
        self.order: list[str] = []
        self.last: TargetMention | None = None
        self.title_proposal: str | None = None

    # --- names -----------------------------------------------------------------------------------------------------

    def read_title(self, title: str) -> None:
        for hit in self.names.index.find(words(title)):
            if hit.payload.kind == "proposal" and self._possible(hit.payload):
                self.title_proposal = self.title_proposal or hit.payload.name

    def read(self, passage: Passage) -> None:
        """Find targets that are named or paraphrased. ``point`` adds those only pointed at, in reading order."""
        text_words = words(passage.doc.text)
        spans: dict[tuple[int, int], list[Target]] = {}
        for hit in self.names.index.find(text_words):
            spans.setdefault((hit.start, hit.end), []).append(hit.payload)
        for start, end, target in self._gapped(text_words, passage.doc.text):
            if not any(start < e and s < end for s, e in spans) or (start, end) in spans:
                spans.setdefault((start, end), []).append(target)
        found: list[TargetMention] = []
        for (start, end), targets in spans.items():
            span = passage.doc.char_span(start, end, alignment_mode="expand")
            if span is None:
                continue
            target = self._choose(targets)
            how = f"“{passage.doc.text[start:end]}” → {target.name}"
            if len(span) == 1 and span[0].pos_ in ("VERB", "ADJ") and span[0].dep_ in ("amod", "ROOT", "conj"):
                continue  # "a negotiated ceasefire" is not about negotiations
            found.append(TargetMention(span.start, span.end - 1, target, how, warnings=self._too_early(target)))
        found.sort(key=lambda m: (m.first, -m.last))
        self.mentions[passage.start] = found

    def _gapped(self, text_words: list[Word], text: str) -> Iterable[tuple[int, int, Target]]:
        """Terms whose words stand near one another: "surrender any of its territory", "hostages must be freed"."""
        places: dict[str, list[int]] = {}
        for i, word in enumerate(text_words):
            places.setdefault(word.key, []).append(i)
        best: dict[tuple[int, int], tuple[int, Target]] = {}
        for first, rows in self.names.gapped.items():
            if first not in places:
                continue
            for content, target in rows:
                if any(part not in places for part in content):
                    continue
                for at in places[first]:
                    chosen = [at]
                    for part in content[1:]:
                        chosen.append(min(places[part], key=lambda i: abs(i - at)))
                    low, high = min(chosen), max(chosen)
                    if high - low > len(content) + 3 or len(set(chosen)) < len(content):
                        continue
                    start, end = text_words[low].start, text_words[high].end
                    between = text[start:end]
                    if any(mark in between for mark in ".;:?!—") or _duty_between(between, content):
                        continue
                    known = best.get((start, end))
                    if known is None or known[0] < len(content):
                        best[start, end] = (len(content), target)
        taken: list[tuple[int, int]] = []
        for (start, end), (_size, target) in sorted(best.items(), key=lambda b: (-b[1][0], b[0][1] - b[0][0])):
            if all(end <= s or e <= start for s, e in taken):
                taken.append((start, end))
                yield start, end, target

    def _possible(self, target: Target) -> bool:
        if target.kind != "proposal" or self.published_on is None:
            return True
        tabled = self.names.proposals[target.name].tabled_on
        return tabled is None or tabled <= self.published_on

    def _too_early(self, target: Target) -> tuple[str, ...]:
        if self._possible(target) or self.published_on is None:
            return ()
        tabled = self.names.proposals[target.name].tabled_on
        return (f"{target.name} was tabled on {tabled}, after the article of {self.published_on}",)

    def _choose(self, targets: list[Target]) -> Target:
        """One of several targets that go by the same name: those that existed, the latest first."""
        targets = list(dict.fromkeys(targets))
        possible = [t for t in targets if self._possible(t)]
        if not possible:
            others = [t for t in targets if t.kind == "issue"] or targets
            return others[0]

        def age(target: Target) -> tuple[int, bool, int]:
            tabled = self.names.proposals[target.name].tabled_on if target.kind == "proposal" else None
            days = abs((self.published_on - tabled).days) if tabled and self.published_on else 10**6
            return (_RANK[target.kind], target.name not in self.named, days)

        return min(possible, key=age)

    # --- pointing ---------------------------------------------------------------------------------------------------

    def point(self, passage: Passage, first: int, last: int) -> None:
        """Resolve "the plan", "any deal", "the Chinese proposal" in a sentence, from what was said before it."""
        mentions = self.mentions[passage.start]
        covered = {i for m in mentions for i in range(m.first, m.last + 1)}
        t = lexicon().targets
        for token in passage.doc[first:last]:
            for mention in mentions:
                if mention.first == token.i and not mention.pointing:
                    self._put(mention)
            lemma = token.lemma_.lower()
            if token.pos_ not in ("NOUN", "PROPN") or lemma not in t.proposal_words | {"ceasefire", "truce"}:
                continue
            if token.dep_ == "compound" and token.head.lemma_.lower() in t.proposal_words:
                continue
            pointed = self._pointed(passage, token, lemma, token.i in covered)
            if pointed is not None:
                if token.i in covered:
                    mentions[:] = [m for m in mentions if not m.first <= token.i <= m.last]
                mentions.append(pointed)
                self._put(pointed)
        mentions.sort(key=lambda m: (m.first, -m.last))

    def _put(self, mention: TargetMention) -> None:
        if mention.target.kind == "proposal":
            self.named[mention.target.name] += 1
            if mention.target.name in self.order:
                self.order.remove(mention.target.name)
            self.order.append(mention.target.name)
        self.last = mention

    def _pointed(self, passage: Passage, token: Token, lemma: str, covered: bool) -> TargetMention | None:
        t = lexicon().targets
        determiner = next((c.lower_ for c in token.children if c.dep_ in ("det", "predet")), "")
        left = min((c.left_edge for c in token.children if c.i < token.i), key=lambda c: c.i, default=token)
        phrase = passage.doc[left.i : token.i + 1].text
        if lemma in ("ceasefire", "truce"):
            # "the ceasefire" after "a unilateral ceasefire" that is a proposal of its own
            if determiner in ("the", "this", "that"):
                for name in reversed(self.order):
                    aliases = (name, *self.names.proposals[name].aliases)
                    if any(lemma in alias.lower().split() for alias in aliases):
                        return self._pointing(left, token, name, phrase)
            return None
        if covered:
            return None
        if lemma in t.sponsored_words:
            sponsors = self._sponsors(passage, token)
            if sponsors:
                choices = [
                    p
                    for p in self.names.proposals.values()
                    if sponsors & set(p.sponsors) and self._possible(Target(p.name, "proposal"))
                ]
                choices.sort(key=lambda p: (p.name not in self.named, p.tabled_on is None, self._days(p)))
                seen = [p for p in choices if p.name in self.named]
                if len(choices) == 1 or seen or (choices and self.published_on and self._days(choices[0]) < 200):
                    return self._pointing(left, token, (seen or choices)[0].name, phrase)
                return None
        own = self.names.pointing.get(_heart(phrase)) or []
        definite = determiner in ("the", "this", "that", "these", "those", "such")
        if lemma == "peace" and determiner not in ("any", "no"):
            return None
        if definite and lemma in ("document", "text", "terms", "mechanism", "mission", "vision") and not self.order:
            return None
        if definite or (lemma in t.loose_words and determiner in ("any", "a", "an", "no", "every", "")):
            loose = not definite
            bare = token.tag_ == "NN" and token.dep_ in ("dobj", "nsubjpass") and left == token
            if loose and determiner == "" and not bare:
                return None
            if self.order:
                recent = self.order[-1]
                if own and recent not in own:
                    seen_own = [name for name in own if name in self.named]
                    recent = seen_own[0] if seen_own else recent
                return self._pointing(left, token, recent, phrase, loose)
            if self.title_proposal:
                return self._pointing(left, token, self.title_proposal, phrase, loose)
        if own and determiner != "":
            existing = [n for n in own if self._possible(Target(n, "proposal"))]
            if len(existing) == 1 and not self.order:
                return self._pointing(left, token, existing[0], phrase)
        if own and "revised" in phrase:
            return self._pointing(left, token, own[0], phrase)
        return None

    def _days(self, proposal: ProposalEntry) -> int:
        if proposal.tabled_on is None or self.published_on is None:
            return 10**6
        return abs((self.published_on - proposal.tabled_on).days)

    def _sponsors(self, passage: Passage, token: Token) -> set[str]:
        sponsors: set[str] = set()
        for child in token.children:
            if child.dep_ in ("poss", "amod", "compound", "nmod") and child.i < token.i:
                for one in (child, *child.conjuncts):
                    mention = self.cast.mention(passage, one)
                    if mention is not None:
                        holder = self.cast.of_name((mention.kind, mention.name))
                        sponsors.add(holder.actor)
            if child.dep_ in ("acl", "relcl") and (agent := agent_of(child)) is not None:
                # "a plan put forward by the Chinese government"
                sponsors |= {holder.actor for holder in self.cast.resolve(passage, agent)}
        return sponsors

    def _pointing(self, left: Token, token: Token, name: str, phrase: str, loose: bool = False) -> TargetMention:
        target = Target(name, "proposal")
        return TargetMention(
            left.i, token.i, target, f"“{phrase}” → {name}", loose, pointing=True, warnings=self._too_early(target)
        )
