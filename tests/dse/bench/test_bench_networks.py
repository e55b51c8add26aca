import pytest

from dse.bench.networks import KNOWN_NETWORKS, known_network
from hw_models.memory import plan_memory
from hw_models.running_order import order_layers

MACS = {
    "resnet8": 12_501_632,
    "ds-cnn": 2_656_768,
    "mobilenet-v1-025": 7_489_664,
    "fc-autoencoder": 264_192,
}
NEAR = 1.05
PROVED_TENSORS = 20


@pytest.fixture(scope="module")
def networks():
    return {name: known_network(name) for name in KNOWN_NETWORKS}


def test_the_networks_of_mlperf_tiny_have_their_size(networks):
    assert {name: networks[name].total_macs for name in MACS} == MACS


@pytest.mark.parametrize("cores", ["base", "dsp"])
@pytest.mark.parametrize("name", KNOWN_NETWORKS)
def test_the_arena_is_near_its_bound_and_proved_least(networks, name, cores):
    network = networks[name]
    plan = plan_memory(network, cores)
    assert plan.arena_bytes <= NEAR * plan.lower_bound_bytes
    assert plan.is_optimal or len(network.tensors) > PROVED_TENSORS


@pytest.mark.parametrize("name", KNOWN_NETWORKS)
def test_no_running_order_is_better(networks, name):
    assert order_layers(networks[name]) == networks[name]
