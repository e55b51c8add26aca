"""`dse front`: the front of a run."""

from pathlib import Path
from typing import Annotated

import typer

from dse.cli.console import HIDDEN, console, print_frame, write_frame
from dse.report.tables import front_table, select, trial_table
from dse.search import explain
from dse.study.view import load_run
from hw_models.budget import parse_bytes
from hw_models.errors import ConfigError

__all__ = ["front"]


def front(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    max_ram: Annotated[str | None, typer.Option(help="Bytes, as 4K.")] = None,
    max_flash: Annotated[str | None, typer.Option(help="Bytes, as 32K.")] = None,
    max_ms: Annotated[float | None, typer.Option(help="Milliseconds of one inference.")] = None,
    max_mj: Annotated[float | None, typer.Option(help="Millijoules of one inference.")] = None,
    min_accuracy: Annotated[
        float | None, typer.Option(help="On the validation split, 0 to 1.")
    ] = None,
    all_trials: Annotated[
        bool, typer.Option("--all", help="All trials, not only the front.")
    ] = False,
    csv: Annotated[Path | None, typer.Option(help="Write the table to a file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Show the Pareto front of a run as a table.

    Example: dse front runs/demo --max-ram 4K --max-ms 50 --min-accuracy 0.9
    """
    if min_accuracy is not None and not 0 <= min_accuracy <= 1:
        raise ConfigError(
            "The accuracy is not a share.",
            where="--min-accuracy",
            got=min_accuracy,
            allowed="0 to 1",
            cure="Give 0.9 for 90 %.",
        )
    loaded = load_run(run)
    whole = trial_table(loaded, loaded.trials) if all_trials else front_table(loaded)
    table = select(
        whole,
        max_ram_bytes=None if max_ram is None else parse_bytes(max_ram),
        max_flash_bytes=None if max_flash is None else parse_bytes(max_flash),
        max_latency_ms=max_ms,
        max_energy_mj=max_mj,
        min_accuracy=min_accuracy,
    )
    if write_frame(table, csv, json):
        return
    hidden = [column for column in HIDDEN if column != "state" or not all_trials]
    print_frame(table.drop(columns=hidden), f"{'trials' if all_trials else 'front'} of {run}")
    rungs = sorted({trial.outcome.rung for trial in loaded.trials if trial.outcome})
    console.print(
        f"{len(table)} of {len(whole)} points; hypervolume {loaded.hypervolume:.4f}; accuracy of "
        f"the integer program on the validation split, rung {', '.join(rungs) or '-'}"
    )
    reasons = None if loaded.front else explain(loaded.trials)
    if reasons is not None:
        needs = "; ".join(str(shortfall) for shortfall in reasons.relaxation)
        console.print(f"tightest constraint: {reasons.tightest}; the nearest trial needs {needs}")
