"""`dse bench ladder`: what the rungs of the accuracy ladder cost, and how well they rank."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from dse.bench.ladder import FullStart, LadderPlan, RungFigure, ladder_report
from dse.cli.console import console, notes, percent, print_frame
from dse.evaluate import SHARED_STEPS, SHORT_EPOCHS

__all__ = ["ladder"]


def ladder(
    data: Annotated[str, typer.Option(help="As for `dse search`.")] = "digits",
    model: Annotated[str, typer.Option(help="zoo:NAME or FILE.py:FACTORY.")] = "zoo:digits-ds",
    configurations: Annotated[int, typer.Option(min=2, help="Random ones of all options.")] = 40,
    seeds: Annotated[int, typer.Option(min=1, help="Of rung 4.")] = 2,
    full_epochs: Annotated[
        int | None, typer.Option(min=1, help="Of rung 4; default its own, by the data.")
    ] = None,
    short_epochs: Annotated[int, typer.Option(min=1, help="Of rung 3.")] = SHORT_EPOCHS,
    full_start: Annotated[
        FullStart, typer.Option(help="Of rung 4: the shared weights, or the base network.")
    ] = "shared",
    shared_steps: Annotated[int, typer.Option(min=1, help="Of rung 2, once.")] = SHARED_STEPS,
    base_epochs: Annotated[
        int | None, typer.Option(min=0, help="Of the uncompressed network; default its recipe's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    out: Annotated[Path, typer.Option(help="Keeps all results.")] = Path("runs/ladder"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Cost and rank correlation of every rung of the accuracy ladder, against full training.

    It takes hours; the same command goes on where it was stopped.

    Example: dse bench ladder --data digits --model zoo:digits-ds
    """
    plan = LadderPlan(
        data,
        model,
        out,
        configurations,
        seeds,
        full_epochs,
        short_epochs,
        full_start,
        shared_steps,
        base_epochs,
        seed,
    )
    report = ladder_report(plan, notes.print)
    if as_json:
        print(json.dumps(asdict(report), indent=2))
        return
    print_frame(pd.DataFrame([_row(one) for one in report.rungs]))
    console.print(
        f"{configurations} of {report.size:,} configurations; float accuracy "
        f"{percent(report.float_accuracy)}; processor time of one thread"
    )
    start = "shared weights" if report.full_start == "shared" else "the uncompressed network"
    console.print(
        f"full: mean over seeds, {report.full_seeds}; epochs {report.full_epochs}, from {start}"
    )
    if report.seed_tau is not None:
        console.print(
            f"one seed of rung 4 against another: tau {report.seed_tau:.3f}, against the mean of "
            f"the others: {report.rest_tau:.3f}"
        )


def _row(one: RungFigure) -> dict[str, Any]:
    tau = one.tau
    return {
        "rung": one.rung,
        "ranked by": one.score,
        "s each": f"{one.processor_s:.2f}",
        "of full": f"1/{1 / one.share:.0f}",
        "s once": f"{one.once_s:.0f}",
        "mean accuracy": percent(one.accuracy),
        "tau": "" if tau is None else f"{tau.tau:.3f}",
        "95 %": "" if tau is None else f"{tau.low:.3f} to {tau.high:.3f}",
    }
