"""Learn the encoder, the detector's weights and its calibration, and say how well they do on texts not learnt from.

    python -m peacetracker.extraction.training GOLD MINILM PACKAGES [--write]

GOLD is a folder of gold files, MINILM one with the published model (see ``encoder.py``), PACKAGES one with the packages
that hold the news (see ``news.py``). The encoder learns from the written texts, then from real ones. These fall into
two halves, each read by an encoder that went on to learn from the other, and into five folds by their number; a fold is
judged by weights learnt on the other four. Gold, news and politics are scored apart; the threshold and the calibration
are found on the first two. ``--write`` learns on all as well and replaces ``weights/encoder.onnx.gz`` and
``weights/detector.json``. Needs scikit-learn and the extra ``training``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from itertools import takewhile
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from ..candidates import Candidate, Signs
from ..detector import Detector, in_context
from ..encoder import Encoder, use
from ..evaluation import Detection, GoldFile, GoldFolder, GoldStatement, match, read_gold, side
from ..gazetteer import Gazetteer
from ..model import ExtractedStatement, overlaps
from ..once import once_each
from ..rules import RuleExtractor
from .news import read_news
from .written import read_written

FOLDS = 5
SEED = 20251125
STRENGTH = 0.3  # inverse of the regularisation
REREAD = 6  # of the texts, one in so many is read once more
HIDDEN = 3  # without one in so many of the names of its gazetteer

Halves = tuple[list[GoldFolder], list[GoldFolder]]


@dataclass(frozen=True, slots=True)
class Example:
    """A file with its candidates; ``labels`` are 1, 0 or None where the gold does not tell."""

    file: GoldFile
    candidates: list[Candidate]
    signs: list[Signs]
    labels: list[float | None]

    @property
    def fold(self) -> int:
        """By the number that the name begins with; of four figures, ten neighbours, which may share names, in one."""
        number = "".join(takewhile(str.isdigit, self.file.name))
        return int(number or 0) // (10 if len(number) > 3 else 1) % FOLDS


def label(one: ExtractedStatement, gold: Sequence[GoldStatement], rivals: Sequence[ExtractedStatement]) -> float | None:
    """Is it in the gold? None where it repeats elsewhere what the gold records once, or only misses the target."""
    near = [g for g in gold if g.actor == one.actor and overlaps(g, one)]
    if any(g.target == one.target for g in near):
        return 1.0
    if near:
        taken = any(g.target == r.target and r.actor == g.actor and overlaps(g, r) for g in near for r in rivals)
        return 0.0 if taken else 1.0
    repeats = any(
        g.actor == one.actor and g.target == one.target and side(g.position) == side(one.position) for g in gold
    )
    return None if repeats else 0.0


def examples(gold: GoldFolder) -> list[Example]:
    """Today's candidates in gold files, by the encoder in use."""
    found = []
    lists = RuleExtractor().candidates_many([file.document for file in gold.files], gold.gazetteer)
    for file, candidates in zip(gold.files, lists, strict=True):
        statements = [c.statement for c in candidates]
        labels = [label(one, file.statements, statements) for one in statements]
        found.append(Example(file, candidates, in_context(candidates), labels))
    return found


def with_strangers(gold: GoldFolder) -> list[Example]:
    """Candidates whose holder is in no gazetteer once some names are hidden: gold gazetteers list nearly everybody, the
    record never will. He is right by any name that the gazetteer or the gold has for him."""
    hidden, left = _hidden(gold.gazetteer)
    found = []
    for example in examples(replace(gold, gazetteer=left)):
        unknown = [n for n, signs in enumerate(example.signs) if "holder unknown" in signs]
        candidates = [example.candidates[n] for n in unknown]
        labels = [_label_of_stranger(c.statement, example.file.statements, hidden) for c in candidates]
        found.append(Example(example.file, candidates, [example.signs[n] for n in unknown], labels))
    return found


