"""`dse bench profiles`: how far predictions are off on networks that no profile has seen."""

import json
from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer

from dse.bench.profiles import (
    PROFILE_NETWORKS,
    ProfileRun,
    profile_networks,
    profile_runs,
    summarise,
)
from dse.boards.virtual import VIRTUAL_CORES
from dse.cli.console import console, print_frame
from hw_models.errors import ConfigError

__all__ = ["profiles"]

_SUMMARY = {
    "median_pct": "median %",
    "worst_pct": "worst %",
    "layer_p90_pct": "layer p90 %",
    "ram_equal": "RAM equal",
    "flash_worst_pct": "flash worst %",
}


def profiles(
    core: Annotated[
        list[str] | None,
        typer.Option(help=f"Such as m4, may be repeated; default all: {', '.join(VIRTUAL_CORES)}."),
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="Only this network, may be repeated.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Networks at a time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predicted against measured cycles, RAM and flash on networks that no profile has seen.

    Example: dse bench profiles --core m4 --jobs 2
    """
    cores = [_core(each) for each in core or VIRTUAL_CORES]
    unknown = sorted(set(network or ()) - set(PROFILE_NETWORKS))
    if unknown:
        raise ConfigError(
            "There is no such network.",
            where="--network",
            got=", ".join(unknown),
            allowed=", ".join(PROFILE_NETWORKS),
        )
    chosen = profile_networks(tuple(dict.fromkeys(network or PROFILE_NETWORKS)))
    runs = profile_runs(cores, chosen, jobs)
    if as_json:
        print(json.dumps([run.to_json() for run in runs], indent=2))
        return
    print_frame(pd.DataFrame([_row(run) for run in runs]), "predicted / measured")
    summary = pd.DataFrame([asdict(each) for each in summarise(runs)])
    print_frame(summary.rename(columns=_SUMMARY))
    console.print("cycles of an instruction-level virtual board, not of hardware")


def _row(run: ProfileRun) -> dict[str, str]:
    return {
        "core": run.core.removeprefix("cortex-"),
        "network": run.network,
        "cycles": f"{run.cycles_predicted:,.0f} / {run.cycles_measured:,.0f}",
        "error %": f"{run.error_pct:+.2f}",
        "layer p90 %": f"{run.layer_p90_pct:.2f}",
        "RAM": f"{run.ram_predicted:,} / {run.ram_measured:,}",
        "flash": f"{run.flash_predicted:,} / {run.flash_measured:,}",
        "stack": f"{run.stack_measured:,}",
    }


def _core(name: str) -> str:
    full = name if name.startswith("cortex-") else f"cortex-{name}"
    if full not in VIRTUAL_CORES:
        raise ConfigError(
            "There is no virtual board with this core.",
            where="--core",
            got=name,
            allowed=", ".join(each.removeprefix("cortex-") for each in VIRTUAL_CORES),
        )
    return full
