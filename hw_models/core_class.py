"""What kernel counts are made of: the kinds of cores and the counts themselves."""

from typing import Literal

__all__ = ["CoreClass", "Counts"]

CoreClass = Literal["base", "adding", "dsp"]
"""Kernels of a core: dsp has SMLAD; adding multiplies slowly, and only there it is avoided."""

Counts = dict[str, float]
