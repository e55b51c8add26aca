"""`dse search`: run or resume a search."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dse.cli.console import HIDDEN, console, percent, print_frame
from dse.cli.progress import SearchProgress
from dse.report.tables import front_table
from dse.search import explain, sampler_names
from dse.study.config import StudyConfig, load_study, make_study
from dse.study.run import StudyEvents, StudyResult, run_study
from dse.study.view import load_run

__all__ = ["search"]

_STOPPED = {
    "trials": "all trials done",
    "time": "time is up; the same command goes on from here",
    "draws": "too many infeasible draws",
    "exhausted": "the sampler has nothing new",
    "interrupted": "interrupted; the same command goes on from here",
}


def search(
    study: Annotated[
        Path | None, typer.Argument(help="A study.toml; flags replace its settings.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="zoo:NAME or FILE.py:FACTORY.")] = None,
    data: Annotated[
        str | None,
        typer.Option(help="digits, npz:FILE, audio-folder:DIR or image-folder:DIR."),
    ] = None,
    features: Annotated[str | None, typer.Option(help="Audio: raw, log-mel or mfcc.")] = None,
    weights: Annotated[str | None, typer.Option(help="State dict of the trained network.")] = None,
    device: Annotated[str | None, typer.Option(help="A part; see `dse devices`.")] = None,
    ram: Annotated[
        str | None, typer.Option(help="Budget, as 6K; default the part's less a reserve.")
    ] = None,
    flash: Annotated[str | None, typer.Option(help="Budget, as 56K; default alike.")] = None,
    latency_ms: Annotated[float | None, typer.Option(help="Bound on one inference.")] = None,
    energy_mj: Annotated[float | None, typer.Option(help="Bound on one inference.")] = None,
    trials: Annotated[int | None, typer.Option(help="Configurations to train.")] = None,
    time: Annotated[float | None, typer.Option(help="Seconds after which this run stops.")] = None,
    sampler: Annotated[str | None, typer.Option(help=", ".join(sampler_names()))] = None,
    rung: Annotated[str | None, typer.Option(help="Scoring: calibrated or short.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Of the short rung.")] = None,
    base_epochs: Annotated[
        int | None, typer.Option(help="Training of the uncompressed network.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default runs/STUDY.")] = None,
) -> None:
    """Search for the Pareto-optimal compressions of a network under a device's budget.

    Running the same command again resumes a search that was stopped or killed.

    Example: dse search --model zoo:digits-ds --data digits --device STM32F030R8 --latency-ms 100
    --trials 50 --out runs/digits
    """
    given = {
        "model": model,
        "data": data,
        "features": features,
        "weights": weights,
        "device": device,
        "ram": ram,
        "flash": flash,
        "latency_ms": latency_ms,
        "energy_mj": energy_mj,
        "trials": trials,
        "time_s": time,
        "sampler": sampler,
        "rung": rung,
        "epochs": epochs,
        "base_epochs": base_epochs,
        "jobs": jobs,
        "seed": seed,
    }
    flags = {key: value for key, value in given.items() if value is not None}
    config = _config(study, flags)
    folder = out or Path("runs") / (study.stem if study else config.model.rpartition(":")[2])
    with SearchProgress(console, config.trials) as progress:
        result = run_study(config, folder, StudyEvents(progress.stage, progress.trial))
    _print_result(result)


def _config(study: Path | None, flags: dict[str, Any]) -> StudyConfig:
    return make_study(flags, "flags") if study is None else load_study(study, flags)


def _print_result(result: StudyResult) -> None:
    counts = {
        state: sum(trial.state == state for trial in result.search.trials)
        for state in ("complete", "infeasible", "failed")
    }
    summary = ", ".join(f"{count} {state}" for state, count in counts.items())
    console.print(f"{_STOPPED[result.search.stopped]}: {summary}")
    if result.front:
        print_frame(front_table(load_run(result.folder)).drop(columns=HIDDEN), "front")
        best = result.front[0]
        console.print(
            f"hypervolume {result.hypervolume:.4f}; best validation accuracy "
            f"{percent(best.accuracy or 0)} (trial {best.number})"
        )
        console.print(f"next: dse report {result.folder}; dse export {result.folder} knee -o build")
        return
    reasons = explain(result.search.trials)
    if reasons is None:
        console.print("the front is empty: no trial is complete")
        return
    needs = "; ".join(str(shortfall) for shortfall in reasons.relaxation)
    console.print(f"the front is empty; tightest constraint: {reasons.tightest}")
    console.print(f"the nearest trial, {reasons.nearest.number}, would need {needs}")
