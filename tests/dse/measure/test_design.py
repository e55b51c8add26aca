from collections import Counter, defaultdict

import pytest

from dse.measure.design import (
    MOST,
    designed_networks,
    measurable_keys,
    parse_keys,
)
from hw_models.calibration import nearest_profile
from hw_models.device import generic_device
from hw_models.errors import ConfigError
from hw_models.estimate import estimate
from hw_models.kernels import KernelKey, core_class
from hw_models.parts import STRIPS_KEY, layer_parts
from hw_models.strips import is_virtual


def parts(networks, core="cortex-m4"):
    """Network, key and counts that are measured with each layer."""
    return [
        (each, *layer_parts(each, layer, core_class(core))[-1])
        for each in networks
        for layer in each.layers
        if not is_virtual(layer)
    ]


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0"])
def test_every_kernel_is_measured_and_none_too_often(core):
    networks = designed_networks(
        frozenset(measurable_keys()), generic_device(core, 64 << 10, 256 << 10)
    )
    found = Counter(key for _, key, _ in parts(networks))
    assert set(found) == set(measurable_keys())
    assert max(found.values()) <= MOST
    assert min(found.values()) >= 5
    assert len(networks) <= 40


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0plus"])
def test_every_count_is_seen_in_two_networks(core):
    networks = designed_networks(
        frozenset(measurable_keys()), generic_device(core, 64 << 10, 256 << 10)
    )
    seen = defaultdict(set)
    for network, key, amounts in parts(networks, core):
        for name, amount in amounts.items():
            seen[key, name] |= {network.name} if amount else set()
    # Of 700 counts four find no second network: chains of bits and images cut into strips have
    # many layers of one kernel.
    assert len([names for names in seen.values() if len(names) < 2]) <= 4


def test_chosen_kernels_alone_and_the_same_every_time():
    keys = parse_keys("conv/s8/s4, linear")
    assert parse_keys("strips") == {STRIPS_KEY}
    device = generic_device("cortex-m4", 64 << 10, 256 << 10)
    networks = designed_networks(keys, device)
    assert {key for _, key, _ in parts(networks)} == keys
    assert networks == designed_networks(keys, device)
    assert len({network.name for network in networks}) == len(networks) >= 3


def test_networks_fit_a_small_board():
    device = generic_device("cortex-m0", 6 << 10, 40 << 10)
    for network in designed_networks(parse_keys("conv/s8/s8,linear/s8/s8"), device):
        cost = estimate(network, device, nearest_profile("cortex-m0"))
        assert cost.ram_bytes <= device.ram_bytes
        assert cost.flash_bytes <= device.flash_bytes


def test_a_board_that_nothing_fits():
    with pytest.raises(ConfigError, match=r"fits the board[\s\S]*--ram"):
        designed_networks(parse_keys("conv"), generic_device("cortex-m0", 64, 512))


def test_names_of_kernels():
    assert parse_keys("conv/s8/xnor") == {KernelKey("conv", "s8", "xnor")}
    assert len(parse_keys("conv")) >= 4
    assert parse_keys(None) == set(measurable_keys())
    with pytest.raises(ConfigError, match=r"no such kernel[\s\S]*conv/s8/s4"):
        parse_keys("conv/s8/s3")
