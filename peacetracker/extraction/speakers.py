"""Who speaks: labels of a transcript, the author of a statement, and the speaker of each quotation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from spacy.tokens import Token

from .actors import Cast, Holder
from .lexicon import lexicon
from .model import Document
from .quotations import Quotation
from .reporting import is_reporting, own_subject, subject_of
from .sentences import Paragraph, Passage

_QUESTION = re.compile(
    r"(?:(?:Q|QUESTION|REPORTER|Question|Reporter)(?:\s*:|\.|\s)"
    r"|(?i:Interviewer|Presenter|Host|Moderator|Anchor|Journalist|Correspondent)\s*:)\s*(?=\S)"
)
_REPEATED = re.compile(r"(?P<who>[A-ZÀ-Þ][^\n:“\"«„.!?]{1,40}):\s+")
_CALLED = re.compile(  # "Mr Secretary, …", "Minister Vik, …"
    r"(?:(?:Mr|Mrs|Ms|Dr|Madam|Sir|Foreign|Prime|Defen[cs]e|Special|Deputy|Vice|Secretary|General|Minister|President"
    r"|Ambassador|Spokes(?:person|man|woman)|Chair(?:man|woman|person)?|Envoy|Governor|Senator|Commissioner"
    r"|Excellency|Professor)\b\.?[ -]?)+(?:[A-ZÀ-Þ][\w’'.-]+ ?){0,3},\s+(?!who|which|whose|speaking)"
)
_CAPITALS = re.compile(r"(?P<who>[A-ZÀ-Þ][A-ZÀ-Þ'’.\- ]{2,60}?)(?:\s*\([^)\n]{1,60}\))?\s*:\s+")
_TITLED = re.compile(r"(?P<who>[A-ZÀ-Þ][^\n:“\"«„.!?]{2,120}?(?:Mr\.|Ms\.|Dr\.)?[^\n:“\"«„!?]{0,60}?)\s*:\s*")


# A publisher that speaks for somebody, and does not report about others.
_OFFICE = re.compile(
    r"\b(?:Department|Ministry|Office|Government|Presidency|Embassy|Mission|Secretariat|Commission|Council|Chancellery"
    r"|White House|Kremlin|Cabinet)\b"
)

_DATELINE = re.compile(
    r"[A-ZÀ-Þ][A-ZÀ-Þ'’.\- ]{2,40}(?:, [A-Z][\w.]+(?: \d{1,2})?){0,2}"
    r"(?: \([^)\n]{2,40}\))?\s*(?:--|[-–—])\s*(?=[“\"A-Z])"
)


def after_dateline(text: str, start: int, end: int) -> int:
    """Where the words of a paragraph begin: "LIBREVILLE (Reuters) - The rebels …"."""
    found = _DATELINE.match(text, start, end)
    return found.end() if found else start


@dataclass(frozen=True, slots=True)
class Turn:
    """Who has the floor in a paragraph: nobody known, a questioner, or ``holders``."""

    holders: tuple[Holder, ...] = ()
    question: bool = False
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label at the head of a paragraph; the paragraph's own words begin at ``end``."""

    text: str
    end: int
    question: bool = False
    quoted: bool = False


def strangers(text: str, paragraphs: Sequence[Paragraph], cast: Cast) -> dict[str, bool]:
    """Labels that stand more than once and name nobody of the gazetteer ("Radio Norland:"), and whether they ask."""
    asked: defaultdict[str, list[bool]] = defaultdict(list)
    for paragraph in paragraphs:
        label = _REPEATED.match(text, paragraph.start, paragraph.end)
        if label and not cast.find_in(label["who"]) and not _has_verb(label["who"]):
            asked[label["who"]].append(text[paragraph.start : paragraph.end].rstrip(' ”"').endswith("?"))
    return {who: 2 * sum(each) > len(each) for who, each in asked.items() if len(each) > 1}


