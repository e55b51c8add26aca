"""The final evaluation: the only reader of the test split."""

from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

from scipy.stats import t as student

from dse.compress.loop import Progress
from dse.compress.shared import SharedWeights
from dse.compress.training import DEFAULT_TRAINING, Training
from dse.data import Dataset
from dse.evaluate.accuracy import program_accuracy
from dse.evaluate.ladder import make_program, rung_epochs
from dse.importers import Imported
from dse.program import Program
from hw_models.errors import ConfigError
from search_spaces.configuration import Configuration
from search_spaces.space import Space

__all__ = ["LEAST_SEEDS", "FinalEvaluation", "final_evaluation"]

LEAST_SEEDS = 3
"""Fewer tell too little of how a training varies."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class FinalEvaluation:
    """A chosen configuration, trained with several seeds.

    Args:
        test_accuracies: Of the integer programs on the test split, one per seed.
        validation_accuracies: The same on the validation split.
        seeds: In the same order.
        epochs: Trained for each seed.
        program: Of the seed with the highest validation accuracy; of equals the first.
        training: The strategy.
    """

    test_accuracies: tuple[float, ...]
    validation_accuracies: tuple[float, ...]
    seeds: tuple[int, ...]
    epochs: int
    program: Program
    training: Training = DEFAULT_TRAINING

    @property
    def test_accuracy(self) -> float:
        """Mean over the seeds."""
        return mean(self.test_accuracies)

    @property
    def test_interval(self) -> tuple[float, float]:
        """Student's t interval of the mean, 95 %: mean ± t(n - 1) s / sqrt(n) over n seeds."""
        count = len(self.test_accuracies)
        quantile = float(student.ppf((1.0 + CONFIDENCE) / 2.0, count - 1))
        half = quantile * stdev(self.test_accuracies) / sqrt(count)
        return self.test_accuracy - half, self.test_accuracy + half


def final_evaluation(
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    seeds: tuple[int, ...] = (0, 1, 2),
    epochs: int | None = None,
    progress: Progress | None = None,
    training: Training | None = None,
    shared: SharedWeights | None = None,
) -> FinalEvaluation:
    """Train a chosen configuration longer, with several seeds, and score it on the test split.

    Args:
        imported: The uncompressed network and its parameters.
        dataset: Training split trains, validation chooses the program, test is only scored.
        space: Built from that network.
        configuration: Of that space.
        seeds: At least three; one training each.
        epochs: Passes over the training split for each seed; those of the rung full when absent.
        progress: Called after every epoch.
        training: The strategy; the default Training when absent.
        shared: Shared weights of that space to start from, as the rung full does.

    Raises:
        ConfigError: Fewer than three seeds, or one twice, or a strategy that shared weights cannot
            start.
    """
    if len(seeds) < LEAST_SEEDS or len(set(seeds)) != len(seeds):
        raise ConfigError(
            "A final evaluation needs distinct seeds.",
            where="seeds",
            got=seeds,
            allowed=f"at least {LEAST_SEEDS}",
        )
    how = training or DEFAULT_TRAINING
    trained = rung_epochs("full", len(dataset.x_train), epochs)
    programs = [
        make_program(imported, dataset, space, configuration, seed, trained, progress, how, shared)
        for seed in seeds
    ]
    validation, test = (
        tuple(program_accuracy(one, *dataset.part(part), dataset.windows) for one in programs)
        for part in ("val", "test")
    )
    best = programs[validation.index(max(validation))]
    return FinalEvaluation(test, validation, seeds, trained, best, how)
