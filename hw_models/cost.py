"""Cost: what one inference takes, by layer and in sum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.flash import FlashAccount, LayerFlash

__all__ = ["BatchCost", "Cost", "LayerCost", "LayerEntry"]


@dataclass(frozen=True)
class LayerCost:
    """Cost of one layer.

    Args:
        name: Of the layer.
        op: What it does.
        weight_format: None where it has no weights.
        macs: Multiply-accumulates.
        cycles: Rounded to a whole number, so that sums do not depend on their order.
        constant_bytes: Its constants in flash.
    """

    name: str
    op: str
    weight_format: str | None
    macs: int
    cycles: int
    constant_bytes: int


@dataclass(frozen=True)
class Cost:
    """Cost of one inference.

    Args:
        cycles: Sum over the layers.
        latency_s: Cycles over the device's clock.
        ram_bytes: Arena and static data; the stack is apart.
        stack_bytes: Deepest stack that the profile saw; None where it was not measured.
        flash_bytes: Constants, linked kernels and code.
        energy_j: Active power x latency; None where the device has no power figure.
        error_pct: Largest error of predicted cycles that the profile showed on a network left out
            of its fit; RAM is exact.
        layers: In running order.
        flash: What the flash holds.
        front_end: Cost of what makes the input out of audio; part of the sums.
    """

    cycles: int
    latency_s: float
    ram_bytes: int
    stack_bytes: int | None
    flash_bytes: int
    energy_j: float | None
    error_pct: float
    layers: tuple[LayerCost, ...]
    flash: FlashAccount
    front_end: LayerCost | None = None

    @property
    def stages(self) -> tuple[LayerCost, ...]:
        """The front end, if there is one, and the layers, in running order."""
        return self.layers if self.front_end is None else (self.front_end, *self.layers)

    @property
    def ram_demand_bytes(self) -> int:
        """What a budget of RAM has to hold: arena, static data and, where known, the stack."""
        return self.ram_bytes + (self.stack_bytes or 0)


@dataclass(frozen=True)
class BatchCost:
    """Costs of many networks, one array element each; fields as in `Cost`, the stack of all."""

    cycles: NDArray[np.int64]
    latency_s: NDArray[np.float64]
    ram_bytes: NDArray[np.int64]
    stack_bytes: int | None
    flash_bytes: NDArray[np.int64]
    energy_j: NDArray[np.float64] | None
    error_pct: float


@dataclass(frozen=True)
class LayerEntry:
    """What a layer costs, whatever stands around it.

    Args:
        macs: Multiply-accumulates.
        cycles: Whole cycles.
        scratch_bytes: Of its kernel, a multiple of 4.
        flash: What it brings into the flash.
    """

    macs: int
    cycles: int
    scratch_bytes: int
    flash: LayerFlash