def find_label(text: str, paragraph: Paragraph, cast: Cast, unknown: Mapping[str, bool]) -> Label | None:
    """``unknown`` are the labels of strangers."""
    question = _QUESTION.match(text, paragraph.start, paragraph.end)
    if question:
        called = _CALLED.match(text, question.end(), paragraph.end)
        end = called.end() if called and called.end() < paragraph.end else question.end()
        return Label(question.group().strip(" :."), end, question=True)
    capitals = _CAPITALS.match(text, paragraph.start, paragraph.end)
    if capitals:
        return Label(capitals["who"].strip(), capitals.end())
    titled = _TITLED.match(text, paragraph.start, min(paragraph.end, paragraph.start + 200))
    if titled and titled.end() < paragraph.end:
        who = titled["who"]
        quoted = text[titled.end()] in '“"«„'
        names = cast.find_in(who)
        reporting = any(w.lower().rstrip("s").rstrip("ed") in lexicon().reporting.verbs for w in who.split())
        short = len(who.split()) <= 12
        if names and short and not reporting and not _has_verb(who):
            last = names[-1]
            if quoted or (last[2][0] == "person" and last[1] >= len(who) - 1 and len(who.split()) <= 6):
                return Label(who, titled.end(), quoted=quoted)
    stranger = _REPEATED.match(text, paragraph.start, paragraph.end)
    if stranger and stranger["who"] in unknown:
        return Label(stranger["who"], stranger.end(), question=unknown[stranger["who"]])
    return None


_VERBISH = re.compile(r"\b(?:is|are|was|were|has|have|had|will|would|said|says|told|described|explained|\w+ed)\b")


def _has_verb(who: str) -> bool:
    return bool(_VERBISH.search(who))


def label_holders(label: Label, cast: Cast, title: str) -> tuple[Holder, ...]:
    """Whom a label names: "MR. KIRBY", "French President Emmanuel Macron"."""
    names = cast.find_in(label.text)
    people = [name for name in names if name[2][0] == "person"]
    how = f"“{label.text}:” speaks"
    if people:
        holder = cast.of_name(people[-1][2], label.text, how)
        if holder.role is None:
            holder = replace(holder, role=_role_in_title(title, people[-1][2][1]))
        return (holder,)
    if label.text.isupper():
        # "SECRETARY SMITH": a surname that the title spells out
        surname = label.text.split()[-1].strip(".")
        for start, end, name in cast.find_in(title):
            if name[0] == "person" and surname.lower() in title[start:end].lower():
                return (cast.of_name(name, label.text, how),)
        spoken = surname.title()
        holder = cast.person(cast.full_names.get(spoken, spoken), "", how)
        return (replace(holder, sure=0.5),)
    if names:
        return (replace(cast.of_name(names[0][2], label.text, how), role=label.text),)
    return ()


def _role_in_title(title: str, name: str) -> str | None:
    at = title.find(name)
    if at <= 0:
        return None
    before = re.split(r",|;|\bby\b|\band\b(?=[^,]*$)|\bwith\b|\bfrom\b", title[:at])
    role = before[-1].strip() if before else ""
    return role or None


def author(document: Document, cast: Cast, *, speaks: bool) -> tuple[Holder, ...]:
    """Who says "we" where nobody is named: the author in the title of a statement, else its publisher.

    Where the title does not call it a statement, an office that publishes it ``speaks`` if it says "we" itself.
    """
    title = document.title
    low = title.lower()
    if not any(re.search(rf"\b{re.escape(word)}s?\b", low) for word in lexicon().people.statement_titles):
        return _publisher(document, cast) if speaks and _OFFICE.search(document.publisher) else ()
    # What the statement is about comes after "on"; who makes it, before.
    cut = re.search(r"\b(?:on|regarding|about|concerning|to mark)\b", title)
    front = title[: cut.start()] if cut else title
    about = title[cut.end() :] if cut else ""
    names = cast.find_in(front)
    people = [n for n in names if n[2][0] == "person"]
    how = f"“{title}”"
    spoken = re.search(r"\b(?:remarks|briefing|gaggle|address|speech|interview|press|oral)\b", low)
    if people and spoken:
        holders = {h.actor: h for n in people[:1] for h in [cast.of_name(n[2], "", how)]}
        holder = next(iter(holders.values()))
        if len(people) > 1:
            return (replace(holder, speaker=None, role=None, sure=0.8),)
        return (replace(holder, role=_role_in_title(title, people[0][2][1]) or holder.role),)
    if names:
        whole = cast.of_name(names[0][2], "", how)
        role = front[names[0][0] : names[0][1]]
        role = re.sub(r"[’']s?$", "", role)
        return (replace(whole, role=whole.role or role),)
    if "joint" in low:
        both = dict.fromkeys(n[2][1] for n in cast.find_in(about) if n[2][0] != "person")
        if len(both) == 2:
            return tuple(Holder(name, how=how) for name in both)
    return () if "joint" in low else _publisher(document, cast)


def _publisher(document: Document, cast: Cast) -> tuple[Holder, ...]:
    named = cast.find_in(document.publisher)[:1]
    return tuple(replace(cast.of_name(n[2], "", f"published by {document.publisher}"), sure=0.85) for n in named)


