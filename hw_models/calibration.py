"""Calibrate on a board of one's own: measured layers and a shipped profile -> a profile.

Where `hw_models.calibrate.fit` needs many networks that exercise every count, this takes what
there is: the profile of the nearest core, scaled to the measured runs, fills what is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import pandas as pd

from hw_models.arithmetic import ARITHMETIC_VERSION
from hw_models.calibrate import LayerRun, check_one_build, layer_runs, other_cycles
from hw_models.errors import ConfigError
from hw_models.kernels import KernelKey, core_class
from hw_models.layer_text import layer_text
from hw_models.network import Network
from hw_models.parts import layer_parts, rank
from hw_models.prior_fit import KernelFit, fit_kernel, relative_spread
from hw_models.profile import (
    OWN_RUNTIME,
    CodeSize,
    ErrorCard,
    Profile,
    format_key,
    list_profiles,
)

__all__ = ["Calibration", "KernelResiduals", "NextLayer", "calibrate", "nearest_profile"]

NEXT_LAYERS = 5
Cost = Mapping[str, float]


@dataclass(frozen=True)
class KernelResiduals:
    """How well the fit explains the measured layers of one kernel, in percent of their cycles.

    Args:
        kernel: Its key.
        layers: How many were measured; 0 where the kernel has the prior's cost.
        bias_percent: Median signed residual, positive where the fit is too high; None without
            layers.
        p90_percent: 90th percentile of the absolute residual; None without layers.
    """

    kernel: str
    layers: int
    bias_percent: float | None
    p90_percent: float | None


@dataclass(frozen=True)
class NextLayer:
    """A layer that would teach most.

    Args:
        kernel: Its key.
        network: Of the measuring set that has it.
        description: As measurement files hold it.
        spread_percent: By how much its predicted cycles may be off: one standard deviation.
    """

    kernel: str
    network: str
    description: str
    spread_percent: float


@dataclass(frozen=True)
class Calibration:
    """A fitted profile and what is known of it.

    Args:
        profile: With the leave-one-network-out errors on its card.
        prior: Name of the profile that fills what was not measured.
        scale: Measured cycles over the prior's: the median over the layers.
        residuals: By kernel.
        next_layers: Largest uncertainty first.
    """

    profile: Profile
    prior: str
    scale: float
    residuals: tuple[KernelResiduals, ...]
    next_layers: tuple[NextLayer, ...]


def nearest_profile(core: str) -> Profile:
    """The shipped profile of our runtime for a core, else of a core with the same kernels.

    Raises:
        ConfigError: An unknown core.
    """
    own = [each for each in list_profiles() if each.runtime == OWN_RUNTIME]
    same = [each for each in own if each.core == core]
    kin = [each for each in own if core_class(each.core) == core_class(core)]
    return (same or kin)[0]


def calibrate(
    frame: pd.DataFrame,
    name: str,
    source: str,
    *,
    code: CodeSize | None = None,
    prior: Profile | None = None,
    candidates: Sequence[Network] = (),
) -> Calibration:
    """Fit a profile from the measured layers of one board.

    Args:
        frame: Measurements of our runtime on one board with one compiler and flags.
        name: Of the profile.
        source: Where the measurements come from.
        code: Code sizes of the same build; the prior's where None.
        prior: Default the nearest shipped profile.
        candidates: Networks among whose layers the next ones to measure are looked for.

    Raises:
        ConfigError: The rows mix runtimes, boards, cores, compilers or flags, or are not of our
            runtime; or the prior is of a core with other kernels.
        DataError: The frame is empty or damaged.
    """
    check_one_build(frame, source)
    first = frame.iloc[0]
    base = nearest_profile(first["core"]) if prior is None else prior
    _check(first["runtime"], first["core"], base, source)
    runs = layer_runs(frame)
    scale, fits = _fit(runs, base)
    measured = {run.key for run in runs}
    profile = Profile(
        name=name,
        runtime=first["runtime"],
        core=first["core"],
        compiler=first["compiler"],
        flags=first["flags"],
        arithmetic_version=ARITHMETIC_VERSION,
        source=_source(source, base, scale, measured, code),
        coefficients={key: fit.coefficients for key, fit in fits.items()},
        code=code or base.code,
        errors=_error_card(runs, base),
    )
    return Calibration(
        profile,
        base.name,
        scale,
        _residuals(runs, fits),
        _next_layers(candidates, first["core"], fits, set(frame["description"])),
    )


def _check(runtime: str, core: str, prior: Profile, source: str) -> None:
    if runtime != OWN_RUNTIME:
        raise ConfigError(
            "Only measurements of our own runtime can be calibrated: its loops are counted.",
            where=source,
            got=runtime,
            allowed=OWN_RUNTIME,
        )
    if core_class(core) != core_class(prior.core):
        raise ConfigError(
            "The prior is of a core with other kernels.",
            where=f"profile {prior.name!r}",
            got=prior.core,
            allowed=f"a profile for {core}, such as {nearest_profile(core).name}",
        )


def _source(
    source: str, prior: Profile, scale: float, measured: set[KernelKey], code: CodeSize | None
) -> str:
    parts = [source, f"prior {prior.name} x {scale:.3f}"]
    missing = sorted(format_key(key) for key in prior.coefficients if key not in measured)
    if missing:
        parts.append(f"not measured, prior only: {', '.join(missing)}")
    if code is None:
        parts.append(f"code sizes of {prior.name}")
    return "; ".join(parts)


def _fit(runs: Sequence[LayerRun], prior: Profile) -> tuple[float, dict[KernelKey, KernelFit]]:
    """The scale of the prior, and every kernel that it knows."""
    for key in {key for run in runs for key in (run.key, *(other for other, _ in run.others))}:
        prior.of(key)
    ratios = [run.cycles / _predicted(run, prior.coefficients) for run in runs]
    scale = float(median(ratios)) if ratios else 1.0
    fits: dict[KernelKey, KernelFit] = {}
    for key in sorted(prior.coefficients, key=rank):
        own = [run for run in runs if run.key == key]
        scaled = {name: value * scale for name, value in prior.of(key).items()}
        known = [other_cycles(run, _coefficients(fits)) for run in own]
        measured = [run.cycles for run in own]
        fits[key] = fit_kernel([run.counts for run in own], measured, scaled, known)
    return scale, fits


def _error_card(runs: Sequence[LayerRun], prior: Profile) -> ErrorCard:
    """Errors of each network, predicted by a fit on all the others."""
    networks: dict[str, float] = {}
    layers: list[float] = []
    for name in dict.fromkeys(run.network for run in runs):
        _, fits = _fit([run for run in runs if run.network != name], prior)
        own = [run for run in runs if run.network == name]
        predicted = np.array([_predicted(run, _coefficients(fits)) for run in own])
        measured = np.array([run.cycles for run in own])
        networks[name] = round(100 * float(predicted.sum() / measured.sum() - 1), 3)
        layers.extend(np.abs(predicted / measured - 1).tolist())
    errors = np.abs(list(networks.values()))
    return ErrorCard(
        median_percent=round(float(np.median(errors)), 3),
        worst_percent=float(errors.max()),
        layer_p90_percent=round(100 * float(np.quantile(layers, 0.9)), 3),
        networks=networks,
    )


def _residuals(
    runs: Sequence[LayerRun], fits: Mapping[KernelKey, KernelFit]
) -> tuple[KernelResiduals, ...]:
    found = []
    coefficients = _coefficients(fits)
    for key in sorted(fits, key=format_key):
        errors = [
            100 * (_predicted(run, coefficients) / run.cycles - 1) for run in runs if run.key == key
        ]
        bias = round(float(np.median(errors)), 3) if errors else None
        p90 = round(float(np.quantile(np.abs(errors), 0.9)), 3) if errors else None
        found.append(KernelResiduals(format_key(key), len(errors), bias, p90))
    return tuple(found)


def _next_layers(
    candidates: Sequence[Network],
    core: str,
    fits: Mapping[KernelKey, KernelFit],
    known: set[str],
) -> tuple[NextLayer, ...]:
    """The most uncertain layer of each kernel, the most uncertain kernels first."""
    best: dict[KernelKey, NextLayer] = {}
    for network in candidates:
        for layer in network.layers:
            parts, text = layer_parts(network, layer, core_class(core)), layer_text(network, layer)
            if text in known or any(key not in fits for key, _ in parts) or not parts:
                continue
            key, amounts = parts[-1]
            cycles = sum(_cycles(fits[each].coefficients, own) for each, own in parts)
            spread = round(100 * relative_spread(fits[key], amounts, cycles), 2)
            if key not in best or spread > best[key].spread_percent:
                best[key] = NextLayer(format_key(key), network.name, text, spread)
    ranked = sorted(best.values(), key=lambda each: -each.spread_percent)
    return tuple(ranked[:NEXT_LAYERS])


def _coefficients(fits: Mapping[KernelKey, KernelFit]) -> dict[KernelKey, Cost]:
    return {key: fit.coefficients for key, fit in fits.items()}


def _predicted(run: LayerRun, coefficients: Mapping[KernelKey, Cost]) -> float:
    return _cycles(coefficients[run.key], run.counts) + other_cycles(run, coefficients)


def _cycles(coefficients: Cost, amounts: Cost) -> float:
    return sum(coefficients[name] * amount for name, amount in amounts.items())
