"""Run: everything a run folder holds, for looking at it; nothing is trained or written."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dse.program import Program
from dse.program_io import load_program
from dse.search import Trial, front, hypervolume, reference_point
from dse.study.base import Base, load_base
from dse.study.config import StudyConfig
from dse.study.folder import RunFolder
from dse.study.journal import read_trials
from dse.study.pricing import Pricer
from dse.study.run import make_pricer
from hw_models.errors import RunError
from search_spaces import build_space

__all__ = ["Run", "load_run"]


@dataclass(frozen=True)
class Run:
    """A run as it stands; the search may be finished, interrupted or still going on.

    Args:
        folder: Where it is.
        config: Its settings.
        base: The uncompressed network.
        pricer: Space, device, profile and budget.
        trials: In the order of their numbers.
        test_accuracy: By trial number; empty until the search has ended once.
    """

    folder: RunFolder
    config: StudyConfig
    base: Base
    pricer: Pricer
    trials: tuple[Trial, ...]
    test_accuracy: dict[int, float]

    @cached_property
    def front(self) -> tuple[Trial, ...]:
        """The complete trials that no other dominates, most accurate first."""
        return front(self.trials)

    @property
    def reference(self) -> tuple[float, float, float, float]:
        """Reference point of the hypervolume, in the order of dse.search.OBJECTIVES."""
        baseline = self.pricer(self.pricer.space.baseline())
        return reference_point(self.pricer.budget, baseline)

    @cached_property
    def hypervolume(self) -> float:
        """Share of the box under the reference point that the front dominates."""
        return hypervolume(self.trials, self.reference)

    def trial(self, number: int) -> Trial:
        """The trial of that number.

        Raises:
            RunError: There is none.
        """
        for trial in self.trials:
            if trial.number == number:
                return trial
        raise RunError(
            "There is no such trial in this run.",
            where=self.folder.path,
            got=number,
            allowed=f"front: {', '.join(str(trial.number) for trial in self.front) or 'empty'}",
        )

    def program(self, trial: Trial) -> Program:
        """The integer program that a complete trial was scored with.

        Raises:
            RunError: The trial was not trained, or its file is gone or damaged.
        """
        if trial.state != "complete":
            raise RunError(
                "Only a complete trial has a program.",
                where=f"{self.folder.path}, trial {trial.number}",
                got=trial.state,
                allowed=f"front: {', '.join(str(trial.number) for trial in self.front) or 'empty'}",
            )
        return load_program(self.folder.program(trial.configuration))


def load_run(path: Path) -> Run:
    """Read a run folder.

    Raises:
        RunError: It is not one, or one of its files is damaged.
    """
    folder = RunFolder(path)
    config = folder.config()
    base = load_base(folder.base)
    space = build_space(
        base.imported.network,
        formats=config.formats,
        widths=config.widths,
        activations=config.activations,
        depth=config.depth,
        heads=config.heads,
    )
    summary = folder.read_summary() or {"test_accuracy": {}}
    tested = {int(number): float(value) for number, value in summary["test_accuracy"].items()}
    return Run(
        folder,
        config,
        base,
        make_pricer(config, space),
        read_trials(folder.journal),
        tested,
    )
