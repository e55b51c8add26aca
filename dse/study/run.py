"""Run a study: base network, search, and the test accuracy of the front."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dse.data import Dataset, describe_data, load_data
from dse.evaluate import EvaluationCache, program_accuracy, rung_epochs
from dse.files import write_atomically
from dse.program_io import load_program
from dse.search import (
    Limits,
    Price,
    SearchResult,
    Trial,
    feasible_starts,
    front,
    hypervolume,
    make_evaluator,
    make_sampler,
    reference_point,
    search,
)
from dse.study.base import Base, load_base, prepare_base, save_base
from dse.study.config import StudyConfig
from dse.study.feasibility import probe_feasibility, require_feasible
from dse.study.folder import (
    RunFolder,
    device_fingerprint,
    model_fingerprint,
    profile_fingerprint,
)
from dse.study.journal import Journal
from dse.study.pricing import Pricer
from dse.study.records import price_to_json
from dse.study.scoring import TrialScorer
from dse.study.sharing import prepare_shared
from hw_models.device import load_device
from hw_models.errors import ConfigError
from hw_models.profile import load_profile, profile_for
from search_spaces import Space, build_space

__all__ = ["StudyEvents", "StudyResult", "make_pricer", "run_study"]

SUMMARY_SCHEMA = 1
# Half of a generation: the other half keeps the search open.
_STARTS = 12


@dataclass(frozen=True)
class StudyEvents:
    """What a caller wants to hear of while a study runs.

    Args:
        stage: Called with a sentence at the start of each stage.
        trial: Called with each trial as soon as it is done, recorded ones included.
    """

    stage: Callable[[str], None] = lambda _: None
    trial: Callable[[Trial], None] = lambda _: None


@dataclass(frozen=True)
class StudyResult:
    """The end of a study.

    Args:
        folder: Holds everything.
        search: All trials, and why the search stopped.
        front: Most accurate first.
        hypervolume: Of the front, as a share of the box under the reference point.
        baseline: Price of the uncompressed s8 network.
        test_accuracy: By trial number, of every point that was on the front when a search ended.
    """

    folder: Path
    search: SearchResult
    front: tuple[Trial, ...]
    hypervolume: float
    baseline: Price
    test_accuracy: dict[int, float]


def make_pricer(config: StudyConfig, space: Space) -> Pricer:
    """The pricer of a study's device and budget.

    Raises:
        ConfigError: An energy bound on a part without a power figure, or an unknown device or
            profile.
    """
    device = load_device(config.device)
    budget = config.budget()
    if budget.energy_j is not None and device.active_power_w is None:
        raise ConfigError(
            "An energy bound needs a part whose active power is known.",
            where=f"device {device.name}",
            got=f"energy_mj = {config.energy_mj}",
            cure="Leave the bound out, or describe the part with its active power in a TOML file.",
        )
    profile = load_profile(config.profile) if config.profile else profile_for(device.core)
    return Pricer(space, device, profile, budget)


def run_study(config: StudyConfig, out: Path, events: StudyEvents | None = None) -> StudyResult:
    """Run or resume a study in a folder.

    An interrupted search returns what it has; the same call goes on from there.

    Args:
        config: The study.
        out: Its run folder.
        events: Progress.

    Raises:
        DseError: Bad settings, model, data or folder, or a lost worker.
    """
    told = events or StudyEvents()
    dataset = load_data(config.data, seed=config.seed, features=config.features)
    told.stage(describe_data(dataset))
    folder = RunFolder(out)
    fingerprints = {
        "model": model_fingerprint(config),
        "data set": dataset.fingerprint,
        "device": device_fingerprint(load_device(config.device)),
        **profile_fingerprint(config),
    }
    config = _settle(config, dataset, folder, told)
    folder.open(config, fingerprints)
    base = _base(config, dataset, folder, told)
    space = build_space(
        base.imported.network,
        formats=config.formats,
        widths=config.widths,
        activations=config.activations,
        depth=config.depth,
        heads=config.heads,
    )
    pricer = make_pricer(config, space)
    require_feasible(probe_feasibility(space, pricer, pricer.budget), space)
    baseline = pricer(space.baseline())
    found = _search(config, dataset, base, pricer, folder, told)
    members = front(found.trials)
    tested = _test(members, found, dataset, folder, told)
    volume = hypervolume(members, reference_point(pricer.budget, baseline))
    result = StudyResult(out, found, members, volume, baseline, tested)
    write_atomically(folder.summary, json.dumps(_summary(result, base), indent=2) + "\n")
    return result


def _settle(
    config: StudyConfig, dataset: Dataset, folder: RunFolder, told: StudyEvents
) -> StudyConfig:
    """The settings with the epochs that the data ask for, or those of an older run."""
    begun = folder.as_begun(config)
    if begun != config:
        told.stage("the run goes on with the defaults that it was begun with, those of schema 1")
    if begun.rung != "full" or begun.epochs is not None:
        return begun
    epochs = rung_epochs("full", len(dataset.x_train))
    told.stage(f"the rung full trains for {epochs} epochs")
    return begun.model_copy(update={"epochs": epochs})


def _test(
    members: tuple[Trial, ...],
    found: SearchResult,
    dataset: Dataset,
    folder: RunFolder,
    told: StudyEvents,
) -> dict[int, float]:
    """Test accuracy of the front, after a search that came to its end; each point once."""
    summary = folder.read_summary() or {"test_accuracy": {}}
    known = {int(number): float(value) for number, value in summary["test_accuracy"].items()}
    if found.stopped in ("time", "interrupted"):
        return known
    fresh = [trial for trial in members if trial.number not in known]
    told.stage(f"testing {len(fresh)} points of the front on the test split")
    for trial in fresh:
        program = load_program(folder.program(trial.configuration))
        x, y = dataset.part("test")
        known[trial.number] = program_accuracy(program, x, y, dataset.windows)
    return known


def _base(config: StudyConfig, dataset: Dataset, folder: RunFolder, told: StudyEvents) -> Base:
    if not folder.base.exists():
        save_base(prepare_base(config, dataset, told.stage, folder.training), folder.base)
        folder.training.unlink(missing_ok=True)
    # Read back also when fresh: sums over arrays of another memory layout round differently.
    base = load_base(folder.base)
    told.stage(f"uncompressed float accuracy {base.float_accuracy:.2%} on the validation split")
    return base


def _search(
    config: StudyConfig,
    dataset: Dataset,
    base: Base,
    pricer: Pricer,
    folder: RunFolder,
    told: StudyEvents,
) -> SearchResult:
    # Trials never see the test split: the validation split stands in its place.
    training = replace(dataset, x_test=dataset.x_val, y_test=dataset.y_val)
    scorer = TrialScorer(
        base.imported,
        training,
        pricer.space,
        config.rung,
        config.seed,
        config.epochs,
        folder,
        config.training,
        prepare_shared(config, training, base, pricer.space, folder, told.stage),
        None if config.cache is None else EvaluationCache(Path(config.cache)),
    )
    told.stage(f"searching {pricer.space.size:,} configurations")
    limits = Limits(config.trials, config.time_s)
    starts = feasible_starts(pricer.space, pricer, _STARTS, config.seed)
    with (
        Journal(folder.journal, pricer.space) as journal,
        make_evaluator(scorer, config.jobs) as evaluator,
    ):
        return search(
            make_sampler(config.sampler, pricer.space, config.seed, starts),
            pricer,
            evaluator,
            limits,
            known=journal.trials,
            record=journal.append,
            show=told.trial,
        )


def _summary(result: StudyResult, base: Base) -> dict[str, Any]:
    return {
        "schema": SUMMARY_SCHEMA,
        "stopped": result.search.stopped,
        "float_accuracy": base.float_accuracy,
        "baseline": price_to_json(result.baseline),
        "hypervolume": result.hypervolume,
        "test_accuracy": {str(number): value for number, value in result.test_accuracy.items()},
    }