def _hidden(gazetteer: Gazetteer) -> tuple[dict[str, set[str]], Gazetteer]:
    """All names of the actors that are hidden, and the gazetteer without them and those who speak for them."""

    def hides(name: str) -> bool:
        return crc32(name.encode()) % HIDDEN == 0

    names = {actor.name: {actor.name, *actor.aliases} for actor in gazetteer.actors if hides(actor.name)}
    people = []
    for person in gazetteer.people:
        if person.speaks_for in names or (person.speaks_for is None and hides(person.name)):
            names.setdefault(person.speaks_for or person.name, set()).update((person.name, *person.aliases))
        else:
            people.append(person)
    actors = [actor for actor in gazetteer.actors if actor.name not in names]
    return names, replace(gazetteer, actors=actors, people=people)


def _label_of_stranger(
    one: ExtractedStatement, gold: Sequence[GoldStatement], hidden: Mapping[str, set[str]]
) -> float | None:
    own = [g for g in gold if one.actor in (g.actor, g.speaker, *hidden.get(g.actor, ()))]
    near = [g for g in own if overlaps(g, one)]
    if near:
        return 1.0 if any(g.target == one.target for g in near) else None
    return None if any(g.target == one.target and side(g.position) == side(one.position) for g in own) else 0.0


def learn(rows: Sequence[Example], strength: float = STRENGTH) -> Detector:
    known = [(s, y) for e in rows for s, y in zip(e.signs, e.labels, strict=True) if y is not None]
    signs, answers = zip(*known, strict=True)
    vectorizer = DictVectorizer(sparse=False)
    matrix = vectorizer.fit_transform(signs)
    model = LogisticRegression(C=strength, max_iter=2000, random_state=SEED)
    model.fit(matrix, answers)
    names = vectorizer.get_feature_names_out()
    learnt = {str(n): round(float(w), 3) for n, w in zip(names, model.coef_[0], strict=True)}
    return Detector(round(float(model.intercept_[0]), 3), learnt, (), 0.5)


def detection(rows: Sequence[Example], judge: dict[int, Detector], least: float) -> Detection:
    matched = gold = found = 0
    for example in rows:
        one = judge[example.fold]
        kept = Detector(one.intercept, one.weights, one.steps, least).judge(example.candidates)
        kept = once_each(kept)
        matched += len(match(example.file.statements, kept, same_actor=True))
        gold += len(example.file.statements)
        found += len(kept)
    return Detection(matched, gold, found)


def threshold(rows: Sequence[Example], judge: dict[int, Detector]) -> float:
    """The one with the best F1, of several the most precise: how sure a statement is stands beside it."""
    tried = [(detection(rows, judge, float(x)), round(float(x), 2)) for x in np.arange(0.1, 0.8, 0.02)]
    return max((d.f1, d.precision, x) for d, x in tried)[2]


def calibrate(rows: Sequence[Example], judge: dict[int, Detector]) -> tuple[tuple[float, float], ...]:
    """Raw probability → share right, from candidates that were not learnt from."""
    raw, right = [], []
    for example in rows:
        kept = once_each(
            Detector(judge[example.fold].intercept, judge[example.fold].weights, (), 0.0).judge(example.candidates)
        )
        hits = {id(pair[1]) for pair in match(example.file.statements, kept, same_actor=True)}
        raw += [s.confidence for s in kept]
        right += [float(id(s) in hits) for s in kept]
    fit = IsotonicRegression(out_of_bounds="clip", y_min=0.02, y_max=0.98).fit(raw, right)
    grid = np.linspace(0, 1, 11)
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in zip(grid, fit.predict(grid), strict=True))


def halves(folders: Sequence[GoldFolder]) -> Halves:
    files = [GoldFolder((file,), folder.gazetteer) for folder in folders for file in folder.files]
    return files[0::2], files[1::2]


