"""Candidates without a cue that is known: words that the encoder takes for a statement, and who may make it.

The rules know the ways of taking a position that were written down; people find others every day. The encoder says
which words of a sentence are likely a statement; everybody who has the floor or is named in the sentence is proposed
for it, and the detector judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from spacy.tokens import Span, Token

from .about import is_move
from .actors import Cast, Holder, Mention
from .candidates import Candidate, Signs, said_on
from .conditions import Condition, find_condition
from .encoder import Floats, Impression
from .holders import Voice, asked_of_another
from .lexicon import lexicon
from .model import POSITIONS, Document, ExtractedStatement, Position
from .positions import VERBAL, is_first_person, is_hypothetical
from .quotations import Quotation
from .reporting import agent_of, governor, subject_of
from .sentences import Passage, words_of
from .spans import trimmed
from .syntax import clause_verb
from .targets import Table, Target, TargetMention

LIKELY = 0.25  # from which a word counts as one of a statement
GAP = 3  # words less likely that do not part two runs of likely ones
FEWEST = 3  # words of a run
MOST_TARGETS = 3
LINKED = 0.5  # from which a target goes with words beside which it stands
MOST_HOLDERS = 20  # a joint statement may list a dozen
_PARTS = frozenset({"nsubj", "nsubjpass", "poss", "agent", "dobj", "amod", "compound", "conj", "appos"})
_INTRODUCING = frozenset({"poss", "compound", "amod", "nmod"})
_PREPOSITIONS = frozenset({"by", "from", "of", "with", "between", "to"})


class Scene:
    """A sentence with what the encoder makes of it, and who has the floor."""

    def __init__(
        self,
        passage: Passage,
        sentence: Span,
        impression: Impression,
        voices: Mapping[Quotation, Voice],
        floor: Voice,
    ) -> None:
        self.passage, self.sentence, self.impression = passage, sentence, impression
        self.voices, self.floor = voices, floor
        self.tokens = words_of(sentence)
        self.starts = [passage.offset(t) for t in self.tokens]
        self.at = {t.i: n for n, t in enumerate(self.tokens)}
        self._linking: dict[tuple[int, ...], tuple[Floats, Floats]] = {}

    def rows(self, first: int, last: int) -> list[int]:
        """Which of the sentence's words stand between two token indexes."""
        return [self.at[i] for i in range(first, last + 1) if i in self.at]

    def named(self, first: int, last: int) -> float:
        """How likely a name is that of somebody who makes a statement."""
        return self.holding(self.rows(first, last))

    def holding(self, rows: Sequence[int]) -> float:
        """How likely one of these words names somebody who makes a statement."""
        return max((float(self.impression.holder[row]) for row in rows), default=0.0)

    def linking(self, rows: Sequence[int]) -> tuple[Floats, Floats]:
        """How likely each word names the holder, and the target, of the statement of these words."""
        words = tuple(rows)  # of several candidates
        if words not in self._linking:
            self._linking[words] = self.impression.holds(rows), self.impression.aims(rows)
        return self._linking[words]

    def linked(self, links: Floats, first: int, last: int) -> float:
        """How likely a name, of a holder or a target, goes with a statement."""
        return max((float(links[row + 1]) for row in self.rows(first, last)), default=0.0)

    def spelled(self, actor: str) -> list[int]:
        """Which words are those of a name that is not in the gazetteer: "European leaders"."""
        words = set(actor.split())
        return [row for row, t in enumerate(self.tokens) if t.text in words and not t.is_stop]

    def unlisted(self, spelled: Sequence[int], links: Floats) -> float:
        """How likely such a name goes with a statement, or nobody's if he is not named here."""
        return max([*(float(links[row + 1]) for row in spelled), float(links[0])])

    def quotations(self) -> list[Quotation | None]:
        """The quotation in which each word stands."""
        return [next((q for q in self.voices if q.holds(at)), None) for at in self.starts]


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one sentence that may be a statement: token indexes, both included, and offsets into the text."""

    first: int
    last: int
    start: int
    end: int
    head: Token
    quotation: Quotation | None
    voice: Voice
    likely: float
    position: Position
    sure: float
    holds: Floats
    aims: Floats


@dataclass(slots=True)
class Option:
    """Somebody who may hold a position, and all by which he was found; ``linked`` is how likely his name goes with it,
    or, where the sentence does not name him, how likely nobody's does."""

    holder: Holder
    links: set[str] = field(default_factory=set)
    named: float = 0.0
    linked: float = 0.0
    passed_by: str = ""  # what the words have for a subject, if he only has the floor

    @property
    def is_named(self) -> bool:
        return any(link.startswith("named") for link in self.links)


