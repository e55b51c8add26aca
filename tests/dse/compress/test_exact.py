"""The module in evaluation mode and the integer program agree on every logit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dse.compress import build_module, calibrate, fine_tune, lower, transfer
from dse.reference import trace_program
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
