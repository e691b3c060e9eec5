"""A progress bar on a terminal while a pass is under way; nothing where there is no terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shared.reconciler.progress import Watcher


@contextmanager
def progress_on(console: Console, what: str) -> Iterator[Watcher]:
    """Show the calls of a pass, those begun and those ended, until the body is left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, redirect_stdout=False
    ) as bar:
        yield _Bar(bar, bar.add_task(f"{what}: reading", total=0), what)


class _Bar:
    """A bar that grows as calls begin, and fills as they end."""

    def __init__(self, bar: Progress, task: TaskID, what: str) -> None:
        self._bar, self._task, self._what = bar, task, what
        self._begun = 0

    def began(self, *, writes: bool) -> None:
        self._begun += 1
        doing = f"{self._what}: {'changing' if writes else 'reading'}"
        self._bar.update(self._task, total=self._begun, description=doing)

    def ended(self, *, writes: bool) -> None:  # noqa: ARG002 -- a watcher is told
        self._bar.advance(self._task)