class Clauses:
    """Makes candidates of one article out of the encoder's impressions."""

    def __init__(self, document: Document, cast: Cast, table: Table) -> None:
        self.document = document
        self.cast = cast
        self.table = table

    def of(self, scene: Scene) -> Iterator[Candidate]:
        named: list[Mention] | None = None
        for run in self._runs(scene):
            aims = self._aims(scene, run)
            if not aims or is_hypothetical(run.head) or run.head.lemma_ in lexicon().stances.journeys:
                continue
            if named is None:  # few sentences have a run
                named = [m for m in self._named(scene) if self._may_hold(scene, m)]
            options = self._options(scene, run, named)
            for option in options:
                beside = _beside(option, options)
                for rank, (mention, link) in enumerate(aims):
                    statement = self._statement(scene, run, option.holder, mention)
                    signs = _signs(scene, run, option, mention, link) | beside
                    signs["open further target"] = float(rank > 0)
                    yield Candidate(statement, signs)

    def weighed(self, one: Candidate, scene: Scene) -> Candidate:
        """A candidate of the rules with what the encoder makes of it."""
        statement, impression = one.statement, scene.impression
        rows = [n for n, at in enumerate(scene.starts) if statement.start <= at < statement.end]
        mine: list[Mention] = []
        others: list[Mention] = []
        for m in self._named(scene):
            own_name = self.cast.of_name((m.kind, m.name)).actor == statement.actor
            (mine if own_name else others).append(m)
        spelled = [] if mine else scene.spelled(statement.actor)
        own = max((scene.named(m.first, m.last) for m in mine), default=scene.holding(spelled))
        other = max((scene.named(m.first, m.last) for m in others), default=0.0)
        signs = {
            **one.signs,
            "sentence likely": impression.statement,
            "holder likely": own,
            "another likelier": max(other - own, 0.0),
            "holder not named": float(not mine and not spelled),
        }
        if rows:
            signs |= self._linked(scene, statement, rows, mine, others, spelled)
            signs["likely"] = float(np.mean(impression.inside[rows]))
            signs["likely at most"] = float(np.max(impression.inside[rows]))
            signs["position likely"] = float(impression.positions[rows].mean(0)[POSITIONS.index(statement.position)])
        return Candidate(statement, signs)

    def _linked(
        self,
        scene: Scene,
        one: ExtractedStatement,
        rows: list[int],
        mine: list[Mention],
        others: list[Mention],
        spelled: list[int],
    ) -> Signs:
        holds, aims = scene.linking(rows)
        own = [scene.linked(holds, m.first, m.last) for m in mine]
        holder = max(own) if own else scene.unlisted(spelled, holds)
        nobody = float(holds[0]) if own else 0.0
        named = [m for m in self.table.within(scene.passage, scene.sentence) if m.target.name == one.target]
        return {
            "holder linked": holder,
            "another linked": max([nobody, *(scene.linked(holds, m.first, m.last) for m in others)]) - holder,
            "target linked": max((scene.linked(aims, m.first, m.last) for m in named), default=float(aims[0])),
        }

    # --- which words -------------------------------------------------------------------------------------------------

    def _runs(self, scene: Scene) -> Iterator[Run]:
        inside = scene.impression.inside
        likely = [n for n, t in enumerate(scene.tokens) if inside[n] >= LIKELY and not t.is_punct]
        quoted = scene.quotations() if likely else []
        rows: list[int] = []
        for n in [*likely, len(scene.tokens) + GAP + 1]:
            if rows and (n - rows[-1] > GAP or quoted[n] is not quoted[rows[-1]]):
                if rows[-1] - rows[0] + 1 >= FEWEST:
                    yield self._run(scene, rows[0], rows[-1], quoted[rows[0]])
                rows = []
            rows.append(n)

    def _run(self, scene: Scene, first: int, last: int, quotation: Quotation | None) -> Run:
        impression, tokens = scene.impression, scene.tokens
        weights = impression.inside[first : last + 1] + 1e-6
        shares = weights @ impression.positions[first : last + 1] / weights.sum()
        best = int(np.argmax(shares))
        return Run(
            tokens[first].i,
            tokens[last].i,
            scene.starts[first],
            scene.passage.end_of(tokens[last]),
            scene.passage.doc[tokens[first].i : tokens[last].i + 1].root,
            quotation,
            scene.floor if quotation is None else scene.voices[quotation],
            float(np.mean(impression.inside[first : last + 1])),
            POSITIONS[best],
            float(shares[best]),
            *scene.linking(range(first, last + 1)),
        )

    # --- who ---------------------------------------------------------------------------------------------------------

    def _options(self, scene: Scene, run: Run, named: Sequence[Mention]) -> list[Option]:
        found: dict[str, Option] = {}

        def add(holders: Sequence[Holder], link: str, named: float = 0.0, linked: float = 0.0) -> None:
            for holder in holders:
                option = found.setdefault(holder.actor, Option(holder))
                option.links.add(link)
                option.named = max(option.named, named)
                option.linked = max(option.linked, linked)
                if option.holder.speaker is None and holder.speaker is not None:
                    option.holder = holder

        floor = list(run.voice.holders)
        doing = _doing(run)
        if run.quotation is not None:
            add(floor, "quoted")
        else:
            for holders, link in self._by_syntax(scene, run, floor, doing):
                add(holders, link)
        for mention in named:
            token = scene.passage.doc[mention.last]
            likely = scene.named(mention.first, mention.last)
            linked = scene.linked(run.holds, mention.first, mention.last)
            place = "before" if mention.first < run.first else "after" if mention.first > run.last else "inside"
            name = self.cast.of_name((mention.kind, mention.name))
            for holder in self.cast.resolve(scene.passage, token, floor) or [name]:
                add([holder], f"named {place}", likely, linked)
                add([holder], f"named as {_part(token)}", likely, linked)
        for option in found.values():
            if not option.is_named:
                spelled = scene.spelled(option.holder.actor)
                option.named = scene.holding(spelled)
                option.linked = scene.unlisted(spelled, run.holds)
                option.links |= {"named unlisted"} if spelled else set()
            if option.links == {"floor"}:
                option.passed_by = _subject(doing)
        return list(found.values())[:MOST_HOLDERS]

    def _may_hold(self, scene: Scene, mention: Mention) -> bool:
        """Not who is asked to do something, introduces another or names a target."""
        token = scene.passage.doc[mention.last]
        asked = token.dep_ == "nsubj" and asked_of_another(token.head)
        return not (asked or self._introduces(scene.passage, token) or self._names_target(scene, mention))

    def _introduces(self, passage: Passage, token: Token) -> bool:
        """Norway in "Norway's former minister Anna Berg": it is she who speaks, for whomever."""
        while token.dep_ in _INTRODUCING:
            token = token.head
            beside = [token, *(child for child in token.children if child.dep_ == "appos")]
            mentions = [self.cast.mention(passage, one) for one in beside]
            if any(mention is not None and mention.kind == "person" for mention in mentions):
                return True
        return False

    def _names_target(self, scene: Scene, mention: Mention) -> bool:
        """The US in "the US plan": whose the plan is, and no word of his about it."""
        targets = self.table.within(scene.passage, scene.sentence)
        return any(m.first <= mention.first and mention.last < m.last for m in targets)

    def _by_syntax(
        self, scene: Scene, run: Run, floor: list[Holder], doing: Sequence[tuple[Token, str]]
    ) -> Iterator[tuple[list[Holder], str]]:
        """Who has the floor, unless he tells what others say; who reports it, who does what the words say."""
        if any(is_first_person(t) for t in scene.passage.doc[run.first : run.last + 1]):
            yield floor, "we"
        if not _tells_of_others(run, doing):
            yield floor, "floor"
        for one, link in doing:
            yield self.cast.resolve(scene.passage, one, floor), link

    def _named(self, scene: Scene) -> Iterator[Mention]:
        low, high = scene.sentence.start, scene.sentence.end
        return (m for m in self.cast.mentions.get(scene.passage.start, ()) if low <= m.first < high)

    # --- about what --------------------------------------------------------------------------------------------------

    def _aims(self, scene: Scene, run: Run) -> list[tuple[TargetMention, str]]:
        here = self.table.within(scene.passage, scene.sentence)
        firm = [m for m in here if not m.loose] or here
        linked = {m: scene.linked(run.aims, m.first, m.last) for m in firm}
        inside = {m.target: m for m in reversed(firm) if run.first <= m.first <= run.last or linked[m] >= LINKED}
        if inside:
            return [(m, "inside") for m in sorted(inside.values(), key=lambda m: (-linked[m], m.first))[:MOST_TARGETS]]
        if firm:
            nearest = min(firm, key=lambda m: (-linked[m], min(abs(m.first - run.last), abs(run.first - m.last))))
            return [(nearest, "beside")]
        if any(_is_of_another(t) for t in scene.passage.doc[run.first : run.last + 1]):
            return []
        if (last := self.table.last) is not None:
            how = f"spoken of before: {last.target.name}"
            return [(replace(last, first=run.first, last=run.first, how=how), "before")]
        if self.table.title_proposal:
            target = Target(self.table.title_proposal, "proposal")
            return [(TargetMention(run.first, run.first, target, f"in the title: {target.name}", True), "title")]
        return []

    # --- together ----------------------------------------------------------------------------------------------------

    def _statement(self, scene: Scene, run: Run, holder: Holder, mention: TargetMention) -> ExtractedStatement:
        text = self.document.text
        first, last = trimmed(text, run.start, run.end)
        condition: Condition | None = None
        if run.position in ("support_if", "oppose_unless"):
            condition = find_condition(clause_verb(run.head), run.position == "oppose_unless")
        return ExtractedStatement(
            start=first,
            end=last,
            quote=text[first:last],
            direct=run.quotation is not None,
            speaker=holder.speaker,
            role=holder.role,
            actor=holder.actor,
            target=mention.target.name,
            target_kind=mention.target.kind,
            position=run.position,
            condition=condition.words if condition is not None else None,
            said_on=said_on(self.document, scene.passage, scene.sentence),
            confidence=0.0,
            cues=tuple(x for x in (f"reads like a statement → {run.position}", mention.how, holder.how) if x),
            warnings=(*holder.warnings, *mention.warnings),
        )


