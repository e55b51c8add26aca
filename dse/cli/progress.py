"""Live progress of a search."""

from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dse.cli.console import percent
from dse.search import Trial

__all__ = ["SearchProgress"]

_LINE_EVERY = 10


class SearchProgress(AbstractContextManager["SearchProgress"]):
    """A bar on a terminal, a line now and then in a pipe.

    Args:
        console: Where to.
        trials: Configurations that will be trained.
    """

    def __init__(self, console: Console, trials: int) -> None:
        self._console = console
        self._total = trials
        self._trained = 0
        self._infeasible = 0
        self._failed = 0
        self._best = 0.0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[state]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("trials", total=trials, state="")

    def __enter__(self) -> "SearchProgress":
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

    def stage(self, text: str) -> None:
        """Say what happens next."""
        self._console.print(text)

    def trial(self, trial: Trial) -> None:
        """Count a trial."""
        self._infeasible += trial.state == "infeasible"
        self._failed += trial.state == "failed"
        self._best = max(self._best, trial.accuracy or 0.0)
        if trial.outcome is not None:
            self._trained += 1
        self._bar.update(self._task, completed=self._trained, state=self._state())
        if not self._console.is_terminal and trial.outcome and self._trained % _LINE_EVERY == 0:
            self._console.print(f"{self._trained}/{self._total} trials, {self._state()}")

    def _state(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        return f"best {percent(self._best)}, {self._infeasible} infeasible{failed}"
