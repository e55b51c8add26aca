from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import ModelError
from hw_models.memory import plan_memory
from hw_models.network import Layer, Network, Tensor
from hw_models.running_order import least_peak_bytes, order_layers


def pointwise(name, source, channels, stride=1):
    side = 8 // stride
    return Layer(name, "conv", (source,), (side, side, channels), "s8", stride=(stride, stride))


def two_branches():
    """Each branch swells and ends small; both swollen at once would be waste."""
    layers = (
        pointwise("a1", "x", 16),
        pointwise("b1", "x", 24),
        pointwise("a2", "a1", 4, 2),
        pointwise("b2", "b1", 4, 2),
        Layer("sum", "add", ("a2", "b2"), (4, 4, 4)),
    )
    return Network("branches", Tensor("x", (8, 8, 2)), layers)


def legal_orders(network):
    for order in permutations(network.layers):
        try:
            yield replace(network, layers=order)
        except ModelError:
            continue


def arena(network, cores="dsp"):
    return plan_memory(network, cores).arena_bytes


def test_a_branch_is_finished_before_the_next_begins():
    network = two_branches()
    ordered = order_layers(network)
    names = [layer.name for layer in ordered.layers]
    assert names in (["b1", "b2", "a1", "a2", "sum"], ["a1", "a2", "b1", "b2", "sum"])
    assert arena(ordered) < arena(network)
    assert arena(ordered) == min(arena(each) for each in legal_orders(network))


def test_an_order_that_cannot_be_improved_stays():
    ordered = order_layers(two_branches())
    assert order_layers(ordered) is ordered


def test_a_graph_with_too_many_orders_keeps_its_own(monkeypatch):
    monkeypatch.setattr("hw_models.running_order.STATES", 3)
    network = two_branches()
    assert order_layers(network) is network
    assert least_peak_bytes(network, "dsp") is None


def test_an_order_that_is_least_by_itself_needs_no_search(monkeypatch):
    """The greediest layer needs the peak in any order, so no other order is looked at."""
    monkeypatch.setattr("hw_models.running_order.STATES", 0)
    branches = [pointwise(f"b{index}", "x", 1, 2) for index in range(12)]
    sums = [Layer("s1", "add", ("b0", "b1"), (4, 4, 1))]
    for index in range(2, 12):
        sums.append(Layer(f"s{index}", "add", (sums[-1].name, f"b{index}"), (4, 4, 1)))
    swell = [pointwise("wide", "s11", 900), pointwise("end", "wide", 1)]
    swell = [replace(each, shape=(4, 4, each.shape[2])) for each in swell]
    network = Network("fan", Tensor("x", (8, 8, 2)), (*branches, *sums, *swell))
    assert order_layers(network) is network
    plan = plan_memory(network, "dsp")
    assert least_peak_bytes(network, "dsp") == plan.arena_bytes


@st.composite
def graphs(draw):
    """Up to five layers of equal shape, then adds that join the loose ends."""
    names, layers = ["x"], []
    for index in range(draw(st.integers(1, 4))):
        source = draw(st.sampled_from(names))
        layers.append(
            pointwise(f"t{index}", source, 4)
            if len(names) == 1 or draw(st.booleans())
            else Layer(f"t{index}", "add", (source, names[-1]), (8, 8, 4))
            if source not in ("x", names[-1])
            else pointwise(f"t{index}", source, 4)
        )
        names.append(f"t{index}")
    read = {name for layer in layers for name in layer.inputs}
    ends = [layer.name for layer in layers if layer.name not in read]
    while len(ends) > 1:
        name = f"j{len(ends)}"
        layers.append(Layer(name, "add", (ends[0], ends[1]), (8, 8, 4)))
        ends = [name, *ends[2:]]
    return Network("graph", Tensor("x", (8, 8, draw(st.sampled_from([2, 9])))), tuple(layers))


@given(graphs())
def test_no_other_order_has_a_lower_peak(network):
    ordered = order_layers(network)
    assert {layer.name for layer in ordered.layers} == {layer.name for layer in network.layers}
    best = min(plan_memory(each, "dsp").lower_bound_bytes for each in legal_orders(network))
    assert least_peak_bytes(network, "dsp") == best
    found = plan_memory(ordered, "dsp")
    if found.arena_bytes == found.lower_bound_bytes:
        assert found.lower_bound_bytes == best


@pytest.mark.parametrize("cores", ["base", "dsp"])
@given(network=graphs())
def test_the_arena_never_grows(cores, network):
    assert arena(order_layers(network), cores) <= arena(network, cores)


def test_an_order_with_a_larger_arena_is_not_taken(monkeypatch):
    network = order_layers(two_branches())
    monkeypatch.setattr("hw_models.running_order._Search.run", lambda _: (0, (0, 2, 1, 3, 4)))
    assert order_layers(network) is network


def test_a_fused_pool_lowers_the_peak_of_every_order():
    conv = pointwise("conv", "x", 16)
    pool = Layer("pool", "max_pool", ("conv",), (4, 4, 16), kernel=(2, 2), stride=(2, 2))
    plain = Network("plain", Tensor("x", (8, 8, 2)), (conv, pool))
    fused = replace(plain, layers=(conv, replace(pool, fused=True)))
    for network in (plain, fused):
        assert least_peak_bytes(network, "dsp") == arena(network)
    assert arena(fused) < arena(plain)