def _signs(scene: Scene, run: Run, option: Option, mention: TargetMention, link: str) -> Signs:
    """What speaks for and against a candidate, none of it about the subject of the article."""
    holder = option.holder
    signs: Signs = {
        "open": 1.0,
        "open likely": run.likely,
        "open sentence likely": scene.impression.statement,
        "open holder likely": option.named,
        "open holder linked": option.linked,
        "open nobody linked": float(run.holds[0]),
        "open target linked": scene.linked(run.aims, mention.first, mention.last)
        if link in ("inside", "beside")
        else float(run.aims[0]),
        "open no target linked": float(run.aims[0]),
        "open sure of position": run.sure,
        f"open position {run.position}": 1.0,
        f"open target {link}": 1.0,
        f"about a {mention.target.kind}": 1.0,
        "holder unsure": 1 - holder.sure,
        "sentence length": min(len(scene.sentence), 60) / 60,
        "open length": min(run.last - run.first, 40) / 40,
    }
    if option.passed_by:
        signs[f"open floor, subject {option.passed_by}"] = 1.0
    signs.update({f"open holder {one}": 1.0 for one in option.links})
    flags = {
        "open holder not named": not option.is_named,
        "holder unknown": not holder.known,
        "quoted": run.quotation is not None,
        "speech": bool(run.voice.holders) and run.quotation is None,
        "question": run.voice.question,
        "person speaks": holder.speaker is not None,
        "open target by word": mention.by_word,
        "open target pointing": mention.pointing,
        "open target loose": mention.loose,
    }
    signs.update({name: 1.0 for name, holds in flags.items() if holds})
    return signs


