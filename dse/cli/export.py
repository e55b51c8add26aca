"""`dse export`: a configuration as a C project."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from dse.cli.console import console, percent
from dse.evaluate.final import LEAST_SEEDS
from dse.report.choose import choose_trial
from dse.study.deploy import export_trial, train_finally
from dse.study.view import load_run
from hw_models.errors import ConfigError

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    trial: Annotated[str, typer.Argument(help="Number of a trial, or knee.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the C project.")],
    epochs: Annotated[
        int | None,
        typer.Option(help="Train the configuration anew for so long; default: as it was scored."),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            help=f"Trainings, with --epochs; default and least {LEAST_SEEDS}; the best is exported."
        ),
    ] = None,
) -> None:
    """Export a configuration of a run as a C project: weights, kernels, test vectors, manifest.

    Example: dse export runs/demo knee -o build/demo
    """
    if seeds is not None and epochs is None:
        raise ConfigError(
            "Seeds are of a new training.", got=f"--seeds {seeds}", cure="Give --epochs, too."
        )
    loaded = load_run(run)
    chosen = choose_trial(loaded, trial)
    final = None
    if epochs is not None:
        count = LEAST_SEEDS if seeds is None else seeds
        start = " from shared weights" if loaded.config.shared_steps else ""
        console.print(f"training trial {chosen.number}: {count} seeds, {epochs} epochs{start}")
        final = train_finally(loaded, chosen, epochs, count, console.print)
        low, high = (percent(end) for end in final.test_interval)
        mean = percent(final.test_accuracy)
        console.print(f"test accuracy {mean}, 95 % interval {low} to {high}")
    project = export_trial(loaded, chosen, out, None if final is None else final.program)
    console.print(f"trial {chosen.number} exported to {project.folder}")
    console.print(f"next: dse verify {shlex.quote(str(project.folder))}")
