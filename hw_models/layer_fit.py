"""Published runs -> LayerProfile: non-negative least squares on relative errors, with two priors.

Five networks fill most of the tables, so a run weighs by its model and is judged by leaving the
model out. The fit has two steps, both with a ridge on the relative distance from a prior:

1. one set of relative costs for all runtimes and cores, each group of runs (profile and setting)
   with a scale of its own; its prior is hw_models.layer_features.PRIOR;
2. the costs of one profile; its prior is the first set at the profile's scale.

Windows of one row or column differ between runtimes by more than a scale: they do not enter the
scales, and the second step binds them ten times less.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from hw_models.errors import DataError
from hw_models.layer_features import FEATURES, PRIOR, ROW_FEATURES

__all__ = ["LayerFit", "ListedRun", "Prediction", "fit_layers", "leave_out"]

RIDGE = 1.0
ROW_RIDGE = 0.1
_POOL_ROUNDS = 8
_ROBUST_FLOOR = 0.03
_TINY = 1e-9

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class ListedRun:
    """One measured network (or layer) of a runtime.

    Args:
        profile: RUNTIME-CORE.
        setting: Version or way of running; a scale of its own.
        model: What ran.
        family: Models that are one architecture share it; they are left out together.
        board: It ran on.
        source: Who published it.
        amounts: Features of its layers.
        cycles: Measured.
    """

    profile: str
    setting: str
    model: str
    family: str
    board: str
    source: str
    amounts: Mapping[str, float]
    cycles: float


@dataclass(frozen=True)
class LayerFit:
    """Costs of one profile.

    Args:
        coefficients: Cycles per unit of each feature at the reference setting.
        settings: Cycles at each setting over those at the reference.
    """

    coefficients: Mapping[str, float]
    settings: Mapping[str, float]

    def cycles(self, run: ListedRun, blind: bool = False) -> float:
        """Predicted cycles of a run at its setting, or (blind) at the reference."""
        total = sum(self.coefficients[name] * amount for name, amount in run.amounts.items())
        return total * (1.0 if blind else self.settings.get(run.setting, 1.0))


@dataclass(frozen=True)
class Prediction:
    """A run with the cycles that a fit without its model predicts.

    Args:
        run: The run.
        cycles: At its setting.
        blind_cycles: At the reference setting.
    """

    run: ListedRun
    cycles: float
    blind_cycles: float


def fit_layers(runs: Sequence[ListedRun], profile: str, reference: str) -> LayerFit:
    """The costs of a profile; runs of the other profiles serve as its prior.

    Args:
        runs: Of all runtimes and cores.
        profile: To fit.
        reference: Its setting that gets the factor 1.

    Raises:
        DataError: There is no run of the profile.
    """
    own = [run for run in runs if run.profile == profile]
    if not own:
        raise DataError("There is no run of this profile.", got=profile)
    relative, scales = _pool(runs)
    known = {run.setting: scales[_group(run)] for run in own}
    base = known.get(reference, next(iter(known.values())))
    settings = {setting: scale / base for setting, scale in sorted(known.items())}
    cycles = np.array([run.cycles / settings[run.setting] for run in own])
    ridge = np.array([ROW_RIDGE if name in ROW_FEATURES else RIDGE for name in FEATURES])
    solution = _fit(_table(own), cycles, _weights(own), base * relative, ridge, rounds=4)
    return LayerFit(dict(zip(FEATURES, solution.tolist(), strict=True)), settings)


def leave_out(
    runs: Sequence[ListedRun],
    profile: str,
    reference: str,
    part: Callable[[ListedRun], str] = lambda run: run.family,
) -> list[Prediction]:
    """Predict every run of a profile by a fit that has seen nothing of its part.

    Args:
        runs: Of all runtimes and cores.
        profile: To judge.
        reference: Its setting that gets the factor 1.
        part: What to leave out together, everywhere: the model's family, or a board or source.
    """
    predictions = []
    own = [run for run in runs if run.profile == profile]
    for name in dict.fromkeys(part(run) for run in own):
        rest = [run for run in runs if part(run) != name]
        if not any(run.profile == profile for run in rest):
            continue
        fit = fit_layers(rest, profile, reference)
        predictions += [
            Prediction(run, fit.cycles(run), fit.cycles(run, blind=True))
            for run in own
            if part(run) == name
        ]
    return predictions


def _pool(runs: Sequence[ListedRun]) -> tuple[Vector, dict[tuple[str, str], float]]:
    """Relative costs of the features over all runs, and the scale of each group."""
    table, weights = _table(runs), _weights(runs)
    cycles = np.array([run.cycles for run in runs])
    prior = np.array([PRIOR[name] for name in FEATURES])
    relative = prior
    for _ in range(_POOL_ROUNDS):
        scales = _scales(runs, cycles / (table @ relative), weights)
        scaled = cycles / np.array([scales[_group(run)] for run in runs])
        ridge = np.full(len(FEATURES), RIDGE)
        relative = _fit(table, scaled, weights, prior, ridge, rounds=3)
    return relative, _scales(runs, cycles / (table @ relative + _TINY), weights)


def _scales(
    runs: Sequence[ListedRun], ratios: Vector, weights: Vector
) -> dict[tuple[str, str], float]:
    """Geometric mean of measured over predicted cycles in each group of runs."""
    by_group: dict[tuple[str, str], list[int]] = {}
    for index, run in enumerate(runs):
        by_group.setdefault(_group(run), []).append(index)
    scales = {}
    for group, members in by_group.items():
        square = [index for index in members if not _has_rows(runs[index])]
        chosen = square or members
        logs = np.log(ratios[chosen])
        scales[group] = float(np.exp(np.average(logs, weights=weights[chosen])))
    return scales


def _fit(
    table: Vector, cycles: Vector, weights: Vector, prior: Vector, ridge: Vector, rounds: int
) -> Vector:
    """Costs >= 0 with small relative errors and a small relative distance from the prior.

    The rounds after the first weigh a run by the inverse of its error, so that the solution
    follows the median run and not the outliers.
    """
    relative = table / cycles[:, None]
    pull = np.diag(np.sqrt(ridge) / np.maximum(prior, _TINY))
    target = np.sqrt(ridge)
    root = np.sqrt(weights)
    solution = prior
    for _ in range(rounds + 1):
        system = np.vstack([relative * root[:, None], pull])
        scale = np.abs(system).max(axis=0)
        solution, _residual = nnls(system / scale, np.concatenate([root, target]))
        solution = solution / scale
        error = np.abs(relative @ solution - 1)
        root = np.sqrt(0.1 * weights / np.maximum(error, _ROBUST_FLOOR))
    return np.asarray(solution, dtype=np.float64)


def _table(runs: Sequence[ListedRun]) -> Vector:
    return np.array([[float(run.amounts.get(name, 0)) for name in FEATURES] for run in runs])


def _weights(runs: Sequence[ListedRun]) -> Vector:
    """One for every model in a group of runs, shared among its runs."""
    keys = [(*_group(run), run.family) for run in runs]
    return np.array([1 / keys.count(key) for key in keys])


def _group(run: ListedRun) -> tuple[str, str]:
    return run.profile, run.setting


def _has_rows(run: ListedRun) -> bool:
    return any(run.amounts.get(name, 0) for name in ROW_FEATURES)
