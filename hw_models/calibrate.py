"""Measured layers -> Profile: non-negative least squares on relative errors.

Every row of a measurement file is one layer of one network on one board. The counts of a layer
are computed from its stored description, so a file outlives a change of the counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls

from hw_models.arithmetic import ARITHMETIC_VERSION
from hw_models.errors import ConfigError, DataError
from hw_models.front_end_cost import FEATURES_KEY, front_end_counts
from hw_models.kernels import KernelKey, core_class
from hw_models.layer_text import parse_front_end, parse_layer
from hw_models.parts import Parts, layer_parts, rank
from hw_models.profile import CodeSize, ErrorCard, Profile, format_key

__all__ = [
    "COLUMNS",
    "SAME",
    "LayerRun",
    "build_file",
    "check_one_build",
    "fit",
    "fit_coefficients",
    "layer_runs",
    "other_cycles",
    "read_measurements",
]

SAME = ("runtime", "board", "core", "compiler", "flags")
RIDGE = 1e-4
"""Against costs that the runs cannot tell apart; with it a cost that they can is off by 1e-8."""
COLUMNS = (*SAME, "network", "layer", "description", "cycles")

Coefficients = dict[KernelKey, dict[str, float]]


@dataclass(frozen=True)
class LayerRun:
    """One measured layer.

    Args:
        network: It ran in.
        layer: Its name there.
        key: Of its kernel; of a layer in strips or groups, the key of what they add.
        counts: Of that key's loops.
        cycles: Measured.
        others: Keys and counts of the kernels that run on the strips or the groups.
    """

    network: str
    layer: str
    key: KernelKey
    counts: Mapping[str, float]
    cycles: float
    others: Parts = ()


def read_measurements(path: Path) -> pd.DataFrame:
    """A measurement file.

    What is the same for all rows of a core may stand once in a file beside it, `build_file(path)`.

    Raises:
        DataError: It cannot be read, is empty, lacks a column or a build, or has cycles that are
            not positive.
    """
    frame = _read_csv(path)
    builds = build_file(path)
    if "core" in frame.columns and "flags" not in frame.columns and builds.is_file():
        known = _read_csv(builds).drop_duplicates("core")
        unknown = sorted(set(frame["core"]) - set(known["core"]))
        if unknown:
            raise DataError("The build of a core is not known.", where=builds, got=unknown)
        frame = frame.merge(known, on="core", how="left")
        frame = frame[[name for name in COLUMNS if name in frame.columns]]
    _check(frame, path)
    return frame


def build_file(path: Path) -> Path:
    """Where the builds of a measurement file stand, one row a core, with the columns `SAME`."""
    return path.with_name(f"{path.stem}_builds.csv")


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(COLUMNS[:-1], str), keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(
            "The measurement file cannot be read.", where=path, got=error, allowed="CSV"
        ) from error


def layer_runs(frame: pd.DataFrame) -> list[LayerRun]:
    """The measured layers with their counts.

    Raises:
        ConfigError: A description cannot be parsed.
        ModelError: There is no kernel for a layer.
    """
    runs = []
    names = ("core", "network", "layer", "description", "cycles")
    for core, network, name, text, cycles in zip(*(frame[each] for each in names), strict=True):
        stage = parse_front_end(text)
        if stage is None:
            parts = layer_parts(*parse_layer(text), core_class(core))
        else:
            parts = ((FEATURES_KEY, front_end_counts(*stage)),)
        *others, (key, amounts) = parts
        runs.append(LayerRun(network, name, key, amounts, float(cycles), tuple(others)))
    return runs


def fit(frame: pd.DataFrame, code: CodeSize, name: str, source: str) -> Profile:
    """Fit a profile and its error card.

    Args:
        frame: Measurements of one runtime on one board with one compiler and flags (`COLUMNS`).
        code: Code sizes of the same build.
        name: Of the profile.
        source: Where the measurements come from.

    Raises:
        ConfigError: The rows mix runtimes, boards, cores, compilers or flags, or do not identify
            a cost.
    """
    check_one_build(frame, source)
    runs = layer_runs(frame)
    first = frame.iloc[0]
    return Profile(
        name=name,
        runtime=first["runtime"],
        core=first["core"],
        compiler=first["compiler"],
        flags=first["flags"],
        arithmetic_version=ARITHMETIC_VERSION,
        source=source,
        coefficients=fit_coefficients(runs, source),
        code=code,
        errors=_error_card(runs, source),
    )


def check_one_build(frame: pd.DataFrame, source: str) -> None:
    """Refuse rows that do not belong together.

    Raises:
        ConfigError: They mix runtimes, boards, cores, compilers or flags.
        DataError: They are empty, lack a column or have cycles that are not positive.
    """
    _check(frame, source)
    for column in SAME:
        found = sorted(set(frame[column]))
        if len(found) > 1:
            raise ConfigError(
                f"The measurements mix several values of {column!r}.",
                where=source,
                got=found,
                allowed="one runtime, board, core, compiler and set of flags per profile",
                cure="select the rows of one of them",
            )


def fit_coefficients(runs: Sequence[LayerRun], source: str) -> Coefficients:
    """Cycles per count for every kernel key among the runs.

    Raises:
        ConfigError: A count is zero in every run of its kernel, so its cost would be unknown; or
            a kernel was measured in strips or groups only.
    """
    by_key: dict[KernelKey, list[LayerRun]] = {}
    for run in runs:
        by_key.setdefault(run.key, []).append(run)
    unknown = {key for run in runs for key, _ in run.others} - set(by_key)
    if unknown:
        raise ConfigError(
            "A kernel was measured in strips or groups only, so its own cost is not known.",
            where=source,
            got=sorted(map(format_key, unknown)),
            cure="measure a layer that is in neither",
        )
    found: Coefficients = {}
    for key in sorted(by_key, key=rank):
        found[key] = _fit_key(key, by_key[key], found, source)
    return found


def other_cycles(run: LayerRun, coefficients: Mapping[KernelKey, Mapping[str, float]]) -> float:
    """Cycles of the kernels that run on a layer's strips or groups."""
    return sum(_cycles(coefficients[key], amounts) for key, amounts in run.others)


