"""Which words show a position: the clause that reports it, or the sentence inside the quotation marks."""

from __future__ import annotations

from .holders import Voice
from .positions import Cue, is_first_person
from .sentences import Passage
from .syntax import main_clause
from .targets import TargetMention


def span_of(text: str, passage: Passage, cue: Cue, voice: Voice, mention: TargetMention) -> tuple[int, int]:
    """The clause that reports the position; of a quotation, the sentence inside the marks."""
    doc, token = passage.doc, cue.token
    if cue.form == "participle":
        noun = token.head
        first, last = noun.left_edge.i, token.right_edge.i
    elif cue.form == "noun" and any(c.dep_ == "poss" and not is_first_person(c) for c in token.children):
        first, last = token.left_edge.i, token.right_edge.i
    else:
        first, last = main_clause(token)
    first, last = min(first, mention.first), max(last, mention.last)
    sentence = token.sent
    first, last = max(first, sentence.start), min(last, sentence.end - 1)
    while first < last and (doc[first].is_punct or doc[first].dep_ == "cc" or doc[first].is_space):
        first += 1
    while last > first and doc[last].text in (",", ";", ":", "—", "–", "-"):
        last -= 1
    start, end = passage.offset(doc[first]), passage.end_of(doc[last])
    quotation = voice.quotation
    if quotation is not None and quotation.holds(passage.offset(token)):
        start, end = max(start, quotation.start), min(end, quotation.end)
    return trimmed(text, start, end)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in '“”"„«»'):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
