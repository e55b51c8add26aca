"""The accuracy ladder: how much training a configuration gets before its program is scored."""

import time
from dataclasses import dataclass
from typing import Literal, get_args

from dse.compress.loop import Progress, one_thread
from dse.compress.lower import lower
from dse.compress.pipeline import compress
from dse.compress.training import PLAIN, Training
from dse.data import Dataset
from dse.evaluate.accuracy import program_accuracy
from dse.importers import Imported
from dse.program import Program
from hw_models.errors import ConfigError
from search_spaces.configuration import Configuration
from search_spaces.space import Space

__all__ = ["SHORT_EPOCHS", "Evaluation", "Rung", "evaluate", "make_program"]

Rung = Literal["calibrated", "short"]
SHORT_EPOCHS = 4


@dataclass(frozen=True)
class Evaluation:
    """The accuracy of one configuration at one rung.

    Args:
        accuracy: Of the integer program on the whole validation split, 0 to 1.
        rung: How it was trained: calibrated has no training, short a few epochs.
        seed: Of the head, the calibration subset and the order of the samples.
        epochs: Trained.
        seconds: Wall time of it all.
        program: What was scored.
        training: The strategy.
    """

    accuracy: float
    rung: Rung
    seed: int
    epochs: int
    seconds: float
    program: Program
    training: Training = PLAIN


def evaluate(
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    rung: Rung = "short",
    seed: int = 0,
    epochs: int = SHORT_EPOCHS,
    progress: Progress | None = None,
    training: Training | None = None,
) -> Evaluation:
    """Compress a network as a configuration says and score its integer program.

    The same arguments give the same program, byte by byte, on the same kind of machine.

    Args:
        imported: The uncompressed network and its parameters.
        dataset: Its training split trains, its validation split scores; test is not touched.
        space: Built from that network.
        configuration: Of that space.
        rung: calibrated (post-training) or short (fine-tuned).
        seed: Of everything random.
        epochs: Of the short rung.
        progress: Called after every epoch.
        training: The strategy; the default Training when absent.

    Raises:
        ConfigError: There is no such rung, or the strategy needs one that trains.
    """
    started = time.perf_counter()
    if rung not in get_args(Rung):
        raise ConfigError("There is no such rung.", got=rung, allowed=get_args(Rung))
    how = training or PLAIN
    trained = epochs if rung == "short" else 0
    program = make_program(imported, dataset, space, configuration, seed, trained, progress, how)
    accuracy = program_accuracy(program, dataset.x_val, dataset.y_val, dataset.windows)
    return Evaluation(accuracy, rung, seed, trained, time.perf_counter() - started, program, how)


def make_program(
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    seed: int,
    epochs: int,
    progress: Progress | None = None,
    training: Training | None = None,
) -> Program:
    """Transfer, calibrate, train for some epochs (0: not at all) and lower.

    Args:
        imported: The uncompressed network and its parameters.
        dataset: Only its training split is read.
        space: Built from that network.
        configuration: Of that space.
        seed: Of everything random.
        epochs: Passes over the training split.
        progress: Called after every epoch.
        training: The strategy; the default Training when absent.

    Raises:
        ConfigError: From scratch without an epoch.
    """
    how = training or PLAIN
    if how.start == "scratch" and epochs == 0:
        raise ConfigError(
            "A network cannot start from scratch without training.",
            where="training.start",
            got="scratch with 0 epochs",
            cure="Use the short rung, or start = fine-tune.",
        )
    with one_thread():
        module = compress(
            imported.parameters,
            space,
            configuration,
            dataset.x_train,
            dataset.y_train,
            seed=seed,
            epochs=epochs,
            how=how,
            progress=progress,
        )
        return lower(module)
