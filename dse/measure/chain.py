"""A network that grows layer by layer, within limits."""

from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from dse.measure.drawn_sizes import drawn_nonzeros
from hw_models.network import Layer, Network, Tensor, expected_shape

__all__ = ["MAX_ELEMENTS", "MAX_MACS", "Chain", "Limits"]

MAX_MACS = 300_000
MAX_WEIGHTS = 24_000
MAX_ELEMENTS = 12_000
TRIES = 1000


@dataclass(frozen=True)
class Limits:
    """The largest layer that is drawn, and how often sizes are drawn before one is left out."""

    macs: int = MAX_MACS
    weights: int = MAX_WEIGHTS
    elements: int = MAX_ELEMENTS
    tries: int = TRIES


@dataclass
class Chain:
    """A network in the making."""

    rng: np.random.Generator
    input: Tensor
    limits: Limits
    layers: list[Layer] = field(default_factory=list)

    @property
    def last(self) -> Tensor:
        """The input of the next layer."""
        return self.layers[-1].output if self.layers else self.input

    def append(self, layer: Layer) -> bool:
        """Add the layer with the shape that follows, unless it is illegal or too large."""
        sources = tuple(self.last for _ in layer.inputs)
        shaped = replace(layer, shape=expected_shape(layer, sources))
        if layer.weight_format == "sparse8":
            shaped = replace(shaped, row_nonzeros=drawn_nonzeros(self.rng, shaped, sources[0]))
        if min(shaped.shape) < 1 or prod(shaped.shape) > self.limits.elements:
            return False
        network = Network("trial", self.last, (shaped,))
        weights = prod(network.weight_shape(shaped)) if shaped.is_weighted else 0
        if network.macs(shaped) > self.limits.macs or weights > self.limits.weights:
            return False
        self.layers.append(replace(shaped, name=f"l{len(self.layers)}"))
        return True
