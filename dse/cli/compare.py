"""`dse compare`: two configurations beside each other."""

from pathlib import Path
from typing import Annotated

import typer

from dse.cli.console import console, print_frame, write_frame
from dse.report.choose import choose_trial
from dse.report.tables import compare_table, trial_table
from dse.study.view import load_run

__all__ = ["compare"]


def compare(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    first: Annotated[str, typer.Argument(help="Number of a trial, or knee.")],
    second: Annotated[str, typer.Argument(help="Number of a trial, or knee.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Compare two configurations of a run: figures, and the sites at which they differ.

    Example: dse compare runs/demo 17 23
    """
    loaded = load_run(run)
    one, two = choose_trial(loaded, first), choose_trial(loaded, second)
    differences = compare_table(loaded, one, two)
    if write_frame(differences, None, as_json):
        return
    print_frame(trial_table(loaded, [one, two]).drop(columns="changes"))
    if len(differences):
        print_frame(differences, "differences")
    else:
        console.print("the same configuration")
