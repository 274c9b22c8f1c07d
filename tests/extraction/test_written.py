from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from peacetracker.extraction.evaluation import GoldError
from peacetracker.extraction.training.written import read_written

SHIPPED = Path(__file__).parents[2] / "data" / "training"
BODY = "PORT ADA - Norland accepts the Harbour Plan, its minister said.\nIt rained."


@pytest.fixture(scope="module")
def shipped():
    return read_written(SHIPPED)


@pytest.fixture(scope="module")
def statements(shipped):
    return [(folder, file, one) for folder in shipped for file in folder.files for one in file.statements]


def statement(**fields):
    found = {
        "span": "Norland accepts the Harbour Plan",
        "direct": False,
        "actor": "Norland",
        "target": "Harbour Plan",
        "target_kind": "proposal",
        "position": "support",
    }
    return found | fields


def text(slug="harbour", **fields):
    found = {
        "slug": slug,
        "publisher": "Harbour Wire",
        "title": "Norland accepts",
        "published_on": "2019-04-02",
        "body": BODY,
        "gold": [statement()],
        "gazetteer": {"actors": [{"name": "Norland"}], "proposals": [{"name": "Harbour Plan"}]},
    }
    return found | fields


def without(field):
    return {key: value for key, value in text().items() if key != field}


def write(folder, *texts, name="news"):
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(list(texts), allow_unicode=True), encoding="utf-8")


def test_each_shipped_text_has_one_file_and_its_own_gazetteer(shipped):
    assert all(len(folder.files) == 1 and folder.gazetteer.actors for folder in shipped)
    numbers = [int(folder.files[0].name[:4]) for folder in shipped]
    assert numbers == list(range(1, len(shipped) + 1))


def test_no_shipped_text_is_there_twice(shipped):
    bodies = Counter(" ".join(folder.files[0].document.text.split()) for folder in shipped)
    assert [body[:80] for body, count in bodies.items() if count > 1] == []


def test_some_shipped_texts_take_no_position(shipped):
    assert 0.1 < sum(not folder.files[0].statements for folder in shipped) / len(shipped) < 0.3


def test_every_shipped_span_stands_once_in_its_text(statements):
    assert [file.name for _, file, one in statements if file.document.text.count(one.span) != 1] == []


def test_every_shipped_target_is_in_its_gazetteer(statements):
    def known(folder, kind):
        return {e.name for e in (folder.gazetteer.proposals if kind == "proposal" else folder.gazetteer.issues)}

    lost = [(file.name, s.target) for folder, file, s in statements if s.target not in known(folder, s.target_kind)]
    assert lost == []


def test_shipped_statements_have_a_condition_exactly_where_the_position_hangs_on_one(statements):
    conditional = {"support_if", "oppose_unless"}
    assert [(f.name, s.span) for _, f, s in statements if (s.position in conditional) != bool(s.condition)] == []


def test_numbers_run_over_all_files(tmp_path):
    write(tmp_path, text("second"), text("third", gold=[]), name="b")
    write(tmp_path, text("first"), name="a")
    first, second, third = read_written(tmp_path)
    assert [f.files[0].name for f in (first, second, third)] == ["0001-first", "0002-second", "0003-third"]
    assert first.files[0].document.text == BODY
    assert first.files[0].statements[0].start == BODY.index("Norland")
    assert third.files[0].statements == ()


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ("words", "text 2: expected a mapping"),
        (without("slug"), "text 2, slug: missing"),
        (without("title"), "text 2 (harbour), title: missing"),
        (without("body"), "text 2 (harbour), body: missing"),
        (without("gold"), "text 2 (harbour), gold: missing"),
        (without("gazetteer"), "text 2 (harbour), gazetteer: missing"),
        (text(again=["It snowed"]), "text 2 (harbour), again: stands 0 times in the body"),
        (text(published_on="soon"), "text 2 (harbour), published_on: not a date"),
        (text(gold="none"), "text 2 (harbour), gold: expected a list"),
        (text(gold=["none"]), "text 2 (harbour), statement 1: expected a mapping"),
        (
            text(gold=[statement(), statement(span="Norland refuses")]),
            "text 2 (harbour), statement 2, span: not in the body of the text: 'Norland refuses'",
        ),
        (text(gold=[statement(position="for")]), "text 2 (harbour), statement 1, position: 'for' is none of"),
        (text(gazetteer={"actors": [{"kind": "state"}]}), "text 2 (harbour), gazetteer: "),
        (text("other"), "text 2 (other), slug: 'other' is taken by a text of news.yaml"),
    ],
)
def test_says_which_text_and_field_is_broken(tmp_path, broken, where):
    write(tmp_path, text("other"), broken)
    with pytest.raises(GoldError) as caught:
        read_written(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'news.yaml'}: {where}")


def test_what_is_said_again_is_known_by_its_place(tmp_path):
    write(tmp_path, text(again=["its minister said"]))
    ((first, last),) = read_written(tmp_path)[0].files[0].again
    assert BODY[first:last] == "its minister said"


@pytest.mark.parametrize(
    ("content", "problem"),
    [("- [", "not valid YAML"), ("slug: harbour", "expected a list of texts"), (b"\xff\xfe\xff", "cannot be read")],
)
def test_says_which_file_is_broken(tmp_path, content, problem):
    path = tmp_path / "news.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GoldError) as caught:
        read_written(tmp_path)
    assert str(caught.value).startswith(f"{path}: file: {problem}")


def test_refuses_a_folder_without_texts(tmp_path):
    with pytest.raises(GoldError, match="holds no written texts"):
        read_written(tmp_path)
    with pytest.raises(GoldError, match="no such folder"):
        read_written(tmp_path / "nowhere")
