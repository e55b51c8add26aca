"""How well cheap evaluations rank configurations, and what they cost, against full training."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Literal

import numpy as np

from dse.bench.rank_figures import RankFigure, kendall_tau, rank_figure
from dse.compress.share import CONFIGURATIONS
from dse.data import Dataset, load_data
from dse.evaluate import (
    SHARED_STEPS,
    SHORT_EPOCHS,
    Evaluation,
    EvaluationCache,
    Rung,
    SharedWeights,
    Training,
    cached_evaluation,
    load_shared,
    save_shared,
    train_shared,
)
from dse.importers import Imported
from dse.study.base import load_base, prepare_base, save_base
from dse.study.config import StudyConfig, make_study
from dse.study.folder import model_fingerprint
from search_spaces.configuration import Configuration
from search_spaces.space import Space, whole_space

__all__ = ["FullStart", "LadderPlan", "LadderReport", "RungFigure", "ladder_report"]

PART = "STM32L4R5ZI"

Told = Callable[[str], None]
FullStart = Literal["shared", "base"]


@dataclass(frozen=True)
class LadderPlan:
    """What is compared.

    Args:
        data: As for a study.
        model: As for a study.
        folder: Of the base network, the shared weights and the cache; a plan goes on from it.
        configurations: Distinct random ones of the whole space.
        seeds: Of rung 4, whose accuracy is their mean: those after `seed`.
        full_epochs: Of rung 4, for each seed; its own number when absent.
        short_epochs: Of rung 3, from shared weights.
        full_start: Of rung 4: the shared weights, or the uncompressed network alone.
        shared_steps: Of the shared weights.
        base_epochs: Of the uncompressed network; the model's recipe when absent.
        seed: Of the configurations and of the cheap rungs; rung 4 has others, since the same order
            of the samples would make the two more alike than two trainings are.
    """

    data: str
    model: str
    folder: Path
    configurations: int = 40
    seeds: int = 2
    full_epochs: int | None = None
    short_epochs: int = SHORT_EPOCHS
    full_start: FullStart = "shared"
    shared_steps: int = SHARED_STEPS
    base_epochs: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class RungFigure:
    """One rung, judged by one of its scores.

    Args:
        rung: Of the ladder.
        score: What ranks the configurations: accuracy, or loss (the lower, the better).
        processor_s: Per configuration, mean; of rung 4 for all seeds together.
        share: Of rung 4's processor time per configuration.
        once_s: Processor time that it takes before the first configuration.
        accuracy: Mean over the configurations.
        tau: Against the accuracy of rung 4; None for rung 4 itself.
    """

    rung: Rung
    score: str
    processor_s: float
    share: float
    once_s: float
    accuracy: float
    tau: RankFigure | None


@dataclass(frozen=True)
class LadderReport:
    """The rungs of one network and data set.

    Args:
        rungs: Cheapest first.
        seed_tau: Mean tau between single seeds of rung 4; None with one.
        rest_tau: Mean tau of one seed of rung 4 against the mean of the others: what training once
            to the end would tell of the ranking; None with one seed.
        float_accuracy: Of the uncompressed network, on the validation split.
        size: Of the space.
        full_start: Of rung 4.
        full_epochs: Of each of its trainings.
        full_seeds: How many there are of a configuration.
    """

    rungs: tuple[RungFigure, ...]
    seed_tau: float | None
    rest_tau: float | None
    float_accuracy: float
    size: int
    full_start: FullStart
    full_epochs: int
    full_seeds: int


@dataclass(frozen=True)
class _Bench:
    plan: LadderPlan
    dataset: Dataset
    imported: Imported
    space: Space
    shared: SharedWeights
    training: Training
    told: Told

    def evaluations(self, rung: Rung, seed: int, epochs: int | None) -> list[Evaluation]:
        from_base = rung == "full" and self.plan.full_start == "base"
        cache = EvaluationCache(self.plan.folder / "cache")
        made = []
        for number, one in enumerate(_configurations(self.space, self.plan), start=1):
            found = cached_evaluation(
                cache,
                self.imported,
                self.dataset,
                self.space,
                one,
                rung,
                seed,
                epochs,
                training=self.training,
                shared=None if from_base else self.shared,
            )
            made.append(found)
            self.told(
                f"{rung}, seed {seed}, {number} of {self.plan.configurations}: accuracy "
                f"{found.accuracy:.2%}, {found.processor_s:.1f} s"
            )
        return made


def ladder_report(plan: LadderPlan, told: Told = lambda _: None) -> LadderReport:
    """Evaluate random configurations on every rung; what is in the folder is not done again.

    The test split is not read.

    Args:
        plan: What is compared.
        told: Called with a sentence after every evaluation.

    Raises:
        DseError: The model or the data cannot be used.
    """
    bench, accuracy = _prepare(plan, told)
    cheap: list[tuple[Rung, float, int | None]] = [
        ("calibrated", 0.0, None),
        ("shared", 1.0, None),
        ("brief", 1.0, None),
        ("short", 1.0, plan.short_epochs),
    ]
    made = [
        (rung, once, bench.evaluations(rung, plan.seed, epochs)) for rung, once, epochs in cheap
    ]
    full = [
        bench.evaluations("full", plan.seed + number, plan.full_epochs)
        for number in range(1, plan.seeds + 1)
    ]
    truths = [mean(one.accuracy for one in each) for each in zip(*full, strict=True)]
    full_s = sum(mean(one.processor_s for one in each) for each in full)
    rows = []
    for rung, once, found in made:
        seconds = mean(one.processor_s for one in found)
        scores = {"accuracy": [one.accuracy for one in found], "loss": [-one.loss for one in found]}
        rows += [
            RungFigure(
                rung,
                name,
                seconds,
                seconds / full_s,
                once * bench.shared.processor_s,
                mean(scores["accuracy"]),
                rank_figure(values, truths),
            )
            for name, values in scores.items()
        ]
    once_s = bench.shared.processor_s if plan.full_start == "shared" else 0.0
    rows.append(RungFigure("full", "accuracy", full_s, 1.0, once_s, mean(truths), None))
    epochs, taus = full[0][0].epochs, _seed_taus(full)
    return LadderReport(
        tuple(rows), *taus, accuracy, bench.space.size, plan.full_start, epochs, plan.seeds
    )


def _seed_taus(full: list[list[Evaluation]]) -> tuple[float | None, float | None]:
    """Of one seed against another, and of one against the mean of the others."""
    if len(full) == 1:
        return None, None
    scores = [[one.accuracy for one in each] for each in full]
    pairs = [kendall_tau(np.array(a), np.array(b)) for a, b in combinations(scores, 2)]
    rest = []
    for number, own in enumerate(scores):
        others = zip(*(one for at, one in enumerate(scores) if at != number), strict=True)
        # This mean is exact: what is equal stays equal, and does not rank.
        rest.append(kendall_tau(np.array(own), np.array([mean(each) for each in others])))
    return mean(pairs), mean(rest)


def _configurations(space: Space, plan: LadderPlan) -> list[Configuration]:
    """Distinct random configurations; fewer where the space has no more."""
    rng = np.random.default_rng(plan.seed)
    found: dict[Configuration, None] = {}
    while len(found) < min(plan.configurations, space.size):
        found[space.sample(rng)] = None
    return list(found)


def _prepare(plan: LadderPlan, told: Told) -> tuple[_Bench, float]:
    """Everything that stands before the first evaluation, and the float accuracy."""
    values = {"model": plan.model, "data": plan.data, "device": PART, "seed": plan.seed}
    config = make_study({**values, "base_epochs": plan.base_epochs}, "dse bench ladder")
    whole = load_data(config.data, seed=plan.seed)
    # Nothing here sees the test split: the validation split stands in its place.
    dataset = replace(whole, x_test=whole.x_val, y_test=whole.y_val)
    key = _key(model_fingerprint(config), dataset.fingerprint)
    path = plan.folder / f"base-{key}.npz"
    if not path.exists():
        save_base(prepare_base(config, dataset, told), path)
    base = load_base(path)
    space = whole_space(base.imported.network)
    shared = _shared(config, dataset, base.imported, space, plan, told)
    bench = _Bench(plan, dataset, base.imported, space, shared, config.training, told)
    return bench, base.float_accuracy


def _shared(
    config: StudyConfig,
    dataset: Dataset,
    imported: Imported,
    space: Space,
    plan: LadderPlan,
    told: Told,
) -> SharedWeights:
    trained = f"{plan.shared_steps} steps of {CONFIGURATIONS} {config.training.label()}".strip()
    key = _key(model_fingerprint(config), dataset.fingerprint, trained)
    path = plan.folder / f"shared-{key}.npz"
    if not path.exists():
        made = train_shared(
            space,
            imported.parameters,
            dataset.x_train,
            dataset.y_train,
            seed=plan.seed,
            steps=plan.shared_steps,
            how=config.training,
            progress=lambda step, loss: told(f"shared weights, step {step}: loss {loss:.3f}"),
        )
        save_shared(made, path)
    return load_shared(path)


def _key(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
