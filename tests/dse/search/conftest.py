"""A small space, an instant price and an instant evaluation, all deterministic."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import pytest

from dse.search import Outcome, Price
from hw_models.budget import Shortfall
from hw_models.network import Layer, Network, Tensor
from search_spaces import Configuration, Space, build_space, rewrite


def _network() -> Network:
    def conv(name: str, source: str, channels: int) -> Layer:
        return Layer(
            name, "conv", (source,), (8, 8, channels), "s8", (3, 3), padding=(1, 1, 1, 1),
            activation="relu",
        )  # fmt: skip

    return Network(
        "small",
        Tensor("input", (8, 8, 1)),
        (
            conv("first", "input", 16),
            conv("second", "first", 16),
            conv("third", "second", 16),
            Layer("pool", "avg_pool", ("third",), (1, 1, 16), kernel=(8, 8)),
            Layer("dense", "linear", ("pool",), (1, 1, 4), "s8"),
        ),
    )


@pytest.fixture(scope="session")
def space() -> Space:
    return build_space(_network())


class InstantPrice:
    """Parameters as flash, MACs as time; above `flash_bound` it is infeasible."""

    def __init__(self, space: Space, flash_bound: float) -> None:
        self.space = space
        self.flash_bound = flash_bound
        self.calls: list[Configuration] = []

    def __call__(self, configuration: Configuration) -> Price:
        self.calls.append(configuration)
        network = rewrite(self.space.network, self.space, configuration)
        bits = {"s8": 8, "s4": 4, "s2": 2, "xnor": 1}
        flash = sum(
            layer.shape[2] * network.weight_shape(layer)[3] * 9 * bits[layer.weight_format or "s8"]
            for layer in network.weighted_layers
        )
        short = (
            (Shortfall("flash", flash, self.flash_bound, "bytes"),)
            if flash > self.flash_bound
            else ()
        )
        macs = network.total_macs
        return Price(macs / 1e6, max(t.elements for t in network.tensors), flash, None, macs, macs,
                     short)  # fmt: skip


class InstantEvaluator:
    """An accuracy that is a hash of the configuration; fails for those that `breaks` names."""

    def __init__(self, breaks: Callable[[Configuration], bool] = lambda _: False) -> None:
        self.seen: list[Configuration] = []
        self.breaks = breaks

    def evaluate(self, configurations: Sequence[Configuration]) -> Iterator[tuple[int, Outcome]]:
        for index, configuration in enumerate(configurations):
            self.seen.append(configuration)
            if self.breaks(configuration):
                yield index, Outcome(None, "short", 0, 1, 0.0, "ValueError: broken")
                continue
            digest = hashlib.sha256(configuration.key().encode()).digest()
            yield index, Outcome(digest[0] / 255, "short", 0, 1, 0.0)


@pytest.fixture
def price(space: Space) -> InstantPrice:
    return InstantPrice(space, 20_000)


@pytest.fixture
def make_price(space: Space) -> Callable[[float], InstantPrice]:
    return lambda bound: InstantPrice(space, bound)


@pytest.fixture
def make_evaluator() -> type[InstantEvaluator]:
    return InstantEvaluator
