"""The C of layers that run in strips: their parameters and the calls that unpack and pack."""

from math import prod

from dse.export.ctext import c_struct
from dse.export.emission import Emission, Fields
from dse.export.pool_code import emit_max_pool
from hw_models.kernels import POOL_KEY, key_sources, layer_scratch_map
from hw_models.memory import MemoryPlan
from hw_models.strip_kernels import ScratchMap
from hw_models.strips import StripPlan, chunk_pixels, packs, strip_plan

__all__ = ["STRIPS_HEADER", "STRIP_STEMS", "emit_strips"]

STRIPS_HEADER = "dse_strips.h"
STRIP_STEMS = frozenset({"dse_strips", "dse_add_strips", "dse_unpack_s4", "dse_pack_s4"})
_HALF_WORD = 2


def emit_strips(emission: Emission, own: str, kernel: str, plan: MemoryPlan) -> tuple[str, str]:
    """Declarations and call of a layer in strips.

    Args:
        emission: The layer.
        own: Declarations of its kernel's parameters.
        kernel: Name of its kernel.
        plan: Where the tensors and the scratch lie.
    """
    network, layer = emission.program.network, emission.layer
    scratch = layer_scratch_map(network, layer, emission.core_class)
    cut = strip_plan(network, layer)
    if cut is not None:
        declared = _windowed(emission, kernel, scratch, cut)
        return f"{own}\n{declared}", _call("dse_strips", emission, plan)
    if layer.op == "add":
        return f"{own}\n{_add(emission, kernel, scratch)}", _call("dse_add_strips", emission, plan)
    return own, _linear(emission, kernel, scratch, plan)


def _call(function: str, emission: Emission, plan: MemoryPlan) -> str:
    layer = emission.layer
    inputs = ", ".join(_tensor(plan, name) for name in layer.inputs)
    scratch = f"arena + {plan.scratch_offsets.get(layer.name, 0)}"
    output = f"(int8_t *)(arena + {plan.offsets[layer.name]})"
    return f"{function}(&{emission.prefix}_strips, {inputs}, {scratch}, {output});"


def _tensor(plan: MemoryPlan, name: str) -> str:
    return f"(const int8_t *)(arena + {plan.offsets[name]})"


def _windowed(emission: Emission, kernel: str, scratch: ScratchMap, plan: StripPlan) -> str:
    network, layer, prefix = emission.program.network, emission.layer, emission.prefix
    unpacked, packed = packs(network, layer)
    pool = network.fused_pool(layer)
    adapter = f"{prefix}_strip"
    arguments = "params, in, scratch, out" if layer.is_weighted else "params, in, out"
    texts = [
        f"static void {adapter}(const void *params, const int8_t *in, void *scratch, int8_t *out)",
        "{",
        *([] if layer.is_weighted else ["    (void)scratch;"]),
        f"    {kernel}({arguments});",
        "}",
    ]
    fields: Fields = {"kernel": adapter, "params": f"&{prefix}_params"}
    if unpacked:
        fields["unpack"] = "dse_unpack_s4"
    if pool is not None:
        own = Emission(emission.program, pool, f"{prefix}_pool", emission.core_class)
        texts.append(emit_max_pool(own))
        fields["pool"] = key_sources(POOL_KEY, emission.core_class)[0]
        fields["pool_params"] = f"&{prefix}_pool_params"
    if packed:
        fields["pack"] = "dse_pack_s4"
    axis = 1 if plan.is_flat else 0
    fields |= emission.numbers(
        {
            "inner": (scratch.inner, "uint32_t"),
            "made": (scratch.made, "uint32_t"),
            "lines": (plan.output[axis], "uint16_t"),
            "step": (plan.step, "uint16_t"),
            "window": (plan.window, "uint16_t"),
            "line": (1 if plan.is_flat else plan.output[1], "uint16_t"),
            "channels": (plan.output[2], "uint16_t"),
            "is_flat": (int(plan.is_flat), "uint8_t"),
        }
    )
    fields["halves"] = f"sizeof {prefix}_params / {_HALF_WORD}"
    return "\n".join([*texts, c_struct("dse_strips_params", f"{prefix}_strips", fields)])


def _add(emission: Emission, kernel: str, scratch: ScratchMap) -> str:
    network, layer, prefix = emission.program.network, emission.layer, emission.prefix
    unpacked, packed = packs(network, layer)
    fields: Fields = {"kernel": kernel, "params": f"&{prefix}_params"}
    if unpacked:
        fields["unpack"] = "dse_unpack_s4"
    if packed:
        fields["pack"] = "dse_pack_s4"
    fields |= emission.numbers(
        {
            "pixels": (prod(layer.shape[:2]), "uint32_t"),
            "step": (chunk_pixels(layer), "uint32_t"),
            "second": (scratch.second, "uint32_t"),
            "made": (scratch.made, "uint32_t"),
            "channels": (layer.shape[2], "uint16_t"),
        }
    )
    for place, source in enumerate(network.inputs(layer)):
        fields[f"is_packed[{place}]"] = int(source.format == "s4")
    return c_struct("dse_add_strips_params", f"{prefix}_strips", fields)


def _linear(emission: Emission, kernel: str, scratch: ScratchMap, plan: MemoryPlan) -> str:
    layer, source = emission.layer, emission.source
    unpacked, packed = packs(emission.program.network, layer)
    base = plan.scratch_offsets.get(layer.name, 0)
    image, result = _tensor(plan, source.name), f"(int8_t *)(arena + {plan.offsets[layer.name]})"
    lines = []
    if unpacked:
        height, width, channels = source.shape
        bytes_at = f"(int8_t *)(arena + {base})"
        lines.append(f"dse_unpack_s4({image}, {height * width}u, {channels}u, {bytes_at});")
        image = f"(const int8_t *)(arena + {base})"
    made = f"(int8_t *)(arena + {base + scratch.made})" if packed else result
    lines.append(
        f"{kernel}(&{emission.prefix}_params, {image}, arena + {base + scratch.inner}, {made});"
    )
    if packed:
        lines.append(f"dse_pack_s4({made}, 1u, {layer.shape[2]}u, {result});")
    return "\n".join(lines)
