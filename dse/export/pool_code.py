"""Constants of pooling layers."""

from dse.export.ctext import c_struct
from dse.export.emission import Emission, Fields, clamp_fields, window_fields
from dse.program import PoolConstants

__all__ = ["emit_avg_pool", "emit_max_pool"]


def emit_max_pool(emission: Emission) -> str:
    """Declarations of a max_pool layer; of bits it is a window alone."""
    if emission.layer.format == "b1":
        return c_struct("dse_window", f"{emission.prefix}_params", window_fields(emission, 0))
    fields: Fields = {
        "window": window_fields(emission, 0),
        **emission.numbers(clamp_fields(emission)),
    }
    return c_struct("dse_max_pool_params", f"{emission.prefix}_params", fields)


def emit_avg_pool(emission: Emission) -> str:
    """Declarations of an avg_pool layer."""
    constants = emission.program.constants[emission.layer.name]
    if not isinstance(constants, PoolConstants):
        raise TypeError(emission.layer.name)
    rescale = constants.rescale
    fields: Fields = {
        "window": window_fields(emission, 0),
        "channel": emission.numbers(
            {
                "bias": (constants.bias, "int32_t"),
                "multiplier": (int(rescale.multiplier[0]), "int16_t"),
                "shift": (int(rescale.shift[0]), "uint8_t"),
            }
        ),
        **emission.numbers(
            {
                "pre_shift": (rescale.pre_shift, "uint8_t"),
                "zero_point": (emission.zero_point, "int8_t"),
                **clamp_fields(emission),
            }
        ),
    }
    return c_struct("dse_avg_pool_params", f"{emission.prefix}_params", fields)
