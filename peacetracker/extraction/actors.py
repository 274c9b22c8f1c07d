"""On whose behalf: from the words of the article to an actor of the gazetteer.

Role and date decide for whom a person speaks; metonyms, adjectives and offices stand for their state; a collective
without a name stays a collective.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from weakref import WeakKeyDictionary

from spacy.tokens import Doc, Token

from .aliases import AliasIndex
from .gazetteer import Gazetteer, PersonEntry
from .lexicon import lexicon
from .names import Written, names_in
from .quotations import Quotation, quotation_at
from .reporting import is_expletive
from .sentences import Passage
from .text import fold, words

Name = tuple[str, str]  # ("person" | "actor" | "people", name)
_RANK = {"person": 0, "actor": 1, "people": 2}
BODIES = frozenset({"bloc", "organisation", "collective"})  # kinds of actors that "the ministers" may be
_PRONOUNS_OWNING = frozenset({"his", "her", "its", "their"})
_PRONOUNS_FIRST = frozenset({"i", "we", "us", "me", "our", "my", "ours", "ourselves", "myself"})


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a position, and how we know."""

    actor: str
    speaker: str | None = None
    role: str | None = None
    how: str = ""
    known: bool = True
    sure: float = 1.0
    plural: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of the gazetteer in a passage; token indexes."""

    first: int
    last: int
    kind: str
    name: str


@dataclass(slots=True)
class ActorNames:
    """What the gazetteer knows, in the form this step needs."""

    index: AliasIndex[Name] = field(default_factory=AliasIndex)
    people: dict[str, list[PersonEntry]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


_KNOWN: WeakKeyDictionary[Gazetteer, ActorNames] = WeakKeyDictionary()


def actor_names(gazetteer: Gazetteer) -> ActorNames:
    names = _KNOWN.get(gazetteer)
    if names is None:
        names = _KNOWN[gazetteer] = _build(gazetteer)
    return names


def _build(gazetteer: Gazetteer) -> ActorNames:
    names = ActorNames()
    countries = lexicon().countries
    by_name: dict[str, str] = {}
    for actor in gazetteer.actors:
        names.kinds[actor.name] = actor.kind
        for alias in (actor.name, *actor.aliases):
            names.index.add(alias, ("actor", actor.name))
            by_name.setdefault(alias, actor.name)
    for person in gazetteer.people:
        names.people.setdefault(person.name, []).append(person)
        for alias in (person.name, *person.aliases):
            names.index.add(alias, ("person", person.name))
    for country, peoples in countries.peoples.items():
        if country in by_name:
            for people in peoples:
                names.index.add(people, ("people", by_name[country]))
    for country, seats in countries.seats.items():
        if country in by_name:
            for seat in seats:
                names.index.add(seat, ("actor", by_name[country]))
    return names


class Cast:
    """The people and bodies of one article, in the order in which they enter."""

    def __init__(self, names: ActorNames, published_on: date | None) -> None:
        self.names = names
        self.published_on = published_on
        self.mentions: dict[int, list[Mention]] = {}
        self.by_token: dict[tuple[int, int], Mention] = {}
        self.rows: dict[tuple[int, int], list[Mention]] = {}
        self.full_names: dict[str, str] = {}
        self.written: dict[int, list[Written]] = {}
        self.quotations: Sequence[Quotation] = ()
        self.last_person: Holder | None = None
        self.quoted_person: Holder | None = None  # who was named last in the quotation that is being read
        self.last_actor: Holder | None = None
        self.last_group: list[Holder] = []
        self.last_pair: list[Holder] = []
        self.group_age = 0
        self.last_body: Holder | None = None
        self.last_of_kind: dict[str, Holder] = {}
        self.offices: dict[str, Holder] = {}

    # --- names in the text ---------------------------------------------------------------------------------------

    def read(self, passage: Passage) -> None:
        """Note the names in a passage, those of people whom the gazetteer does not have as well."""
        found: dict[tuple[int, int], list[Name]] = {}
        for hit in self.names.index.find(passage.words):
            found.setdefault((hit.start, hit.end), []).append(hit.payload)
        mentions = []
        for (start, end), names in found.items():
            span = passage.doc.char_span(start, end, alignment_mode="expand")
            if span is None:
                continue
            kind, name = self._best(names)
            mention = Mention(span.start, span.end - 1, kind, name)
            mentions.append(mention)
            for i in range(span.start, span.end):
                self.by_token[passage.start, i] = mention
        self.mentions[passage.start] = mentions
        for row in _rows(passage.doc, mentions):
            for mention in row:
                for i in range(mention.first, mention.last + 1):
                    self.rows[passage.start, i] = row
        self.written[passage.start] = list(names_in(passage.doc))
        for written in self.written[passage.start]:
            if written.last > written.first and written.person:
                self.full_names.setdefault(passage.doc[written.last].text, written.text)

    def _best(self, names: list[Name]) -> Name:
        best = min(_RANK[kind] for kind, _ in names)
        choices = [name for name in dict.fromkeys(names) if _RANK[name[0]] == best]
        if len(choices) == 1 or best != 0 or self.published_on is None:
            return choices[0]
        day = self.published_on
        in_office = [n for n in choices if any(entry.held_on(day) for entry in self.names.people[n[1]])]
        return (in_office or choices)[0]

    def mention(self, passage: Passage, token: Token) -> Mention | None:
        return self.by_token.get((passage.start, token.i))

    def find_in(self, text: str) -> list[tuple[int, int, Name]]:
        """Names in a piece of text that was not parsed: a title, a label."""
        found: dict[tuple[int, int], list[Name]] = {}
        for hit in self.names.index.find(words(text)):
            found.setdefault((hit.start, hit.end), []).append(hit.payload)
        return [(start, end, self._best(names)) for (start, end), names in found.items()]

    # --- holders -------------------------------------------------------------------------------------------------

    def of_name(self, name: Name, around: str = "", how: str = "") -> Holder:
        if name[0] == "person":
            return self.person(name[1], around, how)
        return Holder(actor=name[1], how=how, plural=self.names.kinds.get(name[1]) == "collective")

    def person(self, name: str, around: str = "", how: str = "") -> Holder:
        """The actor a person speaks for on the day of the article; ``around`` is how the article introduces him."""
        entries = self.names.people.get(name, [])
        role = _role(around, name, entries)
        before = {word.lower() for word in around.split()}
        former = bool(before & lexicon().people.former)
        day = self.published_on
        warnings: list[str] = []
        if not entries:
            return Holder(name, name, role, how, known=False, sure=0.7, warnings=(f"not in the record: {name}",))
        now = [e for e in entries if day is None or e.held_on(day)]
        fitting = _by_title(now, role)
        if former:  # of that office; he may hold another
            now = [e for e in now if role and e.title and not _by_title([e], role)]
        if now:
            if role and not fitting and day is not None:
                held_once = _by_title([e for e in entries if e not in now], role)
                if held_once:
                    warnings.append(_not_then(name, role, held_once[0], day))
            entry = (fitting or sorted(now, key=lambda e: e.start or date.min, reverse=True))[0]
        elif role and not former:
            entry = (_by_title(entries, role) or entries)[0]
            if day is not None:
                warnings.append(_not_then(name, role, entry, day))
        else:
            return Holder(name, name, role, how, sure=0.8)
        if entry.speaks_for is None:
            return Holder(name, name, role, how, warnings=tuple(warnings))
        return Holder(entry.speaks_for, name, role, how, warnings=tuple(warnings))

    def resolve(self, passage: Passage, token: Token, voice: list[Holder] | None = None) -> list[Holder]:
        """Who is meant by a noun phrase (its head), conjuncts included."""
        holders: list[Holder] = []
        heads = _all_heads(token) if token.pos_ != "VERB" else [token]
        row = self.rows.get((passage.start, token.i))
        if row is not None and len(row) > len(heads):
            heads = [passage.doc[mention.last] for mention in row]
        for head in heads:
            if holders and head.dep_ in ("appos", "conj") and _hangs_as_apposition(head, token):
                continue  # "the Quad countries — Egypt and the United States": the Quad
            for holder in self._one(passage, head, voice):
                if all(holder.actor != other.actor for other in holders):
                    holders.append(holder)
        return holders

    def _one(self, passage: Passage, head: Token, voice: list[Holder] | None) -> list[Holder]:
        text = head.lower_
        if is_expletive(head):
            return []
        if head.text != "US" and (head.pos_ == "PRON" or text in ("both", "us")):
            return self._pronoun(passage, head, voice)
        mention = self.mention(passage, head)
        people = lexicon().people
        if mention is None and head.pos_ not in ("NOUN", "PROPN", "ADJ", "NUM"):
            return []
        for child in head.children:
            # "Israel's prime minister, Benjamin Netanyahu,"
            joined = any(c.dep_ == "conj" and c.i < child.i for c in head.children)
            if (
                child.dep_ == "appos"
                and not joined
                and not _is_plural(head)
                and (apposed := self.mention(passage, child))
            ):
                if apposed.kind == "person":
                    return [self.person(apposed.name, _introduction(passage, head, apposed))]
                if mention is None:
                    # "General al-Burhan's army (SAF)"
                    return [Holder(apposed.name, how=f"“{_phrase(head)}” → {apposed.name}", sure=0.9)]
        if mention is not None and mention.kind == "person":
            return [self.person(mention.name, _introduction(passage, head, mention))]
        if mention is not None:
            return [Holder(mention.name, role=None, plural=self.names.kinds.get(mention.name) == "collective")]
        lemma = head.lemma_.lower()
        if lemma in people.owned and (owners := self._owners(passage, head, voice)):
            return [replace(h, speaker=None, role=None, how=f"“{_phrase(head)}” → {h.actor}") for h in owners]
        stranger = self._written_person(passage, head)
        if lemma in people.both and _determined_as_both(head) and (pair := self._pair(passage, head)):
            people_meant = lemma in ("leader", "president", "minister")
            return [
                replace(h, how=f"“{_phrase(head)}” → {h.actor}", sure=0.9, speaker=h.speaker if people_meant else None)
                for h in pair
            ]
        if stranger is not None:
            return self._stranger(passage, head, stranger, voice)
        modifiers = self._modifiers(passage, head)
        if not modifiers and any(
            c.lower_ == "government" and c.dep_ in ("compound", "nmod", "poss") for c in head.children
        ):
            # "government delegates": of the state that the article speaks of most
            return [Holder(name, how=f"“{_phrase(head)}” → {name}", sure=0.8) for name in self._states()[:1]]
        if lemma in people.offices and modifiers:
            return [
                Holder(actor=name[1], role=_phrase(head), how=f"“{_phrase(head)}” → {name[1]}")
                if name[0] != "person"
                else replace(self.person(name[1]), speaker=None, role=_phrase(head), sure=0.9)
                for name in modifiers
            ]
        if lemma in people.collectives and _is_plural(head):
            if lemma in people.companions and (modifiers or _is_definite(head)):
                phrase = _phrase(head)
                return [Holder(phrase, known=False, plural=True, sure=0.6, warnings=(f"not in the record: {phrase}",))]
            if named := [n for n in modifiers if self.names.kinds.get(n[1]) in ("bloc", "organisation", "collective")]:
                return [Holder(named[0][1], how=f"“{_phrase(head)}” → {named[0][1]}", plural=True, sure=0.9)]
            if any(c.lower_ in people.collective_adjectives for c in head.children if c.dep_ == "amod"):
                phrase = _phrase(head)
                return [Holder(phrase, known=False, plural=True, sure=0.75, warnings=(f"not in the record: {phrase}",))]
            if enumerated := self._enumerated(passage, head):
                return enumerated
            if any(c.dep_ == "nummod" or c.like_num for c in head.children):
                phrase = _phrase(head)
                return [Holder(phrase, known=False, plural=True, sure=0.7, warnings=(f"not in the record: {phrase}",))]
        if lemma in people.documents:
            # "the G7 statement said", "the communiqué": those who issued it
            if modifiers:
                return [self.of_name(name, how=f"“{_phrase(head)}” → {name[1]}") for name in modifiers[:1]]
            if self.last_body is not None and _is_definite(head):
                return [replace(self.last_body, how=f"“{_phrase(head)}” → {self.last_body.actor}", sure=0.8)]
            return []
        if self.last_body is not None and _is_plural(head) and _is_definite(head) and not modifiers:
            if lemma in people.collectives or lemma in people.offices:
                return [replace(self.last_body, how=f"“{_phrase(head)}” → {self.last_body.actor}", sure=0.8)]
        kinds = people.stand_ins.get(lemma, ())
        numbered = any(c.dep_ == "nummod" or c.like_num for c in head.children)
        several = _is_plural(head) and (numbered or "armed group" not in kinds)
        if kinds and not several and (_is_definite(head) or _is_plural(head)):
            last = self.last_actor
            if last is None or self.names.kinds.get(last.actor) not in kinds:
                last = next((self.last_of_kind[kind] for kind in kinds if kind in self.last_of_kind), None)
            if last is not None:
                return [replace(last, how=f"“{_phrase(head)}” → {last.actor}", sure=0.8, speaker=None)]
        if lemma in people.offices and voice and len(voice) == 1 and _is_definite(head):
            if lemma in ("president", "administration", "government", "secretary", "minister", "cabinet"):
                return [replace(voice[0], how=f"“{_phrase(head)}”, of {voice[0].actor}", sure=0.85)]
        if lemma in people.offices:
            office = self.offices.get(lemma)
            if office is not None and _is_definite(head):
                return [replace(office, how=f"“{_phrase(head)}” → {office.actor}", sure=0.8)]
        if self.last_person is not None and _is_officer(head) and _is_definite(head) and not modifiers:
            # "the diplomat said": he who was spoken of
            return [replace(self.last_person, how=f"“{_phrase(head)}” → {self.last_person.actor}", sure=0.7)]
        return self._new(passage, head)

    def _owners(self, passage: Passage, head: Token, voice: list[Holder] | None) -> list[Holder]:
        """Whose country "her country" is."""
        if head.dep_ in ("conj", "appos"):
            return []  # "the Front and its government": asking for the Front would ask for its government again
        owner = next((c for c in head.children if c.dep_ == "poss" and c.lower_ in _PRONOUNS_OWNING), None)
        return self._pronoun(passage, owner, voice)[:2] if owner is not None else []

    def _enumerated(self, passage: Passage, head: Token) -> list[Holder]:
        """ "11 members, including France and Peru": those who are named."""
        end = head.sent.end
        for token in head.doc[head.i + 1 : min(head.i + 6, end)]:
            if token.lower_ in ("including", "namely", "such", "like", ":", "—", "–"):
                for after in head.doc[token.i + 1 : min(token.i + 8, end)]:
                    row = self.rows.get((passage.start, after.i))
                    if row is not None:
                        return self.resolve(passage, head.doc[row[0].last])
        return []

    def _written_at(self, passage: Passage, head: Token) -> Written | None:
        return next((name for name in self.written[passage.start] if name.first <= head.i <= name.last), None)

    def _written_person(self, passage: Passage, head: Token) -> str | None:
        """The name of somebody whom the gazetteer does not have, in full where the article gives it."""
        name = self._written_at(passage, head)
        if name is None:
            return None
        last = passage.doc[name.last].text
        if name.person or (name.first == name.last and last in self.full_names):
            return self.full_names.get(last, name.text)
        return None

    def _new(self, passage: Passage, head: Token) -> list[Holder]:
        """A state, people or body that the gazetteer does not have: proposed as new, never forced onto another."""
        written = self._written_at(passage, head)
        people = lexicon().people
        if written is None or head.lower_ in people.times:
            return []
        if head.lower_ in people.offices or head.lower_ in people.officers or head.lower_ in people.documents:
            return []  # "the Chairperson": an office, no name
        if head.lemma_.lower() in lexicon().targets.proposal_words:
            return []  # "the Minsk Agreements"
        name = written.text
        return [Holder(name, known=False, sure=0.6, warnings=(f"not in the record: {name}",))]

    def _pair(self, passage: Passage, head: Token) -> list[Holder]:
        """The two that "both sides" are: joined earlier in the sentence, else the last pair before it."""
        for token in head.doc[head.sent.start : head.i]:
            if self.mention(passage, token) is not None and token.dep_ != "conj":
                joined = [self.mention(passage, one) for one in (token, *token.conjuncts) if one.i < head.i]
                names = dict.fromkeys(m.name for m in joined if m is not None and m.kind != "person")
                if len(names) == 2:
                    return [Holder(name) for name in names]
        return self.last_pair

    def _pronoun(self, passage: Passage, head: Token, voice: list[Holder] | None) -> list[Holder]:
        text = head.lower_
        if text in _PRONOUNS_FIRST:
            return list(voice or [])
        if found := self._in_sentence(passage, head):
            return found
        if text in ("he", "she", "his", "her", "him", "himself", "herself"):
            quoted = self.quoted_person if self._quotation(passage, head) is not None else None
            who = quoted or self.last_person
            if who is None:
                return []
            return [replace(who, how=f"“{text}” → {who.speaker or who.actor}", sure=who.sure * 0.8)]
        if text in ("they", "their", "them", "both"):
            group = self.last_group if self.group_age <= 2 else []
            if self.last_body is not None and (not group or len(group) > 2):
                group = [self.last_body]
            return [replace(h, how=f"“{text}” → {h.actor}", sure=h.sure * 0.75) for h in group]
        if text in ("it", "its") and self.last_actor is not None:
            who = self.last_actor
            return [replace(who, how=f"“{text}” → {who.actor}", sure=who.sure * 0.6)]
        return []

    def _in_sentence(self, passage: Passage, pronoun: Token) -> list[Holder]:
        """A subject earlier in the sentence that a pronoun can stand for: "Kyiv hesitated, but it accepted …"."""
        text = pronoun.lower_
        single = text in ("he", "she", "his", "her", "him")
        plural = text in ("they", "their", "them")
        if not single and not plural and text not in ("it", "its"):
            return []
        within = self._quotation(passage, pronoun)
        before = [t for t in passage.doc[pronoun.sent.start : pronoun.i] if self._quotation(passage, t) is within]
        subjects = [t for t in before if t.dep_ in ("nsubj", "nsubjpass") and t.pos_ in ("NOUN", "PROPN")]
        for subject in reversed(subjects):
            if subject.head == pronoun.head:
                continue
            holders = self.resolve(passage, subject)
            if not holders:
                continue
            if single and len(holders) == 1 and (holders[0].speaker or _is_officer(subject)):
                who = holders[0].speaker or holders[0].actor
                return [replace(holders[0], how=f"“{text}” → {who}", sure=holders[0].sure * 0.9)]
            if plural and (len(holders) > 1 or _is_plural(subject) or holders[0].plural):
                return [replace(h, how=f"“{text}” → {h.actor}", sure=h.sure * 0.9) for h in holders]
            if text in ("it", "its") and len(holders) == 1 and not holders[0].speaker:
                return [replace(holders[0], how=f"“{text}” → {holders[0].actor}", sure=holders[0].sure * 0.9)]
        for token in reversed(before if single else []):
            mention = self.mention(passage, token)
            if mention is not None and mention.kind == "person":
                # "what we heard from Putin as he laid out his terms"
                person = self.person(mention.name)
                return [replace(person, how=f"“{text}” → {mention.name}", sure=person.sure * 0.8)]
        return []

    def _quotation(self, passage: Passage, token: Token) -> Quotation | None:
        return quotation_at(self.quotations, passage.offset(token))

    def _stranger(self, passage: Passage, head: Token, name: str, voice: list[Holder] | None) -> list[Holder]:
        """A person whom the gazetteer does not have: his office may still tell for whom he speaks."""
        introduction = [t for t in head.subtree if t.i < head.i and t.dep_ in ("compound", "amod", "poss", "nmod")]
        office = next((t for t in introduction if t.lemma_.lower() in lexicon().people.offices), None)
        modifiers = self._modifiers(passage, head)
        former = any(t.lower_ in lexicon().people.former for t in introduction)
        warning = f"not in the record: {name}"
        if office is not None and not former:
            role = " ".join(t.text for t in introduction if t.text not in name and t.text != "'s")
            if modifiers:
                actor = self.of_name(modifiers[0]).actor
                return [Holder(actor, name, role, f"“{role} {name}” → {actor}", sure=0.85, warnings=(warning,))]
            if voice and len(voice) == 1 and office.lemma_.lower() in ("president", "minister", "secretary", "premier"):
                return [replace(voice[0], how=f"“{role} {name}”, speaking for {voice[0].actor}", sure=0.75)]
        if apposed := self._apposed_office(passage, head):
            # "Yousif Karim, the movement's political adviser,"
            actor, role = apposed
            return [Holder(actor, name, role, f"“{name}, {role}” → {actor}", sure=0.85, warnings=(warning,))]
        known = next((h for h in self.offices.values() if h.speaker == name), None)
        if known is not None:
            return [known]
        return [Holder(name, name, None, known=False, sure=0.6, warnings=(warning,))]

    def _states(self) -> list[str]:
        """Those that are named, the one most often named first."""
        named = Counter(
            m.name for row in self.mentions.values() for m in row if self.names.kinds.get(m.name) == "state"
        )
        return [name for name, _ in named.most_common()]

    def _apposed_office(self, passage: Passage, head: Token) -> tuple[str, str] | None:
        """For whom somebody speaks by the office that follows his name, and the office."""
        people = lexicon().people
        for child in head.children:
            before = {t.lower_ for t in child.lefts}
            if child.dep_ != "appos" or child.lemma_.lower() not in people.offices or before & people.former:
                continue
            if names := self._modifiers(passage, child):
                return self.of_name(names[0]).actor, _phrase(child)
        return None

    def _modifiers(self, passage: Passage, head: Token) -> list[Name]:
        """The states and organisations named beside an office: "Ukrainian", "of the United States"."""
        names: list[Name] = []

        def add(token: Token) -> None:
            for one in (token, *token.conjuncts):
                mention = self.mention(passage, one)
                if mention is not None and (mention.kind, mention.name) not in names:
                    names.append((mention.kind, mention.name))

        def add_after(*prepositions: str) -> None:
            for child in head.children:
                if child.dep_ == "prep" and child.lower_ in prepositions:
                    for grandchild in child.children:
                        if grandchild.dep_ == "pobj":
                            add(grandchild)

        for child in head.children:
            if child.dep_ in ("amod", "compound", "poss", "nmod") and child.i < head.i:
                add(child)
                for grandchild in child.children:
                    if grandchild.dep_ in ("amod", "compound", "poss", "nmod"):
                        add(grandchild)
        if not names:
            add_after("of", "for", "from")
        if not names and head.lemma_.lower() in lexicon().people.seated:
            add_after("in")
        return names

    # --- who was spoken of last ------------------------------------------------------------------------------------

    def note(self, passage: Passage, first: int, last: int) -> None:
        """A sentence has been read: remember who is in it, its subjects last, and of these that of the main clause."""
        doc = passage.doc
        self.group_age += 1
        subjects = [t for t in doc[first:last] if t.dep_ in ("nsubj", "nsubjpass", "agent")]
        subjects.sort(key=_is_of_main_clause)
        before = self.last_person
        for mention in self.mentions.get(passage.start, ()):
            if first <= mention.first < last:
                self._enter(passage, doc[mention.last], mention)
        for i in range(first, last):
            row = self.rows.get((passage.start, i))
            if row is not None and row[0].first == i:
                self._note_row(passage, row)
        for subject in subjects:
            if subject.pos_ != "PRON":
                self._note_subject(passage, subject)
        if subjects and _is_of_main_clause(subjects[-1]) and subjects[-1].lower_ in ("he", "she"):
            self.last_person = before  # "she said that May …": "she" is still the same

    def _note_subject(self, passage: Passage, subject: Token) -> None:
        holders = self.resolve(passage, subject)
        quoted = self._quotation(passage, subject) is not None
        for holder in holders:
            self._remember(holder, quoted=quoted)
        if not holders and subject.lemma_.lower() in lexicon().people.unnamed and not quoted:
            self.last_person = None  # "a source said": "he" is nobody who was named before
        if len(holders) == 1 and _is_officer(subject) and not holders[0].speaker and not quoted:
            self.last_person = holders[0]  # "the representative of Guyana": "she" from now on
        if len(holders) > 1:
            self.last_group, self.group_age = holders, 0
        if len(holders) == 2:
            self.last_pair = holders

    def _note_row(self, passage: Passage, row: list[Mention]) -> None:
        """ "Ukraine and the United States": the two that "both sides" will be."""
        holders = self.resolve(passage, passage.doc[row[0].last])
        if len(holders) == 2 and {h.actor for h in holders} != {h.actor for h in self.last_pair}:
            self.last_pair = holders

    def _enter(self, passage: Passage, token: Token, mention: Mention) -> None:
        if mention.kind == "person":
            person = self.person(mention.name, _introduction(passage, token, mention))
            self._remember(person, quoted=self._quotation(passage, token) is not None)
        else:
            self.last_actor = Holder(mention.name)
            self.last_of_kind[self.names.kinds.get(mention.name, "")] = self.last_actor
            if self.names.kinds.get(mention.name) in BODIES:
                self.last_body = self.last_actor

    def _remember(self, holder: Holder, *, quoted: bool) -> None:
        if holder.speaker:
            if quoted:
                self.quoted_person = holder
            else:
                self.last_person, self.quoted_person = holder, None
            for word in (holder.role or "").lower().split():
                if word in lexicon().people.offices:
                    self.offices[word] = holder
        else:
            self.last_actor = holder
            if holder.plural and not holder.known:
                self.last_body = holder
            if holder.plural or holder.role:
                self.last_group, self.group_age = [holder], 0


def _rows(doc: Doc, mentions: list[Mention]) -> list[list[Mention]]:
    """Names that stand in a row: "President Trump and Ukraine's President Zelenskyy"; the parser often misses it."""
    rows: list[list[Mention]] = []
    row: list[Mention] = []
    joined = False
    for mention in sorted(mentions, key=lambda m: m.first):
        between = doc[row[-1].last + 1 : mention.first] if row else doc[0:0]
        words_between = [t.lower_ for t in between]
        near = bool(row) and len(between) <= 7 and all(_may_introduce(t) for t in between)
        if near and mention.kind == "person" and row[-1].kind != "person" and not {"and", ","} & set(words_between):
            row[-1] = mention  # "Ukraine's President Zelenskyy" is one
        elif near and {"and", ","} & set(words_between):
            row.append(mention)
            joined = joined or "and" in words_between
        else:
            if joined and len(row) > 1:
                rows.append(row)
            row, joined = [mention], False
    if joined and len(row) > 1:
        rows.append(row)
    return rows


def _may_introduce(token: Token) -> bool:
    if token.lower_ in ("and", ",", "the", "'s", "’s", "'"):
        return True
    if token.lemma_.lower() in lexicon().people.stand_ins:
        return True
    return token.pos_ in ("PROPN", "ADJ") or token.lemma_.lower() in lexicon().people.offices


def _hangs_as_apposition(head: Token, top: Token) -> bool:
    at = head
    while at.dep_ == "conj" and at != top:
        at = at.head
    return at.dep_ == "appos" and at.head == top and top.pos_ == "NOUN"


def _all_heads(token: Token) -> list[Token]:
    """A noun and those joined to it; in "the Soviet Union, Egypt, and Israel" the parser sees appositions."""
    heads = [token, *(t for t in token.conjuncts if t.i > token.i)]
    for child in token.children:
        if child.dep_ == "appos" and any(c.dep_ == "conj" for c in child.children):
            heads.extend((child, *(t for t in child.conjuncts if t.i > child.i)))
    return heads


def _by_title(entries: Iterable[PersonEntry], role: str | None) -> list[PersonEntry]:
    if not role:
        return []
    wanted = {fold(w) for w in role.split()}
    scored = [(len(wanted & {fold(w) for w in entry.title.split()}), entry) for entry in entries]
    return [entry for score, entry in sorted(scored, key=lambda pair: -pair[0]) if score]


def _not_then(name: str, role: str, entry: PersonEntry, day: date) -> str:
    title = entry.title or role
    if entry.start is not None and day < entry.start:
        return f"{name} was not yet {title} on {day.isoformat()} (from {entry.start.isoformat()})"
    if entry.end is not None:
        return f"{name} was no longer {title} on {day.isoformat()} (until {entry.end.isoformat()})"
    return f"{name} is not known as {role} on {day.isoformat()}"


def _role(around: str, name: str, entries: list[PersonEntry]) -> str | None:
    """The office in the words that introduce a person, without the name itself."""
    own = {fold(w) for w in name.split()}
    for entry in entries:
        for alias in entry.aliases:
            own |= {fold(w) for w in alias.split() if fold(w) not in lexicon().people.offices}
    kept = [w for w in around.replace("’s", "").replace("'s", "").split() if fold(w.strip(",.")) not in own]
    role = " ".join(kept).strip(" ,.-–—")
    return role if any(fold(w.strip(",.")) in lexicon().people.offices for w in kept) else None


def _introduction(passage: Passage, head: Token, mention: Mention) -> str:
    """ "French President" of "French President Emmanuel Macron"; "Israel's prime minister" of an apposition."""
    doc = passage.doc
    first = mention.first
    while first > 0 and (
        doc[first - 1].dep_ in ("compound", "amod", "poss", "case", "nmod", "appos")
        or (doc[first - 1].pos_ == "PROPN" and doc[first - 1].dep_ != "pobj")
        or doc[first - 1].lemma_.lower() in lexicon().people.offices
    ):
        first -= 1
    if head.i < first:
        first = head.left_edge.i
    return str(doc[first : mention.last + 1].text)


def _is_plural(token: Token) -> bool:
    return token.tag_ in ("NNS", "NNPS")


def _is_officer(token: Token) -> bool:
    """One person by his office: "the envoy", not "the government"; or by what he does: "the expert"."""
    people, lemma = lexicon().people, token.lemma_.lower()
    return token.tag_ == "NN" and (lemma in people.officers or lemma in people.callings)


def _is_of_main_clause(subject: Token) -> bool:
    return subject.head.dep_ == "ROOT"


def _is_definite(head: Token) -> bool:
    return any((c.dep_ == "det" and c.lower_ in ("the", "this")) or c.dep_ == "poss" for c in head.children)


def _determined_as_both(head: Token) -> bool:
    determiners = {c.lower_ for c in head.children if c.dep_ in ("det", "nummod", "predet", "amod")}
    if head.lemma_.lower() in ("party", "leader", "president", "side") and _is_plural(head):
        # "the leaders", not "the European leaders"
        return bool(determiners & {"both", "two", "the"}) and determiners <= {"both", "two", "the"}
    return bool(determiners & {"both", "two"})


def _phrase(head: Token) -> str:
    """The noun phrase without what follows its head, and without its article."""
    first = head
    for child in head.children:
        if child.i < head.i and child.dep_ in ("amod", "compound", "poss", "nmod", "nummod", "det"):
            first = min(first, child.left_edge, key=lambda t: t.i)
    if first.dep_ == "det" and first.lower_ in ("the", "a", "an"):
        first = first.doc[first.i + 1]
    return str(head.doc[first.i : head.i + 1].text)
