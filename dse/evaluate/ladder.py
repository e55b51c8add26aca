"""The accuracy ladder: how much training a configuration gets before its program is scored."""

import math
import time
from dataclasses import dataclass
from typing import Literal, get_args

from dse.compress.loop import Progress, one_thread
from dse.compress.lower import lower
from dse.compress.pipeline import compress
from dse.compress.shared import SharedWeights
from dse.compress.train import BATCH, calibration_rows
from dse.compress.training import DEFAULT_TRAINING, Training, augmented
from dse.data import Dataset
from dse.data.augment import NO_AUGMENTATION
from dse.evaluate.accuracy import program_score
from dse.importers import Imported
from dse.program import Program
from hw_models.errors import ConfigError
from search_spaces.configuration import Configuration
from search_spaces.space import Space

__all__ = [
    "BRIEF_EPOCHS",
    "EPOCH_SAMPLES",
    "FULL_EPOCHS",
    "FULL_STEPS",
    "SHORT_EPOCHS",
    "Evaluation",
    "Rung",
    "evaluate",
    "make_program",
    "rung_epochs",
    "used_training",
]

Rung = Literal["calibrated", "shared", "brief", "short", "full"]
BRIEF_EPOCHS = 1
SHORT_EPOCHS = 4
EPOCH_SAMPLES = {"brief": 1024, "short": 8192}
"""An epoch of these rungs passes over at most so many training samples, drawn by the seed."""
FULL_EPOCHS = 16
FULL_STEPS = 2680
"""Fewer do not train to the end, so small data take more epochs: docs/ladder.md."""


@dataclass(frozen=True)
class Evaluation:
    """The accuracy of one configuration at one rung.

    Args:
        accuracy: Of the integer program on the whole validation split, 0 to 1.
        rung: How it was trained; see `evaluate`.
        seed: Of the head, the calibration subset and the order of the samples.
        epochs: Trained.
        seconds: Wall time of it all.
        program: What was scored.
        training: The strategy.
        loss: Mean cross entropy of the program's logits on the validation split.
        processor_s: Processor time of it all, which other work on the machine hardly changes.
    """

    accuracy: float
    rung: Rung
    seed: int
    epochs: int
    seconds: float
    program: Program
    training: Training = DEFAULT_TRAINING
    loss: float = math.nan
    processor_s: float = 0.0


def evaluate(
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    rung: Rung = "short",
    seed: int = 0,
    epochs: int | None = None,
    progress: Progress | None = None,
    training: Training | None = None,
    shared: SharedWeights | None = None,
) -> Evaluation:
    """Compress a network as a configuration says and score its integer program.

    The same arguments give the same program, byte by byte, on the same kind of machine.

    Args:
        imported: The uncompressed network and its parameters.
        dataset: Its training split trains, its validation split scores; test is not touched.
        space: Built from that network.
        configuration: Of that space.
        rung: calibrated (the base's parameters) and shared (shared weights) are not trained;
            brief takes a few steps from shared weights; short fine-tunes for a few short epochs
            and full to convergence, both from shared weights where they are given, else from the
            base's parameters.
        seed: Of everything random, the changes of the samples included.
        epochs: Of a rung that trains; the rung's own when absent.
        progress: Called after every epoch.
        training: The strategy; the default Training when absent.
        shared: Shared weights of that space.

    Raises:
        ConfigError: There is no such rung, it needs shared weights, or the strategy needs one
            that trains.
    """
    started, worked = time.perf_counter(), time.process_time()
    trained = rung_epochs(rung, len(dataset.x_train), epochs)
    how = used_training(rung, training or DEFAULT_TRAINING)
    start = _shared_start(rung, shared)
    program = make_program(
        imported,
        dataset,
        space,
        configuration,
        seed,
        trained,
        progress,
        how,
        start,
        EPOCH_SAMPLES.get(rung),
    )
    score = program_score(program, dataset.x_val, dataset.y_val, dataset.windows)
    seconds = time.perf_counter() - started
    used = time.process_time() - worked
    return Evaluation(score.accuracy, rung, seed, trained, seconds, program, how, score.loss, used)


def rung_epochs(rung: str, samples: int, epochs: int | None = None) -> int:
    """Epochs that a rung trains: none, what is asked for, or its own number.

    Args:
        rung: Of the ladder.
        samples: Of the training split; the fewer, the more epochs are full training.
        epochs: What is asked for, or None.

    Raises:
        ConfigError: There is no such rung.
    """
    full = max(FULL_EPOCHS, math.ceil(FULL_STEPS / max(1, samples // BATCH)))
    trained = {"brief": BRIEF_EPOCHS, "short": SHORT_EPOCHS, "full": full}
    own = {"calibrated": 0, "shared": 0} | trained
    if rung not in own:
        raise ConfigError("There is no such rung.", got=rung, allowed=get_args(Rung))
    return own[rung] if epochs is None or not own[rung] else epochs


def used_training(rung: str, how: Training) -> Training:
    """What of a strategy a rung uses: one that does not train sees samples as they are."""
    return augmented(how, NO_AUGMENTATION) if rung in ("calibrated", "shared") else how


def make_program(
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    seed: int,
    epochs: int,
    progress: Progress | None = None,
    training: Training | None = None,
    shared: SharedWeights | None = None,
    samples: int | None = None,
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
        shared: Weights to start from in place of the network's own.
        samples: Only so many of the training split are read, drawn by the seed; all when absent.

    Raises:
        ConfigError: From scratch without an epoch, or a strategy that shared weights cannot start.
    """
    how = training or DEFAULT_TRAINING
    if shared is not None:
        _check_start(how)
    if how.start == "scratch" and epochs == 0:
        raise ConfigError(
            "A network cannot start from scratch without training.",
            where="training.start",
            got="scratch with 0 epochs",
            cure="Use a rung that trains, or start = fine-tune.",
        )
    x, y = dataset.x_train, dataset.y_train
    if samples is not None and samples < len(x):
        rows = calibration_rows(len(x), seed, samples)
        x, y = x[rows], y[rows]
    with one_thread():
        module = compress(
            imported.parameters,
            space,
            configuration,
            x,
            y,
            seed=seed,
            epochs=epochs,
            how=how,
            progress=progress,
            shared=shared,
        )
        return lower(module)


def _shared_start(rung: Rung, shared: SharedWeights | None) -> SharedWeights | None:
    if rung in ("shared", "brief") and shared is None:
        raise ConfigError(
            f"The rung {rung} needs shared weights.",
            cure="Train them with dse.compress.train_shared.",
        )
    return None if rung == "calibrated" else shared


def _check_start(how: Training) -> None:
    if how.start == "scratch" or how.pruning == "gradual":
        raise ConfigError(
            "Shared weights cannot start this training.",
            where="training",
            got=how.label(),
            allowed="start = fine-tune and pruning = one-shot",
        )
