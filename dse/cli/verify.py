"""`dse verify`: the exported C against the exact reference, on a board."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from dse.boards.choice import SerialOptions, board_names, default_board, parse_board, why_host
from dse.boards.serial.listen import Patience
from dse.cli.console import console, print_frame
from dse.export.manifest import load_project
from dse.report.verification import layer_frame, summary_frame
from dse.verify import verify as verify_project

__all__ = ["verify"]


def verify(
    project: Annotated[Path, typer.Argument(help="Folder of an exported project.")],
    board: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(board_names())}; default the device's core, else the host."),
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds for a serial board to answer.")] = 30,
    silence: Annotated[float, typer.Option(help="Seconds between two lines of its report.")] = 60,
    flash_command: Annotated[
        str | None, typer.Option(help="Builds and flashes the serial board's folder {folder}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Build an exported project, run it, and compare every output with the exact reference.

    The exit code is 1 when an output differs.

    Example: dse verify build/demo --board virtual:cortex-m4
    """
    manifest = load_project(project).manifest
    serial = SerialOptions(
        Patience(wait, silence), flash_command, lambda text: print(f"dse: {text}", file=sys.stderr)
    )
    chosen = default_board(manifest) if board is None else parse_board(board, serial)
    if board is None and chosen.name == "host":
        print(f"dse: {why_host() or 'no virtual board has this core'}", file=sys.stderr)
    result = verify_project(project, chosen)
    if as_json:
        print(json.dumps(result.to_json(), indent=2))
    else:
        print_frame(summary_frame(result))
        if result.cycles_measured is not None:
            print_frame(layer_frame(result), "cycles")
            if chosen.name.startswith("virtual:"):
                console.print("cycles of an instruction-level virtual board, not of hardware")
        console.print(
            f"{result.board}: {result.inputs} inputs, "
            + ("bit-exact" if result.bit_exact else f"{result.mismatches} values differ")
        )
        if result.first_difference is not None:
            console.print(f"first difference: {result.first_difference}")
    raise typer.Exit(code=0 if result.bit_exact else 1)
