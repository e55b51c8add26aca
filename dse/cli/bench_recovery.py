"""`dse bench recovery`: the accuracy that every compression strategy gives back."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from dse.cli.console import console, notes, percent, print_frame
from hw_models.errors import ConfigError

if TYPE_CHECKING:
    from dse.bench.recovery import RecoveryRun, RecoveryTask
    from dse.bench.recovery_table import RecoveryRow

__all__ = ["recovery"]

_SOUND = "zoo:ds-cnn"
_MODELS = {
    "digits": "zoo:digits-ds",
    "fashion-mnist": "zoo:lenet5",
    "mnist": "zoo:lenet5",
    "cifar-10": "zoo:resnet8",
    "audio-folder": _SOUND,
    "speech-commands": _SOUND,
    "esc-10": _SOUND,
    "esc-50": _SOUND,
}


def recovery(
    data: Annotated[
        list[str] | None, typer.Option(help="Data as for `dse search`; may be repeated.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="For each --data in order; by default one that suits the kind of data."),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="Only this one, such as s4, width or cut; may be repeated."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 3,
    base_epochs: Annotated[
        int | None, typer.Option(min=1, help="Of the float training; default the recipe's.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of results; what it holds is not trained again.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Trainings at a time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compress all inner layers by each strategy, and score the integer programs on the test split.

    Example: dse bench recovery --data 'npz:speech.npz?features=mfcc' --out runs/recovery
    """
    from dse.bench.recovery import recovery_runs
    from dse.bench.recovery_plan import choose_strategies
    from dse.bench.recovery_table import recovery_table

    tasks = _tasks(tuple(data or ("digits",)), tuple(model or ()), base_epochs)
    chosen = choose_strategies(strategy or ())
    with TemporaryDirectory(prefix="dse-recovery-") as folder:
        place = Path(folder) if out is None else out
        runs = recovery_runs(tasks, place, chosen, tuple(range(seeds)), jobs, _tell)
    rows = recovery_table(runs)
    if as_json:
        print(json.dumps([asdict(row) | {"passes": row.passes} for row in rows], indent=2))
        return
    for name in dict.fromkeys((row.data, row.model) for row in rows):
        own = [row for row in rows if (row.data, row.model) == name]
        print_frame(pd.DataFrame([_shown(row) for row in own]), " ".join(name))
        console.print()


def _tasks(
    data: tuple[str, ...], models: tuple[str, ...], epochs: int | None
) -> "list[RecoveryTask]":
    from dse.bench.recovery import RecoveryTask

    if models and len(models) != len(data):
        raise ConfigError(
            "Every data set needs a model.",
            where="--model",
            got=f"{len(models)} models for {len(data)} data sets",
            cure="Give --model as often as --data, or not at all.",
        )
    chosen = models or tuple(_default_model(spec) for spec in data)
    return [RecoveryTask(spec, own, epochs) for spec, own in zip(data, chosen, strict=True)]


def _default_model(spec: str) -> str:
    kind = spec.partition("?")[0].partition(":")[0]
    if "features=" in spec:
        return _SOUND
    if kind in _MODELS:
        return _MODELS[kind]
    raise ConfigError(
        "No model is known for these data.",
        where="--data",
        got=spec,
        cure="Give --model, such as zoo:lenet5, for every --data.",
    )


def _tell(run: "RecoveryRun") -> None:
    lost = 100 * (run.float_accuracy - run.accuracy)
    notes.print(
        f"{run.data} {run.strategy}, seed {run.seed}: {percent(run.accuracy)}, "
        f"{lost:.2f} points lost"
    )


def _shown(row: "RecoveryRow") -> dict[str, Any]:
    interval = "-" if row.interval_points is None else f"{row.interval_points:.2f}"
    return {
        "strategy": row.strategy,
        "classes": row.classes,
        "epochs": row.epochs,
        "training": row.training or "-",
        "parameters": f"{100 * row.parameter_share:.0f} %",
        "float": percent(row.float_accuracy),
        "test": percent(row.accuracy),
        "lost points": f"{row.lost_points:.2f} ± {interval}",
        "bar": "-" if row.bar_points is None else f"{row.bar_points:g}",
        "result": {None: "-", True: "pass", False: "FAIL"}[row.passes],
        "seeds": row.seeds,
    }
