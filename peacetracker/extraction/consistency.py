"""What an article claims, held against the record: each contradiction is a warning on its candidates, in words.

Invented and machine-made news mixes years: it calls people by offices that they held at another time, and speaks of
proposals before they existed. Three things are compared:

1. offices: who is called what in the text, on the day of the article; where it has no day, whether any day fits all;
2. proposals: a position on one that was tabled later;
3. quotations: the same words given to somebody else, or other words where the record has the same sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from weakref import WeakKeyDictionary

from rapidfuzz import fuzz

from .aliases import AliasIndex
from .gazetteer import Gazetteer, PersonEntry
from .lexicon import lexicon
from .model import Document, ExtractedStatement
from .text import Word, fold, plain, words

MOST_ELSEWHERE = 2  # warnings about the rest of the article on one candidate
FEWEST_WORDS = 6  # of quotations that can be compared
ALIKE = 75  # per cent: the same sentence, in other words
ALMOST_SAME = 92  # per cent: slips of copying
ONE_OCCASION = timedelta(days=7)
_SHOWN_WORDS = 25
_LONGEST_OFFICE = 8  # words before a name
_QUALIFIERS = frozenset({"deputy", "vice", "shadow", "assistant", "under"})
_VAGUE = frozenset(
    {
        *(
            "leader",
            "official",
            "chief",
            "head",
            "representative",
            "adviser",
            "advisor",
            "member",
            "diplomat",
            "people",
        ),
        *("side", "state", "foreign", "team", "council", "office", "authority", "government", "administration"),
        *("counterpart", "leadership"),
    }
)
_OTHER_OFFICE_WORDS = _QUALIFIERS | {"prime", "general", "national", "security", "defence", "finance", "interior"}
_JOINED = re.compile(r"[ \u00a0'’-]{0,2}")  # between words that belong together
_SMALL = frozenset({"of", "the", "for", "and", "s"})
_SAME_OFFICE = {"defense": "defence", "fm": "foreign minister", "pm": "prime minister", "premier": "prime minister"}
_AHEAD = re.compile(
    r"\b(?:prepar(?:es|ing)|plan(?:s|ned|ning)|upcoming|forthcoming|looming)\b"
    r"(?:\W+[\w-]+){0,3}?\W+((?:19|20)\d\d)\b(?: \w+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class KnownQuote:
    """A quotation that the record has from another article. ``where`` names that article for an editor."""

    words: str
    speaker: str | None
    actor: str
    said_on: date | None
    where: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The article gives a person an office, or has him speak for an organisation (then ``office`` is empty)."""

    person: str
    office: str
    organisations: tuple[str, ...]


def check(
    document: Document,
    statements: Sequence[ExtractedStatement],
    gazetteer: Gazetteer,
    quotes: Sequence[KnownQuote] = (),
) -> list[ExtractedStatement]:
    """The statements with what contradicts the record among their warnings."""
    if not statements:
        return []
    offices = Offices(gazetteer, document.published_on)
    about: dict[str, list[str]] = {}
    for claim in [*claims(document.text, gazetteer), *_claims_of(statements)]:
        if (warning := offices.warning(claim)) and warning not in about.setdefault(claim.person, []):
            about[claim.person].append(warning)
    general = [*_ahead(document), *_no_day_fits(document, statements, gazetteer)]
    return [_warned(one, document, gazetteer, about, general, quotes) for one in statements]


def _warned(
    one: ExtractedStatement,
    document: Document,
    gazetteer: Gazetteer,
    about: dict[str, list[str]],
    general: list[str],
    quotes: Sequence[KnownQuote],
) -> ExtractedStatement:
    own = about.get(one.speaker or "", [])
    # An extractor may have seen the same and know less of it.
    said = [w for w in one.warnings if not (own and w.startswith(f"{one.speaker} was no"))]
    others = [w for person, found in about.items() if person != one.speaker for w in found]
    elsewhere = [f"elsewhere it {w.removeprefix('the article ')}" for w in others[:MOST_ELSEWHERE]]
    found = [*said, *own, *_too_early(one, document, gazetteer), *_elsewhere_otherwise(one, quotes)]
    return replace(one, warnings=tuple(dict.fromkeys([*found, *general, *elsewhere])))


# --- offices ---------------------------------------------------------------------------------------------------------


