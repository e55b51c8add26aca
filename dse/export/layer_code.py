"""The C of one layer: its constants and the call of its kernel.

A new kernel needs an entry in hw_models.kernels, a C file in kernels/ and, for a new op, an
emitter in the table below.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dse.export.ctext import c_integer
from dse.export.elementwise_code import (
    emit_add,
    emit_argmax,
    emit_concat,
    emit_lookup,
    emit_softmax,
    emit_transpose,
)
from dse.export.emission import Emission
from dse.export.pool_code import emit_avg_pool, emit_max_pool
from dse.export.strip_code import emit_strips
from dse.export.weighted_code import emit_conv, emit_linear
from dse.program import Program
from hw_models.kernels import CoreClass, kernel_sources, scratch_bytes
from hw_models.memory import MemoryPlan
from hw_models.network import Layer
from hw_models.strips import is_striped

__all__ = ["KERNEL_FOLDER", "LayerCode", "kernel_headers", "layer_code"]

KERNEL_FOLDER = Path(__file__).parent / "kernels"
_LONGEST_NAME = 40

EMITTERS: dict[str, Callable[[Emission], str]] = {
    "conv": emit_conv,
    "depthwise": emit_conv,
    "linear": emit_linear,
    "max_pool": emit_max_pool,
    "avg_pool": emit_avg_pool,
    "add": emit_add,
    "transpose": emit_transpose,
    "lookup": emit_lookup,
    "softmax": emit_softmax,
    "argmax": emit_argmax,
}


@dataclass(frozen=True)
class LayerCode:
    """C of one layer.

    Args:
        declarations: Constants, for file scope; empty where there is no call.
        call: Statements that read and write `arena`, a uint8_t pointer; empty for a flatten or a
            fused pool.
        sources: Stems of the kernel files that it links.
    """

    declarations: str
    call: str
    sources: tuple[str, ...]


def layer_code(
    program: Program, layer: Layer, plan: MemoryPlan, core_class: CoreClass
) -> LayerCode:
    """Write a layer.

    Args:
        program: The integers.
        layer: A layer of its network.
        plan: Where the tensors and the scratch lie.
        core_class: Which kernels to call.

    Raises:
        ModelError: There is no kernel for the layer, or a size does not fit the kernel.
    """
    network = program.network
    sources = kernel_sources(network, layer, core_class)
    if not sources:
        return LayerCode("", "", ())
    prefix = _prefix(program, layer)
    emission = Emission(program, layer, prefix, core_class)
    if is_striped(network, layer):
        _check_input(program, layer)
        own = EMITTERS[layer.op](emission)
        return LayerCode(*emit_strips(emission, own, sources[0], plan), sources)
    _check_input(program, layer)
    c_type = "int16_t" if layer.format == "s16" else "int8_t"
    output = f"({c_type} *)(void *)(arena + {plan.offsets[layer.name]})"
    if layer.op == "concat":
        call = f"{sources[0]}(&{prefix}_params, arena, {output});"
        return LayerCode(emit_concat(emission, plan), call, sources)
    arguments = [f"&{prefix}_params"]
    arguments += [f"(const int8_t *)(arena + {plan.offsets[name]})" for name in layer.inputs]
    if layer.is_weighted:
        needs_scratch = scratch_bytes(network, layer, core_class) > 0
        arguments.append(f"arena + {plan.scratch_offsets[layer.name]}" if needs_scratch else "NULL")
    arguments.append(output)
    return LayerCode(
        EMITTERS[layer.op](emission),
        f"{sources[0]}({', '.join(arguments)});",
        sources,
    )


def kernel_headers(sources: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the headers that kernel files include, directly or not, `dse_kernels.h` first.

    Args:
        sources: Stems, as in `LayerCode.sources`.
    """
    found: dict[str, None] = {"dse_kernels.h": None}
    waiting = [f"{stem}.c" for stem in sources]
    while waiting:
        text = (KERNEL_FOLDER / waiting.pop()).read_text(encoding="utf-8")
        for name in re.findall(r'#include "(\w+\.h)"', text):
            if name not in found:
                found[name] = None
                waiting.append(name)
    return tuple(found)


def _prefix(program: Program, layer: Layer) -> str:
    """l3_features_conv: unique by the layer's index, readable by its name."""
    index = program.network.layers.index(layer)
    name = re.sub(r"[^A-Za-z0-9]+", "_", layer.name).strip("_")[:_LONGEST_NAME].rstrip("_")
    return f"l{index}_{name}" if name else f"l{index}"


def _check_input(program: Program, layer: Layer) -> None:
    """The kernels index with 32 bits; an argmax answers with 16."""
    where = f"layer {layer.name!r}, elements of its input"
    elements = program.network.tensor(layer.inputs[0]).elements
    c_integer(elements, "int16_t" if layer.op == "argmax" else "int32_t", where)
