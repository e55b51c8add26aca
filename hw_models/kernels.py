"""The kernel table: what a layer's kernel is called, how its work is counted and what it needs.

Sizes are those of the C in dse/export/kernels on a 32-bit core.
"""

from functools import partial
from math import prod
from typing import cast

from hw_models.channel_groups import group_image_bytes, group_network
from hw_models.cores import CORES, core_class
from hw_models.dense_counts import (
    columns_of,
    group_columns,
    is_adding,
    is_direct,
    step_columns,
)
from hw_models.depthwise_counts import depthwise_words
from hw_models.expanded_counts import EXPANDED_ROWS, expanded_counts
from hw_models.kernel_counts import COUNTERS, CoreClass, Counts, Variant
from hw_models.kernel_keys import KERNEL_KEYS, POOL_KEY, KernelKey, check_key, kernel_key
from hw_models.network import (
    WEIGHT_BITS,
    ActivationFormat,
    Layer,
    Network,
    Op,
    Tensor,
    WeightFormat,
)
from hw_models.strip_kernels import ScratchMap, scratch_map, strip_constants, strip_sources
from hw_models.strips import is_striped, is_virtual
from hw_models.weight_levels import looked_up_bytes, packed_row_bytes
from hw_models.xnor_counts import bit_image

__all__ = [
    "CORES",
    "IN_PLACE",
    "KERNEL_KEYS",
    "POOL_KEY",
    "CoreClass",
    "KernelKey",
    "constant_bytes",
    "core_class",
    "count_names",
    "counts",
    "kernel_key",
    "kernel_sources",
    "key_sources",
    "layer_scratch_map",
    "scratch_bytes",
    "weight_bytes",
]

IN_PLACE: frozenset[str] = frozenset({"add", "lookup", "softmax"})
"""Ops whose output may be (one of) their inputs: output i depends on no input before i."""

_ONE_FOR_ALL_CORES = frozenset({"transpose", "lookup", "softmax", "argmax"})
_POINTER = 4
_PART = 8
_WINDOW = 24
_ROWS = 20
_GROUPS = 12
_CHANNEL = 8
_BITS = 12
_LIMIT = 4
_SOFTMAX_TABLE = 512
_LOOKUP_TABLE = 256
_PARAMETERS = {
    "max_pool": 28,
    "avg_pool": _WINDOW + _CHANNEL + 4,
    "add": 16,
    "concat": 12,
    "transpose": 20,
    "lookup": 8 + _LOOKUP_TABLE,
    "softmax": 12 + _SOFTMAX_TABLE,
    "argmax": 4,
    "flatten": 0,
}


