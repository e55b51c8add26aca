"""`dse search`: run or resume a search."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from dse.cli.console import HIDDEN, console, percent, print_frame
from dse.cli.progress import SearchProgress
from dse.models import model_name
from dse.report.tables import front_table
from dse.search import explain, sampler_names
from dse.study.config import load_study, make_study
from dse.study.run import StudyEvents, StudyResult, run_study
from dse.study.view import load_run

__all__ = ["search"]

Study = Annotated[Path | None, typer.Argument(help="A study.toml; flags replace its settings.")]
Model = Annotated[str | None, typer.Option(help="zoo:NAME, FILE.py:FACTORY or FILE.onnx.")]
Data = Annotated[
    str | None, typer.Option(help="digits, npz:FILE, audio-folder:DIR or image-folder:DIR.")
]
Features = Annotated[str | None, typer.Option(help="Audio: raw, log-mel or mfcc.")]
Weights = Annotated[str | None, typer.Option(help="State dict of the trained network.")]
Part = Annotated[str | None, typer.Option(help="A part; see `dse devices`.")]
ProfileName = Annotated[
    str | None, typer.Option(help="Cost profile, a name or a file; default the core's shipped one.")
]
Ram = Annotated[str | None, typer.Option(help="Bytes, as 6K; default the part's less a reserve.")]
Flash = Annotated[
    str | None, typer.Option(help="Bytes, as 56K; default the part's less a reserve.")
]
Milliseconds = Annotated[float | None, typer.Option(help="Bound on one inference.")]
Millijoules = Annotated[float | None, typer.Option(help="Bound on one inference.")]
Trials = Annotated[int | None, typer.Option(help="Configurations to train.")]
Seconds = Annotated[float | None, typer.Option("--time", help="After which this run stops.")]
SamplerName = Annotated[str | None, typer.Option(help=", ".join(sampler_names()))]
RungName = Annotated[
    str | None, typer.Option(help="Scoring: calibrated, shared, brief, short or full.")
]
Epochs = Annotated[
    int | None,
    typer.Option(help="Of a rung that trains: 1 of brief, 4 of short, 16 or more of full."),
]
SharedSteps = Annotated[int | None, typer.Option(help="Of shared weights, trained once.")]
Cache = Annotated[str | None, typer.Option(help="Folder of evaluations that studies share.")]
BaseEpochs = Annotated[int | None, typer.Option(help="Training of the uncompressed network.")]
Jobs = Annotated[int | None, typer.Option(help="Worker processes.")]
Seed = Annotated[int | None, typer.Option(help="Of everything random.")]
Out = Annotated[Path | None, typer.Option(help="Run folder; default runs/STUDY.")]

_STOPPED = {
    "trials": "all trials done",
    "time": "time is up; the same command goes on from here",
    "draws": "too many infeasible draws",
    "exhausted": "the sampler has nothing new",
    "interrupted": "interrupted; the same command goes on from here",
}


def search(
    context: typer.Context,
    study: Study = None,
    model: Model = None,
    data: Data = None,
    features: Features = None,
    weights: Weights = None,
    device: Part = None,
    profile: ProfileName = None,
    ram: Ram = None,
    flash: Flash = None,
    latency_ms: Milliseconds = None,
    energy_mj: Millijoules = None,
    trials: Trials = None,
    time_s: Seconds = None,
    sampler: SamplerName = None,
    rung: RungName = None,
    epochs: Epochs = None,
    shared_steps: SharedSteps = None,
    cache: Cache = None,
    base_epochs: BaseEpochs = None,
    jobs: Jobs = None,
    seed: Seed = None,
    out: Out = None,
) -> None:
    """Search for the Pareto-optimal compressions of a network under a device's budget.

    Running the same command again resumes a search that was stopped or killed.

    Example: dse search --model zoo:digits-ds --data digits --device STM32F030R8 --latency-ms 150
    --trials 50 --out runs/digits
    """
    flags = {
        key: value
        for key, value in context.params.items()
        if value is not None and key not in ("study", "out")
    }
    config = make_study(flags, "flags") if study is None else load_study(study, flags)
    folder = out or Path("runs") / (study.stem if study else model_name(config.model))
    with SearchProgress(console, config.trials) as progress:
        result = run_study(config, folder, StudyEvents(progress.stage, progress.trial))
    _print_result(result)


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
        folder = shlex.quote(str(result.folder))
        console.print(f"next: dse report {folder}; dse export {folder} knee -o build")
        return
    reasons = explain(result.search.trials)
    if reasons is None:
        console.print("the front is empty: no trial is complete")
        return
    needs = "; ".join(str(shortfall) for shortfall in reasons.relaxation)
    console.print(f"the front is empty; tightest constraint: {reasons.tightest}")
    console.print(f"the nearest trial, {reasons.nearest.number}, would need {needs}")
