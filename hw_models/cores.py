"""The cores, and which kernels each of them runs."""

from hw_models.core_class import CoreClass
from hw_models.errors import ConfigError

__all__ = ["CORES", "core_class"]

CORES: dict[str, CoreClass] = {
    "cortex-m0": "base",
    "cortex-m0plus": "base",
    "cortex-m3": "base",
    "cortex-m4": "dsp",
    "cortex-m7": "dsp",
    "cortex-m33": "dsp",
    "cortex-m0.small-multiply": "adding",
    "cortex-m0plus.small-multiply": "adding",
}
"""Kernels by core. `.small-multiply`, as in the compiler's names: a multiplication takes 32 cycles.

p4 and p3 are added up by exponent only there, as cycles per MAC on the virtual boards decide: p4,
3x3 with 32 channels, multiplied or added M0 7.0 or 12.5, M0+ 6.8 or 12.2, M3 6.2 or 14.5; with the
small multiplier M0 38.4 or 12.7, M0+ 38.2 or 12.5.
"""


def core_class(core: str) -> CoreClass:
    """Which kernels a core runs.

    Raises:
        ConfigError: An unknown core.
    """
    try:
        return CORES[core]
    except KeyError:
        raise ConfigError("Unknown core.", got=core, allowed=", ".join(CORES)) from None
