"""`dse calibrate`: a cost profile from measurements."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from dse.cli.console import console, print_frame
from dse.measure.calibrated import calibrate_file
from hw_models.calibration import Calibration

__all__ = ["calibrate"]


def calibrate(
    runs: Annotated[Path, typer.Argument(help="Measurement file of `dse measure`.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The profile, a TOML file.")],
    code: Annotated[
        Path | None, typer.Option(help="Code sizes, as hw_models/measurements has them.")
    ] = None,
    prior: Annotated[
        str | None, typer.Option(help="Profile to begin with; default that of the nearest core.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the profile; default the file's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fit a cost profile to measurements of one board, compiler and flags.

    What was not measured comes from the profile of the nearest core, scaled to the board.

    Example: dse calibrate runs.csv -o nucleo.toml
    """
    found = calibrate_file(runs, out, code=code, prior=prior, name=name)
    if as_json:
        print(json.dumps(_values(found), indent=2))
        return
    print_frame(pd.DataFrame([asdict(each) for each in found.residuals]), "residuals by kernel")
    errors = found.profile.errors
    worst = sorted(errors.networks.items(), key=lambda item: -abs(item[1]))
    print_frame(
        pd.DataFrame(worst, columns=["network", "error_percent"]),
        "each network predicted by a fit on all others",
    )
    if found.next_layers:
        print_frame(
            pd.DataFrame([asdict(each) for each in found.next_layers]),
            "what to measure next: the least certain layers",
        )
    console.print(
        f"{out}: {found.profile.name}, the costs of {found.prior} x {found.scale:.3f} refined; "
        f"median error {errors.median_percent:.2f} %, worst {errors.worst_percent:.2f} %, layers "
        f"p90 {errors.layer_p90_percent:.2f} %; use it with --profile {out}"
    )


def _values(found: Calibration) -> dict[str, object]:
    return {
        "name": found.profile.name,
        "prior": found.prior,
        "scale": found.scale,
        "errors": {**asdict(found.profile.errors), "networks": dict(found.profile.errors.networks)},
        "residuals": [asdict(each) for each in found.residuals],
        "next_layers": [asdict(each) for each in found.next_layers],
    }
