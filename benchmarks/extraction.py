"""Extraction beside the bare language model, over the same texts, in turns.

    python -m benchmarks.extraction [FOLDER [ROUNDS]]

FOLDER holds gold files (the sample of the tests unless named), repeated up to 5,000 words; they are read as they are,
then beside 50,000 more aliases, then as one long text. Prints the share of the bare model's speed that is left with
extraction around it.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from peacetracker.extraction import ActorEntry, Gazetteer
from peacetracker.extraction.evaluation import read_gold
from peacetracker.extraction.rules import RuleExtractor
from peacetracker.extraction.sentences import model

SAMPLE = Path(__file__).parent.parent / "tests" / "extraction" / "gold_sample"
LEAST = 5_000  # words
LONG = 100_000  # words
ALIASES = 50_000


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def ratio(one: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Low, middle and high of one's time over the other's, taken in turns."""
    found = sorted(seconds(one) / seconds(other) for _ in range(rounds))
    return found[0], statistics.median(found), found[-1]


def repeated(text: str, words: int) -> str:
    return "\n\n".join([text] * (words // len(text.split()) + 1))


def many_names(gazetteer: Gazetteer) -> Gazetteer:
    actors = [ActorEntry(f"Body{i} Name{i % 977}", "organisation") for i in range(ALIASES)]
    return gazetteer.merged_with(Gazetteer(actors=actors))


def main(folder: Path = SAMPLE, rounds: int = 3) -> None:
    gold = read_gold(folder)
    documents = [file.document for file in gold.files]
    documents *= LEAST // sum(len(document.text.split()) for document in documents) + 1
    texts = [document.text for document in documents]
    rules, nlp = RuleExtractor(), model()

    def bare() -> None:
        list(nlp.pipe(texts))

    def extract(names: Gazetteer = gold.gazetteer) -> None:
        list(rules.extract_many(documents, names))

    bare()
    extract()
    low, middle, high = ratio(bare, extract, rounds)
    print(f"{middle:6.2f}  ({low:.2f} to {high:.2f})  of the bare model's speed")

    large = many_names(gold.gazetteer)
    extract(large)
    low, middle, high = ratio(lambda: extract(large), extract, rounds)
    print(f"{middle:6.2f}  ({low:.2f} to {high:.2f})  times as long with {ALIASES:,} more aliases")

    joined = "\n\n".join(texts)
    short, long = (replace(documents[0], text=repeated(joined, words)) for words in (LONG // 10, LONG))
    shares = [seconds(lambda d=d: rules.extract(d, gold.gazetteer)) / len(d.text) for d in (short, long)]
    print(f"{shares[1] / shares[0]:6.2f}  times as long a word at {LONG:,} words as at {LONG // 10:,}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE, int(sys.argv[2]) if len(sys.argv) > 2 else 3)
