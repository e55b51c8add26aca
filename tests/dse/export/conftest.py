"""Random networks of one layer of every kernel."""

import itertools
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from hw_models.kernels import KERNEL_KEYS
from hw_models.network import Function, Layer, Network, Tensor, expected_shape

KEYS = sorted(str(key) for key in KERNEL_KEYS if key.op != "flatten")


@st.composite
def one_layer(draw, keys=KEYS):
    """A network of one layer with a random shape, stride and padding."""
    op, kind, *weights = draw(st.sampled_from(keys)).split("/")
    sizes = st.integers(1, 9)
    channels = draw(st.one_of(st.integers(1, 20), st.integers(1, 11).map(lambda n: 4 * n)))
    flat = st.tuples(st.just(1), st.integers(1, 50))
    height, width = draw(st.one_of(st.tuples(sizes, sizes), flat))
    formats, is_fused = draw(strip_choices(op))
    if kind == "b1" or (weights == ["xnor"] and draw(st.integers(0, 2)) == 0):
        op, formats, is_fused = *draw(bit_choices(op, kind)), False
        if op == "linear" and formats[0] == "b1":
            height, width, channels = (1, 1, channels) if draw(st.booleans()) else (2, 3, 32)
    source = Tensor("x", (height, width, channels), formats[0])
    layer = Layer(
        "y",
        op,
        ("x", "x2") if op == "add" else ("x",),
        (1, 1, draw(st.integers(1, 13))),
        weight_format=weights[0] if weights else None,
        format="s16" if op == "argmax" else formats[-1],
        activation=draw(st.sampled_from(("none", "relu", "relu6"))),
    )
    if op in ("conv", "depthwise", "max_pool", "avg_pool"):
        layer = draw(windowed(layer, source, is_fused or "s4" in formats))
    if op == "transpose":
        layer = replace(layer, permutation=tuple(draw(st.permutations([0, 1, 2]))))
    if op == "softmax":
        layer = replace(layer, activation="none")
    if op == "lookup":
        layer = draw(looked_up(layer))
    if op == "concat":
        return draw(concatenated(replace(source, format=formats[2])))
    if op == "conv" and weights != ["xnor"] and draw(st.booleans()):
        groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
        layer = replace(layer, groups=groups, shape=(1, 1, groups * draw(st.integers(1, 9))))
        channels //= groups
    layer = replace(layer, shape=expected_shape(layer, (source, source)))
    if layer.weight_format == "sparse8":
        layer = replace(layer, row_nonzeros=draw(st.integers(1, channels * max(layer.kernel))))
    return network_of(layer, source, formats[1], draw(fused_pool(layer)) if is_fused else None)


@st.composite
def looked_up(draw, layer):
    function = draw(st.sampled_from(get_args(Function)))
    slope = draw(st.sampled_from((0.01, 0.2))) if function == "leaky_relu" else 0.0
    return replace(layer, function=function, slope=slope)


