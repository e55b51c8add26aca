"""The probe of a budget: it finds rare feasible points and explains why there are none."""

import pytest

from dse.search import Price
from dse.study.feasibility import probe_feasibility, require_feasible
from hw_models.budget import Budget, Shortfall
from hw_models.errors import ConfigError
from hw_models.network import Layer, Network, Tensor
from search_spaces import build_space, rewrite


@pytest.fixture(scope="module")
def space():
    layers = [
        Layer(
            f"conv{index}", "conv", (f"conv{index - 1}" if index else "input",), (8, 8, 32), "s8",
            activation="relu",
        )
        for index in range(8)
    ]  # fmt: skip
    layers += [
        Layer("pool", "avg_pool", ("conv7",), (1, 1, 32), kernel=(8, 8)),
        Layer("dense", "linear", ("pool",), (1, 1, 3), "s8"),
    ]
    return build_space(Network("deep", Tensor("input", (8, 8, 8)), tuple(layers)), depth=False)


def pricer(space, budget):
    def price(configuration):
        network = rewrite(space.network, space, configuration)
        bits = {"s8": 8, "s4": 4, "s2": 2, "xnor": 1}
        flash = sum(
            network.macs(layer) // 64 * bits[layer.weight_format or "s8"] // 8
            for layer in network.weighted_layers
        )
        short = [Shortfall("flash", flash, budget.flash_bytes, "bytes")]
        return Price(
            0.1, 100, flash, None, 1.0, 1, tuple(short if flash > budget.flash_bytes else ())
        )

    return price


def test_a_wide_budget_needs_no_descent(space):
    budget = Budget(1000, 10_000)
    found = probe_feasibility(space, pricer(space, budget), budget, samples=20)
    assert found.feasible == found.sampled
    assert found.infeasible == ()
    require_feasible(found, space)


def test_descent_finds_the_rare_point(space):
    price = pricer(space, Budget(1000, 1))
    smallest = price(space.decode([size - 1 for size in space.cardinalities])).flash_bytes
    budget = Budget(1000, smallest)
    found = probe_feasibility(space, pricer(space, budget), budget, samples=20)
    assert found.feasible == 0
    assert found.price.flash_bytes == smallest
    require_feasible(found, space)


def test_an_impossible_budget_is_explained(space):
    price = pricer(space, Budget(1000, 1))
    smallest = price(space.decode([size - 1 for size in space.cardinalities])).flash_bytes
    budget = Budget(1000, smallest - 1)
    found = probe_feasibility(space, pricer(space, budget), budget, samples=20)
    with pytest.raises(ConfigError, match="No configuration fits the budget") as caught:
        require_feasible(found, space)
    assert "tightest: flash" in caught.value.got
    assert f"needs {smallest:,} bytes, allowed {smallest - 1:,} bytes" in caught.value.got
