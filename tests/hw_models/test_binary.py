from dataclasses import replace

import pytest

from hw_models.binary import binary_path, with_binary_tensors
from hw_models.kernels import kernel_key, kernel_sources, scratch_bytes
from hw_models.memory import plan_memory
from hw_models.network import Layer, Network, Tensor


def chain(pool=None):
    """Three xnor convolutions, a max pool before the last, then an s8 linear layer."""
    layers = (
        Layer("a", "conv", ("x",), (8, 8, 64), "xnor", (3, 3), padding=(1, 1, 1, 1)),
        Layer("b", "conv", ("a",), (8, 8, 64), "xnor", activation="relu"),
        pool or Layer("p", "max_pool", ("b",), (4, 4, 64), kernel=(2, 2), stride=(2, 2)),
        Layer("c", "conv", ("p",), (4, 4, 64), "xnor"),
        Layer("f", "linear", ("c",), (1, 1, 10), "s8"),
    )
    return Network("chain", Tensor("x", (8, 8, 64)), layers)


def two_readers():
    layers = (
        Layer("a", "conv", ("x",), (8, 8, 4), "xnor"),
        Layer("b", "conv", ("a",), (8, 8, 4), "xnor"),
        Layer("c", "conv", ("a",), (8, 8, 4), "xnor"),
        Layer("s", "add", ("b", "c"), (8, 8, 4)),
    )
    return Network("two", Tensor("x", (8, 8, 4)), layers)


def bits(network):
    return {tensor.name for tensor in with_binary_tensors(network).tensors if tensor.format == "b1"}


def changed(network, name, **fields):
    layers = (replace(each, **fields) if each.name == name else each for each in network.layers)
    return replace(network, layers=tuple(layers))


def test_a_chain_stays_bits_from_its_first_xnor_layer_to_its_last():
    assert bits(chain()) == {"a", "b", "p"}
    made = with_binary_tensors(chain())
    assert with_binary_tensors(made) == made


def test_bits_take_an_eighth_of_the_ram():
    network = with_binary_tensors(chain())
    sizes = {tensor.name: tensor.size_bytes for tensor in network.tensors}
    assert sizes == {"x": 4096, "a": 512, "b": 512, "p": 128, "c": 1024, "f": 10}
    assert Tensor("t", (3, 5, 33), "b1").size_bytes == 3 * 5 * 8
    assert scratch_bytes(network, network.layer("b"), "dsp") == 8
    assert plan_memory(network, "dsp").arena_bytes < plan_memory(chain(), "dsp").arena_bytes


def test_kernels_of_bits():
    network = with_binary_tensors(chain())
    assert [str(kernel_key(network, each)) for each in network.layers] == [
        "conv/b1/xnor", "conv/b1/xnor", "max_pool/b1", "conv/s8/xnor", "linear/s8/s8",
    ]  # fmt: skip
    assert kernel_sources(network, network.layer("b"), "dsp") == ("dse_conv_xnor_bits",)
    assert kernel_sources(network, network.layer("p"), "base") == ("dse_max_pool_bits",)


WINDOW = {"kernel": (2, 2), "stride": (2, 2)}


@pytest.mark.parametrize(
    ("network", "left"),
    [
        (changed(chain(), "c", weight_format="s4"), {"a"}),
        (changed(chain(), "b", weight_format="s2"), set()),
        (changed(chain(), "c", format="s4"), {"a"}),
        (two_readers(), set()),
        (chain(pool=Layer("p", "avg_pool", ("b",), (4, 4, 64), **WINDOW)), {"a"}),
        (chain(pool=Layer("p", "max_pool", ("b",), (4, 4, 64), **WINDOW, fused=True)), set()),
    ],
    ids=["reader", "maker", "s4", "two readers", "average", "fused"],
)
def test_what_keeps_bytes(network, left):
    assert bits(network) == left


@pytest.mark.parametrize("size", [1, 2])
def test_a_linear_layer_has_one_threshold_for_every_position(size):
    layers = (
        Layer("a", "conv", ("x",), (size, size, 32), "xnor"),
        Layer("v", "flatten", ("a",), (1, 1, 32 * size * size)),
        Layer("f", "linear", ("v",), (1, 1, 9), "xnor"),
        Layer("g", "linear", ("f",), (1, 1, 9), "xnor"),
    )
    found = bits(Network("vector", Tensor("x", (size, size, 8)), layers))
    assert found == ({"a", "v", "f"} if size == 1 else {"f"})


def test_the_path_to_the_reader():
    network = chain()
    passed, reader = binary_path(network, network.layer("b"))
    assert [each.name for each in passed] == ["p"]
    assert reader == network.layer("c")
    assert binary_path(network, network.layer("f")) == ((), None)
