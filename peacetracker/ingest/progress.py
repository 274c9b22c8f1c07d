"""How far a long command is: a bar on a terminal, a line for each step elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(title: str, total: int, stream: Any, *, lines: bool = True) -> Iterator[Callable[[str], None]]:
    """Gives a function to call at each step with what was done, which is told above the bar, if it is anything.

    Without `lines`, nothing is told but on a terminal.
    """
    if not getattr(stream, "isatty", lambda: False)():
        yield stream.write if lines else _silently
        return
    console = Console(file=getattr(stream, "_out", stream))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(escape(title), total=total)

        def step(words: str) -> None:
            if words:
                bar.print(escape(words), highlight=False)
            bar.advance(task)

        yield step


def _silently(words: str) -> None:
    """Elsewhere a command's result says enough."""