_SYNTACTIC = frozenset({"quoted", "we", "floor", "reporter", "subject", "agent"})


def _beside(option: Option, options: Sequence[Option]) -> Signs:
    """How somebody stands beside the others who may hold the same position."""
    others = [one for one in options if one is not option]
    likelier = max((one.named for one in others), default=0.0) - option.named
    linked = max((one.linked for one in others), default=0.0) - option.linked
    return {
        "open rivals": min(len(options), 6) / 6,
        "open another likelier": max(likelier, 0.0),
        "open another linked": max(linked, 0.0),
        "open another by syntax": float(not option.links & _SYNTACTIC and any(o.links & _SYNTACTIC for o in others)),
        "open only by syntax": float(bool(option.links & _SYNTACTIC) and not any(o.links & _SYNTACTIC for o in others)),
    }


def _doing(run: Run) -> list[tuple[Token, str]]:
    """Who reports a run and who does what it says, and by which of these he was found; not "we"."""
    said = governor(run.head)
    verb = run.head if run.head.pos_ in VERBAL else run.head.head
    by = [(subject_of(said), "reporter")] if said is not None else []
    by += [(subject_of(verb), "subject"), (agent_of(verb), "agent")]
    return [(one, link) for one, link in by if one is not None and not is_first_person(one)]


