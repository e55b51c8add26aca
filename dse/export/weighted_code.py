"""Constants of conv, depthwise and linear layers."""

import numpy as np
from numpy.typing import NDArray

from dse.export.ctext import c_array, c_struct, c_words
from dse.export.emission import Emission, Fields, Number, clamp_fields, window_fields
from dse.export.packing import bit_order, packed_weights
from dse.program import BinaryConstants, WeightedConstants
from hw_models.kernels import kernel_key, kernel_sources, weight_bytes
from hw_models.xnor_counts import bit_image

__all__ = ["emit_conv", "emit_linear"]

_BITS_PAD = 0


def emit_conv(emission: Emission) -> str:
    """Declarations of a conv or depthwise layer."""
    if emission.layer.weight_format == "xnor":
        return _xnor(emission)
    pad = emission.program.quantisation[emission.layer.inputs[0]].zero_point
    window = window_fields(emission, pad)
    constants = _constants(emission)
    if emission.layer.groups == 1:
        return _declarations(emission, constants, "dse_conv_params", {"window": window})
    return _declarations(emission, constants, "dse_grouped_params", _groups(emission, window))


def _groups(emission: Emission, window: Fields) -> Fields:
    network, layer, cores = emission.program.network, emission.layer, emission.core_class
    _, kernel, *_ = kernel_sources(network, layer, cores)
    own = {
        "weight_bytes": (weight_bytes(network, layer, cores) // layer.groups, "uint32_t"),
        "groups": (layer.groups, "uint16_t"),
        "channels": (emission.source.shape[2] // layer.groups, "uint16_t"),
    }
    return {"window": window, "kernel": kernel, **emission.numbers(own)}


def emit_linear(emission: Emission) -> str:
    """Declarations of a linear layer."""
    if emission.layer.weight_format != "xnor":
        return _declarations(emission, _constants(emission), "dse_linear_params", {})
    if kernel_key(emission.program.network, emission.layer).op == "conv":
        return _xnor(emission)
    return _declarations(emission, _constants(emission), "dse_linear_xnor_params", {})


def _xnor(emission: Emission) -> str:
    """Declarations of a layer that runs on an xnor kernel with a window."""
    image = bit_image(emission.program.network, emission.layer)
    window: Fields = {"window": window_fields(emission, _BITS_PAD, image)}
    constants = emission.program.constants[emission.layer.name]
    if isinstance(constants, BinaryConstants):
        return _bits(emission, constants, window)
    return _declarations(emission, _constants(emission), "dse_conv_xnor_params", window)


def _bits(emission: Emission, constants: BinaryConstants, window: Fields) -> str:
    """Declarations of a layer that makes bits: rows and limits in the order of the bits."""
    prefix = emission.prefix
    order = bit_order(len(constants.levels))
    packed = packed_weights(emission.layer, constants.levels[order], emission.core_class)
    rows = packed.view("<u4").reshape(len(order), -1)
    limits = constants.limits[order, None].astype("<u4")
    words = c_words(np.concatenate([rows, limits], axis=1).view(np.uint8).reshape(-1))
    texts = [c_array(f"{prefix}_weights", "uint32_t", words, len(words))]
    fields: Fields = {**window, "weights": f"{prefix}_weights"}
    _add_thresholds(prefix, constants.thresholds, texts, fields)
    fields |= emission.numbers({"outputs": (emission.layer.shape[2], "uint16_t")})
    return "\n".join([*texts, c_struct("dse_conv_xnor_bits_params", f"{prefix}_params", fields)])


def _add_thresholds(
    prefix: str, thresholds: NDArray[np.int8] | None, texts: list[str], fields: Fields
) -> None:
    if thresholds is None:
        return
    values = list(map(str, thresholds.tolist()))
    values += ["0"] * (-len(values) % 4)
    texts.append(c_array(f"{prefix}_thresholds", "int8_t", values, len(values)))
    fields["thresholds"] = f"{prefix}_thresholds"


def _constants(emission: Emission) -> WeightedConstants:
    constants = emission.program.constants[emission.layer.name]
    if not isinstance(constants, WeightedConstants):
        raise TypeError(emission.layer.name)
    return constants


def _declarations(
    emission: Emission, constants: WeightedConstants, kind: str, window: Fields
) -> str:
    prefix = emission.prefix
    fields: Fields = {**window, "rows": _rows(emission, constants)}
    texts = [
        _weights(emission, constants.levels),
        _channels(prefix, constants),
    ]
    _add_thresholds(prefix, constants.thresholds, texts, fields)
    return "\n".join([*texts, c_struct(kind, f"{prefix}_params", fields)])


def _weights(emission: Emission, levels: NDArray[np.int8]) -> str:
    layer, prefix = emission.layer, emission.prefix
    packed = packed_weights(layer, levels, emission.core_class)
    if layer.weight_format == "s8":
        values = list(map(str, packed.view(np.int8).tolist()))
        return c_array(f"{prefix}_weights", "int8_t", values, len(values))
    words = c_words(packed)
    return c_array(f"{prefix}_weights", "uint32_t", words, len(words))


def _channels(prefix: str, constants: WeightedConstants) -> str:
    rescale = constants.rescale
    rows = zip(
        constants.bias.tolist(), rescale.shift.tolist(), rescale.multiplier.tolist(), strict=True
    )
    values = [f"{{{bias}, {shift}, {multiplier}}}" for bias, shift, multiplier in rows]
    return c_array(f"{prefix}_channels", "dse_channel", values, len(values))


def _rows(emission: Emission, constants: WeightedConstants) -> Fields:
    layer, levels = emission.layer, constants.levels
    columns = levels[0].size
    if layer.op == "depthwise":
        columns = len(levels)
    elif layer.weight_format == "xnor" and layer.op == "conv":
        columns = levels.shape[3]
    stride: dict[str, Number] = {}
    if layer.op == "conv" and layer.weight_format != "xnor":
        stride = {"stride": (layer.shape[2], "uint16_t")}
    return {
        "weights": f"{emission.prefix}_weights",
        "channels": f"{emission.prefix}_channels",
        **emission.numbers(
            {
                "columns": (columns, "uint32_t"),
                "outputs": (layer.shape[2] // layer.groups, "uint16_t"),
                **stride,
                "pre_shift": (constants.rescale.pre_shift, "uint8_t"),
                "zero_point": (emission.zero_point, "int8_t"),
                **clamp_fields(emission),
            }
        ),
    }
