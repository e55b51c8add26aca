"""Published runs of other runtimes: the tables in measurements/ and the profiles made from them.

`python -m hw_models.published` fits every profile again and rewrites layer_profiles/*.toml.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from hw_models.layer_features import FEATURES, PRIOR, features, sum_features
from hw_models.layer_fit import ListedRun, Prediction, fit_layers, leave_out
from hw_models.layer_list import ListedLayer, layers_of, read_layer_list
from hw_models.layer_profile import (
    LAYER_CATALOGUE,
    LayerErrorCard,
    LayerProfile,
    LeftOut,
    save_layer_profile,
)

__all__ = [
    "PROFILES",
    "error_card",
    "leave_one_model_out",
    "leave_runtime_out",
    "published_layer_runs",
    "published_profile",
    "published_runs",
    "write_profiles",
]

MEASUREMENTS = Path(__file__).parent / "measurements"
_SAME_MACS = 0.01

PROFILES: dict[str, str] = {
    "bosch-hale-m0plus": "1.0.175",
    "bosch-hale-m33": "1.0.175",
    "bosch-hale-m4": "1.0.175",
    "bosch-hale-m7": "1.0.175",
    "microtvm-cmsis-nn-m4": "default",
    "microtvm-m4": "default",
    "plumerai-m33": "2023.05",
    "plumerai-m4": "2023.05",
    "plumerai-m7": "2023.05",
    "tflm-cmsis-nn-m0plus": "default",
    "tflm-cmsis-nn-m33": "default",
    "tflm-cmsis-nn-m4": "2.3.1",
    "tiny-onnc-m4": "default",
    "tinyengine-m7": "default",
    "x-cube-ai-m33": "default",
    "x-cube-ai-m4": "default",
    "x-cube-ai-m7": "default",
}
"""The shipped profiles with the setting that each predicts for."""

_CORES = {"m0plus": "cortex-m0plus", "m4": "cortex-m4", "m7": "cortex-m7", "m33": "cortex-m33"}


@cache
def published_runs() -> tuple[ListedRun, ...]:
    """The whole networks that were measured in performance mode."""
    layers = read_layer_list(MEASUREMENTS / "published_network_layers.csv")
    by_model: dict[str, list[ListedLayer]] = {}
    for layer in layers:
        by_model.setdefault(layer.model_id, []).append(layer)
    families = _families(by_model)
    frame = pd.read_csv(MEASUREMENTS / "published_networks.csv", dtype={"setting": str})
    frame = frame[frame["use"] == "fit"]
    return tuple(
        ListedRun(
            profile=str(row["profile"]),
            setting=str(row["setting"]),
            model=str(row["model_id"]),
            family=families[str(row["model_id"])],
            board=str(row["board"]),
            source=str(row["source"]),
            amounts=sum_features(by_model[str(row["model_id"])]),
            cycles=float(row["cycles"]),
        )
        for row in frame.to_dict("records")
    )


@cache
def published_layer_runs() -> tuple[ListedRun, ...]:
    """The single layers that were measured; a shape is a model of its own."""
    path = MEASUREMENTS / "published_layers.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    runs = []
    for row, layer in zip(frame.to_dict("records"), layers_of(frame, path), strict=True):
        amounts = features(layer)
        if not amounts:
            continue
        shape = "x".join(map(str, (*layer.source, *layer.target, *(layer.kernel or ()))))
        name = f"{layer.op} {shape}"
        board, source = str(row["board"]), str(row["source"])
        cycles = float(row["cycles"])
        profile, setting = str(row["profile"]), str(row["setting"])
        runs.append(ListedRun(profile, setting, name, name, board, source, amounts, cycles))
    return tuple(runs)


def leave_one_model_out(
    name: str, part: Callable[[ListedRun], str] = lambda run: run.family
) -> list[Prediction]:
    """Predict every run of a shipped profile by a fit that has not seen its model.

    Args:
        name: Of the profile.
        part: What is left out together: the model with its near twins (the default), or
            `lambda run: run.board` or `run.source`.
    """
    return leave_out(_runs_for(name), name, PROFILES[name], part)


def leave_runtime_out(name: str) -> list[Prediction]:
    """The errors to expect of a profile with a single run, seen on the other runtimes of its core.

    Each of them is fitted as if it had one run too: that of its network most like this one's.
    The network that is predicted is left out everywhere.
    """
    runs = published_runs()
    (lonely,) = (run for run in runs if run.profile == name)
    core = name.rpartition("-")[2]
    predictions = []
    for other in PROFILES:
        own = [
            run for run in runs if run.profile == other and run.setting == PROFILES.get(other, "")
        ]
        if other == name or other.rpartition("-")[2] != core or not own:
            continue
        kept = max(own, key=lambda run: _likeness(run, lonely)).family
        kept_runs = [run for run in own if run.family == kept]
        for family in dict.fromkeys(run.family for run in own if run.family != kept):
            rest = [run for run in runs if run.profile != other and run.family != family]
            fit = fit_layers([*rest, *kept_runs], other, PROFILES[other])
            predictions += [
                Prediction(run, fit.cycles(run), fit.cycles(run, blind=True))
                for run in own
                if run.family == family
            ]
    return predictions


def error_card(predictions: Sequence[Prediction], left_out: LeftOut) -> LayerErrorCard:
    """The errors of predictions, by run and by model."""
    cycles = np.array([each.run.cycles for each in predictions])
    predicted = np.array([each.cycles for each in predictions])
    errors = 100 * np.abs(predicted / cycles - 1)
    blind = 100 * np.abs(np.array([each.blind_cycles for each in predictions]) / cycles - 1)
    frame = pd.DataFrame({"family": [each.run.family for each in predictions], "error": errors})
    by_model = frame.groupby("family")["error"].median()
    rank = float(spearmanr(predicted, cycles).statistic) if len(predictions) > 2 else None
    return LayerErrorCard(
        left_out=left_out,
        median_percent=_percent(np.median(errors)),
        p90_percent=_percent(np.quantile(errors, 0.9)),
        worst_percent=_percent(errors.max()),
        model_median_percent=_percent(by_model.median()),
        blind_median_percent=_percent(np.median(blind)),
        spearman=None if rank is None else round(rank, 3),
        models={str(model): _percent(error) for model, error in by_model.items()},
    )


def published_profile(name: str) -> LayerProfile:
    """Fit a profile of `PROFILES` with its error card."""
    runs = _runs_for(name)
    own = [run for run in runs if run.profile == name]
    fit = fit_layers(runs, name, PROFILES[name])
    left_out: LeftOut = "layer" if _is_by_layer(name) else "model"
    if len(own) == 1:
        left_out = "runtime"
    runtime, _, core = name.rpartition("-")
    boards = sorted({run.board for run in own})
    return LayerProfile(
        name=name,
        runtime=runtime,
        core=_CORES[core],
        reference=PROFILES[name],
        source="; ".join(sorted({run.source for run in own})),
        runs=len(own),
        boards=tuple(boards),
        clocks_mhz=_clocks(name),
        settings={setting: _rounded(factor) for setting, factor in fit.settings.items()},
        coefficients={name: _rounded(fit.coefficients[name]) for name in FEATURES},
        errors=error_card(
            leave_runtime_out(name) if left_out == "runtime" else leave_one_model_out(name),
            left_out,
        ),
    )


def write_profiles(names: Iterable[str] = tuple(PROFILES), folder: Path = LAYER_CATALOGUE) -> None:
    """Fit the profiles again and write their files."""
    folder.mkdir(exist_ok=True)
    for name in names:
        save_layer_profile(published_profile(name), folder / f"{name}.toml")


def _likeness(one: ListedRun, other: ListedRun) -> float:
    """Cosine between the shares of the features in the cost that the prior expects."""
    first, second = (
        np.array([PRIOR[name] * run.amounts.get(name, 0) for name in FEATURES])
        for run in (one, other)
    )
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _runs_for(name: str) -> tuple[ListedRun, ...]:
    """All networks, and the layers of a profile that was measured layer by layer."""
    if not _is_by_layer(name):
        return published_runs()
    own = tuple(run for run in published_layer_runs() if run.profile == name)
    return (*(run for run in published_runs() if run.profile != name), *own)


def _is_by_layer(name: str) -> bool:
    return any(run.profile == name for run in published_layer_runs())


def _clocks(name: str) -> tuple[float, ...]:
    clocks: set[float] = set()
    for table in ("published_networks.csv", "published_layers.csv"):
        frame = pd.read_csv(MEASUREMENTS / table, usecols=["profile", "clock_mhz"])
        clocks.update(frame.loc[frame["profile"] == name, "clock_mhz"].tolist())
    return tuple(sorted(clocks))


def _families(by_model: dict[str, list[ListedLayer]]) -> dict[str, str]:
    """One name for models of nearly equal MACs and layers: the same network, exported twice."""
    families: dict[str, str] = {}
    for model in sorted(by_model):
        macs, count = _size(by_model[model])
        twins = (
            family
            for family in dict.fromkeys(families.values())
            if abs(macs / _size(by_model[family])[0] - 1) < _SAME_MACS
            and abs(count - _size(by_model[family])[1]) <= 1
        )
        families[model] = next(twins, model)
    return families


def _size(layers: Sequence[ListedLayer]) -> tuple[int, int]:
    return sum(layer.macs for layer in layers), sum(layer.macs > 0 for layer in layers)


def _percent(value: float) -> float:
    return round(float(value), 2)


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


if __name__ == "__main__":
    write_profiles()
