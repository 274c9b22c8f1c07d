"""The whole way, with a real worker process on the real broker."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from peacetracker.ingest.tasks import send_due
from peacetracker.press.models import Article
from tests.factories import ActorFactory, ProposalFactory
from tests.ingest.conftest import Site, Worker, environment, page, wait_until

pytestmark = pytest.mark.slow


def ingest(*arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "manage.py", "ingest", *arguments]
    return subprocess.run(command, env=environment(), input=text, capture_output=True, timeout=120, check=False)


def test_file_address_and_standard_input_through_a_real_worker(worker: Worker, site: Site, tmp_path: Path) -> None:
    ActorFactory(slug="france", name="France")
    ProposalFactory(slug="us-28-point-plan", name="US 28-point plan")
    file = tmp_path / "article.txt"
    file.write_text("Emmanuel Macron rejected the US 28-point plan on Friday. France spoke first.")
    done = ingest(str(file), site.serve("/a", page()), "--published-on", "2025-11-21", "--wait", "--json")
    assert done.returncode == 0, done.stderr.decode()
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["state"] == second["state"] == "extracted"
    statement = first["statements"][0]
    assert set(statement) == {
        "actor", "speaker", "target", "position", "condition", "quote", "start", "end", "direct", "confidence",
    }  # fmt: skip
    text = Article.objects.get(pk=first["article"]).text
    assert text[statement["start"] : statement["end"]] == statement["quote"]
    assert (statement["target"], statement["position"]) == ("US 28-point plan", "oppose")

    again = ingest("-", "--wait", "--json", text=file.read_bytes())
    assert json.loads(again.stdout)["article"] == first["article"]

    failed = ingest(f"{site.address}/missing", "--wait", "--json")
    assert failed.returncode == 1
    assert "404" in json.loads(failed.stdout)["reason"]


def test_a_worker_that_dies_loses_nothing(worker: Worker, site: Site) -> None:
    urls = [
        site.serve(f"/{n}", page(title=f"Report {n}", body=f"<p>{f'Text {n} of its own. ' * 20}</p>"))
        for n in range(12)
    ]
    assert ingest(*urls).returncode == 0
    wait_until(lambda: Article.objects.exclude(state="queued").exists())
    worker.kill()
    worker.start()
    Article.objects.update(due_at="2000-01-01T00:00:00Z", sent_at=None)
    send_due()
    wait_until(lambda: Article.objects.filter(state="extracted").count() == len(urls))
    assert Article.objects.count() == len(urls)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ftp://news.example/a"], "not an http"),
        (["nothing.txt"], "No such file"),
        (["table.xlsx"], "give a URL, an .html, .pdf or .txt file, or -"),
        (["-", "--published-on", "yesterday"], "write YYYY-MM-DD"),
    ],
)
def test_bad_input_is_named(transactional_db: None, arguments: list[str], words: str) -> None:
    done = ingest(*arguments)
    assert done.returncode != 0
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert not Article.objects.exists()
