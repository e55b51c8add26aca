"""pymoo's NSGA-II behind ask/tell, over the integer vectors of a space."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.individual import Individual
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair

from dse.search.front import OBJECTIVES, objectives
from dse.search.sampler import register
from dse.search.trial import Trial
from search_spaces import Configuration, Space

__all__ = ["PymooSampler"]

_POPULATION = 24
# Small distribution indices: sites have two to five options, so children must be able to jump.
_ETA = 3.0


@register("pymoo-nsga2")
class PymooSampler:
    """NSGA-II (Deb 2002) by generations; a generation is handed out in parts."""

    def __init__(self, space: Space, seed: int, starts: Sequence[Configuration] = ()) -> None:
        self._space = space
        upper = np.array(space.cardinalities) - 1
        problem = Problem(
            n_var=len(upper),
            n_obj=len(OBJECTIVES),
            n_ieq_constr=1,
            xl=np.zeros_like(upper),
            xu=upper,
            vtype=int,
        )
        self._algorithm = NSGA2(
            pop_size=_POPULATION,
            sampling=_first_generation(space, seed, starts),
            crossover=SBX(prob=0.9, eta=_ETA, vtype=float, repair=RoundingRepair()),
            mutation=PM(eta=_ETA, vtype=float, repair=RoundingRepair()),
            eliminate_duplicates=True,
        )
        self._algorithm.setup(problem, termination=NoTermination(), seed=seed, verbose=False)
        self._generation: Population | None = None
        self._waiting: deque[Individual] = deque()
        self._asked: list[Individual] = []

    def ask(self, count: int) -> list[Configuration]:
        """Hand out the next part of the generation."""
        if not self._waiting:
            self._generation = self._algorithm.ask()
            self._waiting.extend(self._generation if self._generation is not None else ())
        self._asked = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        return [
            self._space.decode(tuple(int(value) for value in individual.X))
            for individual in self._asked
        ]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Take the results; the last part of a generation ends it."""
        for individual, trial in zip(self._asked, trials, strict=True):
            individual.set("F", np.array(objectives(trial)))
            individual.set("G", np.array([trial.price.violation]))
        self._asked = []
        if not self._waiting and self._generation is not None:
            self._algorithm.tell(infills=self._generation)
            self._generation = None


def _first_generation(
    space: Space, seed: int, starts: Sequence[Configuration]
) -> NDArray[np.int64]:
    """(population, sites): the starts, filled up with random vectors."""
    rng = np.random.default_rng(seed)
    known = [space.encode(start) for start in starts[:_POPULATION]]
    fresh = rng.integers(space.cardinalities, size=(_POPULATION - len(known), len(space.sites)))
    return np.array([*known, *map(tuple, fresh)], dtype=np.int64)