@st.composite
def concatenated(draw, source):
    """The tensor and another one, of any number of channels, two or three times."""
    channels = draw(st.integers(1, 20))
    names = draw(st.sampled_from((("x", "x2"), ("x2", "x"), ("x", "x2", "x"), ("x", "x2", "x2"))))
    if source.format == "s4":
        source = replace(source, shape=(*source.shape[:2], -(-source.shape[2] // 4) * 4))
        channels = channels if names.count("x2") == 1 and names[-1] == "x2" else 4 * channels
    other = Layer("x2", "conv", ("x",), (*source.shape[:2], channels), "s8", format=source.format)
    layer = Layer("y", "concat", names, (1, 1, 1), format=source.format)
    sources = tuple(source if name == "x" else other.output for name in names)
    return Network("one", source, (other, replace(layer, shape=expected_shape(layer, sources))))


@st.composite
def strip_choices(draw, op):
    """Formats of the inputs and the output, and whether a pool is fused; half the time plain."""
    if draw(st.booleans()) or op in ("transpose", "lookup", "softmax", "argmax"):
        return ("s8", "s8", "s8"), False
    either = st.sampled_from(("s8", "s4"))
    formats = [draw(either), draw(either), draw(either)]
    if op in ("max_pool", "concat"):
        formats = [formats[0]] * 3
    return tuple(formats), op in ("conv", "depthwise") and draw(st.booleans())


@st.composite
def bit_choices(draw, op, kind):
    """The op, and formats of which the input's or the output's, or both, are bits."""
    if op == "max_pool":
        return op, ("b1", "b1", "b1")
    source = draw(st.sampled_from(("s8", "b1"))) if kind == "b1" else "b1"
    is_linear = op == "linear" or draw(st.integers(0, 3)) == 0
    return "linear" if is_linear and op == "conv" else "conv", (source, "s8", kind)


@st.composite
def fused_pool(draw, layer):
    window = tuple(draw(st.integers(1, min(size, 6))) for size in layer.shape[:2])
    pool = Layer("z", "max_pool", ("y",), (1, 1, 1), kernel=window, stride=window, fused=True)
    activation = draw(st.sampled_from(("none", "relu")))
    pool = replace(pool, format=layer.format, activation=activation)
    return replace(pool, shape=expected_shape(pool, (layer.output,)))


def network_of(layer, source, second="s8", pool=None):
    """An add needs a second tensor: a layer that changes little makes it; bits need a reader."""
    layers = (layer,) if pool is None else (layer, pool)
    if layer.format == "b1" and layer.is_weighted:
        layers = (layer, Layer("z", "conv", ("y",), (*layer.shape[:2], 1), "xnor"))
    if layer.op == "add":
        copy = Layer("x2", "max_pool", ("x",), source.shape, format=source.format)
        if second != source.format:
            copy = Layer("x2", "add", ("x", "x"), source.shape, format=second)
        layers = (copy, layer)
    return Network("one", source, layers)


@st.composite
def windowed(draw, layer, source, is_striped):
    is_tight = layer.op == "max_pool" or is_striped
    usual = {"conv": (1, 1), "depthwise": (3, 3)}
    kernel = usual.get(layer.op) if draw(st.booleans()) else None
    kernel = kernel or (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    padding = [0, 0, 0, 0]
    if layer.op != "avg_pool" and draw(st.booleans()):
        limit = 1 if is_tight else 0
        padding = [draw(st.integers(0, max(0, min(3, kernel[i // 2] - limit)))) for i in range(4)]
    kernel = (
        min(kernel[0], source.shape[0] + padding[0] + padding[1]),
        min(kernel[1], source.shape[1] + padding[2] + padding[3]),
    )
    if is_tight:
        padding = [min(pad, kernel[i // 2] - 1) for i, pad in enumerate(padding)]
        kernel = (
            min(kernel[0], source.shape[0] + padding[0] + padding[1]),
            min(kernel[1], source.shape[1] + padding[2] + padding[3]),
        )
        padding = [min(pad, kernel[i // 2] - 1) for i, pad in enumerate(padding)]
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    return replace(layer, kernel=kernel, padding=tuple(padding), stride=stride)


def draw_layers(key, count, number):
    found = []

    # The first example is the simplest: the second counts.
    @seed(number)
    @settings(max_examples=2, phases=(Phase.generate,), database=None)
    @given(st.lists(one_layer([key]), min_size=count, max_size=count))
    def draw(networks):
        found[:] = networks

    draw()
    return found


@pytest.fixture(scope="session")
def some_layers():
    """(count, number) -> random layers, `count` of every kernel key; others for another number."""

    def draw(count, number=0):
        return [network for key in KEYS for network in draw_layers(key, count, number)]

    return draw


@pytest.fixture(scope="session")
def scaled_layers():
    """(count, number) -> random convolutions to be given uncommon scales."""

    def draw(count, number=0):
        keys = [f"conv/s8/{bits}" for bits in ("s8", "s4", "s2", "p4", "p3")]
        keys += [f"depthwise/s8/{bits}" for bits in ("s8", "s4", "s2")]
        return [network for key in keys for network in draw_layers(key, count, number)]

    return draw


@pytest.fixture(scope="session")
def small_images():
    """Depthwise windows of three by three on small images, of all sizes around the limits."""
    found = []
    for width, height, stride in itertools.product(range(2, 8), (1, 3, 6, 7), (1, 2)):
        bits, channels = ("s8", "s4", "s2")[width % 3], 4 + (width * height) % 5
        source = Tensor("x", (height, width * stride, channels))
        layer = Layer("y", "depthwise", ("x",), (1, 1, channels), bits, (3, 3), (stride, stride))
        pad = (1, 1, 1, 1) if stride == 1 else (0, 2, 0, 1)
        layer = replace(layer, padding=pad, activation="relu6" if height == 3 else "none")
        found.append(network_of(replace(layer, shape=expected_shape(layer, (source,))), source))
    return found


@pytest.fixture(scope="session")
def stems():
    """First convolutions of three channels, odd numbers of outputs and of pixels among them."""
    found = []
    for bits, outputs in itertools.product(("s8", "s4", "s2", "p4", "p3", "sparse8"), (1, 4, 7)):
        source = Tensor("x", (7, 5 + outputs, 3))
        layer = Layer("y", "conv", ("x",), (1, 1, outputs), bits, (3, 3), padding=(1, 1, 1, 1))
        if bits == "sparse8":
            layer = replace(layer, row_nonzeros=9)
        found.append(network_of(replace(layer, shape=expected_shape(layer, (source,))), source))
    return found


@pytest.fixture(scope="session")
def binary_layers():
    """Binary layers of 1 to 130 words an output, convolutions with unrolled loops among them."""
    found = []
    for words in (*range(1, 40), 54, 63, 99, 130):
        source = Tensor("x", (1, 1, 32 * words - words % 3))
        found.append(network_of(Layer("y", "linear", ("x",), (1, 1, 17), "xnor"), source))
    for channels in (32, 33, 64, 65, 128):
        source = Tensor("x", (3, 3, channels))
        layer = Layer("y", "conv", ("x",), (1, 1, 17), "xnor", (3, 3))
        found.append(network_of(layer, source))
    for words in (*range(1, 12), 18, 19, 20, 27, 39, 54):
        source = Tensor("x", (1, 2, 32 * words - words % 3), "b1")
        for made, outputs in (("b1", 17), ("b1", 64), ("b1", 71), ("s8", 17)):
            layer = Layer("y", "conv", ("x",), (1, 2, outputs), "xnor", format=made)
            found.append(network_of(layer, source))
    return found
