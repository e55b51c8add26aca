from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st

from hw_models.errors import ModelError
from hw_models.layer import Layer, Tensor, check_layer, expected_shape

IMAGE = Tensor("x", (6, 5, 4))
LEGAL = [
    Layer("conv", "conv", ("x",), (6, 5, 7), "s4", kernel=(3, 3), padding=(1, 1, 1, 1)),
    Layer("stride", "conv", ("x",), (2, 2, 7), "xnor", kernel=(3, 2), stride=(2, 2)),
    Layer("groups", "conv", ("x",), (6, 5, 6), "p4", groups=2),
    Layer("depthwise", "depthwise", ("x",), (4, 5, 4), "s2", kernel=(3, 1), activation="relu6"),
    Layer("linear", "linear", ("x",), (1, 1, 9), "s8", activation="relu"),
    Layer("max", "max_pool", ("x",), (3, 3, 4), kernel=(2, 2), stride=(2, 2), padding=(0, 0, 0, 1)),
    Layer("mean", "avg_pool", ("x",), (1, 1, 4), kernel=(6, 5)),
    Layer("add", "add", ("x", "x"), (6, 5, 4), activation="relu"),
    Layer("cat", "concat", ("x", "x", "x"), (6, 5, 12)),
    Layer("flatten", "flatten", ("x",), (1, 1, 120)),
    Layer("turn", "transpose", ("x",), (4, 6, 5), permutation=(2, 0, 1)),
    Layer("tanh", "lookup", ("x",), (6, 5, 4), function="tanh"),
    Layer("softmax", "softmax", ("x",), (6, 5, 4)),
    Layer("argmax", "argmax", ("x",), (1, 1, 1), format="s16"),
]
BY_NAME = {layer.name: layer for layer in LEGAL}


def check(layer, source=IMAGE):
    check_layer(layer, (source,) * len(layer.inputs))


@pytest.mark.parametrize("layer", LEGAL, ids=lambda layer: layer.name)
def test_legal_layers_pass(layer):
    check(layer)
    assert layer.output == Tensor(layer.name, layer.shape, layer.format)
    assert layer.is_weighted == (layer.op in ("conv", "depthwise", "linear"))


@pytest.mark.parametrize("layer", LEGAL, ids=lambda layer: layer.name)
def test_another_shape_does_not_follow(layer):
    height, width, channels = layer.shape
    with pytest.raises(ModelError, match=r"does not follow|keeps the number"):
        check(replace(layer, shape=(height + 1, width, channels)))


WRONG = [
    ("conv", {"op": "lstm"}, "Unknown op; there are conv, depthwise"),
    ("conv", {"inputs": ("x", "x")}, "An add reads two tensors"),
    ("add", {"inputs": ("x",)}, "An add reads two tensors"),
    ("add", {"inputs": ("x", "x", "x")}, "An add reads two tensors"),
    ("cat", {"inputs": ("x",), "shape": (6, 5, 4)}, "a concat two or more"),
    ("cat", {"activation": "relu"}, "the layers before it clamp"),
    ("cat", {"format": "s4"}, "keeps the format of its input"),
    ("groups", {"groups": 3}, "3 equal groups do not fit 4 and 6"),
    ("groups", {"groups": 4}, "4 equal groups do not fit 4 and 6"),
    ("groups", {"groups": 0}, "one group or more"),
    ("groups", {"weight_format": "xnor"}, "A grouped convolution cannot be xnor"),
    ("groups", {"weight_format": "sparse8", "row_nonzeros": 3}, "stores 1 to 2 weights"),
    ("depthwise", {"groups": 2}, "other layers have one"),
    ("conv", {"inputs": ()}, "every other layer one"),
    ("conv", {"weight_format": None}, "Layers with weights have a weight format"),
    ("flatten", {"weight_format": "s8"}, "and only they"),
    ("conv", {"weight_format": "s3"}, "Unknown weight format; there are s8, s4, s2, p4"),
    ("conv", {"activation": "tanh"}, "Unknown activation; there are none, relu, relu6"),
    ("depthwise", {"weight_format": "xnor"}, "cannot be xnor"),
    ("depthwise", {"shape": (4, 5, 8)}, "keeps the number of channels"),
    ("mean", {"padding": (1, 0, 0, 0)}, "padding is not supported"),
    ("conv", {"kernel": (0, 3)}, "Kernel and stride are at least 1"),
    ("conv", {"stride": (1, 0)}, "Kernel and stride are at least 1"),
    ("conv", {"padding": (0, -1, 0, 0)}, "padding at least 0"),
    ("max", {"padding": (0, 2, 0, 0)}, "smaller than its kernel"),
    ("max", {"padding": (0, 0, 2, 0)}, "smaller than its kernel"),
    ("turn", {"permutation": (0, 0, 1)}, "names the axes"),
    ("tanh", {"function": None}, "A lookup has a function, and only it"),
    ("flatten", {"function": "tanh"}, "A lookup has a function, and only it"),
    ("tanh", {"function": "sine"}, "Unknown function; there are hard_swish, hard_sigmoid"),
    ("tanh", {"slope": 0.1}, "Only a leaky_relu has a slope"),
    ("tanh", {"format": "s4"}, "A lookup reads and makes s8"),
    ("argmax", {"format": "s8"}, "Argmax makes s16"),
    ("conv", {"format": "s16"}, "every other layer s8"),
    ("max", {"format": "s4"}, "keeps the format of its input"),
    ("softmax", {"format": "s4"}, "A softmax reads and makes s8"),
    ("stride", {"format": "s4", "padding": (0, 0, 0, 2), "shape": (2, 3, 7)}, "with s4 tensors"),
    ("conv", {"format": "b1"}, "Only xnor layers, max pools and flattens"),
    ("stride", {"kernel": (7, 5), "shape": (0, 1, 7)}, "does not follow"),
]


