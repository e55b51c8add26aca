"""Cycles of whole networks and of one layer in every format: the table of kernel figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dse.bench.networks import known_network
from dse.boards.virtual_board import VirtualBoard
from dse.export.project import export_project
from dse.random_program import random_inputs, random_program
from hw_models.device import generic_device
from hw_models.network import Layer, Network, Tensor, WeightFormat

__all__ = [
    "BENCH_CORES",
    "KernelFigure",
    "bench_layers",
    "bench_networks",
    "kernel_figures",
    "layer_cycles",
]

BENCH_CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33")
_NETWORKS = ("resnet8", "ds-cnn", "mobilenet-v1-025", "fc-autoencoder")
_LAYER_FORMATS: tuple[WeightFormat, ...] = ("s8", "s4", "s2", "p4", "p3", "xnor")


@dataclass(frozen=True)
class KernelFigure:
    """One whole network, or a single layer, on one core.

    Args:
        network: Its name.
        core: As device files name it.
        format: Of all weights.
        macs: Of one inference.
        cycles: Of one inference, counted on the virtual board.
    """

    network: str
    core: str
    format: str
    macs: int
    cycles: float


def bench_networks() -> dict[str, Network]:
    """The networks of the table, all weights int8: three of MLPerf Tiny and its autoencoder."""
    return {name: known_network(name) for name in _NETWORKS}


def bench_layers() -> dict[str, Network]:
    """The layers of the table, each to be measured in every format of weights."""
    layer = Layer(
        "conv", "conv", ("input",), (16, 16, 64), "s8", kernel=(3, 3), padding=(1, 1, 1, 1)
    )
    name = "conv3x3-64-64-16x16"
    return {name: Network(name, Tensor("input", (16, 16, 64)), (layer,))}


def kernel_figures(
    cores: Sequence[str] = BENCH_CORES,
    networks: Mapping[str, Network] | None = None,
    formats: Sequence[WeightFormat] = ("s8",),
) -> list[KernelFigure]:
    """Run the networks with random weights on virtual boards.

    Args:
        cores: Of the virtual board.
        networks: By name; without, those of `bench_networks`, and `bench_layers` in every format.
        formats: Each is given to all weights in turn.

    Raises:
        ToolError: The compiler or the emulator is missing or failed.
    """
    chosen = bench_networks() if networks is None else networks
    runs = [(name, each, formats) for name, each in chosen.items()]
    if networks is None:
        runs += [(name, each, _LAYER_FORMATS) for name, each in bench_layers().items()]
    return [
        KernelFigure(
            name, core, weights, network.total_macs, sum(layer_cycles(network, core, weights))
        )
        for name, network, its_formats in runs
        for core in cores
        for weights in its_formats
    ]


def layer_cycles(network: Network, core: str, weights: WeightFormat) -> tuple[float, ...]:
    """Cycles of every layer on the virtual board, all weights in one format."""
    layers = [
        replace(layer, weight_format=weights) if layer.is_weighted else layer
        for layer in network.layers
    ]
    rng = np.random.default_rng(0)
    program = random_program(replace(network, layers=tuple(layers)), rng)
    inputs = random_inputs(network, 1, rng)
    with TemporaryDirectory(prefix="dse-bench-") as folder:
        project = export_project(program, None, generic_device(core), None, Path(folder), inputs)
        return VirtualBoard(core).run(project, inputs).layer_cycles or ()
