import pickle

import pytest

from hw_models.errors import ModelError
from hw_models.network import Layer, Network, Tensor

INPUT = Tensor("x", (4, 4, 3))


def conv(name, source, channels=8, shape=(4, 4)):
    padding = (1, 1, 1, 1)
    return Layer(name, "conv", (source,), (*shape, channels), "s8", (3, 3), padding=padding)


def residual():
    one, two = conv("one", "x"), conv("two", "one")
    both = Layer("both", "add", ("one", "two"), (4, 4, 8))
    middle = Layer("middle", "depthwise", ("both",), (2, 2, 8), "s8", (3, 3))
    end = Layer("end", "linear", ("middle",), (1, 1, 5), "s8")
    return Network("residual", INPUT, (one, two, both, middle, end))


def test_lookups():
    network = residual()
    assert network.output == Tensor("end", (1, 1, 5))
    assert [tensor.name for tensor in network.tensors] == [
        "x",
        "one",
        "two",
        "both",
        "middle",
        "end",
    ]
    assert network.tensor("both").shape == (4, 4, 8)
    assert network.layer("two").op == "conv"
    assert network.inputs(network.layer("both")) == (network.tensor("one"), network.tensor("two"))
    assert [layer.name for layer in network.consumers("one")] == ["two", "both"]
    assert network.consumers("end") == ()
    assert [layer.name for layer in network.weighted_layers] == ["one", "two", "middle", "end"]


def test_a_layer_that_reads_a_tensor_twice_is_one_consumer():
    double = Layer("double", "add", ("x", "x"), (4, 4, 3))
    assert Network("n", INPUT, (double,)).consumers("x") == (double,)


def test_weights_and_operations_are_counted():
    network = residual()
    shapes = {layer.name: network.weight_shape(layer) for layer in network.weighted_layers}
    assert shapes == {
        "one": (8, 3, 3, 3),
        "two": (8, 3, 3, 8),
        "middle": (8, 3, 3, 1),
        "end": (5, 1, 1, 32),
    }
    assert network.macs(network.layer("one")) == 4 * 4 * 8 * 27
    assert network.macs(network.layer("middle")) == 2 * 2 * 8 * 9
    assert network.macs(network.layer("end")) == 160
    assert network.macs(network.layer("both")) == 0
    assert network.total_macs == 4 * 4 * 8 * 27 + 4 * 4 * 8 * 72 + 288 + 160
    assert network.parameter_count == 8 * 27 + 8 + 8 * 72 + 8 + 72 + 8 + 160 + 5


def test_equality_and_pickling():
    network = residual()
    assert network.consumers("x")
    copy = pickle.loads(pickle.dumps(network))
    assert copy == network == residual()
    assert hash(copy) == hash(network)
    assert copy.tensor("both") == network.tensor("both")
    assert copy != Network("other", network.input, network.layers)


def test_a_name_stands_once():
    with pytest.raises(ModelError, match=r"one name.\n  where: layer 'one'"):
        Network("n", INPUT, (conv("one", "x"), conv("one", "one")))
    with pytest.raises(ModelError, match="one name"):
        Network("n", INPUT, (conv("x", "x"),))


def test_a_layer_reads_only_what_was_made():
    with pytest.raises(ModelError, match="no earlier layer makes") as caught:
        Network("n", INPUT, (conv("one", "x"), conv("two", "three")))
    assert caught.value.got == ["three"]
    assert caught.value.allowed == ["one", "x"]


def test_a_network_has_layers():
    with pytest.raises(ModelError, match="at least one layer"):
        Network("n", INPUT, ())


def test_every_tensor_is_read():
    with pytest.raises(ModelError, match="never read") as caught:
        Network("n", INPUT, (conv("one", "x"), conv("two", "x"), conv("three", "one")))
    assert caught.value.got == {"two"}


def test_a_wrong_layer_is_named():
    with pytest.raises(ModelError, match=r"layer 'one' \(conv\)"):
        Network("n", INPUT, (conv("one", "x", shape=(3, 4)),))


def test_a_grouped_convolution_has_the_weights_of_its_groups():
    layer = Layer("g", "conv", ("x",), (4, 4, 8), "s8", (3, 3), padding=(1, 1, 1, 1), groups=2)
    network = Network("n", Tensor("x", (4, 4, 6)), (layer,))
    assert network.weight_shape(layer) == (8, 3, 3, 3)
    assert network.macs(layer) == 4 * 4 * 8 * 9 * 3
    assert network.parameter_count == 8 * 27 + 8
