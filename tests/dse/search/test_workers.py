"""Workers: the same outcomes as in one process, a dead worker, and orphans."""

import os
import subprocess
import sys
import time
from functools import partial

import pytest

from dse.search import Outcome, make_evaluator
from hw_models.errors import ToolError


def score(offset, configuration):
    return Outcome(float(configuration) + offset, "short", 0, 1, 0.0)


def die(configuration):
    os._exit(9)


@pytest.mark.parametrize("jobs", [1, 2])
def test_outcomes_do_not_depend_on_jobs(jobs):
    with make_evaluator(partial(score, 0.5), jobs) as evaluator:
        found = dict(evaluator.evaluate([3, 1, 2]))
    assert {index: outcome.accuracy for index, outcome in found.items()} == {0: 3.5, 1: 1.5, 2: 2.5}


def test_a_dead_worker_is_reported():
    with (
        make_evaluator(die, 2) as evaluator,
        pytest.raises(ToolError, match="A worker process died"),
    ):
        list(evaluator.evaluate([1]))


PARENT = """
import os, sys
from functools import partial
from dse.search import make_evaluator
def pid(configuration):
    import os
    from dse.search import Outcome
    return Outcome(float(os.getpid()), "short", 0, 1, 0.0)
if __name__ == "__main__":
    with make_evaluator(pid, 2) as evaluator:
        (_, outcome), = evaluator.evaluate([1])
        print(int(outcome.accuracy), flush=True)
        os.kill(os.getpid(), 9)
"""


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    parent = subprocess.run(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment, check=False
    )
    worker = int(parent.stdout)
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("The worker outlived its parent.")
