"""Random and fixed networks, handed out as fixtures."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from hw_models.network import Layer, Network, Tensor, expected_shape


class Builder:
    """Writes a network layer by layer; each method returns the new tensor's name."""

    def __init__(self, shape):
        self.input = Tensor("x", shape)
        self.tensors = {"x": self.input}
        self.layers = []

    def put(self, op, *inputs, name=None, channels=None, **fields):
        sources = tuple(self.tensors[one] for one in inputs)
        height, width, own = sources[0].shape
        if op in ("conv", "depthwise", "linear"):
            fields.setdefault("weight_format", "s8")
        name = name or f"{op}{len(self.layers)}"
        layer = Layer(name, op, inputs, (height, width, channels or own), **fields)
        layer = replace(layer, shape=expected_shape(layer, sources))
        self.layers.append(layer)
        self.tensors[name] = layer.output
        return name

    def conv(self, source, channels, kernel=1, activation="relu", **fields):
        half = kernel // 2
        return self.put(
            "conv",
            source,
            channels=channels,
            kernel=(kernel, kernel),
            padding=(half, half, half, half),
            activation=activation,
            **fields,
        )

    def depthwise(self, source, **fields):
        padding = (1, 1, 1, 1)
        return self.put(
            "depthwise", source, kernel=(3, 3), padding=padding, activation="relu", **fields
        )

    def global_pool(self, source):
        return self.put("avg_pool", source, kernel=self.tensors[source].shape[:2])

    def network(self, name="net"):
        return Network(name, self.input, tuple(self.layers))


STAGES = (
    *("plain", "linear", "separable", "residual"),
    *("concat", "grouped", "pool", "transpose"),
)
CHANNELS = st.integers(1, 5) | st.sampled_from((8, 10, 12, 16, 24, 33))


@st.composite
def stage(draw, build, source):
    """One random stage: plain, separable, residual, pooling or a transpose."""
    height, width, channels = build.tensors[source].shape
    kind = draw(st.sampled_from(STAGES))
    if kind in ("plain", "linear"):
        activation = "relu" if kind == "plain" else "none"
        kernel = draw(st.sampled_from((1, 3)))
        return build.conv(source, draw(CHANNELS), kernel=kernel, activation=activation)
    if kind == "separable":
        return build.conv(build.depthwise(source), draw(CHANNELS), activation="relu6")
    if kind == "residual":
        inner = build.conv(source, draw(CHANNELS), kernel=3)
        outer = build.conv(inner, channels, activation="none")
        return build.put("add", source, outer, activation="relu")
    if kind == "grouped":
        groups = draw(st.sampled_from((2, 3)))
        inner = build.conv(source, groups * draw(st.sampled_from((1, 4, 8, 11))))
        outputs = groups * draw(st.sampled_from((1, 5, 8, 12)))
        return build.conv(inner, outputs, kernel=3, groups=groups)
    if kind == "concat":
        parts = [build.conv(source, draw(CHANNELS)) for _ in range(draw(st.integers(1, 3)))]
        return build.put("concat", source, *parts)
    if kind == "pool" and min(height, width) > 1:
        op = draw(st.sampled_from(("max_pool", "avg_pool")))
        return build.put(op, source, kernel=(2, 2), stride=(2, 2))
    if kind == "transpose":
        return build.put(
            "transpose", source, permutation=draw(st.permutations((0, 1, 2)).map(tuple))
        )
    return source


@st.composite
def random_networks(draw):
    """Chains, residual, concatenated, separable and flattened networks, images and signals."""
    size = st.integers(1, 9)
    build = Builder((draw(size), draw(size), draw(st.integers(1, 3))))
    source = build.conv("x", draw(CHANNELS), kernel=3)
    for _ in range(draw(st.integers(0, 4))):
        source = draw(stage(build, source))
    end = draw(st.sampled_from(("pool", "flatten", "direct")))
    if end == "pool":
        source = build.global_pool(source)
    if end in ("pool", "flatten"):
        source = build.put("flatten", source)
    if draw(st.booleans()):
        source = build.put("linear", source, channels=draw(CHANNELS), activation="relu")
    source = build.put("linear", source, channels=draw(st.integers(2, 12)))
    tail = draw(st.sampled_from((None, "softmax", "argmax")))
    if tail is not None:
        build.put(tail, source, format="s16" if tail == "argmax" else "s8")
    return build.network()


@pytest.fixture(scope="session")
def networks():
    """A Hypothesis strategy."""
    return random_networks()


@pytest.fixture(scope="session")
def builder():
    """The Builder, for networks that a test writes itself."""
    return Builder


@pytest.fixture(scope="session")
def ds_cnn():
    """The keyword-spotting DS-CNN of SEEDS section 2: 49x10 input, 64 channels, 12 classes."""
    build = Builder((49, 10, 1))
    source = build.put(
        "conv",
        "x",
        name="conv1",
        channels=64,
        kernel=(10, 4),
        stride=(2, 2),
        padding=(4, 5, 1, 1),
        activation="relu",
    )
    for block in range(1, 5):
        source = build.depthwise(source, name=f"dw{block}")
        source = build.conv(source, 64, name=f"pw{block}")
    source = build.put("flatten", build.global_pool(source))
    build.put("softmax", build.put("linear", source, name="fc", channels=12), name="softmax")
    return build.network("ds-cnn")


@pytest.fixture(scope="session")
def resnet():
    """A stem and two residual blocks, the second twice as wide with a shortcut convolution."""
    build = Builder((8, 8, 3))
    stem = build.conv("x", 16, kernel=3, name="stem")
    inner = build.conv(stem, 16, kernel=3, name="a1")
    outer = build.conv(inner, 16, kernel=3, activation="none", name="a2")
    first = build.put("add", stem, outer, name="a", activation="relu")
    inner = build.conv(first, 32, kernel=3, name="b1")
    outer = build.conv(inner, 32, kernel=3, activation="none", name="b2")
    short = build.conv(first, 32, activation="none", name="short")
    second = build.put("add", outer, short, name="b", activation="relu")
    last = build.conv(second, 64, kernel=3, name="c")
    build.put("linear", build.global_pool(last), name="fc", channels=10)
    return build.network("resnet")
