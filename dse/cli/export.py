"""`dse export`: a configuration as a C project."""

from pathlib import Path
from typing import Annotated

import typer

from dse.cli.console import console, percent
from dse.report.choose import choose_trial
from dse.study.deploy import export_trial, train_finally
from dse.study.view import load_run

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    trial: Annotated[str, typer.Argument(help="Number of a trial, or knee.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the C project.")],
    epochs: Annotated[
        int | None,
        typer.Option(help="Train the configuration anew for so long; default: as it was scored."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trainings, with --epochs; the best is exported.")] = 1,
) -> None:
    """Export a configuration of a run as a C project: weights, kernels, test vectors, manifest.

    Example: dse export runs/demo knee -o build/demo
    """
    loaded = load_run(run)
    chosen = choose_trial(loaded, trial)
    final = None
    if epochs is not None:
        console.print(f"training trial {chosen.number} with {seeds} seeds of {epochs} epochs")
        final = train_finally(loaded, chosen, epochs, seeds)
        spread = "" if final.test_spread is None else f" ± {percent(final.test_spread)}"
        console.print(f"test accuracy {percent(final.test_accuracy)}{spread}")
    project = export_trial(loaded, chosen, out, None if final is None else final.program)
    console.print(f"trial {chosen.number} exported to {project.folder}")
    console.print(f"next: dse verify {project.folder}")
