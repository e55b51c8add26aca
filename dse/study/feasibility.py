"""Whether a budget admits anything: random samples, then a descent towards the budget.

Prices are exact and cheap, so this is asked before anything is trained.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dse.search import Price, Trial, explain
from hw_models.budget import Budget
from hw_models.errors import ConfigError
from search_spaces import Configuration, Space

__all__ = ["Feasibility", "probe_feasibility", "require_feasible"]

_DESCENTS = 3
_STEPS = 200


@dataclass(frozen=True)
class Feasibility:
    """What a probe of a space found.

    Args:
        sampled: Random configurations priced.
        feasible: How many of them fit the budget.
        nearest: A configuration that fits, or needs the smallest relaxation found.
        price: Of the nearest.
        infeasible: Priced configurations that do not fit, for the explanation.
    """

    sampled: int
    feasible: int
    nearest: Configuration
    price: Price
    infeasible: tuple[Trial, ...]

    @property
    def share(self) -> float:
        """Feasible share of the random configurations."""
        return self.feasible / self.sampled


def probe_feasibility(
    space: Space,
    price: Callable[[Configuration], Price],
    budget: Budget,
    samples: int = 200,
    seed: int = 0,
) -> Feasibility:
    """Price random configurations; where none fits, descend from the nearest ones.

    A descent takes the neighbour with the smallest worst ratio of demand to bound, until none is
    better or one fits.

    Args:
        space: To probe.
        price: Exact price under the budget.
        budget: The bounds.
        samples: Number of random configurations.
        seed: Of the samples.
    """
    rng = np.random.default_rng(seed)
    drawn = dict.fromkeys([space.baseline(), *(space.sample(rng) for _ in range(samples))])
    prices = {item: price(item) for item in drawn}
    ranked = sorted(prices, key=lambda item: _excess(prices[item], budget))
    feasible = sum(not prices[item].shortfalls for item in prices)
    nearest = ranked[0]
    for start in ranked[:_DESCENTS] if not feasible else ():
        end = _descend(start, space, price, budget, prices)
        nearest = min(nearest, end, key=lambda item: _excess(prices[item], budget))
    infeasible = tuple(
        Trial(number, item, own, None)
        for number, (item, own) in enumerate(prices.items())
        if own.shortfalls
    )
    return Feasibility(len(drawn), feasible, nearest, prices[nearest], infeasible)


def require_feasible(found: Feasibility, space: Space) -> None:
    """Refuse a budget that nothing fits.

    Raises:
        ConfigError: Naming the tightest constraint and the smallest relaxation found.
    """
    if not found.price.shortfalls:
        return
    reasons = explain(found.infeasible)
    if reasons is None:
        return
    changes = ", ".join(
        f"{site} = {option.label()}" for site, option in space.changes(found.nearest)
    )
    raise ConfigError(
        "No configuration fits the budget.",
        where=f"{reasons.tried} configurations of the space of {space.network.name!r}",
        got=f"tightest: {reasons.tightest}; the nearest configuration needs "
        + "; ".join(str(shortfall) for shortfall in reasons.relaxation)
        + f" ({changes or 'the uncompressed network'})",
        cure="Relax the budget to these figures, choose a larger part, or a smaller network.",
    )


def _descend(
    start: Configuration,
    space: Space,
    price: Callable[[Configuration], Price],
    budget: Budget,
    prices: dict[Configuration, Price],
) -> Configuration:
    """Walk to ever smaller excess; every configuration priced on the way joins `prices`."""
    current = start
    for _ in range(_STEPS):
        if not prices[current].shortfalls:
            return current
        around = space.neighbours(current)
        prices.update({item: price(item) for item in around if item not in prices})
        best = min((current, *around), key=lambda item: _excess(prices[item], budget))
        if best == current:
            return current
        current = best
    return current


def _excess(price: Price, budget: Budget) -> tuple[float, float]:
    """Worst and summed ratio of demand to bound; the sum breaks ties between equal worsts."""
    ratios = [price.ram_demand_bytes / budget.ram_bytes, price.flash_bytes / budget.flash_bytes]
    if budget.latency_s is not None:
        ratios.append(price.latency_s / budget.latency_s)
    if budget.energy_j is not None and price.energy_j is not None:
        ratios.append(price.energy_j / budget.energy_j)
    return (max(ratios), sum(ratios))
