"""Optuna's samplers behind ask/tell, over the integer vectors of a space.

Infeasible configurations are told with their exact cost, error 1 and a positive constraint, which
NSGA-II and TPE take as worse than any feasible one.
"""

from collections.abc import Sequence

import optuna
from optuna.distributions import BaseDistribution, IntDistribution

from dse.search.front import OBJECTIVES, objectives
from dse.search.sampler import register
from dse.search.trial import Trial
from search_spaces import Configuration, Space

__all__ = ["OptunaSampler"]

_POPULATION = 24


class OptunaSampler:
    """Feeds an in-memory Optuna study, which lives as long as the search."""

    def __init__(
        self,
        space: Space,
        sampler: optuna.samplers.BaseSampler,
        starts: Sequence[Configuration] = (),
    ) -> None:
        self._space = space
        verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            self._study = optuna.create_study(
                directions=["minimize"] * len(OBJECTIVES), sampler=sampler
            )
        finally:
            optuna.logging.set_verbosity(verbosity)
        self._names = [f"{index:03d} {site.name}" for index, site in enumerate(space.sites)]
        self._distributions: dict[str, BaseDistribution] = {
            name: IntDistribution(0, size - 1)
            for name, size in zip(self._names, space.cardinalities, strict=True)
        }
        for start in starts:
            self._study.enqueue_trial(dict(zip(self._names, space.encode(start), strict=True)))
        self._pending: list[optuna.trial.Trial] = []

    def ask(self, count: int) -> list[Configuration]:
        """Draw `count` configurations from the Optuna study."""
        self._pending = [self._study.ask(self._distributions) for _ in range(count)]
        return [
            self._space.decode(tuple(int(trial.params[name]) for name in self._names))
            for trial in self._pending
        ]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Hand the results of the last `ask` to Optuna."""
        for asked, trial in zip(self._pending, trials, strict=True):
            asked.set_constraint("budget", trial.price.violation)
            if trial.state == "failed":
                self._study.tell(asked, state=optuna.trial.TrialState.FAIL)
            else:
                self._study.tell(asked, list(objectives(trial)))
        self._pending = []


@register("optuna-nsga2")
def nsga2(space: Space, seed: int, starts: Sequence[Configuration]) -> OptunaSampler:
    """NSGA-II (Deb 2002) as Optuna implements it."""
    sampler = optuna.samplers.NSGAIISampler(population_size=_POPULATION, seed=seed)
    return OptunaSampler(space, sampler, starts)


@register("optuna-tpe")
def tpe(space: Space, seed: int, starts: Sequence[Configuration]) -> OptunaSampler:
    """Multi-objective tree-structured Parzen estimator (Ozaki 2020) as Optuna implements it."""
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_POPULATION)
    return OptunaSampler(space, sampler, starts)
