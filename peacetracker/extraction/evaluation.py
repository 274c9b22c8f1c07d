"""How good an extractor is: its statements beside those a careful editor recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import yaml

from .gazetteer import Gazetteer, GazetteerError, partial_date
from .model import POSITIONS, TARGET_KINDS, Document, ExtractedStatement, overlaps


class GoldError(ValueError):
    """A gold file that breaks the format; the message names the file and the field."""

    def __init__(self, path: Path | str, where: str, problem: str) -> None:
        self.path, self.where, self.problem = Path(path), where, problem
        super().__init__(f"{path}: {where}: {problem}")


class RunsOnDocuments(Protocol):
    def extract_many(
        self, documents: Iterable[Document], gazetteer: Gazetteer
    ) -> Iterable[list[ExtractedStatement]]: ...


@dataclass(frozen=True, slots=True)
class GoldStatement:
    start: int
    end: int
    span: str
    direct: bool
    speaker: str | None
    role: str | None
    actor: str
    target: str
    target_kind: str
    position: str
    condition: str | None


@dataclass(frozen=True, slots=True)
class GoldFile:
    name: str
    document: Document
    statements: tuple[GoldStatement, ...]
    again: tuple[tuple[int, int], ...] = ()  # offsets of what says again what a statement says


@dataclass(frozen=True, slots=True)
class GoldFolder:
    files: tuple[GoldFile, ...]
    gazetteer: Gazetteer


# --- reading -----------------------------------------------------------------------------------------------------


def read_gold(folder: str | Path) -> GoldFolder:
    """Read a folder of ``NN-slug.txt`` and ``NN-slug.gold.yaml`` pairs and its ``gazetteer.yaml``."""
    folder = Path(folder)
    if not folder.is_dir():
        raise GoldError(folder, "folder", "no such folder")
    gazetteer_path = folder / "gazetteer.yaml"
    if not gazetteer_path.exists():
        raise GoldError(gazetteer_path, "file", "missing: a gold folder has a gazetteer.yaml")
    try:
        gazetteer = Gazetteer.from_yaml(gazetteer_path)
    except GazetteerError as error:
        raise GoldError(gazetteer_path, "gazetteer", str(error)) from error
    texts = {path.name.removesuffix(".txt"): path for path in sorted(folder.glob("*.txt"))}
    golds = {path.name.removesuffix(".gold.yaml"): path for path in sorted(folder.glob("*.gold.yaml"))}
    for name in texts.keys() ^ golds.keys():
        lone = texts.get(name) or golds[name]
        other = f"{name}.gold.yaml" if name in texts else f"{name}.txt"
        raise GoldError(lone, "file", f"has no {other} beside it")
    if not texts:
        raise GoldError(folder, "folder", "holds no gold files (NN-slug.txt with NN-slug.gold.yaml)")
    return GoldFolder(tuple(_read_pair(name, texts[name], golds[name]) for name in texts), gazetteer)


def read_document(path: str | Path) -> Document:
    """A text file with header lines ``key: value``, a blank line and the body."""
    path = Path(path)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            content = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(path, "file", f"cannot be read: {error}") from error
    content = content.removeprefix("\ufeff")
    header: dict[str, str] = {}
    position = 0
    while True:
        end = content.find("\n", position)
        if end < 0:
            raise GoldError(path, "header", "no blank line between header and body")
        line = content[position:end].rstrip("\r")
        position = end + 1
        if not line.strip():
            break
        key, colon, value = line.partition(":")
        if not colon or not key.strip() or " " in key.strip():
            raise GoldError(path, "header", f"expected 'key: value', found {line[:60]!r}")
        header[key.strip().lower()] = value.strip()
    try:
        published_on: date | None = partial_date(header.get("published_on"))
    except ValueError as error:
        raise GoldError(path, "published_on", str(error)) from error
    return Document(
        text=content[position:],
        title=header.get("title", ""),
        published_on=published_on,
        language=header.get("language") or "en",
        publisher=header.get("publisher", ""),
    )


def _read_pair(name: str, text_path: Path, gold_path: Path) -> GoldFile:
    document = read_document(text_path)
    try:
        rows = yaml.safe_load(gold_path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(gold_path, "file", f"cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise GoldError(gold_path, "file", f"not valid YAML: {error}") from error
    return GoldFile(name, document, read_statements(rows, document, gold_path, f"{name}.txt"))


def read_statements(
    rows: object, document: Document, path: Path, body: str, within: str = ""
) -> tuple[GoldStatement, ...]:
    """Parsed rows as statements about a document.

    Errors name ``path``, the statement and its field, and ``body``, where the text of the document stands;
    ``within`` says which text it is where the file at ``path`` holds several.
    """
    inside = f"{within}, " if within else ""
    if rows is None:
        rows = []
    if not isinstance(rows, list):
        problem = "expected a list of statements ([] where nobody takes a position)"
        raise GoldError(path, f"{inside}gold" if within else "file", problem)
    return tuple(
        _read_statement(row, f"{inside}statement {number}", path, document, body)
        for number, row in enumerate(rows, start=1)
    )


def _read_statement(row: object, where: str, path: Path, document: Document, body: str) -> GoldStatement:
    if not isinstance(row, dict):
        raise GoldError(path, where, "expected a mapping")

    def fail(key: str, problem: str) -> GoldError:
        return GoldError(path, f"{where}, {key}", problem)

    def text(key: str) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            raise fail(key, "missing" if value is None else f"expected text, found {value!r}")
        return value

    def optional(key: str) -> str | None:
        value = row.get(key)
        if value is not None and not isinstance(value, str):
            raise fail(key, f"expected text or null, found {value!r}")
        return value or None

    def choice(key: str, allowed: Sequence[str]) -> str:
        value = text(key)
        if value not in allowed:
            raise fail(key, f"{value!r} is none of {', '.join(allowed)}")
        return value

    span = text("span")
    start = document.text.find(span)
    if start < 0:
        raise fail("span", f"not in the body of {body}: {span[:80]!r}")
    direct = row.get("direct", False)
    if not isinstance(direct, bool):
        raise fail("direct", f"expected true or false, found {direct!r}")
    return GoldStatement(
        start=start,
        end=start + len(span),
        span=span,
        direct=direct,
        speaker=optional("speaker"),
        role=optional("role"),
        actor=text("actor"),
        target=text("target"),
        target_kind=choice("target_kind", TARGET_KINDS),
        position=choice("position", POSITIONS),
        condition=optional("condition"),
    )


# --- matching ----------------------------------------------------------------------------------------------------


def _union_share(gold: GoldStatement, found: ExtractedStatement) -> float:
    shared = min(gold.end, found.end) - max(gold.start, found.start)
    return shared / (max(gold.end, found.end) - min(gold.start, found.start))


Pair = tuple[GoldStatement, ExtractedStatement]


def match(gold: Sequence[GoldStatement], found: Sequence[ExtractedStatement], *, same_actor: bool) -> list[Pair]:
    """Pair gold with found statements, each at most once: as many pairs as can be, better fitting ones first."""

    def quality(g: int, f: int) -> tuple[bool, bool, float]:
        one, other = gold[g], found[f]
        return (one.actor == other.actor, one.target == other.target, _union_share(one, other))

    choices = {
        g: sorted(
            (
                f
                for f in range(len(found))
                if overlaps(gold[g], found[f]) and (not same_actor or gold[g].actor == found[f].actor)
            ),
            key=lambda f: quality(g, f),
            reverse=True,
        )
        for g in range(len(gold))
    }
    taken: dict[int, int] = {}
    # Best fits first, then augmenting paths (Kuhn) so that no pair is lost to the order.
    edges = sorted(((quality(g, f), -g, -f) for g, fs in choices.items() for f in fs), reverse=True)
    matched: set[int] = set()
    for _, g, f in edges:
        if -g not in matched and -f not in taken:
            taken[-f] = -g
            matched.add(-g)

    def augment(g: int, seen: set[int]) -> bool:
        for f in choices[g]:
            if f not in seen:
                seen.add(f)
                if f not in taken or augment(taken[f], seen):
                    taken[f] = g
                    return True
        return False

    for g in range(len(gold)):
        if g not in matched and augment(g, set()):
            matched.add(g)
    return sorted(((gold[g], found[f]) for f, g in taken.items()), key=lambda pair: (pair[0].start, pair[0].end))


# --- figures -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Detection:
    matched: int
    gold: int
    found: int

    @property
    def precision(self) -> float:
        return self.matched / self.found if self.found else (1.0 if not self.gold else 0.0)

    @property
    def recall(self) -> float:
        return self.matched / self.gold if self.gold else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def as_dict(self) -> dict[str, float | int]:
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "gold": self.gold,
            "found": self.found,
        }


def side(position: str) -> str:
    """The three-way position: for, neutral or against."""
    return {"support": "for", "support_if": "for", "oppose_unless": "against", "oppose": "against"}.get(
        position, "neutral"
    )


def _share(hits: Iterable[bool]) -> float | None:
    hits = list(hits)
    return round(sum(hits) / len(hits), 4) if hits else None


@dataclass(frozen=True, slots=True)
class FileResult:
    name: str
    gold: tuple[GoldStatement, ...]
    found: tuple[ExtractedStatement, ...]
    matched: tuple[Pair, ...]
    by_span: tuple[Pair, ...]

    @property
    def detection(self) -> Detection:
        return Detection(len(self.matched), len(self.gold), len(self.found))

    @property
    def missed(self) -> list[GoldStatement]:
        hit = {id(pair[0]) for pair in self.matched}
        return [statement for statement in self.gold if id(statement) not in hit]

    @property
    def spurious(self) -> list[ExtractedStatement]:
        hit = {id(pair[1]) for pair in self.matched}
        return [statement for statement in self.found if id(statement) not in hit]


@dataclass(frozen=True, slots=True)
class Reliability:
    """A tenth of the scale of confidence: ``confidence`` is the mean of what was said, ``right`` the share that was."""

    least: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Error:
    """A statement that was found wrongly or missed, and why as far as can be told."""

    file: str
    why: str
    words: str
    summary: str
    confidence: float
    cues: tuple[str, ...]


def _summary(one: ExtractedStatement) -> str:
    return f"{one.actor} · {one.target} · {one.position}"


def _differences(gold: GoldStatement, found: ExtractedStatement) -> list[tuple[str, object, object]]:
    pairs = (
        ("speaker", gold.speaker, found.speaker),
        ("target", gold.target, found.target),
        ("position", gold.position, found.position),
    )
    return [(what, a, b) for what, a, b in pairs if a != b]


def _why_wrong(found: ExtractedStatement, gold: Sequence[GoldStatement]) -> str:
    near = [g for g in gold if overlaps(g, found)]
    if any(g.actor == found.actor for g in near):
        return "the gold has one statement fewer here"
    if near:
        return f"actor is {', '.join(sorted({g.actor for g in near}))}"
    if any((g.actor, g.target) == (found.actor, found.target) for g in gold):
        return "recorded at another place of the text"
    return "no position here in the gold"


def _why_missed(gold: GoldStatement, found: Sequence[ExtractedStatement]) -> str:
    near = [s for s in found if overlaps(gold, s)]
    if any(s.actor == gold.actor for s in near):
        return "missed: one statement too few here"
    if near:
        return f"missed: found for {', '.join(sorted({s.actor for s in near}))}"
    if any((s.actor, s.target) == (gold.actor, gold.target) for s in found):
        return "missed: recorded at another place of the text"
    return "missed: nothing found here"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures over a gold folder. Accuracies are None where nothing was matched."""

    files: tuple[FileResult, ...]
    extractor: str = ""
    version: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def detection(self) -> Detection:
        return Detection(
            sum(len(f.matched) for f in self.files),
            sum(len(f.gold) for f in self.files),
            sum(len(f.found) for f in self.files),
        )

    @property
    def span_detection(self) -> Detection:
        """As detection, but whoever the actor is."""
        whole = self.detection
        return Detection(sum(len(f.by_span) for f in self.files), whole.gold, whole.found)

    @property
    def _pairs(self) -> list[Pair]:
        return [pair for file in self.files for pair in file.matched]

    @property
    def speaker(self) -> float | None:
        return _share(gold.speaker == found.speaker for gold, found in self._pairs)

    @property
    def actor(self) -> float | None:
        return _share(gold.actor == found.actor for file in self.files for gold, found in file.by_span)

    @property
    def target(self) -> float | None:
        return _share(gold.target == found.target for gold, found in self._pairs)

    @property
    def position_5(self) -> float | None:
        return _share(gold.position == found.position for gold, found in self._pairs)

    @property
    def position_3(self) -> float | None:
        return _share(side(gold.position) == side(found.position) for gold, found in self._pairs)

    @property
    def reliability(self) -> list[Reliability]:
        """Of statements given about so much confidence, how many are in the gold: ten bins, empty ones left out."""
        bins: dict[int, list[tuple[float, bool]]] = {}
        for file in self.files:
            right = {id(pair[1]) for pair in file.matched}
            for one in file.found:
                bins.setdefault(min(int(one.confidence * 10), 9), []).append((one.confidence, id(one) in right))
        return [
            Reliability(i / 10, len(rows), sum(c for c, _ in rows) / len(rows), sum(r for _, r in rows) / len(rows))
            for i, rows in sorted(bins.items())
        ]

    @property
    def calibration_error(self) -> float | None:
        """Mean distance between confidence and share right over the bins, weighted by their size (ECE)."""
        total = sum(row.count for row in self.reliability)
        if not total:
            return None
        return round(sum(abs(row.confidence - row.right) * row.count for row in self.reliability) / total, 4)

    @property
    def quotation(self) -> float | None:
        """Of gold statements in quotation marks, how many have a span found inside the same words."""
        direct = [g for file in self.files for g in file.gold if g.direct]
        hit = {id(pair[0]) for file in self.files for pair in file.by_span if pair[1].direct}
        return _share(id(g) in hit for g in direct)

    @property
    def reported(self) -> float | None:
        """Of gold statements that are not in quotation marks, how many have a span found."""
        indirect = [g for file in self.files for g in file.gold if not g.direct]
        hit = {id(pair[0]) for file in self.files for pair in file.by_span}
        return _share(id(g) in hit for g in indirect)

    @property
    def condition(self) -> float | None:
        """Of matched conditional statements, how many carry a condition."""
        return _share(found.condition is not None for gold, found in self._pairs if gold.condition)

    def errors(self, count: int) -> list[Error]:
        """The worst errors first: what was found most surely and is wrong, then what was missed."""
        wrong = [
            Error(f.name, _why_wrong(s, f.gold), s.quote, _summary(s), s.confidence, s.cues)
            for f in self.files
            for s in f.spurious
        ]
        wrong += [
            Error(f.name, f"{what} is {gold_value}, not {value}", s.quote, _summary(s), s.confidence, s.cues)
            for f in self.files
            for g, s in f.matched
            for what, gold_value, value in _differences(g, s)
        ]
        wrong.sort(key=lambda error: -error.confidence)
        missed = [
            Error(f.name, _why_missed(g, f.found), g.span, f"{g.actor} · {g.target} · {g.position}", 0.0, ())
            for f in self.files
            for g in f.missed
        ]
        half = max(count // 2, count - len(missed))
        return (wrong[:half] + missed)[:count]

    @property
    def direct(self) -> float | None:
        return _share(gold.direct == found.direct for gold, found in self._pairs)

    def only(self, names: Iterable[str]) -> Evaluation:
        """The same for some of the files, a fold for example."""
        wanted = set(names)
        return Evaluation(tuple(f for f in self.files if f.name in wanted), self.extractor, self.version, self.notes)

    def as_dict(self) -> dict[str, Any]:
        return {
            "detection": self.detection.as_dict(),
            "speaker": self.speaker,
            "actor": self.actor,
            "target": self.target,
            "position_5": self.position_5,
            "position_3": self.position_3,
            "direct": self.direct,
            "quotation": self.quotation,
            "reported": self.reported,
            "condition": self.condition,
            "calibration_error": self.calibration_error,
            "reliability": [
                {
                    "from": row.least,
                    "statements": row.count,
                    "confidence": round(row.confidence, 3),
                    "right": round(row.right, 3),
                }
                for row in self.reliability
            ],
            "span_detection": self.span_detection.as_dict(),
            "extractor": self.extractor,
            "version": self.version,
            "files": [{"name": f.name, "matched": len(f.matched), **f.detection.as_dict()} for f in self.files],
        }

    def table(self) -> str:
        """The figures as text for a terminal."""

        def percent(value: float | None) -> str:
            return "    –" if value is None else f"{100 * value:5.1f}"

        width = max([len(f.name) for f in self.files] + [12])
        lines = [
            f"extractor {self.extractor} {self.version}".rstrip(),
            "",
            f"{'file':<{width}}  gold  found  matched  precision  recall     F1",
        ]
        for file in self.files:
            d = file.detection
            lines.append(
                f"{file.name:<{width}}  {d.gold:4d}  {d.found:5d}  {d.matched:7d}      {percent(d.precision)}"
                f"   {percent(d.recall)}  {percent(d.f1)}"
            )
        for label, d in (("all", self.detection), ("by span only", self.span_detection)):
            lines.append(
                f"{label:<{width}}  {d.gold:4d}  {d.found:5d}  {d.matched:7d}      {percent(d.precision)}"
                f"   {percent(d.recall)}  {percent(d.f1)}"
            )
        lines += ["", "found, whoever the actor is, per cent of the gold"]
        for label, value in (("in quotation marks", self.quotation), ("reported", self.reported)):
            lines.append(f"  {label:<20} {percent(value)}")
        lines.append("")
        lines.append("accuracy among matched statements, per cent (actor: among those matched by span alone)")
        for label, value in (
            ("speaker", self.speaker),
            ("actor", self.actor),
            ("target", self.target),
            ("position, five-way", self.position_5),
            ("position, three-way", self.position_3),
            ("direct", self.direct),
            ("has its condition", self.condition),
        ):
            lines.append(f"  {label:<20} {percent(value)}")
        lines += ["", f"reliability of confidence (mean error {percent(self.calibration_error).strip()} per cent)"]
        lines.append("  from  statements  said  right")
        for row in self.reliability:
            lines.append(f"  {row.least:4.1f}  {row.count:10d} {percent(row.confidence)}  {percent(row.right)}")
        return "\n".join(lines)

    def error_report(self, count: int) -> str:
        """The worst errors and why, as text for a terminal."""
        blocks = []
        for number, error in enumerate(self.errors(count), start=1):
            sure = f", confidence {error.confidence:.2f}" if error.confidence else ""
            cues = f"\n    {'; '.join(error.cues)}" if error.cues else ""
            blocks.append(
                f"{number:2d}. {error.file}: {error.why}{sure}\n    {error.summary}\n    “{error.words[:200]}”{cues}"
            )
        return "\n".join(blocks)


def evaluate(folder: str | Path, extractor: RunsOnDocuments, gazetteer: Gazetteer | None = None) -> Evaluation:
    """Run an extractor over a gold folder. ``gazetteer`` is the installed one, used beside the folder's own."""
    gold = read_gold(folder)
    names = gold.gazetteer if gazetteer is None else gold.gazetteer.merged_with(gazetteer)
    results = extractor.extract_many([file.document for file in gold.files], names)
    return Evaluation(
        files=tuple(score(file, found) for file, found in zip(gold.files, results, strict=True)),
        extractor=str(getattr(extractor, "name", "")),
        version=str(getattr(extractor, "version", "")),
    )


def score(file: GoldFile, found: Sequence[ExtractedStatement]) -> FileResult:
    return FileResult(
        name=file.name,
        gold=file.statements,
        found=tuple(found),
        matched=tuple(match(file.statements, found, same_actor=True)),
        by_span=tuple(match(file.statements, found, same_actor=False)),
    )
