"""Fronts, hypervolume, knee and the explanation of an empty front."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.search import Outcome, Price, Trial, explain, front, hypervolume, knee, objectives
from dse.search import reference_point as reference_of
from hw_models.budget import Budget, Shortfall
from search_spaces import Configuration, Width


def trial(number, accuracy, latency=1.0, ram=10, flash=10, shortfalls=()):
    outcome = None if shortfalls else Outcome(accuracy, "short", 0, 1, 0.0)
    price = Price(latency, ram, flash, None, 1.0, 1, tuple(shortfalls))
    return Trial(number, Configuration((("a", Width((number + 1) / 1000)),)), price, outcome)


points = st.tuples(st.integers(0, 5), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))


def dominates(a, b):
    return all(x <= y for x, y in zip(a, b, strict=True)) and a != b


@given(st.lists(points, max_size=25))
def test_front_is_the_non_dominated_set(values):
    trials = [trial(i, a / 5, t, r, f) for i, (a, t, r, f) in enumerate(values)]
    members = front(trials)
    vectors = {objectives(item) for item in members}
    everything = {objectives(item) for item in trials}
    expected = {v for v in everything if not any(dominates(w, v) for w in everything)}
    assert vectors == expected
    assert len(members) == len(vectors)


def test_infeasible_and_failed_trials_are_not_on_the_front():
    short = Shortfall("ram", 20, 10, "bytes")
    failed = trial(2, None)
    assert failed.state == "failed"
    assert front([trial(0, 1.0, shortfalls=[short]), failed]) == ()
    assert [item.number for item in front([failed, trial(3, 0.5)])] == [3]


def test_front_lists_the_most_accurate_first_and_the_earliest_of_equals():
    members = front([trial(0, 0.5, 1.0), trial(1, 0.9, 2.0), trial(2, 0.9, 2.0)])
    assert [item.number for item in members] == [1, 0]


def test_hypervolume_of_known_boxes():
    reference = (1.0, 2.0, 20.0, 20.0)
    assert hypervolume([], reference) == 0.0
    one = trial(0, 0.5, 1.0, 10, 10)
    assert hypervolume([one], reference) == pytest.approx(0.5**4)
    outside = trial(1, 0.9, 3.0, 10, 10)
    assert hypervolume([one, outside], reference) == pytest.approx(0.5**4)


def test_reference_point_is_the_budget_and_else_the_baseline_latency():
    baseline = Price(4.0, 1, 1, None, 1.0, 1)
    assert reference_of(Budget(100, 200), baseline) == (1.0, 4.0, 100.0, 200.0)
    assert reference_of(Budget(100, 200, 0.5), baseline) == (1.0, 0.5, 100.0, 200.0)


def test_knee_is_the_point_nearest_to_the_ideal():
    members = [trial(0, 1.0, 10.0), trial(1, 0.9, 2.0), trial(2, 0.0, 1.0)]
    assert knee(members).number == 1
    with pytest.raises(ValueError, match="no knee"):
        knee([])


def test_explanation_names_tightest_constraint_and_smallest_relaxation():
    ram = Shortfall("ram", 30, 10, "bytes")
    time = Shortfall("latency", 1.1, 1.0, "s")
    trials = [trial(0, None, shortfalls=[ram, time]), trial(1, None, shortfalls=[time])]
    found = explain(trials)
    assert found.tightest == "latency"
    assert found.exceeded == (("latency", 2), ("ram", 1))
    assert found.nearest.number == 1
    assert found.relaxation == (time,)
    assert explain([]) is None
