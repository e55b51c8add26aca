"""Networks and programs that the tests of several rooms share."""

import numpy as np
import pytest

from dse.export.project import export_project
from dse.random_program import random_inputs, random_program
from hw_models.binary import with_binary_tensors
from hw_models.device import generic_device, load_device
from hw_models.network import Layer, Network, Tensor


def every_op(name="every op", last="softmax"):
    """A network with every op, weight format and tensors of bits; the add's inputs live long."""
    layers = [
        Layer("stem", "conv", ("input",), (8, 7, 6), "s8", (3, 3), (2, 2), (1, 1, 1, 2), "relu"),
        Layer("dw", "depthwise", ("stem",), (8, 7, 6), "s8", (3, 3), (1, 1), (1, 1, 1, 1), "relu6"),
        Layer("dw4", "depthwise", ("dw",), (8, 7, 6), "s4", (3, 3), (1, 1), (1, 1, 1, 1)),
        Layer("sum", "add", ("dw4", "stem"), (8, 7, 6), activation="relu"),
        Layer("pw4", "conv", ("sum",), (8, 7, 10), "s4", activation="relu"),
        Layer("pool", "max_pool", ("pw4",), (4, 4, 10), None, (3, 3), (2, 2), (1, 1, 1, 1)),
        Layer("bits", "conv", ("pool",), (4, 4, 9), "xnor", (3, 3), (1, 1), (1, 1, 1, 1)),
        Layer("most", "max_pool", ("bits",), (4, 4, 9), None, (3, 3), (1, 1), (1, 1, 1, 1)),
        Layer("chain", "conv", ("most",), (4, 4, 35), "xnor", activation="relu"),
        Layer("end", "conv", ("chain",), (4, 4, 9), "xnor"),
        Layer("pw2", "conv", ("end",), (4, 4, 12), "s2"),
        Layer("p4", "conv", ("pw2",), (4, 4, 11), "p4", (3, 3), (1, 1), (1, 1, 1, 1)),
        Layer("p3", "conv", ("p4",), (4, 4, 16), "p3", activation="relu"),
        Layer("p2", "conv", ("p3",), (4, 4, 12), "p2"),
        Layer("turn", "transpose", ("p2",), (12, 4, 4), permutation=(2, 0, 1)),
        Layer("mean", "avg_pool", ("turn",), (6, 2, 4), None, (2, 2), (2, 2)),
        Layer("swish", "lookup", ("mean",), (6, 2, 4), function="hard_swish"),
        Layer("flat", "flatten", ("swish",), (1, 1, 48)),
        Layer("fc1", "linear", ("flat",), (1, 1, 17), "xnor"),
        Layer("fc2", "linear", ("fc1",), (1, 1, 11), "s4", activation="relu"),
        Layer("fc3", "linear", ("fc2",), (1, 1, 9), "s2"),
        Layer("fcp4", "linear", ("fc3",), (1, 1, 7), "p4"),
        Layer("fcp3", "linear", ("fcp4",), (1, 1, 6), "p3"),
        Layer("sparse", "linear", ("fcp3",), (1, 1, 9), "sparse8", row_nonzeros=4),
        Layer("fc4", "linear", ("sparse",), (1, 1, 5), "s8"),
    ]
    if last == "softmax":
        layers.append(Layer("out", "softmax", ("fc4",), (1, 1, 5)))
    else:
        layers.append(Layer("out", "argmax", ("fc4",), (1, 1, 1), format="s16"))
    return with_binary_tensors(Network(name, Tensor("input", (15, 12, 3)), tuple(layers)))


DEVICES = {
    "cortex-m0": "STM32F030R8",
    "cortex-m0plus": "STM32L073RZ",
    "cortex-m3": "STM32F103RB",
    "cortex-m4": "STM32L4R5ZI",
    "cortex-m7": "STM32F746ZG",
    "cortex-m33": "STM32U575ZI",
}


@pytest.fixture(scope="session")
def every_op_program():
    return random_program(every_op(), np.random.default_rng(1))


@pytest.fixture(scope="session")
def argmax_program():
    return random_program(every_op("argmax", "argmax"), np.random.default_rng(2))


@pytest.fixture(scope="session")
def every_op_inputs(every_op_program):
    return random_inputs(every_op_program.network, 300, np.random.default_rng(3))


@pytest.fixture(scope="session")
def small_program():
    layers = (
        Layer("a", "conv", ("x",), (4, 4, 5), "s8", (3, 3), padding=(1, 1, 1, 1)),
        Layer("b", "conv", ("a",), (4, 4, 6), "s4"),
        Layer("flat", "flatten", ("b",), (1, 1, 96)),
        Layer("c", "linear", ("flat",), (1, 1, 7), "s8"),
    )
    network = Network("small", Tensor("x", (4, 4, 3)), layers)
    return random_program(network, np.random.default_rng(11))


@pytest.fixture(scope="session")
def small_inputs(small_program):
    return random_inputs(small_program.network, 256, np.random.default_rng(11))


@pytest.fixture
def export(every_op_program, every_op_inputs, tmp_path):
    """Write a program for a part with a core."""

    def make(core="cortex-m0", program=every_op_program, inputs=every_op_inputs, cost=None):
        device = load_device(DEVICES[core]) if core in DEVICES else generic_device(core)
        return export_project(program, None, device, cost, tmp_path / "x", inputs)

    return make
