import pytest

from hw_models.kernels import core_class, kernel_sources
from hw_models.network import Layer, Network, Tensor
from hw_models.parts import layer_parts
from hw_models.profile import CodeSize, ErrorCard, Profile
from hw_models.strips import call_kind


def make_profile(*networks, core="cortex-m4", cycles=2.0):
    """A profile that knows the layers of these networks: every count costs the same."""
    coefficients, sources = {}, {}
    for network in networks:
        for layer in network.layers:
            for key, amounts in layer_parts(network, layer, core_class(core)):
                coefficients[key] = dict.fromkeys(amounts, cycles)
            sources |= dict.fromkeys(kernel_sources(network, layer, core_class(core)), 100)
    calls = {call_kind(network, layer) for network in networks for layer in network.layers}
    return Profile(
        name="test-m4",
        runtime="test",
        core=core,
        compiler="gcc 12",
        flags="-O2",
        arithmetic_version=1,
        source="made up",
        coefficients=coefficients,
        code=CodeSize(40, dict.fromkeys(calls, 20), sources),
        errors=ErrorCard(1.5, 4.0, 6.0, {"one": 1.5, "two": -4.0}),
    )


@pytest.fixture
def profile_of():
    return make_profile


@pytest.fixture
def residual():
    """A network with a residual add, every weight format, pooling and a classifier."""
    return Network(
        "residual",
        Tensor("x", (8, 8, 3)),
        (
            Layer("c", "conv", ("x",), (8, 8, 8), "s8", (3, 3), padding=(1, 1, 1, 1)),
            Layer("d", "depthwise", ("c",), (8, 8, 8), "s4", (3, 3), padding=(1, 1, 1, 1)),
            Layer("b", "conv", ("d",), (8, 8, 8), "xnor"),
            Layer("a", "add", ("b", "c"), (8, 8, 8), activation="relu"),
            Layer("p", "avg_pool", ("a",), (1, 1, 8), kernel=(8, 8), stride=(8, 8)),
            Layer("f", "flatten", ("p",), (1, 1, 8)),
            Layer("l", "linear", ("f",), (1, 1, 4), "s2"),
            Layer("s", "softmax", ("l",), (1, 1, 4)),
        ),
    )
