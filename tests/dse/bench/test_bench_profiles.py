from dataclasses import replace
from typing import get_args

import pytest

from dse.bench.networks import known_network
from dse.bench.profiles import (
    CONFIGURED,
    PER_NETWORK,
    ProfileRun,
    profile_networks,
    profile_runs,
    summarise,
)
from hw_models.binary import with_binary_tensors
from hw_models.network import Layer, Network, Tensor, WeightFormat
from search_spaces import OptionKind, whole_space

RUN = ProfileRun(
    core="cortex-m4",
    network="a/0",
    is_configuration=True,
    macs=10,
    cycles_predicted=110,
    cycles_measured=100,
    layer_errors_pct=(10.0, -20.0),
    ram_predicted=64,
    ram_measured=64,
    flash_predicted=99,
    flash_measured=100,
    stack_measured=8,
)
SMALL = ("lenet5/0", "lenet5/2", "digits-ds/0", "digits-ds/3", "digits-resnet/0", "digits-resnet/2")


@pytest.fixture(scope="module")
def networks():
    names = [f"{name}/{number}" for name in CONFIGURED for number in range(PER_NETWORK)]
    return profile_networks(names)


def test_errors_are_signed_shares_of_what_was_measured():
    assert RUN.error_pct == pytest.approx(10)
    assert RUN.flash_error_pct == pytest.approx(-1)
    assert RUN.layer_p90_pct == pytest.approx(19)
    assert RUN.to_json()["error_pct"] == RUN.error_pct


def test_a_summary_a_core():
    slow = replace(RUN, network="a/1", cycles_predicted=190, cycles_measured=200, ram_measured=60)
    other = replace(RUN, core="cortex-m0", cycles_predicted=100)
    first, second = summarise([RUN, other, slow])
    assert (first.core, first.runs, second.core, second.runs) == ("cortex-m4", 2, "cortex-m0", 1)
    assert first.median_pct == pytest.approx(7.5)
    assert first.worst_pct == pytest.approx(10)
    assert first.flash_worst_pct == pytest.approx(1)
    assert first.spearman == pytest.approx(1)
    assert (first.ram_equal, second.ram_equal) == (False, True)
    assert second.spearman != second.spearman
    assert second.worst_pct == 0


def test_configurations_differ_and_mix_formats_and_sizes(networks):
    assert len(set(networks.values())) == len(networks) == len(CONFIGURED) * PER_NETWORK
    formats = {each.weight_format for own in networks.values() for each in own.weighted_layers}
    assert formats == set(get_args(WeightFormat))
    assert len({network.total_macs for network in networks.values()}) > len(networks) // 2
    assert profile_networks(["lenet5/1"]) == {"lenet5/1": networks["lenet5/1"]}


def test_every_kind_of_option_is_drawn():
    sites = [site for name in CONFIGURED for site in whole_space(known_network(name)).sites]
    assert {site.kind for site in sites} == set(get_args(OptionKind))


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "cortex-m7"])
def test_predictions_keep_their_promise(networks, core):
    runs = profile_runs([core], {name: networks[name] for name in SMALL})
    (found,) = summarise(runs)
    assert found.median_pct <= 3
    assert found.worst_pct <= 8
    assert found.layer_p90_pct <= 10
    assert found.ram_equal
    assert found.flash_worst_pct <= 1


def binary_chain():
    """A first layer of bytes, then xnor layers, a max pool between and one over all pixels."""
    same = {"kernel": (3, 3), "padding": (1, 1, 1, 1), "activation": "relu"}
    layers = (
        Layer("stem", "conv", ("x",), (8, 8, 24), "s8", **same),
        Layer("c1", "conv", ("stem",), (8, 8, 48), "xnor", **same),
        Layer("c2", "conv", ("c1",), (8, 8, 64), "xnor", **same),
        Layer("p1", "max_pool", ("c2",), (4, 4, 64), kernel=(2, 2), stride=(2, 2)),
        Layer("c3", "conv", ("p1",), (4, 4, 80), "xnor", activation="relu"),
        Layer("p2", "max_pool", ("c3",), (1, 1, 80), kernel=(4, 4)),
        Layer("h", "linear", ("p2",), (1, 1, 33), "xnor"),
        Layer("fc", "linear", ("h",), (1, 1, 10), "s8"),
    )
    return Network("chain", Tensor("x", (8, 8, 3)), layers)


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_predictions_of_chains_hold_and_bits_save(core):
    networks = {"bytes": binary_chain(), "bits": with_binary_tensors(binary_chain())}
    plain, bits = profile_runs([core], networks)
    for run in (plain, bits):
        assert max(map(abs, run.layer_errors_pct)) <= 10
        assert run.ram_predicted == run.ram_measured
        assert abs(run.flash_error_pct) <= 1
    assert bits.ram_measured < 0.5 * plain.ram_measured
    assert bits.cycles_measured < 0.9 * plain.cycles_measured