class Offices:
    """Who holds which office on a day, as far as the record knows."""

    def __init__(self, gazetteer: Gazetteer, day: date | None) -> None:
        self.day = day
        peoples = lexicon().countries.peoples
        self.own_words = {
            actor.name: _folded(" ".join((actor.name, *actor.aliases, *peoples.get(actor.name, ()))))
            for actor in gazetteer.actors
        }
        self.people: dict[str, list[PersonEntry]] = {}
        for entry in gazetteer.people:
            self.people.setdefault(entry.name, []).append(entry)

    def warning(self, claim: Claim) -> str:
        """What the record has against a claim; empty where nothing."""
        day = self.day
        if day is None:
            return ""
        mine = self.people.get(claim.person, [])
        fitting = _fitting(claim, mine)
        if any(entry.held_on(day) for entry in fitting):
            return ""
        organisations = {e.speaks_for for e in fitting} or {*claim.organisations} or {e.speaks_for for e in mine}
        now = self._holder(claim, {name for name in organisations if name}, day)
        if not fitting and not (now and claim.office):
            return ""
        record = [_term(_nearest(fitting, day))] if fitting else []
        record += [f"{now.name} as {now.title}{_since(now)}"] if now else []
        return f"{_said(claim)}; the record has {' and '.join(record)}"

    def _holder(self, claim: Claim, organisations: set[str], day: date) -> PersonEntry | None:
        """Who else holds the office on the day. Somebody whose dates the record lacks proves nothing."""
        own = _fitting(claim, self.people.get(claim.person, []))
        wanted = claim.office or (_nearest(own, day).title if own else "")
        for entries in self.people.values():
            for entry in entries:
                known = entry.start is not None and entry.held_on(day) and entry.speaks_for in organisations
                if not known or entry.name == claim.person or not same_office(wanted, entry.title):
                    continue
                if own or self._word_for_word(claim.office, entry):
                    return entry
        return None

    def _word_for_word(self, office: str, entry: PersonEntry) -> bool:
        """Whom the record never had in an office may have one that is only called much the same."""
        own_words = self.own_words.get(entry.speaks_for or "", set()) | _SMALL
        return _folded(office) - own_words == _folded(entry.title) - own_words


def _fitting(claim: Claim, entries: Iterable[PersonEntry]) -> list[PersonEntry]:
    if claim.office:
        return [entry for entry in entries if entry.title and same_office(claim.office, entry.title)]
    return [entry for entry in entries if entry.speaks_for in claim.organisations]


def _nearest(entries: Sequence[PersonEntry], day: date) -> PersonEntry:
    def distance(entry: PersonEntry) -> int:
        days = [abs((day - edge).days) for edge in (entry.start, entry.end) if edge]
        return min(days, default=10**6)

    return min(entries, key=distance)


def _said(claim: Claim) -> str:
    if claim.office:
        return f"the article calls {claim.person} “{claim.office}”"
    return f"the article has {claim.person} speak for {claim.organisations[0]}"


def _term(entry: PersonEntry) -> str:
    if entry.start and entry.end:
        when = f"from {_in_words(entry.start)} to {_in_words(entry.end)}"
    else:
        when = f"until {_in_words(entry.end)}" if entry.end else f"from {_in_words(entry.start)}"
    return f"{entry.name} as {entry.title or f'speaking for {entry.speaks_for}'} {when}"


def _since(entry: PersonEntry) -> str:
    return f" since {_in_words(entry.start)}" if entry.start else ""


