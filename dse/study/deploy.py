"""From a trial of a run to a C project."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dse.data import Dataset, load_data
from dse.evaluate import FinalEvaluation, final_evaluation
from dse.export.manifest import Project
from dse.export.project import VECTORS, export_project
from dse.program import Program
from dse.search import Trial
from dse.study.sharing import prepare_shared
from dse.study.view import Run
from hw_models.errors import RunError

__all__ = ["export_trial", "study_data", "train_finally"]


def study_data(run: Run) -> Dataset:
    """The data of a run.

    Raises:
        RunError: They are not the data that the run was made of.
    """
    config = run.config
    dataset = load_data(config.data, seed=config.seed, features=config.features)
    run.folder.check({"data set": dataset.fingerprint})
    return dataset


def export_trial(run: Run, trial: Trial, out: Path, program: Program | None = None) -> Project:
    """Write a trial as a C project, with test vectors from the validation split.

    Args:
        run: That the trial belongs to.
        trial: A complete one.
        out: Folder of the project.
        program: Instead of the one that the trial was scored with.

    Raises:
        RunError: The trial has no program, or the data changed.
        ConfigError: The folder holds something else.
    """
    chosen = run.program(trial) if program is None else program
    data = study_data(run)
    x = data.x_val
    sounds = None if chosen.network.front_end is None else data.sounds
    rows = np.random.default_rng(run.config.seed).permutation(len(x))[:VECTORS]
    return export_project(
        chosen,
        trial.configuration.to_json(),
        run.pricer.device,
        run.pricer.cost(trial.configuration),
        out,
        chosen.quantise_input(x[np.sort(rows)]),
        class_names=run.base.class_names,
        sounds=sounds,
    )


def train_finally(
    run: Run,
    trial: Trial,
    epochs: int,
    seeds: int,
    told: Callable[[str], None] = lambda _: None,
) -> FinalEvaluation:
    """Train a trial's configuration anew and longer, and score it on the test split.

    Args:
        run: That the trial belongs to.
        trial: A feasible one.
        epochs: Of each training.
        seeds: Number of trainings, with the seeds after the study's own.
        told: Called with a sentence now and then, should the run's shared weights be lost: then
            they are trained again, and kept in its folder.

    Raises:
        RunError: The trial is over budget, or the data changed.
    """
    if trial.state == "infeasible":
        raise RunError(
            "A trial that is over budget is not trained.",
            where=f"{run.folder.path}, trial {trial.number}",
            got="; ".join(str(shortfall) for shortfall in trial.price.shortfalls),
        )
    first, data, space = run.config.seed, study_data(run), run.pricer.space
    return final_evaluation(
        run.base.imported,
        data,
        space,
        trial.configuration,
        seeds=tuple(range(first, first + seeds)),
        epochs=epochs,
        training=run.config.training,
        shared=prepare_shared(run.config, data, run.base, space, run.folder, told),
    )
