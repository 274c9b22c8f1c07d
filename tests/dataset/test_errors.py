"""A bad data set is refused with file, line, field and remedy, and nothing of it is loaded."""

import io
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from peacetracker.dataset.loading import load_data_set
from peacetracker.dataset.reading import BadDataSet, read_data_set
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance, Statement
from tests.factories import ArticleFactory

GOOD = """\
process: {slug: war, name: A war}
issues:
  - {slug: territory, name: Territory}
actors:
  - {slug: france, name: France, kind: state, iso3: FRA, aliases: [Gaul]}
  - slug: macron
    name: Emmanuel Macron
    kind: person
    affiliations:
      - {organisation: france, kind: speaks_for, from: 2017-05-14}
sources:
  - {slug: paper, name: The Paper}
proposals:
  - slug: plan
    process: war
    name: A plan
    tabled_on: 2025-11-20
    status: tabled
    sponsors: [france]
    provisions:
      - {number: 1, title: Borders, issues: [territory]}
articles:
  - url: https://news.example/1
    source: paper
    title: A page
    text_kind: note
    text: |-
      Macron said on 21 November: “We back the plan”. The words “short ones” again.
    statements:
      - id: one
        actor: france
        speaker: macron
        target: plan
        position: support
        quote: We back the plan
        said_on: 2025-11-21
stances:
  - actor: france
    target: plan
    from: 2025-11-21
    position: support
    evidence: [one]
"""


def line(words: str, text: str = GOOD) -> int:
    """The line, counted from 1, on which some words first stand."""
    return text[: text.index(words)].count("\n") + 1


def counts() -> dict[str, int]:
    labels = ("actors", "proposals", "press", "stances")
    return {m.__name__: m.objects.count() for label in labels for m in apps.get_app_config(label).get_models()}


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "set.yaml"
    file.write_text(text, encoding="utf-8")
    return file


# A piece of GOOD, what stands there instead, words on the line to blame, and words of the message.
LONG = "“" + "word " * 26 + "”"
SECOND = "  - {actor: france, target: plan, from: 2025-12-01, position: oppose, evidence: [one]}\n"
IS_YAML = {
    "bad YAML": ("Emmanuel Macron", "[Emmanuel", "kind: person", "is not YAML"),
    "a key twice": ("name: A plan\n", "name: A plan\n    name: B\n", "name: B", "found duplicate key"),
    "a control character": ("title: A page", "title: A\x07page", "title: A", "is not YAML: U+0007 cannot"),
}
SHAPES = {
    "unknown section": ("stances:", "stanzas:", "stanzas:", "unknown key “stanzas”: use process, issues"),
    "unknown key": ("quote: We", "qoute: We", "qoute:", "statements.0.qoute: remove it or correct its name"),
    "missing key": ("        quote: We back the plan\n", "", "- id: one", "statements.0.quote: field required"),
    "list for a text": ("title: A page", "title: [A, page]", "[A, page]", "title: input should be a valid string"),
    "number for a text": ("name: A plan", "name: 28", "name: 28", "name: input should be a valid string"),
    "text for a number": ("number: 1", "number: first", "number:", "provisions.0.number: input should be a valid int"),
    "unknown position": ("position: support", "position: maybe", "position: maybe", "position: input should be"),
    "no such day": ("2025-11-20", "2025-11-31", "2025-11-31", "tabled_on: input should be a valid date"),
    "a day back to front": ("said_on: 2025-11-21", "said_on: 21.11.2025", "21.11", "said_on: input should be a valid"),
    "bad slug": ("slug: paper", "slug: The Paper", "slug: The", "slug: string should match pattern"),
    "bad ISO code": ("iso3: FRA", "iso3: Fra", "iso3", "iso3"),
    "NUL": ("title: A page", r'title: "A\0page"', 'title: "A', "title: holds a NUL character"),
    "half a surrogate pair": (
        "aliases: [Gaul]",
        r'aliases: ["\ud83d"]',
        "aliases:",
        "half a surrogate pair: remove it",
    ),
}
REFERENCES = {
    "sponsors": ("sponsors: [france]", "sponsors: [gaul]", "- slug: plan", "sponsors: there is no “gaul”"),
    "organisation": ("{organisation: france", "{organisation: gaul", "gaul", "organisation: there is no “gaul”"),
    "source": ("source: paper", "source: papers", "- url: https", "source: there is no “papers”"),
    "issues": ("issues: [territory]", "issues: [land]", "[land]", "issues: there is no “land”: add it, or correct"),
    "evidence": ("evidence: [one]", "evidence: [two]", "  - actor: france", "evidence: there is no “two”"),
    "process": ("process: war", "process: wars", "- slug: plan", "process: there is no “wars”"),
    "an actor twice": (
        "slug: macron",
        "slug: france",
        "slug: france\n    name: Emm",
        "actor “france” stands already at",
    ),
}
SENSE = {
    "overlapping stances": (
        "evidence: [one]\n",
        f"evidence: [one]\n{SECOND}",
        "2025-12-01",
        "from: overlaps the stance",
    ),
    "an end before the beginning": (
        "    from: 2025-11-21\n",
        "    from: 2025-11-21\n    until: 2025-11-21\n",
        "- actor: fr",
        "until: ",
    ),
    "quote not in the text": ("quote: We back the", "quote: We back a", "- id: one", "quote: these words do not stand"),
    "quote with other spaces": (
        "quote: We back the plan",
        'quote: "We back  the plan"',
        "- id: one",
        "quote: these words",
    ),
    "too few occurrences": ("quote: We", "occurrence: 2\n        quote: We", "- id: one", "does not stand 2 times"),
    "long quotation": ("“short ones”", LONG, "- url: https", "text: a quotation of 26 words: 25 are the most"),
    "said before it was tabled": ("on: 2025-11-20", "on: 2025-11-22", "- id: one", "is before “plan” was tabled"),
    "said before taking office": ("2017-05-14", "2026-01-01", "- id: one", "“macron” has no affiliation with “france”"),
    "held before its evidence": (
        "from: 2025-11-21",
        "from: 2025-11-20",
        "- actor: fr",
        "no accepted statement was made by",
    ),
    "condition of plain support": ("quote: We", "condition: x\n        quote: We", "- id: one", "“support” has none"),
}
MISTAKES = IS_YAML | SHAPES | REFERENCES | SENSE