def encoders(written: Sequence[GoldFolder], news: Halves, politics: Halves, base: Path, *, whole: bool) -> list[bytes]:
    """Two, each learnt from the written texts and then from one half of the real ones; where it is asked for, a third:
    the mean of these and of one learnt from the ``whole``. Side by side, since each keeps only one processor busy."""
    from .encoder import graph_of, learnt_from_real, learnt_from_written, rows_of

    def rows(folders: Sequence[GoldFolder]) -> list[Any]:
        return [row for folder in folders for row in rows_of(folder)]

    beside = rows(written)
    before = learnt_from_written(beside, base, SEED)
    parts = [[rows(half) for half in both] for both in (news, politics)]
    seen = [*beside[::10], *(row for half in parts[0] for row in half)]
    if whole:
        parts = [[*both, both[0] + both[1]] for both in parts]
    learn = partial(learnt_from_real, before, beside=beside, base=base, seed=SEED)
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), get_context("spawn")) as processes:
        learnt = list(processes.map(learn, *parts))
    graphs = [graph_of([one], seen, base) for one in learnt[:2]]
    return [*graphs, graph_of(learnt, seen, base)] if whole else graphs


def read_by(
    graphs: Sequence[bytes], parts: Halves, read: Callable[[GoldFolder], list[Example]] = examples
) -> list[Example]:
    """Each half read by the encoder that learnt from the other."""
    found = []
    for graph, folders in zip(reversed(graphs), parts, strict=True):
        use(Encoder(graph))
        found += [example for folder in folders for example in read(folder)]
    use(None)
    return found


def write_detector(whole: Detector, texts: int) -> None:
    data = {
        "about": f"Learnt by peacetracker.extraction.training from {texts} texts, seed {SEED}, C {STRENGTH}; "
        "weights of signs, most telling last.",
        "intercept": whole.intercept,
        "least": whole.least,
        "calibration": whole.steps,
        "weights": dict(sorted(whole.weights.items(), key=lambda pair: pair[1])),
    }
    _weights("detector.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _weights(name: str) -> Path:
    return Path(str(files("peacetracker.extraction") / "weights" / name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("minilm", type=Path)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--written", type=Path, default=Path("data/training"))
    parser.add_argument("--news", type=Path, default=Path("data/news/learning"))
    parser.add_argument("--politics", type=Path, default=Path("data/news/politics"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    gold = read_gold(options.gold)
    news = halves([gold, *read_news(options.news, options.packages)])
    politics = halves(read_news(options.politics, options.packages))
    one, other, *last = encoders(read_written(options.written), news, politics, options.minilm, whole=options.write)
    peace, aside = read_by([one, other], news), read_by([one, other], politics)
    again = news[0][::REREAD] + politics[0][::REREAD], news[1][::REREAD] + politics[1][::REREAD]
    rows = [*peace, *aside, *read_by([one, other], again, with_strangers)]
    judge = {fold: learn([e for e in rows if e.fold != fold]) for fold in range(FOLDS)}
    best = threshold(peace, judge)
    names = {file.name for file in gold.files}
    for about, scored in (
        ("gold", [e for e in peace if e.file.name in names]),
        ("news", [e for e in peace if e.file.name not in names]),
        ("politics", aside),
    ):
        for least in (0.2, 0.3, 0.4, 0.5, best):
            d = detection(scored, judge, least)
            print(f"{about} from {least:.2f}: precision {d.precision:.3f}, recall {d.recall:.3f}, F1 {d.f1:.3f}")
    whole = replace(learn(rows), least=best, steps=calibrate(peace, judge))
    for name, weight in sorted(whole.weights.items(), key=lambda pair: pair[1]):
        print(f"{weight:7.3f}  {name}")
    if options.write:
        _weights("encoder.onnx.gz").write_bytes(gzip.compress(last[0], 9, mtime=0))
        write_detector(whole, len(peace) + len(aside))
        print("written: encoder.onnx.gz, detector.json")


if __name__ == "__main__":
    main()