def _in_words(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "an unknown day"


def same_office(claimed: str, title: str) -> bool:
    """Do two titles name one office? "British Foreign Secretary" and "foreign minister" do; a deputy has another."""
    a, b = _office_words(claimed), _office_words(title)
    if a <= _VAGUE or b <= _VAGUE or a & _QUALIFIERS != b & _QUALIFIERS:
        return False
    return a <= b or b <= a


def _office_words(title: str) -> set[str]:
    return {word for word in _folded(title) if word in lexicon().people.offices or word in _OTHER_OFFICE_WORDS}


def _folded(title: str) -> set[str]:
    """The words of a title, with one word for the same office."""
    plainly = [fold(word.raw) for word in words(plain(title))]
    found = set(" ".join(_SAME_OFFICE.get(word, word) for word in plainly).split())
    if "secretary" in found and found & {"foreign", "defence"}:
        found = found - {"secretary"} | {"minister"}
    return found


# --- what the text claims --------------------------------------------------------------------------------------------

Named = tuple[bool, str]  # a person?, and the name
_indexes: WeakKeyDictionary[Gazetteer, AliasIndex[Named]] = WeakKeyDictionary()


def _index(gazetteer: Gazetteer) -> AliasIndex[Named]:
    index = _indexes.get(gazetteer)
    if index is None:
        index = _indexes[gazetteer] = AliasIndex()
        peoples = lexicon().countries.peoples
        for person in gazetteer.people:
            for name in (person.name, *person.aliases):
                index.add(name, (True, person.name))
        for actor in gazetteer.actors:
            for name in (actor.name, *actor.aliases, *peoples.get(actor.name, ())):
                index.add(name, (False, actor.name))
    return index


def claims(text: str, gazetteer: Gazetteer) -> list[Claim]:
    """Every office, or organisation, that the text gives to a person whom the gazetteer knows by that name alone."""
    text_words = words(plain(text))
    named: dict[int, set[Named]] = {}
    ends: dict[int, int] = {}
    for hit in _index(gazetteer).find(text_words):
        named.setdefault(hit.first, set()).add(hit.payload)
        ends[hit.first] = hit.last
    people = {ends[first] for first, names in named.items() if any(is_person for is_person, _ in names)}
    found = []
    for first, names in named.items():
        if len(names) == 1 and (person := next(iter(names)))[0]:
            before = _before(text, text_words, first, people)
            after = _after(text, text_words, ends[first])
            inside = [w for w in text_words[first : ends[first] + 1] if not _is_officer(w)]
            if not inside:
                continue  # "the Pope": whoever that was then
            own = [w for w in text_words[first : ends[first] + 1] if _is_officer(w)]
            for run in (before + own, after):
                if run and (claim := _claim(person[1], text, run, named, text_words)):
                    found.append(claim)
    return list(dict.fromkeys(found))


def _claims_of(statements: Iterable[ExtractedStatement]) -> Iterator[Claim]:
    """An extractor may have read an office that stands elsewhere in the sentence."""
    for one in statements:
        if one.speaker and one.role and not _is_former(word.raw for word in words(one.role)):
            yield Claim(one.speaker, one.role, (one.actor,))


def _claim(
    person: str, text: str, run: list[Word], named: dict[int, set[Named]], text_words: list[Word]
) -> Claim | None:
    numbers = range(text_words.index(run[0]), text_words.index(run[-1]) + 1)
    organisations = tuple(
        sorted({name for number in numbers for is_person, name in named.get(number, ()) if not is_person})
    )
    if any(_is_officer(word) for word in run):
        office = text[run[0].start : run[-1].end]
        return Claim(person, office, organisations) if _office_words(office) - _VAGUE else None
    possessive = run[-1].raw == "s" and len(organisations) == 1
    return Claim(person, "", organisations) if possessive else None


def _before(text: str, text_words: list[Word], first: int, people: set[int]) -> list[Word]:
    """The words that introduce a name: "British Foreign Secretary", "NATO's". None where they speak of the past.
    ``people`` are the last words of other persons' names."""
    run: list[Word] = []
    number = first - 1
    while number >= 0 and len(run) < _LONGEST_OFFICE:
        word, after = text_words[number], text_words[number + 1]
        gap = text[word.end : after.start]
        comma = not run and gap == ", " and _is_officer(word)
        if not (comma or _JOINED.fullmatch(gap)) or not _introduces(word) or number in people:
            break
        if not run and not _ends_an_office(word):
            break  # somebody's first name
        run.insert(0, word)
        number -= 1
    if _is_former(text_words[i].raw for i in range(max(number, 0), first)):
        return []
    while run and run[0].raw in _SMALL:
        run.pop(0)
    return run


def _after(text: str, text_words: list[Word], last: int) -> list[Word]:
    """An apposition: ", the British foreign secretary," after a name."""
    if last + 1 >= len(text_words) or text[text_words[last].end : text_words[last + 1].start] != ", ":
        return []
    run: list[Word] = []
    for number in range(last + 1, min(last + 1 + _LONGEST_OFFICE, len(text_words))):
        word = text_words[number]
        if run and not _JOINED.fullmatch(text[text_words[number - 1].end : word.start]):
            break
        run.append(word)
    closed = run and text[run[-1].end : run[-1].end + 1] in (",", ".", ";", ")")
    if not closed or not all(_introduces(word) for word in run) or _is_former(word.raw for word in run):
        return []
    while run and run[0].raw in _SMALL:
        run.pop(0)
    return run


def _introduces(word: Word) -> bool:
    lower = fold(word.raw)
    return word.raw[0].isupper() or lower in _SMALL or lower in lexicon().people.offices or lower in _OTHER_OFFICE_WORDS


def _ends_an_office(word: Word) -> bool:
    lower = fold(word.raw)
    return word.raw == "s" or _is_officer(word) or lower in lexicon().people.offices or lower in _OTHER_OFFICE_WORDS


def _is_officer(word: Word) -> bool:
    lower = fold(word.raw)
    return lower in lexicon().people.officers or lower in _SAME_OFFICE


def _is_former(run: Iterable[str]) -> bool:
    return any(word.lower() in lexicon().people.former for word in run)


# --- days ------------------------------------------------------------------------------------------------------------


def _too_early(one: ExtractedStatement, document: Document, gazetteer: Gazetteer) -> Iterator[str]:
    day = document.published_on
    tabled = _tabled(one, gazetteer)
    if day and tabled and day < tabled:
        yield f"{one.target} was tabled on {tabled}, after the article of {day}"


def _tabled(one: ExtractedStatement, gazetteer: Gazetteer) -> date | None:
    if one.target_kind != "proposal":
        return None
    return next((entry.tabled_on for entry in gazetteer.proposals if entry.name == one.target), None)


def _ahead(document: Document) -> Iterator[str]:
    """A year that is spoken of as if it lay ahead."""
    day = document.published_on
    for found in _AHEAD.finditer(document.text) if day else ():
        if int(found[1]) < day.year:  # type: ignore[union-attr]
            phrase = " ".join(found.group().split())
            yield f"the article speaks of {found[1]} as ahead (“{phrase}”), and is of {_in_words(day)}"
            return


def _no_day_fits(document: Document, statements: Sequence[ExtractedStatement], gazetteer: Gazetteer) -> Iterator[str]:
    """Of an article without a date: what it says cannot all hold on one day."""
    if document.published_on is not None:
        return
    people: dict[str, list[PersonEntry]] = {}
    for entry in gazetteer.people:
        people.setdefault(entry.name, []).append(entry)
    held = [
        fitting[0]
        for claim in claims(document.text, gazetteer)
        if len(fitting := _fitting(claim, people.get(claim.person, []))) == 1
    ]
    begins = [(e.start, f"{e.name} is {e.title} from {_in_words(e.start)}") for e in held if e.start]
    begins += [
        (tabled, f"{one.target} was tabled on {_in_words(tabled)}")
        for one in statements
        if (tabled := _tabled(one, gazetteer))
    ]
    ends = [(e.end, f"{e.name} was {e.title} until {_in_words(e.end)}") for e in held if e.end]
    if begins and ends and (last := max(begins))[0] > (first := min(ends))[0]:
        yield f"no day fits what the article says: {first[1]}, and {last[1]}"


# --- quotations ------------------------------------------------------------------------------------------------------


def _elsewhere_otherwise(one: ExtractedStatement, quotes: Iterable[KnownQuote]) -> Iterator[str]:
    mine = _compared(one.quote)
    if not one.direct or len(mine.split()) < FEWEST_WORDS:
        return
    for known in quotes:
        theirs = _compared(known.words)
        if len(theirs.split()) < FEWEST_WORDS:
            continue
        same = mine in theirs or theirs in mine
        alike = 100.0 if same else fuzz.ratio(mine, theirs)
        if _another(one, known):
            if alike >= ALMOST_SAME:
                yield f"the same words are {known.speaker or known.actor}’s in {known.where}"
        elif not same and alike >= ALIKE and _one_occasion(one.said_on, known.said_on):
            yield f"quoted with other words in {known.where}: “{_shortened(known.words)}”"


def _another(one: ExtractedStatement, known: KnownQuote) -> bool:
    if one.speaker and known.speaker:
        return one.speaker != known.speaker
    return one.actor != known.actor


def _one_occasion(one: date | None, other: date | None) -> bool:
    return one is None or other is None or abs(one - other) <= ONE_OCCASION


def _compared(quote: str) -> str:
    return " ".join(fold(word.raw) for word in words(plain(quote)))


def _shortened(quote: str) -> str:
    parts = quote.split()
    return " ".join(parts[:_SHOWN_WORDS]) + (" …" if len(parts) > _SHOWN_WORDS else "")
