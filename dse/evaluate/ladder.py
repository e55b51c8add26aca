"""The accuracy ladder: how much training a configuration gets before its program is scored."""

import time
from dataclasses import dataclass
from typing import Literal, get_args

from dse.compress.calibrate import ChannelStatistics, Reference, calibrate, channel_statistics
from dse.compress.lower import lower
from dse.compress.module import TrainableNetwork, build_module
from dse.compress.train import (
    Progress,
    calibration_subset,
    fine_tune,
    one_thread,
    training_device,
)
from dse.compress.transfer import Sliced, slice_parameters
from dse.data import Dataset
from dse.evaluate.accuracy import program_accuracy
from dse.importers import Imported
from dse.program import Program
from hw_models.errors import ConfigError
from search_spaces.configuration import Configuration
from search_spaces.rewrite import rewrite
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
    """

    accuracy: float
    rung: Rung
    seed: int
    epochs: int
    seconds: float
    program: Program


def evaluate(
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    rung: Rung = "short",
    seed: int = 0,
    epochs: int = SHORT_EPOCHS,
    progress: Progress | None = None,
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

    Raises:
        ConfigError: There is no such rung.
    """
    started = time.perf_counter()
    if rung not in get_args(Rung):
        raise ConfigError("There is no such rung.", got=rung, allowed=get_args(Rung))
    trained = epochs if rung == "short" else 0
    program = make_program(imported, dataset, space, configuration, seed, trained, progress)
    accuracy = program_accuracy(program, dataset.x_val, dataset.y_val)
    return Evaluation(accuracy, rung, seed, trained, time.perf_counter() - started, program)


def make_program(
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    seed: int,
    epochs: int,
    progress: Progress | None = None,
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
    """
    with one_thread():
        subset = calibration_subset(dataset.x_train, seed)
        target = rewrite(imported.network, space, configuration)
        sliced = slice_parameters(imported.parameters, imported.network, target, seed)
        whole = channel_statistics(imported.network, imported.parameters, subset)
        module: TrainableNetwork = build_module(target, sliced.parameters).to(training_device())
        calibrate(module, subset, _reference(whole, sliced))
        if epochs > 0:
            x, y = dataset.x_train, dataset.y_train
            fine_tune(module, x, y, epochs=epochs, seed=seed, progress=progress)
        return lower(module)


def _reference(whole: Reference, sliced: Sliced) -> Reference:
    return {
        name: ChannelStatistics(whole[name].mean[kept], whole[name].spread[kept])
        for name, kept in sliced.kept.items()
    }
