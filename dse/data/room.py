"""Large arrays, refused before they fill the machine's memory."""

import os
from math import prod

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import DataError

__all__ = ["allocate"]

_SHARE = 0.6


def allocate(count: int, shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    """An array for `count` samples.

    Raises:
        DataError: It would take more than 60 % of the machine's memory.
    """
    wanted = 4 * count * prod(shape)
    present = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if wanted > _SHARE * present:
        raise DataError(
            "The data are too large for this machine's memory.",
            where=what,
            got=f"{wanted / 1e9:.1f} GB as float32, {count} samples of {shape}",
            allowed=f"{_SHARE * present / 1e9:.1f} GB",
            cure="Take fewer samples (?limit=, where the data have it) or smaller ones (rate, "
            "seconds, size).",
        )
    return np.empty((count, *shape), np.float32)