@pytest.mark.parametrize(("old", "new", "blamed", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, blamed: str, words: str) -> None:
    assert old in GOOD
    bad = GOOD.replace(old, new, 1)
    file, printed = write(tmp_path, bad), io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("check_dataset", file, stdout=printed)
    messages = [message for message in str(error.value).splitlines() if words in message]
    assert messages, error.value
    assert messages[0].startswith(f"{file}:{line(blamed, bad)}: ")
    assert printed.getvalue() == ""


@pytest.mark.django_db
class TestLoading:
    def test_the_good_one_loads(self, tmp_path: Path) -> None:
        load_data_set(write(tmp_path, GOOD))
        assert (Statement.objects.count(), Stance.objects.count(), Target.objects.count()) == (1, 1, 3)

    @pytest.mark.parametrize("mistake", ["unknown key", "quote not in the text", "overlapping stances"])
    def test_nothing_is_loaded_on_an_error(self, tmp_path: Path, mistake: str) -> None:
        old, new, *_ = MISTAKES[mistake]
        write(tmp_path, GOOD.replace(old, new, 1))
        before = counts()
        with pytest.raises(CommandError, match="Nothing was loaded"):
            call_command("load_dataset", tmp_path)
        assert counts() == before

    def refusals(self, tmp_path: Path, text: str) -> str:
        before = counts()
        with pytest.raises(BadDataSet) as error:
            load_data_set(write(tmp_path, text))
        assert counts() == before
        return str(error.value)

    def test_what_only_the_database_knows_is_named_with_its_line(self, tmp_path: Path) -> None:
        ArticleFactory()
        text = GOOD.replace("slug: macron", "slug: macron\n    iso3: FRA", 1)
        message = self.refusals(tmp_path, text)
        assert f"set.yaml:{line('slug: macron')}: the record refuses this" in message
        assert "iso_code" in message

    def test_too_long_for_its_column(self, tmp_path: Path) -> None:
        message = self.refusals(tmp_path, GOOD.replace("name: France", f"name: {'F' * 300}"))
        assert f"set.yaml:{line('name: France')}: " in message
        assert "200" in message


class TestFiles:
    def problems(self, path: Path) -> str:
        with pytest.raises(BadDataSet) as error:
            read_data_set(path)
        return str(error.value)

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        assert "no YAML file here: give a folder" in self.problems(tmp_path)

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert "no YAML file here" in self.problems(tmp_path / "nowhere")

    def test_a_list_at_the_top(self, tmp_path: Path) -> None:
        assert "must be a mapping" in self.problems(write(tmp_path, "- a\n"))

    def test_another_encoding(self, tmp_path: Path) -> None:
        (tmp_path / "set.yaml").write_bytes("actors: [{slug: a, name: Київ}]".encode("koi8-u"))
        assert "is not UTF-8 (byte 25): save it as UTF-8" in self.problems(tmp_path)

    def test_an_empty_file_is_no_mistake(self, tmp_path: Path) -> None:
        assert read_data_set(write(tmp_path, "")).actors == []

    def test_mistakes_of_all_files_come_together(self, tmp_path: Path) -> None:
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep/a.yaml").write_text("actors:\n  - {slug: a}\n")
        (tmp_path / "b.yaml").write_text("sources:\n  - {slug: b}\n  - {slug: B!}\n")
        message = self.problems(tmp_path)
        assert "deep/a.yaml:2: name: field required" in message
        assert "b.yaml:2: name: field required" in message
        assert "b.yaml:3: slug: string should match" in message

    @pytest.mark.parametrize(
        "section", ["actors: a", "actors: [a, b]", "actors:", "articles: {a: [b]}", "process: [1]"]
    )
    def test_anything_else_gets_a_message_too(self, tmp_path: Path, section: str) -> None:
        assert "set.yaml:1: " in self.problems(write(tmp_path, section + "\n"))


@pytest.mark.parametrize("several", [True, False])
def test_an_issue_names_its_process_where_there_are_several(tmp_path: Path, several: bool) -> None:
    write(tmp_path, GOOD)
    if several:
        (tmp_path / "other.yaml").write_text("process: {slug: other, name: Other}\n")
        with pytest.raises(CommandError, match="the data set holds 2 processes: name the issue's"):
            call_command("check_dataset", tmp_path)
    else:
        call_command("check_dataset", tmp_path, stdout=io.StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["check_dataset", "load_dataset"])
def test_a_shell_gets_exit_code_1_and_the_message_on_standard_error(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import execute_from_command_line

    file = write(tmp_path, GOOD.replace("position: support", "position: maybe"))
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    with pytest.raises(SystemExit) as end:
        execute_from_command_line(["manage.py", command, str(file)])
    printed = capsys.readouterr()
    assert end.value.code == 1
    assert f"{file}:{line('position: support')}: " in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
