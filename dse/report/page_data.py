"""PageData: everything the report page shows, as plain values; the page only draws it."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dse.report.page_facts import Fact, collect_facts, collect_notes
from dse.report.tables import layer_table
from dse.search import Trial, front, hypervolume
from dse.study.view import Run
from search_spaces import Configuration

__all__ = ["PAGE_SCHEMA", "Curve", "PageData", "Point", "collect"]

PAGE_SCHEMA = 1
# Layer tables of points off the front are embedded up to this many, the most accurate first.
MAX_OTHER_LAYER_TABLES = 300


@dataclass(frozen=True)
class Point:
    """A trained trial, or the uncompressed network.

    Args:
        trial: Its number; None for the uncompressed network.
        accuracy: Share of the validation split; of the integer program, or, for the uncompressed
            network, of the float one.
        test_accuracy: Share of the test split, where it was evaluated.
        latency_ms: One inference at the device's clock.
        ram_bytes: Arena and static data.
        flash_bytes: Constants, kernels and code.
        energy_mj: One inference; None where the device has no power figure.
        cycles: Core cycles of one inference.
        macs: Multiply-accumulates.
        rung: Of the accuracy ladder; "float" for the uncompressed network.
        on_front: Whether no other trial dominates it.
        changes: (site, option) where it differs from the uncompressed network.
        layers: Rows of its layer table, columns as `PageData.layer_columns`; None where left out.
        export: The command that exports it; "" for the uncompressed network.
    """

    trial: int | None
    accuracy: float
    test_accuracy: float | None
    latency_ms: float
    ram_bytes: int
    flash_bytes: int
    energy_mj: float | None
    cycles: float
    macs: int
    rung: str
    on_front: bool
    changes: tuple[tuple[str, str], ...]
    layers: list[list[Any]] | None
    export: str


@dataclass(frozen=True)
class Curve:
    """Hypervolume over the trained trials.

    Args:
        trained: Number of trained trials at each step.
        value: Share of the box under the reference point that their front dominates.
        reference: The reference point in words.
    """

    trained: tuple[int, ...]
    value: tuple[float, ...]
    reference: str


@dataclass(frozen=True)
class PageData:
    """The whole page.

    Args:
        schema: Of this record.
        title: Of the page.
        run: Path of the run folder as it was given, quoted for a shell.
        facts: The header, in order.
        notes: What a reader must know before trusting the picture; often empty.
        points: Trained trials, the front first.
        baseline: The uncompressed s8 network, with the float accuracy.
        bounds: The budget, by the names of the points' figures; what is not bound is left out.
        sites: (site, option of the uncompressed network) of the whole space.
        layer_columns: Of the points' layer tables.
        curve: Hypervolume over the trials.
    """

    schema: int
    title: str
    run: str
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    points: tuple[Point, ...]
    baseline: Point
    bounds: dict[str, float]
    sites: tuple[tuple[str, str], ...]
    layer_columns: tuple[str, ...]
    curve: Curve


def collect(run: Run) -> PageData:
    """Everything that the page of a run shows."""
    members = {trial.number for trial in run.front}
    others = sorted(
        (t for t in run.trials if t.state == "complete" and t.number not in members),
        key=lambda trial: (-(trial.accuracy or 0.0), trial.number),
    )
    detailed = members | {trial.number for trial in others[:MAX_OTHER_LAYER_TABLES]}
    baseline = run.pricer.space.baseline()
    return PageData(
        schema=PAGE_SCHEMA,
        title=f"{run.base.imported.network.name} on {run.pricer.device.name}",
        run=shlex.quote(str(run.folder.path)),
        facts=collect_facts(run),
        notes=collect_notes(run),
        points=tuple(
            _point(run, trial, trial.number in members, trial.number in detailed)
            for trial in (*run.front, *others)
        ),
        baseline=_baseline(run),
        bounds=_bounds(run),
        sites=tuple((name, option.label()) for name, option in baseline.choices),
        layer_columns=tuple(layer_table(run, baseline).columns),
        curve=_curve(run),
    )


def _point(run: Run, trial: Trial, on_front: bool, detailed: bool) -> Point:
    changes = run.pricer.space.changes(trial.configuration)
    price = trial.price
    return Point(
        trial=trial.number,
        accuracy=trial.accuracy or 0.0,
        test_accuracy=run.test_accuracy.get(trial.number),
        latency_ms=price.latency_s * 1e3,
        ram_bytes=price.ram_bytes,
        flash_bytes=price.flash_bytes,
        energy_mj=None if price.energy_j is None else price.energy_j * 1e3,
        cycles=price.cycles,
        macs=price.macs,
        rung="" if trial.outcome is None else trial.outcome.rung,
        on_front=on_front,
        changes=tuple((site, option.label()) for site, option in changes),
        layers=_layers(run, trial.configuration) if detailed else None,
        export=_export_command(run.folder.path, trial.number),
    )


def _baseline(run: Run) -> Point:
    configuration = run.pricer.space.baseline()
    price = run.pricer(configuration)
    return Point(
        trial=None,
        accuracy=run.base.float_accuracy,
        test_accuracy=None,
        latency_ms=price.latency_s * 1e3,
        ram_bytes=price.ram_bytes,
        flash_bytes=price.flash_bytes,
        energy_mj=None if price.energy_j is None else price.energy_j * 1e3,
        cycles=price.cycles,
        macs=price.macs,
        rung="float",
        on_front=False,
        changes=(),
        layers=_layers(run, configuration),
        export="",
    )


def _layers(run: Run, configuration: Configuration) -> list[list[Any]]:
    frame = layer_table(run, configuration)
    frame["cycles_percent"] = frame["cycles_percent"].round(2)
    return list(json.loads(frame.to_json(orient="values")))


def _bounds(run: Run) -> dict[str, float]:
    budget = run.pricer.budget
    bounds: dict[str, float] = {"ram_bytes": budget.ram_bytes, "flash_bytes": budget.flash_bytes}
    if budget.latency_s is not None:
        bounds["latency_ms"] = budget.latency_s * 1e3
    if budget.energy_j is not None:
        bounds["energy_mj"] = budget.energy_j * 1e3
    return bounds


def _export_command(folder: Path, number: int) -> str:
    out = Path("build") / f"{folder.resolve().name}-{number}"
    return f"dse export {shlex.quote(str(folder))} {number} -o {shlex.quote(str(out))}"


def _curve(run: Run) -> Curve:
    error, latency_s, ram_bytes, flash_bytes = run.reference
    complete = [trial for trial in run.trials if trial.state == "complete"]
    members: tuple[Trial, ...] = ()
    value, values = 0.0, []
    for trial in complete:
        grown = front((*members, trial))
        if grown != members:
            members, value = grown, hypervolume(grown, run.reference)
        values.append(value)
    return Curve(
        trained=tuple(range(1, len(complete) + 1)),
        value=tuple(values),
        reference=(
            f"error {100 * error:g} %, latency {latency_s * 1e3:.4g} ms, "
            f"RAM {ram_bytes:,.0f} bytes, flash {flash_bytes:,.0f} bytes"
        ),
    )
