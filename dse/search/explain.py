"""Why a front is empty: the tightest constraint and the smallest relaxation that admits a point."""

from collections.abc import Iterable
from dataclasses import dataclass

from dse.search.trial import Trial
from hw_models.budget import Resource, Shortfall

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True)
class Explanation:
    """What keeps every tried configuration out of the budget.

    Args:
        tried: Number of infeasible trials.
        exceeded: For each resource, how many of them exceed its bound.
        tightest: The resource that most of them exceed.
        nearest: The trial that needs the smallest relaxation, by its largest relative excess.
        relaxation: The bounds that would admit it.
    """

    tried: int
    exceeded: tuple[tuple[Resource, int], ...]
    tightest: Resource
    nearest: Trial
    relaxation: tuple[Shortfall, ...]


def explain(trials: Iterable[Trial]) -> Explanation | None:
    """Explain the infeasible trials; None when there are none."""
    infeasible = [trial for trial in trials if trial.state == "infeasible"]
    if not infeasible:
        return None
    counts: dict[Resource, int] = {}
    for trial in infeasible:
        for shortfall in trial.price.shortfalls:
            counts[shortfall.resource] = counts.get(shortfall.resource, 0) + 1
    nearest = min(infeasible, key=_excess)
    return Explanation(
        tried=len(infeasible),
        exceeded=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        tightest=max(counts, key=lambda resource: (counts[resource], resource)),
        nearest=nearest,
        relaxation=nearest.price.shortfalls,
    )


def _excess(trial: Trial) -> tuple[float, float, int]:
    worst = max(shortfall.ratio for shortfall in trial.price.shortfalls)
    return (worst, trial.price.violation, trial.number)
