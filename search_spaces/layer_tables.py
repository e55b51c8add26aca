"""The costs of one layer for many configurations: a table of all, or one that grows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.estimate import LayerEntry
from search_spaces.shape_keys import ShapeKey

__all__ = ["GrowingLayer", "Known", "LayerTable", "WholeLayer", "tabulate"]

Vectors = NDArray[np.int64]
Known = tuple[LayerEntry, int]
"""What a layer costs, and the aligned bytes that it stores."""


@dataclass(frozen=True)
class LayerTable:
    """Costs of one layer, one array element each.

    Args:
        cycles: Per combination; likewise the others.
        flash_bytes: Constants and call.
        scratch_bytes: Of the kernel.
        kernels: (combinations, kernel files) bool: which files it links.
        block_bytes: Aligned size of what it stores.
    """

    cycles: NDArray[np.int64]
    flash_bytes: NDArray[np.int64]
    scratch_bytes: NDArray[np.int64]
    kernels: NDArray[np.bool_]
    block_bytes: NDArray[np.int64]


@dataclass(frozen=True)
class WholeLayer:
    """A layer of which every combination is known.

    Args:
        sites: Positions of the sites it depends on.
        strides: Of their options in the flat table.
        table: By combination.
    """

    sites: tuple[int, ...]
    strides: NDArray[np.int64]
    table: LayerTable

    def index(self, vectors: Vectors) -> NDArray[np.int64]:
        """(n,) flat index of each vector's combination."""
        flat: NDArray[np.int64] = vectors[:, self.sites] @ self.strides
        return flat


@dataclass(frozen=True)
class GrowingLayer:
    """A layer of which those shapes are known that have been asked for.

    Args:
        place: Of the layer in the network.
        key: What its costs depend on.
        known: By the values of the key; grows.
    """

    place: int
    key: ShapeKey
    known: dict[tuple[int, ...], Known]


def tabulate(entries: Sequence[Known], files: Sequence[str]) -> LayerTable:
    """The table of some costs.

    Args:
        entries: In the order of the table.
        files: All kernel files.
    """
    flash = [cost.flash for cost, _ in entries]
    return LayerTable(
        np.array([cost.cycles for cost, _ in entries], dtype=np.int64),
        np.array([each.constant_bytes + each.call_bytes for each in flash], dtype=np.int64),
        np.array([cost.scratch_bytes for cost, _ in entries], dtype=np.int64),
        np.array([[name in each.sources for name in files] for each in flash]),
        np.array([size for _, size in entries], dtype=np.int64),
    )
