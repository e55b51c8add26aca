"""Measure networks on any board that counts cycles, one after another, into a growing file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dse.boards.board import Board, BoardRun
from dse.export.project import export_project
from dse.measure.run_file import RunFile
from dse.random_program import random_inputs, random_program
from dse.reference import run_program
from hw_models.calibrate import COLUMNS
from hw_models.device import Device
from hw_models.errors import ConfigError, ToolError
from hw_models.layer_text import layer_text
from hw_models.network import Network
from hw_models.profile import OWN_RUNTIME
from hw_models.strips import is_virtual

__all__ = ["Measured", "measure_networks"]

INPUTS = 4
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Measured:
    """What a call did.

    Args:
        fresh: Names of the networks that were measured now.
        skipped: Names of those that the file had already.
    """

    fresh: tuple[str, ...]
    skipped: tuple[str, ...]


def measure_networks(
    board: Board,
    networks: Sequence[Network],
    device: Device,
    out: Path,
    *,
    label: str | None = None,
    projects: Path,
    told: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Run random programs of the networks and append the cycles of their layers to a file.

    A network is appended when all of it is measured, so a kill or a failing board loses the one
    in work at most; the same call goes on from there.

    Args:
        board: One that counts cycles.
        networks: From `designed_networks`.
        device: Its core decides which kernels are exported.
        out: The measurement file.
        label: What the board is called in the file; its name where None.
        projects: Folder for the exported projects, with the firmware of a serial board.
        told: Called with a sentence for each network.

    Raises:
        ConfigError: The board counts no cycles.
        RunError: The file holds something else.
        ToolError: A tool or the board failed, or the C gave another output than the reference.
    """
    if board.name == "host":
        raise ConfigError(
            "This computer counts no cycles.",
            where="board",
            got=board.name,
            allowed="a virtual or a serial board",
        )
    file, name = RunFile(out), label or board.name
    file.open(runtime=OWN_RUNTIME, board=name, core=device.core)
    fresh: list[str] = []
    skipped: list[str] = []
    for number, network in enumerate(networks, 1):
        if file.has(network):
            skipped.append(network.name)
            continue
        told(f"{number} of {len(networks)}: {network.name}, {len(network.layers)} layers")
        run = _run(board, network, device, projects / network.name)
        file.append(_rows(run, network, name, device.core))
        fresh.append(network.name)
    return Measured(tuple(fresh), tuple(skipped))


def _run(board: Board, network: Network, device: Device, folder: Path) -> BoardRun:
    """Export the network and run it; the same network gives the same program every time."""
    rng = np.random.default_rng(int.from_bytes(network.name.encode(), "big"))
    program = random_program(network, rng)
    inputs = random_inputs(network, INPUTS, rng)
    if board.vector_bytes is not None:
        inputs = inputs[: max(1, board.vector_bytes // inputs[0].nbytes)]
    project = export_project(program, None, device, None, folder, inputs)
    run = board.run(project, inputs)
    expected = run_program(program, inputs)
    if not np.array_equal(run.outputs, expected):
        raise ToolError(
            "The C on the board gives other outputs than the exact reference.",
            where=f"{board.name}, network {network.name}",
            got=f"{np.count_nonzero(run.outputs != expected)} values differ"
            if run.outputs.shape == expected.shape
            else f"shape {run.outputs.shape}",
            cure=f"`dse verify {folder}` names the first layer that differs",
        )
    return run


def _rows(run: BoardRun, network: Network, board: str, core: str) -> pd.DataFrame:
    build = (OWN_RUNTIME, board, core, run.compiler or _UNKNOWN, run.flags or _UNKNOWN)
    rows = [
        (*build, network.name, layer.name, layer_text(network, layer), cycles)
        for layer, cycles in zip(network.layers, run.layer_cycles or (), strict=True)
        if not is_virtual(layer)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
