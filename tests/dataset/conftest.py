from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pghistory
import pytest

from peacetracker.dataset.loading import load_data_set

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
      - {organisation: france, kind: speaks_for, role: president, from: 2017-05-14}
sources:
  - {slug: paper, name: The Paper, feeds: [{url: "https://news.example/rss"}]}
proposals:
  - {slug: plan, process: war, name: A plan, tabled_on: 2025-11-20, status: tabled}
articles:
  - url: https://paper.example/1
    source: paper
    title: A page
    text: |-
      Macron said: “We back the plan”. Later: “We back it no more”.
    statements:
      - {id: one, actor: france, target: plan, position: support, quote: We back the plan, said_on: 2025-11-21}
      - {id: two, actor: france, target: plan, position: oppose, quote: We back it no more, said_on: 2025-12-01}
stances:
  - {actor: france, target: plan, from: 2025-11-21, until: 2025-12-01, position: support, evidence: [one]}
  - {actor: france, target: plan, from: 2025-12-01, position: oppose, evidence: [two]}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., list[str]]:
    """Load the data set above with the first words replaced by the second, and so on; what was left alone."""

    def load(*changes: tuple[str, str], overwrite: bool = False) -> list[str]:
        text = GOOD
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file = tmp_path / "set.yaml"
        file.write_text(text, encoding="utf-8")
        return [problem.message for problem in load_data_set(file, overwrite=overwrite).left]

    return load


@pytest.fixture
def somebody() -> AbstractContextManager[object]:
    """What happens within is an editor's doing."""
    return pghistory.context(user=1)
