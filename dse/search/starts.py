"""Feasible configurations to start from: compressed just enough to fit the budget.

Under a tight budget few random configurations fit, and those are compressed everywhere. A walk from
the uncompressed network that stops at the first feasible point compresses only what the budget
asks for.
"""

from collections.abc import Callable

import numpy as np

from dse.search.trial import Price
from search_spaces import Configuration, Space

__all__ = ["feasible_starts"]

_STEPS = 80
_TRIES = 4
_BEST = 3
_CUT_SHARE = 0.25


def feasible_starts(
    space: Space, price: Callable[[Configuration], Price], count: int, seed: int
) -> tuple[Configuration, ...]:
    """Distinct feasible configurations, each from a random walk of its own.

    Args:
        space: Options of a site stand in the order of growing compression.
        price: Exact price under the budget.
        count: How many are wanted; fewer come back where walks end alike or in a dead end.
        seed: Of the walks.
    """
    rng = np.random.default_rng(seed)
    found: dict[Configuration, None] = {}
    for attempt in range(_TRIES * count):
        start = space.baseline() if attempt % 2 == 0 else _cut(space, rng)
        end = _walk(start, space, price, rng)
        if end is not None:
            found[end] = None
        if len(found) == count:
            break
    return tuple(found)


def _cut(space: Space, rng: np.random.Generator) -> Configuration:
    """The uncompressed network, now and then with a random depth cut."""
    vector = [0] * len(space.sites)
    for index, site in enumerate(space.sites):
        if site.kind == "depth" and rng.random() < 2 * _CUT_SHARE:
            vector[index] = int(rng.integers(len(site.options)))
    return space.decode(vector)


def _walk(
    current: Configuration,
    space: Space,
    price: Callable[[Configuration], Price],
    rng: np.random.Generator,
) -> Configuration | None:
    """Take one of the steps that lower the violation most, until nothing is violated."""
    violation = price(current).violation
    for _ in range(_STEPS):
        if violation == 0:
            return current
        steps = _steps(current, space)
        if not steps:
            return None
        violations = np.array([price(step).violation for step in steps])
        order = np.lexsort((rng.random(len(steps)), violations))
        lower = int((violations < violation).sum())
        # Where no single step helps, two tensors share the peak: any step may free the other.
        chosen = int(order[rng.integers(min(lower, _BEST))] if lower else rng.integers(len(steps)))
        current, violation = steps[chosen], float(violations[chosen])
    return None


def _steps(current: Configuration, space: Space) -> list[Configuration]:
    """The configurations with one active site one option further; depth stays."""
    vector = space.encode(current)
    steps = []
    for index, site in enumerate(space.sites):
        further = vector[index] + 1
        if (
            site.kind != "depth"
            and further < len(site.options)
            and space.is_active(current, site.name)
        ):
            steps.append(space.decode((*vector[:index], further, *vector[index + 1 :])))
    return steps
