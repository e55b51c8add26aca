"""Starts: feasible, distinct, compressed no further than the budget asks, and tried first."""

import numpy as np
import pytest

from dse.search import feasible_starts, make_sampler, sampler_names


def test_starts_are_feasible_distinct_and_repeatable(space, price):
    starts = feasible_starts(space, price, 10, seed=1)
    assert len(set(starts)) == len(starts) == 10
    assert all(not price(start).shortfalls for start in starts)
    assert feasible_starts(space, price, 10, seed=1) == starts
    assert feasible_starts(space, price, 10, seed=2) != starts


def test_starts_are_less_compressed_than_random_feasible_points(space, price):
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(300)]
    random = [sum(space.encode(item)) for item in drawn if not price(item).shortfalls]
    starts = [sum(space.encode(start)) for start in feasible_starts(space, price, 10, seed=1)]
    assert np.mean(starts) < np.mean(random)


def test_a_feasible_baseline_is_a_start(space, make_price):
    assert space.baseline() in feasible_starts(space, make_price(1e12), 3, seed=0)


def test_an_impossible_budget_has_no_starts(space, make_price):
    assert feasible_starts(space, make_price(1.0), 3, seed=0) == ()


@pytest.mark.parametrize("name", sorted(set(sampler_names()) - {"random"}))
def test_samplers_try_the_starts_first(name, space, price):
    starts = feasible_starts(space, price, 5, seed=1)
    asked = make_sampler(name, space, seed=0, starts=starts).ask(8)
    assert set(asked[:5]) == set(starts)
