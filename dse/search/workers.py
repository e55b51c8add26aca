"""Evaluators: in this process, or in a pool of worker processes with the same results."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from types import TracebackType

import torch

from dse.search.trial import Outcome
from hw_models.errors import ToolError
from search_spaces import Configuration

__all__ = ["PoolEvaluator", "SerialEvaluator", "make_evaluator"]

Evaluate = Callable[[Configuration], Outcome]
_PARENT_CHECK_S = 1.0


class SerialEvaluator(AbstractContextManager["SerialEvaluator"]):
    """Evaluates in this process, one configuration after the other."""

    def __init__(self, function: Evaluate) -> None:
        self._function = function

    def evaluate(self, configurations: Sequence[Configuration]) -> Iterator[tuple[int, Outcome]]:
        """Yield (index, outcome) in order."""
        for index, configuration in enumerate(configurations):
            yield index, self._function(configuration)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing to close."""


class PoolEvaluator(AbstractContextManager["PoolEvaluator"]):
    """Evaluates in worker processes, which live until the block ends.

    Args:
        function: Picklable; sent to each worker once.
        jobs: Number of workers.
    """

    def __init__(self, function: Evaluate, jobs: int) -> None:
        self._pool = ProcessPoolExecutor(
            jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(function, os.getpid()),
        )

    def evaluate(self, configurations: Sequence[Configuration]) -> Iterator[tuple[int, Outcome]]:
        """Yield (index, outcome) as the workers finish."""
        futures: dict[Future[Outcome], int] = {
            self._pool.submit(_evaluate_in_worker, configuration): index
            for index, configuration in enumerate(configurations)
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise ToolError(
                "A worker process died.",
                got="most often the system ran out of memory",
                cure="Search again with the same command and fewer --jobs: finished trials are "
                "kept.",
            ) from None
        finally:
            for future in futures:
                future.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the workers; running evaluations end first."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def make_evaluator(function: Evaluate, jobs: int) -> SerialEvaluator | PoolEvaluator:
    """A serial evaluator for one job, else a pool."""
    return SerialEvaluator(function) if jobs == 1 else PoolEvaluator(function, jobs)


_worker_function: Evaluate | None = None


def _start_worker(function: Evaluate, parent: int) -> None:
    global _worker_function  # noqa: PLW0603  (the pool offers no other place for worker state)
    _worker_function = function
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, args=(parent,), daemon=True).start()


def _die_with_parent(parent: int) -> None:
    """A parent that was killed cannot tell its workers; they would wait for ever."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_S)
    os._exit(1)


def _evaluate_in_worker(configuration: Configuration) -> Outcome:
    if _worker_function is None:
        raise RuntimeError("The worker was not started by PoolEvaluator.")
    return _worker_function(configuration)
