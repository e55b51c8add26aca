"""Pure helpers that write C: arrays, struct initialisers and numbers that are known to fit."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import ModelError

__all__ = ["c_array", "c_integer", "c_struct", "c_words"]

_WIDTH = 98


def c_integer(value: int, c_type: str, where: str) -> str:
    """A number as an initialiser of a C integer type.

    >>> c_integer(-3, "int8_t", "zero point")
    '-3'

    Raises:
        ModelError: It does not fit the type.
    """
    bits = int(c_type.removeprefix("u").removeprefix("int").removesuffix("_t"))
    low, high = (
        (0, (1 << bits) - 1) if c_type[0] == "u" else (-(1 << bits - 1), (1 << bits - 1) - 1)
    )
    if not low <= value <= high:
        raise ModelError(
            "A number does not fit the kernel's parameter.",
            where=where,
            got=value,
            allowed=f"{low} to {high} ({c_type})",
            cure="Use a smaller layer.",
        )
    return f"{value}u" if c_type == "uint32_t" else str(value)


def c_array(name: str, c_type: str, values: Iterable[str], count: int) -> str:
    """A constant array, lines at most 100 wide, aligned to words.

    >>> print(c_array("a", "int8_t", ["1", "2"], 2))
    static const int8_t a[2] DSE_ALIGNED = {
        1, 2,
    };
    """
    lines, line = [], "   "
    for value in values:
        if len(line) + len(value) + 2 > _WIDTH:
            lines.append(line)
            line = "   "
        line += f" {value},"
    body = "\n".join([*lines, line])
    return f"static const {c_type} {name}[{count}] DSE_ALIGNED = {{\n{body}\n}};"


def c_words(packed: NDArray[np.uint8]) -> list[str]:
    """Packed bytes as little-endian 32-bit words."""
    words = np.ascontiguousarray(packed).reshape(-1).view("<u4")
    return [f"0x{word:08x}" for word in words.tolist()]


def c_struct(c_type: str, name: str, fields: Mapping[str, object]) -> str:
    """A constant struct with designated initialisers; a mapping as a value nests.

    >>> print(c_struct("dse_argmax_params", "p", {"elements": 4}))
    static const dse_argmax_params p DSE_ALIGNED = {
        .elements = 4,
    };
    """
    body = "\n".join(_fields(fields, "    "))
    return f"static const {c_type} {name} DSE_ALIGNED = {{\n{body}\n}};"


def _fields(fields: Mapping[str, object], indent: str) -> list[str]:
    lines = []
    for key, value in fields.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}.{key} = {{", *_fields(value, indent + "    "), f"{indent}}},"]
        else:
            lines.append(f"{indent}.{key} = {value},")
    return lines
