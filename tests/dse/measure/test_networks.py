from collections import defaultdict

import numpy as np

from dse.measure.chain import MAX_ELEMENTS, MAX_MACS
from dse.measure.networks import measurement_networks
from dse.measure.strip_networks import in_strips
from hw_models.kernels import KERNEL_KEYS, KernelKey
from hw_models.network import Layer, Network, Tensor
from hw_models.parts import GROUPS_KEY, STRIPS_KEY, layer_parts
from hw_models.strips import is_striped


def test_every_kernel_runs_in_several_networks():
    networks = defaultdict(set)
    for network in measurement_networks():
        for layer in network.layers:
            for key, _ in layer_parts(network, layer, "dsp")[-1:]:
                networks[key].add(network.name)
    added = {GROUPS_KEY, STRIPS_KEY}
    assert set(networks) == {*added, *KERNEL_KEYS} - {KernelKey("flatten", "s8", None)}
    assert min(len(names) for names in networks.values()) >= 10


def test_every_count_is_exercised_without_any_one_network():
    for cores in ("base", "dsp"):
        seen = defaultdict(set)
        for network in measurement_networks():
            for layer in network.layers:
                for key, amounts in layer_parts(network, layer, cores)[-1:]:
                    for name, amount in amounts.items():
                        seen[key, name] |= {network.name} if amount else set()
        assert min(len(names) for names in seen.values()) >= 2


def test_networks_stay_small_and_are_the_same_every_time():
    first, again = measurement_networks(4, seed=5), measurement_networks(4, seed=5)
    assert first == again
    assert first != measurement_networks(4, seed=6)
    for network in first[:4]:
        assert max(network.macs(layer) for layer in network.layers) <= MAX_MACS
        assert max(layer.output.elements for layer in network.layers) <= MAX_ELEMENTS
        assert len({layer.name for layer in network.layers}) == len(network.layers) >= 5


def test_layers_in_strips_are_of_every_kind():
    networks = [network for network in measurement_networks() if network.name.startswith("s")]
    layers = [(network, layer) for network in networks for layer in network.layers]
    striped = [layer for network, layer in layers if is_striped(network, layer)]
    ops = {"conv", "depthwise", "linear", "max_pool", "avg_pool", "add"}
    assert {layer.op for layer in striped} == ops
    assert {network.fused_pool(layer) is None for network, layer in layers} == {True, False}
    assert {network.input.format for network in networks} == {"s8"}
    assert {network.output.format for network in networks} == {"s8"}


def test_what_is_not_legal_in_strips_is_left_out():
    turn = Layer("a", "transpose", ("x",), (3, 4, 5), permutation=(0, 1, 2))
    pool = Layer("b", "max_pool", ("a",), (2, 2, 5), kernel=(2, 3))
    large = Layer("c", "conv", ("b",), (1, 1, 3), "s8", (2, 2))
    chain = Network("n", Tensor("x", (3, 4, 5)), (turn, pool, large))
    for seed in range(20):
        found = in_strips(chain, np.random.default_rng(seed))
        assert found.output.format == "s8"
        assert [layer.op for layer in found.layers][:3] == ["transpose", "max_pool", "conv"]
