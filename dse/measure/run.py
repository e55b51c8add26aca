"""Run the designed networks on the virtual board: cycles of every layer, bytes of all code."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dse.boards.virtual import VIRTUAL_CORES, compile_flags, compiler_name, virtual_core
from dse.boards.virtual_board import VirtualBoard
from dse.export.manifest import Project
from dse.export.project import export_project
from dse.front_end import random_sounds, sound_samples
from dse.measure.code_size import code_sizes
from dse.measure.networks import measurement_networks
from dse.random_program import random_inputs, random_program
from hw_models.calibrate import COLUMNS
from hw_models.device import generic_device
from hw_models.front_end_cost import front_end_name
from hw_models.layer_text import front_end_text, layer_text
from hw_models.network import Network
from hw_models.profile import OWN_RUNTIME
from hw_models.strips import is_virtual

__all__ = [
    "CODE_COLUMNS",
    "NETWORK_COLUMNS",
    "CoreRun",
    "measure_all",
    "measure_core",
]

CODE_COLUMNS = ("core", "kind", "name", "bytes")
NETWORK_COLUMNS = ("core", "network", "flash_bytes", "ram_bytes", "stack_bytes")
_INPUTS = 4


@dataclass(frozen=True)
class CoreRun:
    """What was measured on one core.

    Args:
        layers: One row a layer (calibrate.COLUMNS).
        code: One row a piece of code, and one for the deepest stack (CODE_COLUMNS).
        networks: One row a network: what was linked and the stack (NETWORK_COLUMNS).
    """

    layers: pd.DataFrame
    code: pd.DataFrame
    networks: pd.DataFrame


def measure_all(
    cores: Sequence[str] = tuple(VIRTUAL_CORES),
    networks: Sequence[Network] | None = None,
    jobs: int = 1,
) -> CoreRun:
    """Measure several cores, `jobs` of them at a time; see `measure_core`."""
    work = partial(measure_core, networks=networks or measurement_networks())
    if jobs == 1:
        runs = [work(core) for core in cores]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            runs = list(pool.map(work, cores))
    return CoreRun(
        *(
            pd.concat([getattr(run, name) for run in runs], ignore_index=True)
            for name in ("layers", "code", "networks")
        )
    )


def measure_core(core: str, networks: Sequence[Network]) -> CoreRun:
    """Run random programs of the networks on one core of the virtual board.

    Raises:
        ToolError: A tool is missing or failed, or the C gave another output than the reference.
    """
    board = VirtualBoard(core)
    flags = " ".join(compile_flags(virtual_core(core)))
    build = (OWN_RUNTIME, board.name, core, compiler_name(), flags)
    rows, linked = [], []
    with TemporaryDirectory(prefix="dse-measure-") as name:
        projects = []
        for index, network in enumerate(networks):
            project = _export(core, network, index, Path(name) / network.name)
            projects.append(project)
            rng = np.random.default_rng(index)
            run = board.run(project, random_inputs(network, _INPUTS, rng), _sounds(network, rng))
            if run.front_end_cycles is not None:
                text = front_end_text(network)
                stage = (front_end_name(network), text, run.front_end_cycles)
                rows.append((*build, network.name, *stage))
            for layer, cycles in zip(network.layers, run.layer_cycles or (), strict=True):
                if not is_virtual(layer):
                    text = layer_text(network, layer)
                    rows.append((*build, network.name, layer.name, text, cycles))
            linked.append((core, network.name, run.flash_bytes, run.ram_bytes, run.stack_bytes))
        code = code_sizes(core, projects, Path(name) / "code")
    stacks = [stack for *_, stack in linked if stack is not None]
    code += [("stack", "network", max(stacks))] if stacks else []
    return CoreRun(
        pd.DataFrame(rows, columns=list(COLUMNS)),
        pd.DataFrame([(core, *row) for row in code], columns=list(CODE_COLUMNS)),
        pd.DataFrame(linked, columns=list(NETWORK_COLUMNS)),
    )


def _sounds(network: Network, rng: np.random.Generator) -> NDArray[np.int16] | None:
    samples = sound_samples(network)
    return random_sounds(samples, _INPUTS, rng) if samples else None


def _export(core: str, network: Network, seed: int, folder: Path) -> Project:
    rng = np.random.default_rng(seed)
    program = random_program(network, rng)
    vectors = random_inputs(network, _INPUTS, rng)
    return export_project(program, None, generic_device(core), None, folder, vectors)