def _fit_key(
    key: KernelKey, runs: Sequence[LayerRun], found: Coefficients, source: str
) -> dict[str, float]:
    names = list(runs[0].counts)
    table = np.array([[run.counts[name] for name in names] for run in runs], dtype=np.float64)
    unseen = [name for name, peak in zip(names, table.max(axis=0), strict=True) if peak == 0]
    if unseen:
        raise ConfigError(
            "No measured layer exercises a count of this kernel.",
            where=f"{source}, kernel {format_key(key)!r}",
            got=unseen,
            cure="measure a layer in which it is not zero",
        )
    relative = table / np.array([run.cycles for run in runs])[:, None]
    scale = relative.max(axis=0)
    wanted = np.array([1 - other_cycles(run, found) / run.cycles for run in runs])
    # Where runs cannot tell counts apart the least costs are taken: nnls alone would choose by
    # rounding, which differs between processors.
    ridge = RIDGE * np.eye(len(names))
    solution, _ = nnls(np.vstack([relative / scale, ridge]), np.pad(wanted, (0, len(names))))
    return {
        name: float(f"{value:.6g}") for name, value in zip(names, solution / scale, strict=True)
    }


def _error_card(runs: Sequence[LayerRun], source: str) -> ErrorCard:
    """Errors of each network, predicted by a fit on all the others."""
    networks: dict[str, float] = {}
    layers: list[NDArray[np.float64]] = []
    for name in dict.fromkeys(run.network for run in runs):
        own = [run for run in runs if run.network == name]
        rest = fit_coefficients([run for run in runs if run.network != name], source)
        needed = {key for run in own for key in (run.key, *(key for key, _ in run.others))}
        lonely = sorted(format_key(key) for key in needed if key not in rest)
        if lonely:
            raise ConfigError(
                "A kernel was measured in one network only, so its error cannot be known.",
                where=f"{source}, network {name!r}",
                got=lonely,
                cure="measure it in another network too",
            )
        predicted = np.array(
            [_cycles(rest[run.key], run.counts) + other_cycles(run, rest) for run in own]
        )
        measured = np.array([run.cycles for run in own])
        networks[name] = round(100 * float(predicted.sum() / measured.sum() - 1), 3)
        layers.append(np.abs(predicted / measured - 1))
    errors = np.abs(list(networks.values()))
    return ErrorCard(
        median_percent=round(float(np.median(errors)), 3),
        worst_percent=float(errors.max()),
        layer_p90_percent=round(100 * float(np.quantile(np.concatenate(layers), 0.9)), 3),
        networks=networks,
    )


def _cycles(coefficients: Mapping[str, float], amounts: Mapping[str, float]) -> float:
    return sum(coefficients[name] * amount for name, amount in amounts.items())


def _check(frame: pd.DataFrame, where: object) -> None:
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise DataError(
            "The measurements lack columns.", where=where, got=missing, allowed=", ".join(COLUMNS)
        )
    if frame.empty:
        raise DataError("The measurements are empty.", where=where)
    cycles = pd.to_numeric(frame["cycles"], errors="coerce")
    wrong = frame.index[~((cycles > 0) & np.isfinite(cycles))].tolist()
    if wrong:
        raise DataError(
            "Measured cycles must be positive numbers.",
            where=f"{where}, row {wrong[0] + 2}",
            got=frame["cycles"].iloc[wrong[0]],
        )
