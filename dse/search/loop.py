"""The search loop: ask, price, refuse or evaluate, record, tell.

Only trials that are not known yet cost anything, so a search that was stopped is resumed by running
the same loop from its start with the recorded trials as `known`: the sampler is deterministic, asks
the same questions and gets the same answers.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dse.search.sampler import Sampler
from dse.search.trial import Outcome, Price, Trial
from search_spaces import Configuration

__all__ = ["BATCH", "Evaluator", "Limits", "SearchResult", "StopReason", "search"]

# A fixed batch, whatever the number of workers, so that they all see the same search.
BATCH = 8
_STALE_BATCHES = 60

StopReason = Literal["trials", "time", "draws", "exhausted", "interrupted"]


class Evaluator(Protocol):
    """Evaluates feasible configurations, in one process or several."""

    def evaluate(self, configurations: Sequence[Configuration]) -> Iterator[tuple[int, Outcome]]:
        """Yield (index into configurations, outcome) as they get done."""
        ...


@dataclass(frozen=True)
class Limits:
    """When to stop.

    Args:
        trials: Trained trials (complete or failed).
        seconds: Wall-clock time of this run, or None.
        draws: All trials, the infeasible ones included.
    """

    trials: int
    seconds: float | None = None
    draws: int = 20_000


@dataclass(frozen=True)
class SearchResult:
    """All trials in the order of their numbers, and why the search stopped."""

    trials: tuple[Trial, ...]
    stopped: StopReason


@dataclass
class _Progress:
    trials: dict[Configuration, Trial]
    trained: int = 0
    stale_batches: int = 0


def search(
    sampler: Sampler,
    price: Callable[[Configuration], Price],
    evaluator: Evaluator,
    limits: Limits,
    known: Iterable[Trial] = (),
    record: Callable[[Trial], None] = lambda _: None,
    show: Callable[[Trial], None] = lambda _: None,
) -> SearchResult:
    """Run a search until a limit is reached.

    Args:
        sampler: A fresh one.
        price: Exact cost with its shortfalls; called once per new configuration.
        evaluator: Trains and scores feasible configurations.
        limits: When to stop.
        known: Trials of an earlier run of the same search.
        record: Called with each new trial as soon as it is done.
        show: Called with each trial, known ones included, as soon as it is done.
    """
    cache = {trial.configuration: trial for trial in known}
    state = _Progress({})
    deadline = None if limits.seconds is None else time.monotonic() + limits.seconds
    try:
        while True:
            reason = _reason_to_stop(state, limits, deadline)
            if reason is None:
                asked = sampler.ask(BATCH)
                reason = None if asked else "exhausted"
            if reason is not None:
                return _result(state, reason)
            before = len(state.trials)
            for trial in _batch(asked, state, price, evaluator, limits, deadline, cache):
                if cache.get(trial.configuration) != trial:
                    record(trial)
                show(trial)
            state.stale_batches = 0 if len(state.trials) > before else state.stale_batches + 1
            if all(configuration in state.trials for configuration in asked):
                sampler.tell([state.trials[configuration] for configuration in asked])
    except KeyboardInterrupt:
        return _result(state, "interrupted")


def _result(state: _Progress, reason: StopReason) -> SearchResult:
    ordered = sorted(state.trials.values(), key=lambda trial: trial.number)
    return SearchResult(tuple(ordered), reason)


def _reason_to_stop(state: _Progress, limits: Limits, deadline: float | None) -> StopReason | None:
    if state.trained >= limits.trials:
        return "trials"
    if deadline is not None and time.monotonic() >= deadline:
        return "time"
    if len(state.trials) >= limits.draws:
        return "draws"
    return "exhausted" if state.stale_batches >= _STALE_BATCHES else None


def _batch(
    asked: Sequence[Configuration],
    state: _Progress,
    price: Callable[[Configuration], Price],
    evaluator: Evaluator,
    limits: Limits,
    deadline: float | None,
    cache: Mapping[Configuration, Trial],
) -> Iterator[Trial]:
    """Yield the new trials of a batch as they get done; known outcomes come first."""
    new = [item for item in dict.fromkeys(asked) if item not in state.trials]
    number = len(state.trials)
    waiting: list[tuple[int, Configuration, Price]] = []
    for offset, configuration in enumerate(new):
        cost = cache[configuration].price if configuration in cache else price(configuration)
        outcome = cache[configuration].outcome if configuration in cache else None
        if outcome is None and not cost.shortfalls:
            waiting.append((number + offset, configuration, cost))
            continue
        yield _add(state, Trial(number + offset, configuration, cost, outcome))
    room = max(0, limits.trials - state.trained)
    pending = waiting[:room]
    for index, outcome in evaluator.evaluate([item[1] for item in pending]):
        place, configuration, cost = pending[index]
        yield _add(state, Trial(place, configuration, cost, outcome))
        if deadline is not None and time.monotonic() >= deadline:
            return


def _add(state: _Progress, trial: Trial) -> Trial:
    state.trials[trial.configuration] = trial
    state.trained += trial.outcome is not None
    return trial
