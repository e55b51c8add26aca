"""The table of recovery: means over the seeds, what is lost, and whether the bar is met."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

from scipy.stats import t as student

from dse.bench.recovery import RecoveryRun

__all__ = ["RecoveryRow", "recovery_table"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class RecoveryRow:
    """One strategy on one data set.

    Args:
        data: Name of the data set.
        model: Specification of the network.
        strategy: Its name.
        classes: Of the data.
        training_samples: Of the data.
        seeds: How many trainings.
        epochs: Of the compression.
        training: What differs from the default.
        parameter_share: Parameters that are left, 0 to 1.
        float_accuracy: Mean of the uncompressed networks on the test split, 0 to 1.
        accuracy: Mean of the integer programs on the test split.
        lost_points: Mean of what each program loses against the float network of its seed.
        interval_points: Half of the 95 % interval of that mean over the seeds, by Student's t; None
            with one seed.
        bar_points: How much it may lose, or None.
        test_accuracies: Of the integer programs, one a seed.
        test_float_accuracies: Of the float networks in the same order.
    """

    data: str
    model: str
    strategy: str
    classes: int
    training_samples: int
    seeds: int
    epochs: int
    training: str
    parameter_share: float
    float_accuracy: float
    accuracy: float
    lost_points: float
    interval_points: float | None
    bar_points: float | None
    test_accuracies: tuple[float, ...]
    test_float_accuracies: tuple[float, ...]

    @property
    def passes(self) -> bool | None:
        """Whether the mean loss is within the bar; None without one."""
        return None if self.bar_points is None else self.lost_points <= self.bar_points + 1e-9


def recovery_table(runs: Sequence[RecoveryRun]) -> list[RecoveryRow]:
    """A row for every data set and strategy, in the order in which they first appear."""
    groups: dict[tuple[str, str, int, str], list[RecoveryRun]] = {}
    for run in runs:
        groups.setdefault((run.data, run.model, run.classes, run.strategy), []).append(run)
    return [_row(group) for group in groups.values()]


def _row(runs: Sequence[RecoveryRun]) -> RecoveryRow:
    first = runs[0]
    lost = [100 * (run.float_accuracy - run.accuracy) for run in runs]
    interval = None
    if len(lost) > 1:
        reach = float(student.ppf((1 + CONFIDENCE) / 2, len(lost) - 1))
        interval = reach * stdev(lost) / sqrt(len(lost))
    return RecoveryRow(
        data=first.data,
        model=first.model,
        strategy=first.strategy,
        classes=first.classes,
        training_samples=first.training_samples,
        seeds=len(runs),
        epochs=first.epochs,
        training=first.training,
        parameter_share=first.parameter_share,
        float_accuracy=mean(run.float_accuracy for run in runs),
        accuracy=mean(run.accuracy for run in runs),
        lost_points=mean(lost),
        interval_points=interval,
        bar_points=first.bar_points,
        test_accuracies=tuple(run.accuracy for run in runs),
        test_float_accuracies=tuple(run.float_accuracy for run in runs),
    )
