"""Table costs equal scalar costs, for chains, residual networks and every depth cut."""

import time

import numpy as np
import pytest

from hw_models.device import load_device
from hw_models.estimate import estimate
from hw_models.layer import Layer
from hw_models.network import Network, Tensor
from hw_models.profile import profile_for
from search_spaces import CostTable, build_space, cost_table, rewrite
from search_spaces.options import Format


def chain():
    """DS-CNN of MLPerf Tiny: 49x10 inputs, four depthwise-separable blocks of 64 channels."""
    layers = [
        Layer("conv", "conv", ("input",), (25, 5, 64), "s8", (10, 4), (2, 2), (4, 5, 1, 1), "relu")
    ]
    for index in range(4):
        layers += [
            Layer(
                f"dw{index}", "depthwise", (layers[-1].name,), (25, 5, 64), "s8", (3, 3), (1, 1),
                (1, 1, 1, 1), "relu",
            ),
            Layer(f"pw{index}", "conv", (f"dw{index}",), (25, 5, 64), "s8", activation="relu"),
        ]  # fmt: skip
    layers += [
        Layer("pool", "avg_pool", ("pw3",), (1, 1, 64), kernel=(25, 5)),
        Layer("fc", "linear", ("pool",), (1, 1, 12), "s8"),
    ]
    return Network("ds-cnn", Tensor("input", (49, 10, 1)), tuple(layers))


def residual():
    def conv(name, source, size, channels, stride=1):
        return Layer(
            name, "conv", (source,), (size, size, channels), "s8", (3, 3), (stride, stride),
            (1, 1, 1, 1), "relu",
        )  # fmt: skip

    layers = (
        conv("stem", "input", 8, 16),
        conv("a1", "stem", 8, 16),
        conv("a2", "a1", 8, 16),
        Layer("add1", "add", ("stem", "a2"), (8, 8, 16), activation="relu"),
        conv("b1", "add1", 4, 32, 2),
        conv("b2", "b1", 4, 32),
        Layer("short", "conv", ("add1",), (4, 4, 32), "s8", stride=(2, 2)),
        Layer("add2", "add", ("b2", "short"), (4, 4, 32), activation="relu"),
        Layer("flat", "flatten", ("add2",), (1, 1, 512)),
        Layer("hidden", "linear", ("flat",), (1, 1, 24), "s8", activation="relu"),
        Layer("fc", "linear", ("hidden",), (1, 1, 10), "s8"),
    )
    return Network("residual", Tensor("input", (8, 8, 3)), layers)


def pooled():
    """Two convolutions with fused pools."""
    same = {"kernel": (3, 3), "padding": (1, 1, 1, 1), "activation": "relu"}
    two = {"kernel": (2, 2), "stride": (2, 2), "fused": True}
    layers = (
        Layer("c1", "conv", ("input",), (16, 16, 16), "s8", **same),
        Layer("p1", "max_pool", ("c1",), (8, 8, 16), **two),
        Layer("c2", "conv", ("p1",), (8, 8, 24), "s8", **same),
        Layer("p2", "max_pool", ("c2",), (4, 4, 24), **two),
        Layer("fc", "linear", ("p2",), (1, 1, 10), "s8"),
    )
    return Network("pooled", Tensor("input", (16, 16, 3)), layers)


def concatenated():
    """A dense block and four branches: some layers depend on many widths."""

    def conv(name, source, channels, kernel=3):
        pad = kernel // 2
        return Layer(
            name, "conv", (source,), (6, 6, channels), "s8", (kernel, kernel),
            padding=(pad, pad, pad, pad), activation="relu",
        )  # fmt: skip

    layers = (
        conv("stem", "input", 8),
        conv("d1", "stem", 12),
        Layer("cat1", "concat", ("stem", "d1"), (6, 6, 20)),
        conv("d2", "cat1", 12),
        Layer("cat2", "concat", ("stem", "d1", "d2"), (6, 6, 32)),
        *(conv(f"b{index}", "cat2", 8 + index, 1) for index in range(4)),
        Layer("cat3", "concat", tuple(f"b{index}" for index in range(4)), (6, 6, 38)),
        Layer("dw", "depthwise", ("cat3",), (6, 6, 38), "s8", activation="relu"),
        Layer("pool", "avg_pool", ("dw",), (1, 1, 38), kernel=(6, 6)),
        Layer("fc", "linear", ("pool",), (1, 1, 10), "s8"),
    )
    return Network("concatenated", Tensor("input", (6, 6, 3)), layers)


