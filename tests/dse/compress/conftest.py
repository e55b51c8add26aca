"""Small networks, random parameters and a quickly trained network on real digits."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from dse.compress import build_module
from dse.compress.transfer import he_parameters
from dse.parameters import LayerParameters
from hw_models.network import Function, Layer, Network, Tensor, expected_shape
from search_spaces.activations import activation_groups
from search_spaces.options import FormatName


class Builder:
    """Adds layers and works out their shapes."""

    def __init__(self, shape):
        self.tensors = {"x": Tensor("x", shape)}
        self.layers = []

    def add(self, name, op, *inputs, channels=1, **fields):
        sources = tuple(self.tensors[one] for one in inputs)
        if op in ("conv", "depthwise", "linear"):
            fields.setdefault("weight_format", "s8")
        first = Layer(name, op, inputs, (1, 1, channels), **fields)
        layer = replace(first, shape=expected_shape(first, sources))
        self.layers.append(layer)
        self.tensors[name] = layer.output
        return name

    def build(self):
        return Network("test", self.tensors["x"], tuple(self.layers))


def residual_network(classes=10, size=8, width=12):
    """Conv, depthwise, residual add, max pool, flatten and linear."""
    net = Builder((size, size, 1))
    net.add(
        "c1", "conv", "x", channels=width, kernel=(3, 3), padding=(1, 1, 1, 1), activation="relu"
    )
    net.add("d1", "depthwise", "c1", kernel=(3, 3), padding=(1, 1, 1, 1), activation="relu6")
    net.add("p1", "conv", "d1", channels=width)
    net.add("sum", "add", "p1", "c1", activation="relu")
    net.add("pool", "max_pool", "sum", kernel=(2, 2), stride=(2, 2))
    net.add(
        "c2", "conv", "pool", channels=16, kernel=(3, 3), padding=(1, 1, 1, 1), activation="relu"
    )
    net.add("c3", "conv", "c2", channels=16, kernel=(3, 3), padding=(0, 1, 0, 1), activation="relu")
    net.add("avg", "avg_pool", "c3", kernel=(2, 2), stride=(2, 2))
    net.add("flat", "flatten", "avg")
    net.add("fc", "linear", "flat", channels=classes)
    return net.build()


def random_network(seed):
    """A network with random shapes, formats and every kind of layer."""
    rng = np.random.default_rng(seed)
    pick = lambda *values: values[rng.integers(len(values))]  # noqa: E731
    net = Builder((int(rng.integers(5, 9)), int(rng.integers(5, 9)), int(rng.integers(1, 4))))
    channels = int(rng.integers(2, 9))
    window = {"kernel": (3, 2), "padding": tuple(int(side) for side in rng.integers(0, 2, 4))}
    act = lambda: pick("none", "relu", "relu6")  # noqa: E731
    last = net.add("c1", "conv", "x", channels=channels, activation=act(), **window)
    if rng.random() < 0.5:
        last = net.add("t", "transpose", last, permutation=pick((1, 0, 2), (0, 2, 1)))
    if rng.random() < 0.5:
        function = get_args(Function)[int(rng.integers(len(get_args(Function))))]
        slope = 0.1 if function == "leaky_relu" else 0.0
        last = net.add("f", "lookup", last, function=function, slope=slope, activation=act())
    inner = pick("s8", "s4", "s2", "p4", "p3", "xnor")
    side = net.add(
        "c2", "conv", last, channels=6, kernel=(3, 3), padding=(1, 1, 1, 1), weight_format=inner
    )
    form = pick("s8", "s4", "s2", "p2")
    other = net.add(
        "d",
        "depthwise",
        side,
        kernel=(3, 3),
        padding=(1, 1, 1, 1),
        activation=act(),
        weight_format=form,
    )
    if rng.random() < 0.5:
        form = pick("s8", "s4", "s2", "p4", "p3")
        other = net.add("g", "conv", other, channels=6, groups=pick(2, 3), weight_format=form)
    last = net.add("sum", "add", other, side, activation=act())
    if rng.random() < 0.5:
        third = net.add("c3", "conv", last, channels=int(rng.integers(1, 6)), activation=act())
        last = net.add(
            "cat", "concat", *pick((last, third), (third, side, last), (last, third, third))
        )
    kind = pick("max_pool", "avg_pool")
    last = net.add("pool", kind, last, kernel=(2, 2), stride=(pick(1, 2), 2))
    last = net.add("flat", "flatten", last)
    form = pick("s8", "s4", "s2", "p4", "p3", "xnor")
    last = net.add("fc1", "linear", last, channels=7, activation=act(), weight_format=form)
    net.add("fc2", "linear", last, channels=5)
    if rng.random() < 0.3:
        net.add("softmax", "softmax", "fc2")
    return narrowed(net.build(), rng, 0.5 * (seed % 2))


def narrowed(network, rng, share):
    """A share of the tensors that may have 4 bits have them."""
    groups = [each for each in activation_groups(network) if each.fixed is None]
    chosen = {name for each in groups if rng.random() < share for name in each.layers}
    layers = (
        replace(each, format="s4") if each.name in chosen else each for each in network.layers
    )
    return Network(network.name, network.input, tuple(layers))


def random_parameters(network, seed):
    """He weights and small random biases."""
    rng = np.random.default_rng(seed)
    made = {}
    for layer in network.weighted_layers:
        weight = he_parameters(network, layer, seed).weight
        bias = rng.normal(0, 0.2, layer.shape[2]).astype(np.float32)
        made[layer.name] = LayerParameters(weight, bias)
    return made


def with_format(network, weight_format, names):
    """The same network with another weight format in some layers."""
    return Network(
        network.name,
        network.input,
        tuple(
            replace(layer, weight_format=weight_format) if layer.name in names else layer
            for layer in network.layers
        ),
    )


@pytest.fixture(scope="session")
def make_builder():
    return Builder


@pytest.fixture(scope="session")
def make_residual():
    return residual_network


@pytest.fixture(scope="session")
def make_random():
    return random_network


@pytest.fixture(scope="session")
def make_parameters():
    return random_parameters


@pytest.fixture(scope="session")
def all_formats():
    """Every weight format that a space offers."""
    return get_args(FormatName)


@pytest.fixture(scope="session")
def narrow():
    return narrowed


@pytest.fixture(scope="session")
def set_format():
    return with_format


@pytest.fixture(scope="session")
def digits():
    """(x_train, y_train, x_val, y_val), 8x8."""
    bunch = load_digits()
    x = (bunch.images / 16).astype(np.float32)[..., None]
    y = bunch.target.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(x))
    train, val = order[:1200], order[1200:]
    return x[train], y[train], x[val], y[val]


@pytest.fixture(scope="session")
def trained(digits):
    """(network, parameters, float validation accuracy)."""
    network = residual_network()
    torch.set_num_threads(1)
    module = build_module(network, random_parameters(network, 0))
    x, y = torch.from_numpy(digits[0]), torch.from_numpy(digits[1])
    optimiser = torch.optim.Adam(module.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 6 * 18)
    generator = torch.Generator().manual_seed(0)
    for _ in range(6):
        for chosen in torch.randperm(len(x), generator=generator)[:1152].view(18, 64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(x[chosen]), y[chosen]).backward()
            optimiser.step()
            schedule.step()
    parameters = {}
    for layer in network.weighted_layers:
        child = module.child(layer)
        weight = child.weight.detach().permute(0, 2, 3, 1).numpy().copy()
        parameters[layer.name] = LayerParameters(weight, child.bias.detach().numpy().copy())
    with torch.no_grad():
        guesses = module(torch.from_numpy(digits[2])).argmax(1).numpy()
    return network, parameters, float((guesses == digits[3]).mean())
