"""Cycles of whole networks on the virtual boards: the table of kernel figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dse.boards.virtual_board import VirtualBoard
from dse.export.project import export_project
from dse.importers import import_torch, pick_example
from dse.models import build_model
from dse.random_program import random_inputs, random_program
from hw_models.device import Device, RamBank
from hw_models.kernels import core_class
from hw_models.network import Layer, Network, Shape, Tensor, WeightFormat

__all__ = ["BENCH_CORES", "KernelFigure", "bench_networks", "kernel_figures", "layer_cycles"]

BENCH_CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33")
_ZOO: dict[str, tuple[str, Shape, int]] = {
    "resnet8": ("zoo:resnet8", (32, 32, 3), 10),
    "ds-cnn": ("zoo:ds-cnn", (49, 10, 1), 12),
    "mobilenet-v1-025": ("zoo:mobilenet-v1-025", (96, 96, 3), 2),
}
_AUTOENCODER = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640)
_MEMORY_BYTES = 4 << 20


@dataclass(frozen=True)
class KernelFigure:
    """One whole network on one core.

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
    networks = {}
    for name, (spec, shape, classes) in _ZOO.items():
        module = build_model(spec, shape, classes)
        imported = import_torch(module.eval(), pick_example(module, shape, classes), name)
        networks[name] = imported.network
    return networks | {"fc-autoencoder": _autoencoder()}


def kernel_figures(
    cores: Sequence[str] = BENCH_CORES,
    networks: Mapping[str, Network] | None = None,
    formats: Sequence[WeightFormat] = ("s8",),
) -> list[KernelFigure]:
    """Run the networks with random weights on virtual boards.

    Args:
        cores: Of the virtual board.
        networks: By name; without, those of `bench_networks`.
        formats: Each is given to all weights in turn.

    Raises:
        ToolError: The compiler or the emulator is missing or failed.
    """
    chosen = bench_networks() if networks is None else networks
    return [
        KernelFigure(
            name, core, weights, network.total_macs, sum(layer_cycles(network, core, weights))
        )
        for name, network in chosen.items()
        for core in cores
        for weights in formats
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
        project = export_project(program, None, _device(core), None, Path(folder), inputs)
        return VirtualBoard(core).run(project, inputs).layer_cycles or ()


def _device(core: str) -> Device:
    return Device(
        name=core,
        vendor="virtual",
        core=core,
        clock_hz=1_000_000,
        ram=(RamBank("ram", _MEMORY_BYTES),),
        flash_bytes=_MEMORY_BYTES,
        simd=core_class(core) == "dsp",
    )


def _autoencoder() -> Network:
    source, layers = "input", []
    for index, outputs in enumerate(_AUTOENCODER[1:]):
        is_last = index == len(_AUTOENCODER) - 2
        name = f"dense{index}"
        layers.append(
            Layer(
                name,
                "linear",
                (source,),
                (1, 1, outputs),
                weight_format="s8",
                activation="none" if is_last else "relu",
            )
        )
        source = name
    return Network("fc-autoencoder", Tensor("input", (1, 1, _AUTOENCODER[0])), tuple(layers))