@pytest.mark.parametrize(("name", "fields", "message"), WRONG)
def test_each_broken_rule_is_named_with_its_layer(name, fields, message):
    layer = replace(BY_NAME[name], **fields)
    with pytest.raises(ModelError, match=message) as caught:
        check(layer)
    assert f"layer {name!r}" in str(caught.value)


def test_an_addition_needs_equal_shapes():
    with pytest.raises(ModelError, match=r"equal shapes, got \(6, 5, 4\) and \(1, 1, 4\)"):
        check_layer(BY_NAME["add"], (IMAGE, Tensor("y", (1, 1, 4))))


def test_nothing_reads_an_argmax():
    with pytest.raises(ModelError, match="argmax can only come last"):
        check(BY_NAME["flatten"], Tensor("x", (1, 1, 1), "s16"))


@pytest.mark.parametrize("shape", [(1, 2), (1, 2, 3, 4), (0, 1, 1), (1, 1, -1)])
def test_a_tensor_has_three_sizes(shape):
    with pytest.raises(ModelError, match="three sizes of at least 1"):
        Tensor("x", shape)


def test_the_size_of_a_tensor():
    assert IMAGE.elements == IMAGE.size_bytes == 120
    assert Tensor("x", (1, 1, 3), "s16").size_bytes == 6
    assert Tensor("x", (2, 3, 5), "s4").size_bytes == 2 * 3 * 3


SMALL = st.integers(1, 7)


@given(
    size=st.tuples(SMALL, SMALL),
    kernel=st.tuples(SMALL, SMALL),
    stride=st.tuples(SMALL, SMALL),
    padding=st.tuples(*[st.integers(0, 3)] * 4),
)
def test_windows_are_counted_as_torch_counts_them(size, kernel, stride, padding):
    top, bottom, left, right = padding
    assume(size[0] + top + bottom >= kernel[0])
    assume(size[1] + left + right >= kernel[1])
    layer = Layer("c", "conv", ("x",), (1, 1, 2), "s8", kernel, stride, padding)
    shape = expected_shape(layer, (Tensor("x", (*size, 3)),))
    padded = F.pad(torch.zeros(1, 3, *size), (left, right, top, bottom))
    channels, height, width = F.conv2d(padded, torch.zeros(2, 3, *kernel), stride=stride).shape[1:]
    assert shape == (height, width, channels)
    check_layer(replace(layer, shape=shape), (Tensor("x", (*size, 3)),))


def test_a_flatten_of_four_bits_needs_whole_bytes():
    layer = replace(BY_NAME["flatten"], format="s4")
    check(layer, replace(IMAGE, format="s4"))
    with pytest.raises(ModelError, match="an even number of channels"):
        check(replace(layer, shape=(1, 1, 90)), Tensor("x", (6, 5, 3), "s4"))


@pytest.mark.parametrize(
    ("weight_format", "kept", "message"),
    [
        ("sparse8", None, "number of non-zeros"),
        ("s8", 3, "number of non-zeros"),
        ("sparse8", 0, "1 to 36 weights"),
        ("sparse8", 37, "1 to 36 weights"),
    ],
)
def test_sparse_layers_have_a_number_of_weights(weight_format, kept, message):
    source = Tensor("x", (5, 5, 4))
    layer = Layer("y", "conv", ("x",), (3, 3, 2), weight_format, (3, 3), row_nonzeros=kept)
    with pytest.raises(ModelError, match=message):
        check_layer(layer, (source,))


def test_what_a_concat_reads_fits_together():
    cat = BY_NAME["cat"]
    with pytest.raises(ModelError, match="equal heights and widths"):
        check_layer(cat, (IMAGE, Tensor("y", (6, 4, 4)), IMAGE))
    with pytest.raises(ModelError, match="one format"):
        check_layer(cat, (IMAGE, Tensor("y", (6, 5, 4), "s4"), IMAGE))
    narrow = replace(cat, format="s4", shape=(6, 5, 10))
    four, two = Tensor("x", (6, 5, 4), "s4"), Tensor("y", (6, 5, 2), "s4")
    check_layer(narrow, (four, four, two))
    with pytest.raises(ModelError, match="channels in fours in front"):
        check_layer(narrow, (four, two, four))


def test_bits_and_narrow_tensors_do_not_meet():
    layer = Layer("y", "conv", ("x",), (6, 5, 7), "xnor", format="b1")
    check(layer, replace(IMAGE, format="b1"))
    with pytest.raises(ModelError, match="s4 or with b1"):
        check(layer, replace(IMAGE, format="s4"))


def test_a_vector_of_bits_has_no_gaps():
    vector = Layer("y", "flatten", ("x",), (1, 1, 96), format="b1")
    check(vector, Tensor("x", (1, 3, 32), "b1"))
    with pytest.raises(ModelError, match="without gaps"):
        check(replace(vector, shape=(1, 1, 99)), Tensor("x", (1, 3, 33), "b1"))