def binary():
    """A chain of convolutions, one pool between, that can be bits in many combinations."""
    same = {"kernel": (3, 3), "padding": (1, 1, 1, 1), "activation": "relu"}
    layers = (
        Layer("c0", "conv", ("input",), (8, 8, 16), "s8", **same),
        Layer("c1", "conv", ("c0",), (8, 8, 32), "s8", **same),
        Layer("c2", "conv", ("c1",), (8, 8, 24), "s8"),
        Layer("p2", "max_pool", ("c2",), (4, 4, 24), kernel=(2, 2), stride=(2, 2)),
        Layer("c3", "conv", ("p2",), (4, 4, 32), "s8", **same),
        Layer("mean", "avg_pool", ("c3",), (1, 1, 32), kernel=(4, 4)),
        Layer("h1", "linear", ("mean",), (1, 1, 40), "s8", activation="relu"),
        Layer("h2", "linear", ("h1",), (1, 1, 36), "s8", activation="relu"),
        Layer("fc", "linear", ("h2",), (1, 1, 10), "s8"),
    )
    return Network("binary", Tensor("input", (8, 8, 3)), layers)


@pytest.mark.parametrize("part", ["STM32F030R8", "STM32L4R5ZI"])
@pytest.mark.parametrize("activations", [("s8",), ("s8", "s4")])
@pytest.mark.parametrize(
    "network",
    [chain(), residual(), pooled(), concatenated(), binary()],
    ids=lambda network: network.name,
)
def test_table_equals_estimate(network, activations, part, monkeypatch):
    device = load_device(part)
    profile = profile_for(device.core)
    space = build_space(network, widths=(1.0, 0.5), activations=activations)
    rng = np.random.default_rng(0)
    vectors = rng.integers(space.cardinalities, size=(300, len(space.sites)))
    if network.name == "concatenated" or (network.name == "binary" and len(activations) > 1):
        monkeypatch.setattr(cost_table, "LARGEST_TABLE", 20)
    often = [
        site.options.index(Format("xnor")) if Format("xnor") in site.options else 0
        for site in space.sites
    ]
    vectors[::2] = np.where(rng.random(vectors[::2].shape) < 0.8, often, vectors[::2])
    networks = [rewrite(network, space, space.decode(vector)) for vector in vectors]
    bits = {each.name for one in networks for each in one.tensors if each.format == "b1"}
    assert bits == {"binary": {"c1", "c2", "p2", "h1"}, "residual": {"a1", "b1"}}.get(
        network.name, set()
    )
    batch = CostTable(space, device, profile).estimate_batch(vectors)
    for row, own in enumerate(networks):
        cost = estimate(own, device, profile)
        assert batch.cycles[row] == cost.cycles
        assert batch.latency_s[row] == cost.latency_s
        assert batch.ram_bytes[row] == cost.ram_bytes
        assert batch.flash_bytes[row] == cost.flash_bytes
        if cost.energy_j is None:
            assert batch.energy_j is None
        else:
            assert batch.energy_j[row] == cost.energy_j


def test_a_space_without_depth_and_no_vectors():
    device = load_device("STM32F030R8")
    space = build_space(residual(), depth=False)
    table = CostTable(space, device, profile_for(device.core))
    assert len(table.estimate_batch([]).cycles) == 0
    baseline = table.estimate_batch([space.encode(space.baseline())])
    assert baseline.cycles[0] == estimate(residual(), device, profile_for(device.core)).cycles


@pytest.mark.benchmark
def test_speed_of_the_table():
    device = load_device("STM32L4R5ZI")
    space = build_space(chain())
    table = CostTable(space, device, profile_for(device.core))
    rng = np.random.default_rng(0)
    vectors = rng.integers(space.cardinalities, size=(200_000, len(space.sites)))
    start = time.process_time()
    costs = table.estimate_batch(vectors)
    assert len(costs.cycles) / (time.process_time() - start) > 1
