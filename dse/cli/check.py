"""`dse check`: what is supported, does it fit, how big is the space."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from dse.cli.console import console, percent, print_frame
from dse.report.memory import memory_facts
from dse.study.check import CheckReport, check_study, read_subject
from dse.study.config import load_study, make_study

__all__ = ["check"]


def check(
    model: Annotated[
        str, typer.Argument(help="zoo:NAME, FILE.py:FACTORY, FILE.onnx or a study.toml.")
    ],
    device: Annotated[str | None, typer.Option(help="A part; see `dse devices`.")] = None,
    profile: Annotated[str | None, typer.Option(help="Cost profile, a name or a file.")] = None,
    data: Annotated[str | None, typer.Option(help="Gives the input shape and the classes.")] = None,
    features: Annotated[str | None, typer.Option(help="Audio: raw, log-mel or mfcc.")] = None,
    ram: Annotated[str | None, typer.Option(help="Budget, as 64K.")] = None,
    flash: Annotated[str | None, typer.Option(help="Budget, as 256K.")] = None,
    latency_ms: Annotated[float | None, typer.Option(help="Bound on one inference.")] = None,
    energy_mj: Annotated[float | None, typer.Option(help="Bound on one inference.")] = None,
) -> None:
    """Check a model before a search: operations, layers, cost, search space and budget.

    Every operation is listed with its place first. Nothing is trained. The exit code is 2 where an
    operation is refused or no configuration fits.

    Example: dse check zoo:digits-ds --data digits --device STM32F030R8 --latency-ms 100
    """
    given = {
        "device": device,
        "profile": profile,
        "data": data,
        "features": features,
        "ram": ram,
        "flash": flash,
        "latency_ms": latency_ms,
        "energy_mj": energy_mj,
    }
    flags = {key: value for key, value in given.items() if value is not None}
    if model.endswith(".toml"):
        config = load_study(Path(model), flags)
    else:
        config = make_study({"model": model, "data": "digits", **flags}, "flags")
    subject = read_subject(config)
    console.print(subject.data)
    print_frame(subject.operations(), f"operations of {config.model}")
    console.print("")
    report = check_study(config, subject)
    _print(report)
    report.require_feasible()


def _print(report: CheckReport) -> None:
    print_frame(report.layers, f"layers of {report.space.network.name}, every one supported")
    console.print("")
    rows = [
        {"": name, "needs": needs, "budget": budget, "fits": "yes" if fits else "no"}
        for name, needs, budget, fits in report.fit_rows()
    ]
    print_frame(pd.DataFrame(rows), f"uncompressed, all s8, on {report.device.name}")
    facts = memory_facts(report.space.network, report.device.core, report.cost)
    console.print(str(facts))
    console.print(str(report.cost.flash))
    console.print("")
    print_frame(
        pd.DataFrame(
            {
                "site": [site.name for site in report.space.sites],
                "options": [
                    ", ".join(option.label() for option in site.options)
                    for site in report.space.sites
                ],
            }
        ),
        "search space",
    )
    for refusal in report.space.refusals:
        console.print(f"  {refusal.site} not {refusal.option.label()}: {refusal.reason}")
    found = report.feasibility
    console.print(
        f"{report.space.size:,} configurations; {percent(found.share)} of {found.sampled} random "
        "ones fit the budget"
    )
