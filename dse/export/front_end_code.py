"""Constants of the front end and the functions that call it."""

import numpy as np
from numpy.typing import NDArray

from dse.export.ctext import c_array, c_integer, c_struct
from dse.program import Program
from hw_models.feature_levels import FeatureLevels, fit_levels
from hw_models.front_end import FrontEnd
from hw_models.front_end_tables import front_end_tables

__all__ = ["emit_front_end"]

_PREFIX = "front_end"
_SIZES = {
    "samples": "uint16_t",
    "points": "uint16_t",
    "first_bin": "uint16_t",
    "bands": "uint16_t",
    "coefficients": "uint16_t",
    "shift": "uint8_t",
    "offset": "int32_t",
}


def emit_front_end(program: Program, front_end: FrontEnd) -> str:
    """Declarations of a program's front end, its parameters called `front_end_params`."""
    tables = front_end_tables(front_end)
    own = program.quantisation[program.network.input.name]
    levels = fit_levels(front_end, own.scale, own.zero_point)
    arrays = {
        "window": _array("window", "uint16_t", tables.window),
        "twiddles": _words("twiddles", tables.twiddles),
        "segments": _array("segments", "uint8_t", tables.segments),
        "weights": _array("weights", "uint8_t", tables.weights),
        "logs": _array("logs", "uint16_t", tables.logs),
        "levels": _levels(levels),
    }
    if tables.cosines is not None:
        arrays["cosines"] = _array("cosines", "int16_t", tables.cosines)
    sizes = {
        "samples": front_end.window,
        "points": front_end.points,
        "first_bin": tables.first_bin,
        "bands": front_end.bands,
        "coefficients": front_end.coefficients,
        "shift": tables.shift,
        "offset": tables.offset,
    }
    fields: dict[str, object] = {name: f"{_PREFIX}_{name}" for name in arrays}
    fields |= {
        name: c_integer(value, _SIZES[name], f"front end, {name}") for name, value in sizes.items()
    }
    declared = c_struct("dse_features_params", f"{_PREFIX}_params", fields)
    return "\n".join([*arrays.values(), declared])


def _array(name: str, c_type: str, values: NDArray[np.integer]) -> str:
    flat = values.reshape(-1).tolist()
    return c_array(f"{_PREFIX}_{name}", c_type, map(str, flat), len(flat))


def _words(name: str, pairs: NDArray[np.int16]) -> str:
    words = np.ascontiguousarray(pairs.astype("<i2")).view("<u4").reshape(-1).tolist()
    return c_array(f"{_PREFIX}_{name}", "uint32_t", (f"0x{word:08x}" for word in words), len(words))


def _levels(levels: FeatureLevels) -> str:
    rows = zip(levels.multiplier.tolist(), levels.bias.tolist(), levels.shift.tolist(), strict=True)
    values = [f"{{{multiplier}, {bias}, {shift}}}" for multiplier, bias, shift in rows]
    return c_array(f"{_PREFIX}_levels", "dse_level", values, len(values))