def is_speech(quotation: Quotation, tokens: Sequence[Token]) -> bool:
    """A whole utterance, not a word or two that the article holds with tongs."""
    return len(tokens) >= 4 and any(t.pos_ in ("VERB", "AUX") for t in tokens)


def quotation_speaker(passage: Passage, quotation: Quotation, others: Sequence[Quotation], cast: Cast) -> Token | None:
    """The noun phrase that says a quotation; None where nothing near it does."""
    inside = [q for q in others if q is not quotation]

    def outside(token: Token) -> bool:
        at = passage.offset(token)
        return not any(q.opened <= at < q.closed for q in inside)

    before, after = _beside(passage, quotation, [t for t in passage.doc if outside(t)], inside)
    closed = passage.text[: quotation.end - passage.start].endswith(".")
    introduced = any(not t.is_punct and not t.is_quote for t in before)
    for stretch in (before, after) if introduced else (after,):
        verbs = [t for t in stretch if is_reporting(t)]
        if stretch is before:
            verbs.reverse()
        elif closed:
            verbs = [t for t in verbs if not _says_more(t)]
        for verb in verbs[:3]:
            subject = subject_of(verb)
            if subject is not None and outside(subject) and not quotation.holds(passage.offset(subject)):
                return subject
            near = [(t, m) for t in stretch if abs(t.i - verb.i) <= 8 and (m := cast.mention(passage, t)) is not None]
            if near:
                _, mention = min(near, key=lambda pair: abs(pair[0].i - verb.i))
                return passage.doc[mention.last]
    return _labelled(passage, quotation, cast)


def _beside(
    passage: Passage, quotation: Quotation, tokens: Sequence[Token], others: Sequence[Quotation]
) -> tuple[list[Token], list[Token]]:
    """The words of its sentence before a quotation and after it, up to the next one."""
    previous_end = max((q.closed for q in others if q.closed <= quotation.opened), default=passage.start)
    next_start = min((q.opened for q in others if q.opened >= quotation.closed), default=10**12)
    before = [t for t in tokens if passage.offset(t) < quotation.opened]
    before = [
        t for t in before if passage.offset(t) >= previous_end or not _sentence_end_between(passage, t, quotation)
    ]
    after = _until_sentence_end([t for t in tokens if passage.offset(t) >= quotation.closed])
    return _since_sentence_start(before), [t for t in after if passage.offset(t) < next_start]


def _labelled(passage: Passage, quotation: Quotation, cast: Cast) -> Token | None:
    """Who is named just before the colon that opens a quotation: "Sen. Anna Berg (Northland): “No.”"."""
    before = [t for t in passage.doc if quotation.opened - 60 <= passage.offset(t) < quotation.opened]
    if not before or before[-1].text != ":":
        return None
    named = [m for t in before if (m := cast.mention(passage, t)) is not None and m.kind == "person"]
    return passage.doc[named[-1].last] if named else None


def _says_more(verb: Token) -> bool:
    """ "“It is over.” The minister said that the talks had failed.": he says something else."""
    said = ("ccomp",) if verb.lemma_ == "tell" else ("ccomp", "dobj")  # "told reporters"
    return any(c.dep_ in said and c.i > verb.i for c in verb.children)


def subject_before(passage: Passage, quotation: Quotation, others: Sequence[Quotation]) -> Token | None:
    """What the sentence before a quotation is about: "The minister welcomed the plan. “It is a good plan.”"."""
    token = next((t for t in reversed(passage.doc) if passage.offset(t) < quotation.opened and not t.is_punct), None)
    if token is None:
        return None
    low = passage.bounds(token.sent)[0]
    if any(q.closed > low and q.opened < quotation.opened for q in others if q is not quotation):
        return None
    return own_subject(token.sent.root)


def _since_sentence_start(tokens: list[Token]) -> list[Token]:
    for i in range(len(tokens) - 1, -1, -1):
        if tokens[i].text in (".", "!", "?"):
            return tokens[i + 1 :]
    return tokens


def _until_sentence_end(tokens: list[Token]) -> list[Token]:
    for i, token in enumerate(tokens):
        if token.text in (".", "!", "?"):
            return tokens[:i]
    return tokens


def _sentence_end_between(passage: Passage, token: Token, quotation: Quotation) -> bool:
    between = takewhile(lambda t: passage.offset(t) < quotation.opened, passage.doc[token.i + 1 :])
    return any(t.text in (".", "!", "?") for t in between)
