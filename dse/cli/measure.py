"""`dse measure`: kernel benchmarks on a board, into a file that grows."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from dse.boards.board import Board
from dse.boards.choice import SerialOptions, board_names, parse_board
from dse.boards.serial.listen import Patience
from dse.cli.console import console
from dse.measure.design import designed_networks, parse_keys
from dse.measure.session import measure_networks
from hw_models.budget import parse_bytes
from hw_models.device import generic_device
from hw_models.errors import ConfigError
from hw_models.kernels import CORES

__all__ = ["measure"]


def measure(
    board: Annotated[str, typer.Option(help=f"{', '.join(board_names())}; not the host.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Measurement file, a CSV that grows.")],
    core: Annotated[str | None, typer.Option(help="Of a serial board, as cortex-m4.")] = None,
    kernels: Annotated[
        str | None, typer.Option(help="As conv/s8/s4,add; an op alone is all of it; default all.")
    ] = None,
    ram: Annotated[str, typer.Option(help="That the board has for it, as 16K.")] = "64K",
    flash: Annotated[str, typer.Option(help="That the board has for it, as 128K.")] = "256K",
    name: Annotated[
        str | None, typer.Option(help="Of the board in the file; default as given.")
    ] = None,
    firmware: Annotated[
        Path | None, typer.Option(help="Folder of a serial board's sources; default OUT.firmware.")
    ] = None,
    flash_command: Annotated[
        str | None, typer.Option(help="Builds and flashes the folder {folder}.")
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds for you to flash an image.")] = 600,
    silence: Annotated[float, typer.Option(help="Seconds between two lines of a report.")] = 60,
) -> None:
    """Measure kernels on a board: a designed set of at most 30 layers a kernel.

    One firmware image measures several layers. The same command goes on after a stop, and never
    writes over measurements of anything else.

    Example: dse measure --board virtual:cortex-m4 --kernels conv/s8/s8,linear -o runs.csv
    """
    patience = Patience(wait_s=wait, silence_s=silence)
    chosen = parse_board(board, SerialOptions(patience, flash_command, console.print))
    device = generic_device(_core(chosen, core), parse_bytes(ram), parse_bytes(flash))
    networks = designed_networks(parse_keys(kernels), device)
    console.print(
        f"{len(networks)} networks, {sum(len(each.layers) for each in networks)} layers on "
        f"{chosen.name}"
    )
    with TemporaryDirectory(prefix="dse-measure-") as temporary:
        is_serial = chosen.name.startswith("serial:")
        own = firmware or out.with_name(f"{out.name}.firmware")
        done = measure_networks(
            chosen,
            networks,
            device,
            out,
            label=name,
            projects=own if is_serial else Path(temporary),
            told=console.print,
        )
    console.print(
        f"{out}: {len(done.fresh)} networks measured, {len(done.skipped)} were there; "
        f"next: dse calibrate {out} -o profile.toml"
    )


def _core(board: Board, given: str | None) -> str:
    if board.core is not None:
        if given not in (None, board.core):
            raise ConfigError(
                "The board has another core.", where="--core", got=given, allowed=board.core
            )
        return board.core
    if given not in CORES:
        raise ConfigError(
            "The core of this board has to be given.",
            where="--core",
            got=given,
            allowed=", ".join(CORES),
        )
    return given
