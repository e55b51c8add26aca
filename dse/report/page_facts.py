"""The header of the page, and the notes on what its figures do not say by themselves."""

from dataclasses import dataclass
from pathlib import Path

from dse.search import Explanation, explain
from dse.study.view import Run
from hw_models.budget import Budget
from hw_models.device import Device
from hw_models.profile import Profile

__all__ = ["Fact", "collect_facts", "collect_notes"]

_RESOURCES = {"ram": "RAM", "flash": "flash", "latency": "latency", "energy": "energy"}


@dataclass(frozen=True)
class Fact:
    """One line of the header: a label and its text."""

    label: str
    text: str


def collect_facts(run: Run) -> tuple[Fact, ...]:
    """What was searched, for what part, with what knowledge, and how far it got."""
    config = run.config
    network = run.base.imported.network
    reasons = explain(run.trials)
    facts = [
        Fact("Model", f"{_short(config.model)} ({network.name}), {network.total_macs:,} MACs"),
        Fact("Data", f"{_short(config.data)}, {len(run.base.class_names)} classes"),
        Fact("Device", _device(run.pricer.device)),
        Fact("Budget", _budget(run.pricer.budget)),
        Fact("Uncompressed", _uncompressed(run)),
        Fact("Accuracy", _accuracy(run)),
        Fact("Cost profile", _profile(run.pricer.profile)),
        Fact("Search", _search(run)),
        Fact("Trials", _counts(run)),
    ]
    if reasons is not None:
        facts.append(Fact("Infeasible", _reasons(reasons)))
    return tuple(facts)


def collect_notes(run: Run) -> tuple[str, ...]:
    """Warnings: mixed rungs, an empty front and why, failures, stale figures, no end yet."""
    notes: list[str] = []
    rungs = _rungs(run)
    if len(rungs) > 1:
        notes.append(
            f"Accuracies of different rungs ({', '.join(rungs)}) stand side by side here; "
            "they are not comparable, and symbols tell them apart."
        )
    if not run.front:
        notes.append(_empty(explain(run.trials)))
    failed = [trial for trial in run.trials if trial.state == "failed"]
    if failed:
        last = failed[-1]
        error = last.outcome.error if last.outcome else ""
        notes.append(f"Failed trials: {len(failed)}; the last, {last.number}: {error}")
    if any(run.pricer(trial.configuration) != trial.price for trial in run.front):
        notes.append(
            "The cost profile or the budget has changed since the search: the points show the "
            "figures of the search, the layer tables those of today."
        )
    if run.front and not run.test_accuracy:
        notes.append("The search has not ended: the front has no test accuracy yet.")
    return tuple(notes)


def _short(spec: str) -> str:
    """A model or data set without the folders of the machine it was made on."""
    kind, separator, rest = spec.partition(":")
    if separator and Path(rest).is_absolute():
        return f"{kind}:{Path(rest).name}"
    return Path(spec).name if Path(kind).is_absolute() else spec


def _device(device: Device) -> str:
    power = device.active_power_w
    energy = (
        "no published power figure, so no energy is shown"
        if power is None
        else f"{power * 1e3:.3g} mW active ({device.power_basis})"
    )
    return (
        f"{device.name}, {device.core}, {device.clock_hz / 1e6:g} MHz, "
        f"{device.ram_bytes:,} bytes of RAM, {device.flash_bytes:,} bytes of flash; {energy}"
    )


def _budget(budget: Budget) -> str:
    parts = [f"RAM {budget.ram_bytes:,} bytes", f"flash {budget.flash_bytes:,} bytes"]
    if budget.latency_s is not None:
        parts.append(f"latency {budget.latency_s * 1e3:g} ms")
    if budget.energy_j is not None:
        parts.append(f"energy {budget.energy_j * 1e3:g} mJ")
    return ", ".join(parts)


def _uncompressed(run: Run) -> str:
    price = run.pricer(run.pricer.space.baseline())
    return (
        f"float accuracy {100 * run.base.float_accuracy:.2f} %; as s8 "
        f"{price.latency_s * 1e3:.4g} ms, RAM {price.ram_bytes:,} bytes, "
        f"flash {price.flash_bytes:,} bytes"
        + (", over the budget" if price.shortfalls else ", within the budget")
    )


def _search(run: Run) -> str:
    return (
        f"{run.config.sampler}, seed {run.config.seed}, "
        f"{run.pricer.space.size:,} configurations in the space"
    )


def _rungs(run: Run) -> list[str]:
    return sorted({t.outcome.rung for t in run.trials if t.outcome and t.state == "complete"})


def _accuracy(run: Run) -> str:
    epochs = sorted({t.outcome.epochs for t in run.trials if t.outcome})
    trained = f", {' or '.join(map(str, epochs))} epochs" if any(epochs) else ""
    return (
        "of the integer program on the whole validation split; "
        f"rung {', '.join(_rungs(run)) or run.config.rung}{trained}"
    )


def _profile(profile: Profile) -> str:
    card = profile.errors
    return (
        f"{profile.name} ({profile.compiler}): on {len(card.networks)} networks "
        f"left out of the fit, predicted cycles are off by {card.median_percent:.1f} % in the "
        f"median and {card.worst_percent:.1f} % at worst, 90 % of layers within "
        f"{card.layer_p90_percent:.1f} %; from {profile.source}"
    )


def _counts(run: Run) -> str:
    states = [trial.state for trial in run.trials]
    return (
        f"{len(states):,} asked for: {states.count('complete'):,} trained and scored "
        f"({len(run.front)} on the front), {states.count('infeasible'):,} infeasible and never "
        f"trained, {states.count('failed'):,} failed"
    )


def _reasons(reasons: Explanation) -> str:
    each = ", ".join(f"{_RESOURCES[resource]} in {count:,}" for resource, count in reasons.exceeded)
    return f"{reasons.tried:,} configurations were over the budget: {each}"


def _empty(reasons: Explanation | None) -> str:
    if reasons is None:
        return "The front is empty: no trial is complete."
    needs = "; ".join(str(shortfall) for shortfall in reasons.relaxation)
    return (
        f"The front is empty. Tightest constraint: {_RESOURCES[reasons.tightest]}; "
        f"the nearest trial, {reasons.nearest.number}, needs more ({needs})."
    )