def _is_of_another(token: Token) -> bool:
    """A plan that is none of ours, "the 1947 treaty", or a "decision to leave", which says itself what it is about."""
    words = lexicon().targets
    lemma = token.lemma_.lower()
    return lemma in words.proposal_words or (lemma in words.moves and not is_move(token))


def _tells_of_others(run: Run, doing: Sequence[tuple[Token, str]]) -> bool:
    """ "The union said that …": others say it, within the run or around it."""
    says = run.head.lemma_.lower() in lexicon().reporting.indirect
    return any(one.pos_ == "NOUN" and (link == "reporter" or (says and link == "subject")) for one, link in doing)


def _subject(doing: Sequence[tuple[Token, str]]) -> str:
    """Of what kind the subject of a run is, or who reports it: "he wants …" is hardly about the one who speaks."""
    subject = next((one for one, link in doing if link != "agent"), None)
    if subject is None:
        return "none"
    if subject.pos_ == "PRON":
        return {"he": "he", "she": "he", "it": "it", "they": "they"}.get(subject.lower_, "other")
    return "name" if subject.pos_ == "PROPN" else "noun"


def _part(token: Token) -> str:
    """As what a name stands in its sentence."""
    if token.dep_ == "pobj":
        return f"pobj {token.head.lower_}" if token.head.lower_ in _PREPOSITIONS else "pobj"
    return token.dep_ if token.dep_ in _PARTS else "other"
