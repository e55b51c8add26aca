"""A program with bits gives what the same program with bytes gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dse.binary_program import fold_thresholds
from dse.program import BinaryConstants
from dse.program_io import load_program, save_program
from dse.random_program import random_inputs, random_program
from dse.reference import run_program, trace_program
from hw_models.binary import with_binary_tensors
from hw_models.errors import ModelError
from hw_models.network import Layer, Network, Tensor

SAME = {"kernel": (3, 3), "padding": (1, 1, 1, 1)}
ACTIVATIONS = st.sampled_from(("none", "relu", "relu6"))


def chain(activations=("none",) * 6, channels=(5, 33, 64, 9)):
    """Pools with and without overlap, a flatten of one pixel, a linear layer on bits."""
    a, b, c, d = channels
    layers = (
        Layer("a", "conv", ("x",), (6, 5, a), "xnor", **SAME, activation=activations[0]),
        Layer("b", "conv", ("a",), (6, 5, b), "xnor", **SAME, activation=activations[1]),
        Layer("p", "max_pool", ("b",), (3, 3, b), None, (3, 3), (2, 2), (1, 1, 1, 1)),
        Layer("c", "conv", ("p",), (3, 3, c), "xnor", activation=activations[2]),
        Layer("q", "max_pool", ("c",), (1, 1, c), None, (3, 3), activation=activations[3]),
        Layer("v", "flatten", ("q",), (1, 1, c)),
        Layer("d", "linear", ("v",), (1, 1, d), "xnor", activation=activations[4]),
        Layer("e", "linear", ("d",), (1, 1, 7), "xnor", activation=activations[5]),
    )
    return Network("chain", Tensor("x", (6, 5, 4)), layers)


@settings(max_examples=25)
@given(
    st.tuples(*[ACTIVATIONS] * 6),
    st.tuples(*[st.integers(1, 70)] * 4),
    st.integers(0, 2**32),
)
def test_bits_change_nothing(activations, channels, seed):
    network = chain(activations, channels)
    rng = np.random.default_rng(seed)
    program, x = random_program(network, rng), random_inputs(network, 20, rng)
    binary = with_binary_tensors(network)
    assert [each.format for each in binary.layers] == ["b1"] * 7 + ["s8"]
    folded = fold_thresholds(binary, program.quantisation, program.constants)
    assert set(folded.quantisation) == {"x", "e"}
    np.testing.assert_array_equal(run_program(folded, x), run_program(program, x))


def test_random_bits_differ():
    network = with_binary_tensors(chain(channels=(40, 33, 64, 50)))
    rng = np.random.default_rng(0)
    values = trace_program(random_program(network, rng), random_inputs(network, 50, rng))
    for name in "abcd":
        assert set(np.unique(values[name])) == {-1, 1}
        assert 0.1 < (values[name] > 0).mean() < 0.9


def test_files_keep_bits(tmp_path):
    network = with_binary_tensors(chain())
    rng = np.random.default_rng(0)
    program, x = random_program(network, rng), random_inputs(network, 8, rng)
    save_program(program, tmp_path / "program.npz")
    loaded = load_program(tmp_path / "program.npz")
    assert isinstance(loaded.constants["b"], BinaryConstants)
    assert loaded.network == network
    np.testing.assert_array_equal(run_program(loaded, x), run_program(program, x))


def test_bits_without_a_reader():
    layer = Layer("a", "conv", ("x",), (6, 5, 3), "xnor", format="b1")
    with pytest.raises(ModelError, match="Bits need one xnor layer"):
        random_program(Network("open", Tensor("x", (6, 5, 4)), (layer,)), np.random.default_rng(0))
