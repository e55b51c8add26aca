"""Random search: the baseline that every other sampler has to beat."""

from collections.abc import Sequence

import numpy as np

from dse.search.sampler import register
from dse.search.trial import Trial
from search_spaces import Configuration, Space

__all__ = ["RandomSampler"]


@register("random")
class RandomSampler:
    """Draws from the space independently of what it is told; starts are not used."""

    def __init__(self, space: Space, seed: int, starts: Sequence[Configuration] = ()) -> None:
        self._space = space
        self._rng = np.random.default_rng(seed)

    def ask(self, count: int) -> list[Configuration]:
        """Draw `count` configurations."""
        return [self._space.sample(self._rng) for _ in range(count)]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Ignore the results."""
