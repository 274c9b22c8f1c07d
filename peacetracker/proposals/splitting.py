"""A proposal's text → its numbered points, with the issues that each seems to be about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pghistory

from peacetracker.database.refusals import checked
from peacetracker.proposals.models import Provision, ProvisionIssue, Target

LONGEST_NAME = 120
MOST_ISSUES = 3

# How points are numbered: “1.” “1)” “(1)” “1 –” “Article 1” “Point 1:” “§ 1” “No. 1”, in Roman numerals too.
_NUMBER = r"(?P<number>\d{1,3}|[IVXL]{1,6})"
_POINT = re.compile(
    rf"^\s*(?:[-*•]\s*)?(?:(?:article|art\.|point|clause|section|paragraph|item|no\.|№|§)\s*{_NUMBER}\s*[.:)–—-]?"
    rf"|\(\s*{_NUMBER.replace('number', 'bracketed')}\s*\)"
    rf"|{_NUMBER.replace('number', 'plain')}\s*[.):](?=\s|$)"
    rf"|{_NUMBER.replace('number', 'dashed')}\s+[–—-](?=\s))\s*(?P<text>.*)$",
    re.IGNORECASE,
)
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}


@dataclass
class Point:
    """A numbered point of a text."""

    number: int
    text: str
    issues: list[int] = field(default_factory=list)  # ids of issues, the likeliest first

    @property
    def name(self) -> str:
        """A heading for it: what stands before a colon, or its first sentence."""
        line = self.text.split("\n", 1)[0].strip()
        head = re.match(r"(.{3,80}?):\s+\S", line) or re.match(r"(.+?[.!?])\s+[A-ZА-Я“\"]", line)
        name = (head[1] if head else line).strip().rstrip(".:")
        return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rsplit(" ", 1)[0] + "…"


def split(text: str) -> list[Point]:
    """The numbered points of a text, in their order; what stands before the first is left out.

    A number counts as one only where it follows the one before: “2025. …” or “5. …” within point 2 stays text.
    """
    points: list[Point] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        number, rest = _numbered(line)
        if number is not None and (not points or number == points[-1].number + 1):
            points.append(Point(number, rest))
        elif points:
            points[-1].text += "\n" + line.strip()
    for point in points:
        point.text = re.sub(r"\n{2,}", "\n", point.text).strip()
    return [point for point in points if point.text]


def _numbered(line: str) -> tuple[int | None, str]:
    match = _POINT.match(line)
    if match is None:
        return None, line
    written = next(filter(None, (match[name] for name in ("number", "bracketed", "plain", "dashed"))))
    return (int(written) if written.isdigit() else _roman(written.upper())), match["text"].strip()


def _roman(written: str) -> int:
    values = [_ROMAN[letter] for letter in written]
    return sum(-v if v < max(values[at:], default=0) else v for at, v in enumerate(values))


def suggest_issues(points: Iterable[Point], issues: Iterable[Target]) -> None:
    """Give each point the issues whose names or terms stand in it, those with most words in common first."""
    known = [(issue.pk, [_as_pattern(term) for term in [issue.name, *issue.terms]]) for issue in issues]
    for point in points:
        weights = {pk: sum(len(found[0]) for pattern in patterns for found in pattern.finditer(point.text))
                   for pk, patterns in known}  # fmt: skip
        likely = sorted((pk for pk, weight in weights.items() if weight), key=lambda pk: -weights[pk])
        point.issues = likely[:MOST_ISSUES]


def _as_pattern(term: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", re.IGNORECASE)


def make_provisions(proposal: Target, rows: Iterable[dict[str, Any]]) -> list[Provision]:
    """Provisions of a proposal with their issues: all or none. `rows` have number, name, summary and issues (ids)."""
    with checked(), pghistory.context(reason="split the proposal's text"):
        return list(_made(proposal, rows))


def _made(proposal: Target, rows: Iterable[dict[str, Any]]) -> Iterator[Provision]:
    for row in rows:
        number = row["number"]
        provision = Provision.objects.create(
            proposal_id=proposal.pk,
            process_id=proposal.process_id,
            number=number,
            slug=f"{proposal.slug}-{number}"[:120],
            name=row["name"],
            summary=row["summary"],
        )
        for issue in row["issues"]:
            ProvisionIssue.objects.create(provision=provision, issue_id=issue)
        yield provision  # type: ignore[misc]
