"""Constants of the front end and the functions that call it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dse.export.ctext import c_array, c_integer, c_struct
from dse.front_end import sound_samples
from dse.program import Program
from hw_models.feature_levels import FeatureLevels, fit_levels
from hw_models.front_end import FrontEnd
from hw_models.front_end_cost import front_end_sources
from hw_models.front_end_tables import front_end_tables
from hw_models.kernels import CoreClass
from hw_models.memory import MemoryPlan

__all__ = ["FEATURES_HEADER", "FrontEndCode", "emit_front_end", "front_end_code"]

FEATURES_HEADER = "dse_features.h"

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


@dataclass(frozen=True)
class FrontEndCode:
    """C of a front end.

    Args:
        interface: Sizes and prototypes, for network.h.
        declarations: Constants, for file scope.
        functions: That fill the input, for network.c.
        sources: Stems of the kernel files.
    """

    interface: tuple[str, ...]
    declarations: str
    functions: tuple[str, ...]
    sources: tuple[str, ...]


def front_end_code(
    program: Program, prefix: str, plan: MemoryPlan, core_class: CoreClass
) -> FrontEndCode | None:
    """Write the front end of a program, if it has one.

    Args:
        program: The integers.
        prefix: C identifier in front of every public name.
        plan: Where input and scratch lie.
        core_class: Which kernels to call.

    Raises:
        ModelError: A number does not fit its type.
    """
    front_end = program.network.front_end
    if front_end is None:
        return None
    sources = front_end_sources(core_class)
    scratch = f"ARENA + {plan.front_end_offset}"
    row = f"{prefix}_input() + index * {front_end.coefficients}"
    functions = (
        f"void {prefix}_frame(const int16_t *frame, int index)",
        "{",
        f"    {sources[0]}(&{_PREFIX}_params, frame, {scratch}, {row});",
        "}",
        "",
        f"void {prefix}_features(const int16_t *samples)",
        "{",
        f"    for (int index = 0; index < {prefix.upper()}_FRAMES; index++) {{",
        f"        {prefix}_frame(samples + index * {prefix.upper()}_HOP, index);",
        "    }",
        "}",
        "",
    )
    return FrontEndCode(
        _interface(program, front_end, prefix),
        emit_front_end(program, front_end),
        functions,
        sources,
    )


def _interface(program: Program, front_end: FrontEnd, prefix: str) -> tuple[str, ...]:
    sizes = {
        "SAMPLE_RATE": front_end.rate_hz,
        "WINDOW": front_end.window,
        "HOP": front_end.hop,
        "FRAMES": program.network.input.shape[0],
        "SAMPLES": sound_samples(program.network),
    }
    return (
        "",
        f"/* The front end ({front_end.kind}) writes the input, all of it out of SAMPLES, or one",
        "   frame, as soon as its WINDOW of samples from index * HOP on is there. All frames come",
        "   before the run, which uses their bytes again. */",
        *(f"#define {prefix.upper()}_{name} {value}" for name, value in sizes.items()),
        f"void {prefix}_frame(const int16_t *frame, int index);",
        f"void {prefix}_features(const int16_t *samples);",
    )


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
