"""Constants of the layers without weights or windows, but for those in strips."""

from dse.export.ctext import c_array, c_struct
from dse.export.emission import Emission, Fields, Number, clamp_fields
from dse.program import AddConstants, LookupConstants, SoftmaxConstants
from hw_models.memory import MemoryPlan

__all__ = [
    "emit_add",
    "emit_argmax",
    "emit_concat",
    "emit_lookup",
    "emit_softmax",
    "emit_transpose",
]


def emit_add(emission: Emission) -> str:
    """Declarations of an add layer."""
    constants = emission.program.constants[emission.layer.name]
    if not isinstance(constants, AddConstants):
        raise TypeError(emission.layer.name)
    first, second, shift = constants.parameters
    quantisation = emission.program.quantisation
    zeros = [quantisation[name].zero_point for name in emission.layer.inputs]
    offset = ((1 << shift) >> 1) - zeros[0] * first - zeros[1] * second
    offset += emission.zero_point << shift
    fields = emission.numbers(
        {
            "elements": (emission.source.elements, "uint32_t"),
            "offset": (offset, "int32_t"),
            "first": (first, "int16_t"),
            "second": (second, "int16_t"),
            "shift": (shift, "uint8_t"),
            **clamp_fields(emission),
        }
    )
    return c_struct("dse_add_params", f"{emission.prefix}_params", fields)


def emit_concat(emission: Emission, plan: MemoryPlan) -> str:
    """Declarations of a concat layer.

    Args:
        emission: The layer.
        plan: Where its inputs lie.
    """
    layer = emission.layer
    pixels = layer.shape[0] * layer.shape[1]
    parts = f"{emission.prefix}_parts"
    rows = [
        f"{{{plan.offsets[each.name]}u, {each.size_bytes // pixels}u}}"
        for each in emission.program.network.inputs(layer)
    ]
    fields: Fields = {
        "parts": parts,
        **emission.numbers(
            {
                "pixels": (pixels, "uint32_t"),
                "count": (len(rows), "uint16_t"),
                "stride": (layer.output.size_bytes // pixels, "uint16_t"),
            }
        ),
    }
    return "\n".join(
        [
            c_array(parts, "dse_concat_part", rows, len(rows)),
            c_struct("dse_concat_params", f"{emission.prefix}_params", fields),
        ]
    )


def emit_transpose(emission: Emission) -> str:
    """Declarations of a transpose layer."""
    _, width, channels = emission.source.shape
    steps = (width * channels, channels, 1)
    fields: Fields = {}
    for axis, source_axis in enumerate(emission.layer.permutation):
        fields |= emission.numbers({f"stride[{axis}]": (steps[source_axis], "uint32_t")})
    for axis, size in enumerate(emission.layer.shape):
        fields |= emission.numbers({f"size[{axis}]": (size, "uint16_t")})
    return c_struct("dse_transpose_params", f"{emission.prefix}_params", fields)


def emit_lookup(emission: Emission) -> str:
    """Declarations of a lookup layer."""
    constants = emission.program.constants[emission.layer.name]
    if not isinstance(constants, LookupConstants):
        raise TypeError(emission.layer.name)
    table = f"{emission.prefix}_table"
    elements: dict[str, Number] = {"elements": (emission.source.elements, "uint32_t")}
    fields: Fields = {"table": table, **emission.numbers(elements)}
    values = list(map(str, constants.table.tolist()))
    return "\n".join(
        [
            c_array(table, "int8_t", values, len(values)),
            c_struct("dse_lookup_params", f"{emission.prefix}_params", fields),
        ]
    )


def emit_softmax(emission: Emission) -> str:
    """Declarations of a softmax layer."""
    constants = emission.program.constants[emission.layer.name]
    if not isinstance(constants, SoftmaxConstants):
        raise TypeError(emission.layer.name)
    height, width, channels = emission.layer.shape
    table = f"{emission.prefix}_table"
    fields: Fields = {
        "table": table,
        **emission.numbers(
            {
                "rows": (height * width, "uint32_t"),
                "channels": (channels, "uint16_t"),
                **clamp_fields(emission),
            }
        ),
    }
    values = list(map(str, constants.table.tolist()))
    return "\n".join(
        [
            c_array(table, "uint16_t", values, len(values)),
            c_struct("dse_softmax_params", f"{emission.prefix}_params", fields),
        ]
    )


def emit_argmax(emission: Emission) -> str:
    """Declarations of an argmax layer."""
    fields = emission.numbers({"elements": (emission.source.elements, "uint32_t")})
    return c_struct("dse_argmax_params", f"{emission.prefix}_params", fields)
