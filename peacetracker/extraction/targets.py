"""What a position is about: proposals, provisions and issues named, paraphrased or only pointed at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from weakref import WeakKeyDictionary

from spacy.tokens import Span, Token

from .actors import Cast
from .aliases import AliasIndex
from .gazetteer import Gazetteer, ProposalEntry
from .lexicon import lexicon
from .model import TargetKind
from .reporting import agent_of
from .sentences import Passage
from .text import Word, fold, key, words

_SMALL = frozenset(
    """the a an of to in on for and or by with at from be is are its his her their our all any no must not as""".split()  # noqa: SIM905
)
NEAR = 45  # days after a proposal in which "the plan" may mean it though nobody has named it
LEAST_SHARE = 0.33  # of a term, that a single word must make up
PLACE = "PLACE"  # in a synonym: any name of a place
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
    by_word: bool = False
    by_synonym: bool = False
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
    at_place: dict[str, list[tuple[tuple[str, ...], Target]]] = field(default_factory=dict)
    by_word: dict[str, list[tuple[float, Target]]] = field(default_factory=dict)
    marks: dict[str, set[str]] = field(default_factory=dict)
    own: dict[str, list[set[str]]] = field(default_factory=dict)
    by_sponsor: dict[str, list[ProposalEntry]] = field(default_factory=dict)
    places: dict[Target, set[str]] = field(default_factory=dict)
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
        for sponsor in proposal.sponsors:
            names.by_sponsor.setdefault(sponsor, []).append(proposal)
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
        if places := _places(issue.name):
            names.places[target] = places
        names.own[issue.name] = [{w.key for w in words(term) if w.key not in _SMALL} for term in terms]
        hearts = {_heart(term) for term in terms}
        if hearts & goals:
            names.goals.add(issue.name)
        for group_hearts, group in groups:
            if hearts & group_hearts:
                terms.extend(term for term in group if _heart(term) not in own)
        for term in dict.fromkeys(terms):
            if PLACE in term.split():
                content = tuple(w.key for w in words(term.replace(PLACE, "")))
                names.at_place.setdefault(content[-1], []).append((content, target))
                continue
            names.index.add(term, target)
            content = tuple(w.key for w in words(term) if w.key not in _SMALL)
            if len(content) >= 2 and not {"no", "not", "without"} & {w.key for w in words(term)}:
                entry = (content, target)
                rows = names.gapped.setdefault(content[0], [])
                if entry not in rows:
                    rows.append(entry)
    _note_words(gazetteer, names)
    return names


def _note_words(gazetteer: Gazetteer, names: TargetNames) -> None:
    """Words that point to one target alone: "hostages" to their release, "Minsk" to the Minsk agreements."""
    stances = lexicon().stances
    general = (*lexicon().targets.common, *lexicon().targets.proposal_words, *stances.nouns, *stances.verbs)
    common = {key(word) for word in general} | _SMALL
    shares: dict[str, dict[Target, float]] = {}
    for issue in gazetteer.issues:
        for term in (issue.name, *issue.terms):
            content = [w.key for w in words(term) if w.key not in _SMALL]
            for word in content:
                if word not in common and len(word) > 3:
                    row = shares.setdefault(word, {})
                    target = Target(issue.name, "issue")
                    row[target] = max(row.get(target, 0.0), 1 / len(content))
    names.by_word = {word: sorted(((n, t) for t, n in row.items()), key=_by_share) for word, row in shares.items()}
    for proposal in gazetteer.proposals:
        for alias in (proposal.name, *proposal.aliases):
            for one in words(alias):
                if one.key not in common and (one.raw[0].isupper() or one.raw[0].isdigit()):
                    names.marks.setdefault(one.key, set()).add(proposal.name)


def _places(issue: str) -> set[str]:
    """Syria in "withdrawal of US troops from Syria", by how it begins; the first word may have a capital anyway."""
    return {_beginning(w) for w in words(issue)[1:] if w.raw[0].isupper() and len(w.raw) > 2}


def _beginning(word: Word) -> str:
    """Alike in Syria and Syrian."""
    return fold(word.raw)[:4]


def _by_share(pair: tuple[float, Target]) -> tuple[float, str]:
    return -pair[0], pair[1].name


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
        self.elsewhere: set[Target] = set()

    # --- names -----------------------------------------------------------------------------------------------------

    def look_around(self, text: str) -> None:
        """Set aside the issues of which a text names less than half of what their names do: a withdrawal of troops from
        Georgia is not the one from Syria."""
        actors = " ".join({m.name for row in self.cast.mentions.values() for m in row})
        around = {_beginning(w) for part in (text, actors) for w in words(part) if w.raw[0].isupper()}
        places = self.names.places.items()
        self.elsewhere = {target for target, named in places if 2 * len(named & around) < len(named)}

    def read_title(self, title: str) -> None:
        for hit in self.names.index.find(words(title)):
            if hit.payload.kind == "proposal" and self._possible(hit.payload):
                self.title_proposal = self.title_proposal or hit.payload.name

    def read(self, passage: Passage) -> None:
        """Find targets that are named or paraphrased. ``point`` adds those only pointed at, in reading order."""
        text_words = passage.words
        spans: dict[tuple[int, int], list[Target]] = {}
        for hit in self.names.index.find(text_words):
            if hit.payload not in self.elsewhere:
                spans.setdefault((hit.start, hit.end), []).append(hit.payload)
        for start, end, target in self._gapped(text_words, passage.text):
            if not any(start < e and s < end for s, e in spans) or (start, end) in spans:
                spans.setdefault((start, end), []).append(target)
        found: list[TargetMention] = []
        for (start, end), targets in spans.items():
            span = passage.doc.char_span(start, end, alignment_mode="expand")
            if span is None:
                continue
            target = self._choose(targets)
            how = f"“{passage.text[start:end]}” → {target.name}"
            if len(span) == 1 and span[0].pos_ in ("VERB", "ADJ") and span[0].dep_ in ("amod", "ROOT", "conj"):
                continue  # "a negotiated ceasefire" is not about negotiations
            synonym = target.kind == "issue" and not self._is_own(text_words, start, end, target)
            warnings = self._too_early(target)
            found.append(TargetMention(span.start, span.end - 1, target, how, by_synonym=synonym, warnings=warnings))
        found.extend(self._at_places(passage, found))
        found.extend(self._by_words(passage, found))
        found.sort(key=lambda m: (m.first, -m.last))
        self.mentions[passage.start] = found

    def _gapped(self, text_words: list[Word], text: str) -> Iterable[tuple[int, int, Target]]:
        """Terms whose words stand near one another: "surrender any of its territory", "hostages must be freed"."""
        places: dict[str, list[int]] = {}
        for i, word in enumerate(text_words):
            places.setdefault(word.key, []).append(i)
        best: dict[tuple[int, int], tuple[int, Target]] = {}
        for first in (k for k in places if k in self.names.gapped):
            for content, target in self.names.gapped[first]:
                if any(part not in places for part in content) or target in self.elsewhere:
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

    def _is_own(self, text_words: list[Word], start: int, end: int, target: Target) -> bool:
        """Does the gazetteer itself have these words for the issue, or only our list of synonyms?"""
        inside = {w.key for w in text_words if start <= w.start < end}
        return any(hearts <= inside for hearts in self.names.own.get(target.name, ()))

    def _at_places(self, passage: Passage, found: list[TargetMention]) -> list[TargetMention]:
        """Terms with a place in them: "ceding Donbas", "withdraw its army from the Golan"."""
        if not self.names.at_place:
            return []
        mentions: list[TargetMention] = []
        for name in self.cast.written[passage.start]:
            mention = self.cast.mention(passage, passage.doc[name.first])
            if mention is not None and mention.kind == "person":
                continue
            low = max(name.first - 6, passage.doc[name.first].sent.start)
            before = [t for t in passage.doc[low : name.first] if t.is_alpha]
            keys = [key(t.text) for t in before]
            for last in (k for k in dict.fromkeys(keys) if k in self.names.at_place):
                for content, target in self.names.at_place[last]:
                    at = [keys.index(word) for word in content if word in keys]
                    if len(at) < len(content) or at != sorted(at) or target in self.elsewhere:
                        continue
                    first = before[at[0]].i
                    if any(m.first <= first <= m.last for m in (*found, *mentions)):
                        continue
                    how = f"“{passage.doc[first : name.last + 1].text}” → {target.name}"
                    mentions.append(TargetMention(first, name.last, target, how))
        return mentions

    def _by_words(self, passage: Passage, found: list[TargetMention]) -> list[TargetMention]:
        """Single words that no other target shares, where no whole term was found."""
        covered = {i for m in found for i in range(m.first, m.last + 1)}
        seen = {m.target for m in found}
        mentions = []
        for token in passage.doc:
            if token.i in covered or token.pos_ not in ("NOUN", "VERB", "ADJ"):
                continue
            choices = self.names.by_word.get(key(token.text))
            if not choices or choices[0][0] < LEAST_SHARE or choices[0][1] in seen:
                continue
            if len(choices) > 1 and choices[1][0] == choices[0][0]:
                continue
            target = choices[0][1]
            if target in self.elsewhere:
                continue
            seen.add(target)
            how = f"“{token.text}” → {target.name}"
            mentions.append(TargetMention(token.i, token.i, target, how, by_word=True))
        return mentions

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

    def within(self, passage: Passage, sentence: Span) -> list[TargetMention]:
        return [m for m in self.mentions[passage.start] if sentence.start <= m.first < sentence.end]

    def point(self, passage: Passage, first: int, last: int) -> None:
        """Resolve "the plan", "any deal", "the Chinese proposal" in a sentence, from what was said before it."""
        mentions = self.mentions[passage.start]
        covered = {i for m in mentions for i in range(m.first, m.last + 1)}
        words = lexicon().targets.proposal_words
        for token in passage.doc[first:last]:
            for mention in mentions:
                if mention.first == token.i and not mention.pointing:
                    self._put(mention)
            if token.pos_ not in ("NOUN", "PROPN"):
                continue
            lemma = token.lemma_.lower()
            if lemma not in words and lemma not in ("ceasefire", "truce"):
                continue
            if token.dep_ == "compound" and token.head.lemma_.lower() in words:
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
        marked = self._marked(passage, left, token)
        if marked is not None:
            return self._pointing(left, token, marked, phrase)
        owned = any(c.dep_ == "poss" for c in token.children)
        if self._named_otherwise(passage, left, token):
            return None
        own = self._own_words(passage, left, token)
        definite = owned or determiner in ("the", "this", "that", "these", "those", "such")
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
        if own and (owned or determiner != ""):
            existing = [n for n in own if self._possible(Target(n, "proposal"))]
            if len(existing) == 1 and not self.order:
                return self._pointing(left, token, existing[0], phrase)
        if definite and not self.order and lemma in t.sponsored_words | {"deal", "agreement", "resolution"}:
            near = [p for p in self.names.proposals.values() if self._days(p) <= NEAR and self._possible_now(p)]
            if len(near) == 1:
                return self._pointing(left, token, near[0].name, phrase, loose=True)
        if own and "revised" in phrase:
            return self._pointing(left, token, own[0], phrase)
        return None

    def _named_otherwise(self, passage: Passage, left: Token, token: Token) -> bool:
        """ "the 1947 Rio Treaty" when no proposal of the gazetteer has that name: something else."""
        for word in passage.doc[left.i : token.i]:
            if (word.pos_ == "PROPN" or (word.like_num and len(word.text) == 4)) and word.dep_ != "poss":
                if key(word.text) not in self.names.marks and self.cast.mention(passage, word) is None:
                    return True
        return False

    def _own_words(self, passage: Passage, left: Token, token: Token) -> list[str]:
        """The proposals that go by these words, or by the last of them: "draft resolution"."""
        for first in range(left.i, token.i + 1):
            names = self.names.pointing.get(_heart(passage.doc[first : token.i + 1].text))
            if names:
                return names
        return []

    def only_proposal_of(self, actor: str) -> str | None:
        names = [
            p.name
            for p in self.names.by_sponsor.get(actor, ())
            if self._possible(Target(p.name, "proposal")) and len(p.sponsors) == 1
        ]
        return names[0] if len(names) == 1 else None

    def _possible_now(self, proposal: ProposalEntry) -> bool:
        return proposal.tabled_on is not None and self._possible(Target(proposal.name, "proposal"))

    def _marked(self, passage: Passage, left: Token, token: Token) -> str | None:
        """The proposal that a noun phrase shares a name or number with: "the Minsk accords", "the 20-point draft"."""
        names: set[str] = set()
        for word in passage.doc[left.i : token.i]:
            if word.is_alpha or word.like_num:
                names |= self.names.marks.get(key(word.text), set())
        possible = [name for name in names if self._possible(Target(name, "proposal"))]
        return possible[0] if len(possible) == 1 else None

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
