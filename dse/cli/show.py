"""`dse show`: one configuration, layer by layer."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dse.cli.console import console, print_frame
from dse.report.choose import choose_trial
from dse.report.memory import memory_facts
from dse.report.tables import layer_table, trial_table
from dse.study.view import load_run

__all__ = ["show"]


def show(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    trial: Annotated[str, typer.Argument(help="Number of a trial, or knee.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one configuration of a run, layer by layer.

    Example: dse show runs/demo knee
    """
    loaded = load_run(run)
    chosen = choose_trial(loaded, trial)
    pricer = loaded.pricer
    cost = pricer.cost(chosen.configuration)
    memory = memory_facts(pricer.network(chosen.configuration), pricer.device.core, cost)
    summary = trial_table(loaded, [chosen])
    layers = layer_table(loaded, chosen.configuration)
    if as_json:
        record = json.loads(summary.to_json(orient="records"))[0]
        record.update(asdict(memory) | asdict(cost.flash))
        record["layers"] = json.loads(layers.to_json(orient="records"))
        record["configuration"] = chosen.configuration.to_json()
        print(json.dumps(record, indent=2))
        return
    print_frame(summary.drop(columns="changes"))
    print_frame(layers, "layers")
    for site, option in pricer.space.changes(chosen.configuration):
        console.print(f"  {site}: {option.label()}")
    console.print(str(memory))
    console.print(str(cost.flash))
    console.print(
        f"cycles by profile {pricer.profile.name}, worst error on networks left out of its "
        f"fit {cost.error_pct:.1f} %"
    )
    if chosen.outcome is not None and chosen.outcome.error:
        console.print(f"failed: {chosen.outcome.error}")
    for shortfall in chosen.price.shortfalls:
        console.print(f"over budget: {shortfall}")
