"""The evaluation of one trial: from a configuration to a scored, stored integer program."""

import time
from dataclasses import dataclass, field

from dse.compress.training import DEFAULT_TRAINING
from dse.data import Dataset
from dse.evaluate import EvaluationCache, Rung, SharedWeights, Training, cached_evaluation
from dse.files import replacing
from dse.importers import Imported
from dse.program_io import save_program
from dse.search import Outcome
from dse.study.folder import RunFolder
from search_spaces import Configuration, Space

__all__ = ["TrialScorer"]


@dataclass(frozen=True)
class TrialScorer:
    """Scores configurations; picklable, so that workers can.

    Args:
        imported: The base network.
        dataset: Training and validation data; the test split must have been taken out.
        space: Of the base network.
        rung: Of the accuracy ladder.
        seed: Of the training.
        epochs: Of a rung that trains; None for its own number.
        folder: Where the programs go.
        training: The strategy.
        shared: Shared weights, where the rung uses them.
        cache: Of evaluations, or None.
    """

    imported: Imported = field(repr=False)
    dataset: Dataset = field(repr=False)
    space: Space = field(repr=False)
    rung: Rung
    seed: int
    epochs: int | None
    folder: RunFolder
    training: Training = DEFAULT_TRAINING
    shared: SharedWeights | None = field(default=None, repr=False)
    cache: EvaluationCache | None = None

    def __call__(self, configuration: Configuration) -> Outcome:
        """Train and score; whatever breaks is recorded, since the search must go on."""
        start = time.perf_counter()
        try:
            result = cached_evaluation(
                self.cache,
                self.imported,
                self.dataset,
                self.space,
                configuration,
                rung=self.rung,
                seed=self.seed,
                epochs=self.epochs,
                training=self.training,
                shared=self.shared,
            )
            with replacing(self.folder.program(configuration)) as path:
                save_program(result.program, path)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            seconds = time.perf_counter() - start
            return Outcome(None, self.rung, self.seed, 0, seconds, text, self.training.label())
        return Outcome(
            result.accuracy,
            result.rung,
            result.seed,
            result.epochs,
            time.perf_counter() - start,
            training=result.training.label(),
        )
