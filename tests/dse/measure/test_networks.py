from collections import defaultdict

from dse.measure.networks import MAX_ELEMENTS, MAX_MACS, measurement_networks
from hw_models.kernels import KERNEL_KEYS, counts, kernel_key


def test_every_kernel_runs_in_several_networks():
    networks = defaultdict(set)
    for network in measurement_networks():
        for layer in network.layers:
            networks[kernel_key(network, layer)].add(network.name)
    measured = {key for key in KERNEL_KEYS if key.op != "flatten"}
    assert set(networks) == measured
    assert min(len(names) for names in networks.values()) >= 10


def test_every_count_is_exercised_without_any_one_network():
    for cores in ("base", "dsp"):
        seen = defaultdict(set)
        for network in measurement_networks():
            for layer in network.layers:
                for name, amount in counts(network, layer, cores).items():
                    seen[kernel_key(network, layer), name] |= {network.name} if amount else set()
        assert min(len(names) for names in seen.values()) >= 2


def test_networks_stay_small_and_are_the_same_every_time():
    first, again = measurement_networks(4, seed=5), measurement_networks(4, seed=5)
    assert first == again
    assert first != measurement_networks(4, seed=6)
    for network in first:
        assert max(network.macs(layer) for layer in network.layers) <= MAX_MACS
        assert max(layer.output.elements for layer in network.layers) <= MAX_ELEMENTS
        assert len({layer.name for layer in network.layers}) == len(network.layers) >= 5
