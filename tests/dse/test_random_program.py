import numpy as np
import pytest

from dse.program import AddConstants, PoolConstants, SoftmaxConstants, WeightedConstants
from dse.random_program import random_inputs, random_program
from hw_models.arithmetic import BIAS_BOUND, level_bounds
from hw_models.network import Layer, Network, Tensor


@pytest.fixture
def network():
    return Network(
        "all",
        Tensor("x", (6, 6, 4)),
        (
            Layer("c", "conv", ("x",), (6, 6, 8), "s4", (3, 3), padding=(1, 1, 1, 1)),
            Layer("b", "conv", ("c",), (6, 6, 8), "xnor", (3, 3), padding=(1, 1, 1, 1)),
            Layer("a", "add", ("b", "c"), (6, 6, 8), activation="relu"),
            Layer("d", "depthwise", ("a",), (4, 4, 8), "s2", (3, 3)),
            Layer("m", "max_pool", ("d",), (2, 2, 8), kernel=(2, 2), stride=(2, 2)),
            Layer("t", "transpose", ("m",), (8, 2, 2), permutation=(2, 0, 1)),
            Layer("p", "avg_pool", ("t",), (4, 1, 2), kernel=(2, 2), stride=(2, 1)),
            Layer("f", "flatten", ("p",), (1, 1, 8)),
            Layer("l", "linear", ("f",), (1, 1, 3), "s8"),
            Layer("s", "softmax", ("l",), (1, 1, 3)),
        ),
    )


def test_every_layer_has_the_constants_of_its_op(network):
    program = random_program(network, np.random.default_rng(0))
    kinds = {name: type(value) for name, value in program.constants.items()}
    weighted = dict.fromkeys("cbdl", WeightedConstants)
    others = {"a": AddConstants, "p": PoolConstants, "s": SoftmaxConstants}
    assert kinds == weighted | others
    assert set(program.quantisation) == {tensor.name for tensor in network.tensors}


def test_layers_that_only_move_values_keep_their_quantisation(network):
    quantisation = random_program(network, np.random.default_rng(1)).quantisation
    assert quantisation["m"] == quantisation["d"] == quantisation["t"]
    assert quantisation["f"] == quantisation["p"]


def test_levels_and_biases_stay_within_the_arithmetic(network):
    for seed in range(5):
        program = random_program(network, np.random.default_rng(seed))
        for layer in network.weighted_layers:
            own = program.constants[layer.name]
            low, high = level_bounds(layer.weight_format)
            assert own.levels.shape == network.weight_shape(layer)
            assert low <= own.levels.min() <= own.levels.max() <= high
            assert np.abs(own.bias.astype(np.int64)).max() <= BIAS_BOUND
            assert (own.levels != 0).all() or layer.weight_format != "xnor"


def test_one_seed_gives_one_program(network):
    first, second = (random_program(network, np.random.default_rng(3)) for _ in range(2))
    assert first.quantisation == second.quantisation
    for name in ("c", "b", "d", "l"):
        np.testing.assert_array_equal(first.constants[name].levels, second.constants[name].levels)


def test_inputs_cover_the_int8_range(network):
    values = random_inputs(network, 40, np.random.default_rng(0))
    assert values.shape == (40, 6, 6, 4)
    assert values.dtype == np.int8
    assert (values.min(), values.max()) == (-128, 127)
