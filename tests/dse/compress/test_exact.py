"""The module in evaluation mode and the integer program agree on every logit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dse.compress import build_module, calibrate, fine_tune, lower, transfer
from dse.reference import run_program, trace_program
from hw_models.binary import with_binary_tensors
from search_spaces import build_space
from search_spaces.options import DepthCut

READOUT = ("softmax", "argmax")


def assert_exact(module, x):
    """Every logit of the module is the program's, as a real number."""
    program = lower(module)
    last = [layer for layer in program.network.layers if layer.op not in READOUT][-1].name
    own = program.quantisation[last]
    levels = trace_program(program, program.quantise_input(x))[last].reshape(len(x), -1)
    expected = (levels.astype(np.float32) - own.zero_point) * np.float32(own.scale)
    assert len(np.unique(expected)) > 1
    module.eval()
    np.testing.assert_array_equal(module(torch.from_numpy(x)).numpy(), expected)


def data_for(network, seed, count=12):
    return np.random.default_rng(seed).normal(size=(count, *network.input.shape)).astype(np.float32)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_random_networks_agree_exactly(make_random, make_parameters, seed):
    network = make_random(seed)
    module = build_module(network, make_parameters(network, seed))
    x = data_for(network, seed)
    calibrate(module, x)
    assert_exact(module, x)


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.booleans())
def test_configurations_of_all_formats_and_cuts_agree(
    make_residual, make_parameters, all_formats, seed, cut
):
    network = make_residual(classes=4)
    space = build_space(network, formats=all_formats)
    rng = np.random.default_rng(seed)
    chosen = space.sample(rng)
    while cut != (chosen.choice("depth") != DepthCut(None)):
        chosen = space.sample(rng)
    target, parameters = transfer(make_parameters(network, seed), network, space, chosen, seed)
    module = build_module(target, parameters)
    x = data_for(network, seed)
    calibrate(module, x)
    assert_exact(module, x)


@settings(max_examples=12)
@given(st.integers(0, 10_000))
def test_chains_of_bits_agree(make_builder, make_parameters, seed):
    rng = np.random.default_rng(seed)
    pick = lambda *values: values[rng.integers(len(values))]  # noqa: E731
    act = lambda: pick("none", "relu", "relu6")  # noqa: E731
    net = make_builder((6, 6, 2))
    same = {"kernel": (3, 3), "padding": (1, 1, 1, 1)}
    net.add("c1", "conv", "x", channels=12, activation="relu", **same)
    binary = {"weight_format": "xnor"}
    net.add(
        "c2", "conv", "c1", channels=int(rng.integers(2, 40)), activation=act(), **same, **binary
    )
    net.add("c3", "conv", "c2", channels=int(rng.integers(2, 40)), activation=act(), **binary)
    net.add("p", "max_pool", "c3", kernel=(2, 2), stride=(2, 2), activation=act())
    net.add("c4", "conv", "p", channels=20, kernel=(3, 3), activation=act(), **binary)
    net.add("f1", "linear", "c4", channels=16, activation=act(), **binary)
    net.add("f2", "linear", "f1", channels=5)
    network = with_binary_tensors(net.build())
    assert [each.name for each in network.layers if each.format == "b1"] == ["c2", "c3", "p", "c4"]
    parameters, x = make_parameters(network, seed), data_for(network, seed)
    module = build_module(network, parameters)
    calibrate(module, x)
    assert_exact(module, x)
    plain = build_module(net.build(), parameters)
    calibrate(plain, x)
    programs = lower(plain), lower(module)
    np.testing.assert_array_equal(*(run_program(one, one.quantise_input(x)) for one in programs))


def test_they_agree_after_training(trained, digits, set_format):
    network = set_format(set_format(trained[0], "xnor", ("c3",)), "p3", ("c2",))
    module = build_module(network, trained[1])
    calibrate(module, digits[0][:64])
    fine_tune(module, digits[0][:128], digits[1][:128], epochs=1, seed=0)
    assert_exact(module, digits[2])


@pytest.mark.gpu
def test_a_gpu_gives_the_same_logits(trained, digits, set_format):
    module = build_module(set_format(trained[0], "xnor", ("c2",)), trained[1])
    calibrate(module, digits[0][:64])
    module.eval()
    x = torch.from_numpy(digits[2])
    expected = module(x)
    np.testing.assert_array_equal(module.cuda()(x.cuda()).cpu().numpy(), expected.numpy())
