"""Samplers behind one ask/tell protocol, the search loop, fronts and hypervolume."""

from dse.search import optuna_samplers, pymoo_sampler, random_sampler
from dse.search.explain import Explanation, explain
from dse.search.front import OBJECTIVES, front, hypervolume, knee, objectives, reference_point
from dse.search.loop import Evaluator, Limits, SearchResult, search
from dse.search.sampler import Sampler, make_sampler, register, sampler_names
from dse.search.starts import feasible_starts
from dse.search.trial import Outcome, Price, Trial
from dse.search.workers import make_evaluator

__all__ = [
    "OBJECTIVES",
    "Evaluator",
    "Explanation",
    "Limits",
    "Outcome",
    "Price",
    "Sampler",
    "SearchResult",
    "Trial",
    "explain",
    "feasible_starts",
    "front",
    "hypervolume",
    "knee",
    "make_evaluator",
    "make_sampler",
    "objectives",
    "optuna_samplers",
    "pymoo_sampler",
    "random_sampler",
    "reference_point",
    "register",
    "sampler_names",
    "search",
]