def counts(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """How often each loop of the layer's kernel runs, by name; see hw_models.kernel_counts.

    Of a grouped convolution: over all groups, without what dse_grouped adds.
    """
    if layer.groups > 1:
        group = group_network(network, layer)
        own = counts(group, group.layers[0], core_class)
        return {name: layer.groups * amount for name, amount in own.items()}
    key = kernel_key(network, layer)
    variant = _variant(key, core_class)
    kind = "dense" if variant == "expanded" else variant
    if key.activation_format == "b1":
        kind = "bits"
    found = COUNTERS[key.op, kind](network, layer, core_class)
    if variant == "expanded":
        return expanded_counts(found, network, layer, core_class)
    return found


def count_names(key: KernelKey, core_class: CoreClass) -> tuple[str, ...]:
    """The names that `counts` gives for a key.

    Raises:
        ModelError: There is no such kernel.
    """
    check_key(key, "count_names")
    network = _specimen(key)
    return tuple(counts(network, network.layers[0], core_class))


def scratch_bytes(network: Network, layer: Layer, core_class: CoreClass) -> int:
    """Scratch of the layer's kernel, a multiple of 4; mirrors dse_kernels.h."""
    if is_striped(network, layer):
        return layer_scratch_map(network, layer, core_class).size
    if layer.groups > 1:
        group = group_network(network, layer)
        inner = scratch_bytes(group, group.layers[0], core_class)
        return group_image_bytes(network, layer) + inner
    key = kernel_key(network, layer)
    variant = _variant(key, core_class)
    if variant == "plain":
        return 0
    if key.weight_format == "xnor":
        return _xnor_scratch(network, layer)
    if layer.op == "depthwise":
        if core_class == "dsp":
            return 4 * depthwise_words(layer)
        return _up(prod(layer.kernel) * layer.shape[2], 4)
    patch = _up(columns_of(network, layer), step_columns(layer))
    inner = 0 if is_direct(network, layer) else patch
    row = patch
    if core_class == "dsp":
        inner = _wide_scratch(network, layer)
        row = _up(columns_of(network, layer), group_columns(layer))
    return inner + (EXPANDED_ROWS[core_class] * row if variant == "expanded" else 0)


def layer_scratch_map(network: Network, layer: Layer, core_class: CoreClass) -> ScratchMap:
    """Where things lie in the scratch of a layer in strips."""
    return scratch_map(network, layer, partial(scratch_bytes, core_class=core_class))


def constant_bytes(network: Network, layer: Layer, core_class: CoreClass) -> int:
    """Bytes of constants that the exporter emits for a layer, every array rounded up to words.

    Packed weights, one dse_channel an output (bias, multiplier, shift), thresholds, table and the
    parameter struct.
    """
    key = kernel_key(network, layer)
    strips = strip_constants(network, layer) if is_striped(network, layer) else 0
    if not layer.is_weighted:
        if key.activation_format == "b1":
            return _WINDOW
        parts = _PART * len(layer.inputs) if layer.op == "concat" else 0
        return 0 if layer.fused else _PARAMETERS[layer.op] + parts + strips
    outputs, *_, inputs = network.weight_shape(layer)
    weights = _up(weight_bytes(network, layer, core_class), 4)
    thresholds = _up(inputs, 4) * (network.tensor(layer.inputs[0]).format != "b1")
    if key.activation_format == "b1":
        return _WINDOW + _BITS + outputs * _LIMIT + weights + thresholds
    params = _ROWS if key.op == "linear" else _WINDOW + _ROWS
    params += _GROUPS if layer.groups > 1 else 0
    total = params + outputs * _CHANNEL + weights
    if key.weight_format == "xnor":
        total += _POINTER + thresholds
    return total + strips


def weight_bytes(network: Network, layer: Layer, core_class: CoreClass) -> int:
    """Bytes of the packed weight rows.

    Rows of conv and linear: on base, 8-bit ones end on a whole step; on dsp they go in pairs.
    """
    outputs, height, width, inputs = network.weight_shape(layer)
    if layer.weight_format is None:
        return 0
    if layer.groups > 1:
        group = group_network(network, layer)
        return layer.groups * _up(weight_bytes(group, group.layers[0], core_class), 4)
    if layer.op == "depthwise":
        return height * width * packed_row_bytes(outputs, layer.weight_format)
    if layer.weight_format == "xnor":
        return outputs * height * width * packed_row_bytes(inputs, "xnor")
    columns = height * width * inputs
    if core_class == "dsp" and layer.weight_format in ("p4", "p3"):
        return _up(outputs, 2) // 2 * looked_up_bytes(columns, layer.weight_format)
    if layer.row_nonzeros is not None:
        rows, step = (
            (_up(outputs, 2), group_columns) if core_class == "dsp" else (outputs, step_columns)
        )
        return rows * _up(columns, step(layer)) // 8 + outputs * layer.row_nonzeros
    if core_class == "dsp":
        pair = 2 * _up(columns, group_columns(layer)) * WEIGHT_BITS[layer.weight_format] // 8
        return _up(outputs, 2) // 2 * pair
    row = packed_row_bytes(columns, layer.weight_format)
    return (outputs - 1) * row + (_up(row, 4) if layer.weight_format == "s8" else row)


def kernel_sources(network: Network, layer: Layer, core_class: CoreClass) -> tuple[str, ...]:
    """Stems of the C files that a layer links; the first names its kernel."""
    if is_virtual(layer):
        return ()
    own = key_sources(kernel_key(network, layer), core_class)
    if layer.groups > 1:
        own = ("dse_grouped_dsp" if core_class == "dsp" else "dse_grouped", *own)
    if not is_striped(network, layer):
        return own
    pool = network.fused_pool(layer)
    pooled = () if pool is None else key_sources(POOL_KEY, core_class)
    return (*own, *strip_sources(network, layer), *pooled)


def key_sources(key: KernelKey, core_class: CoreClass) -> tuple[str, ...]:
    """Stems of the C files of a kernel; the first names it."""
    stem = "_".join(filter(None, ("dse", key.op, key.weight_format)))
    if key.activation_format == "b1":
        return (f"{stem}_bits",)
    has_twin = key.weight_format != "xnor" and key.op not in _ONE_FOR_ALL_CORES
    suffix = "_dsp" if core_class == "dsp" and has_twin else ""
    if is_adding(key.weight_format, core_class):
        return (f"{stem}_adding",)
    if core_class == "dsp" and key.weight_format in ("p4", "p3"):
        return (f"{stem}{suffix}", f"dse_pairs_{key.weight_format}")
    if _variant(key, core_class) == "expanded":
        inner = f"dse_{key.op}_s8{suffix}"
        return (f"{stem}{suffix}", inner, f"dse_expand_{key.weight_format}")
    return (f"{stem}{suffix}",)


def _specimen(key: KernelKey) -> Network:
    """The smallest network with a key."""
    op = cast(Op, key.op)
    layer = Layer(
        "specimen",
        op,
        ("input", "input") if op in ("add", "concat") else ("input",),
        (1, 1, 2 if op == "concat" else 1),
        weight_format=cast(WeightFormat | None, key.weight_format),
        function="tanh" if op == "lookup" else None,
        row_nonzeros=1 if key.weight_format == "sparse8" else None,
        format="s16" if op == "argmax" else "b1" if key.activation_format == "b1" else "s8",
    )
    return Network("specimen", Tensor("input", (1, 1, 1), _input_format(key)), (layer,))


def _input_format(key: KernelKey) -> ActivationFormat:
    return "b1" if key == KernelKey("max_pool", "b1", None) else "s8"


def _variant(key: KernelKey, core_class: CoreClass) -> Variant:
    if key.weight_format is None:
        return "plain"
    expands = ("sparse8", "p4", "p3") if core_class == "base" else ("sparse8",)
    if key.weight_format in expands:
        return "expanded"
    return "xnor" if key.weight_format == "xnor" else "dense"


def _up(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def _wide_scratch(network: Network, layer: Layer) -> int:
    """Inputs as 16 bits, of four pixels in a convolution; bytes where they are gathered first."""
    columns = columns_of(network, layer)
    wide = 2 * _up(columns, group_columns(layer))
    if layer.op == "linear":
        return wide
    is_loose = network.tensor(layer.inputs[0]).shape[2] % 4 != 0
    return 4 * wide + (_up(columns, 4) if is_loose else 0)


def _xnor_scratch(network: Network, layer: Layer) -> int:
    """Signs of inputs that are bytes, then a patch."""
    source = bit_image(network, layer)
    pixel = packed_row_bytes(source.shape[2], "xnor")
    if kernel_key(network, layer).op == "linear":
        return pixel
    signs = 0 if source.format == "b1" else source.shape[0] * source.shape[1]
    return pixel * (signs + prod(layer.kernel))
