import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dse.compress import build_module, calibrate, lower
from dse.compress.graph import run_unweighted
from dse.compress.lower import lower_levels, lower_xnor
from dse.compress.quantisers import Grid
from dse.program import Quantisation
from dse.reference import run_program, trace_program
from hw_models.arithmetic import BIAS_BOUND, requantise
from hw_models.errors import ModelError

WITHOUT_OWN_GRID = ("softmax", "argmax")


def logits_in_steps(module, x):
    """Logits of the program and of the module as it trains, both in output levels."""
    program = lower(module)
    layers = [one for one in program.network.layers if one.op not in WITHOUT_OWN_GRID]
    own = program.quantisation[layers[-1].name]
    traced = trace_program(program, program.quantise_input(x))[layers[-1].name]
    with torch.no_grad():
        real = module.train()(torch.from_numpy(x)).numpy()
    return traced.reshape(len(x), -1).astype(int), real / own.scale + own.zero_point


def worst_layer_steps(module, x):
    """Largest difference of a layer that gets the program's own inputs, in its output levels."""
    program = lower(module)
    traced = trace_program(program, program.quantise_input(x))
    worst = 0.0
    for layer in program.network.layers:
        if layer.op in WITHOUT_OWN_GRID:
            continue
        sources = []
        for name in layer.inputs:
            grid = program.quantisation[name]
            real = (traced[name].astype(np.float32) - grid.zero_point) * np.float32(grid.scale)
            sources.append(torch.from_numpy(np.ascontiguousarray(real.transpose(0, 3, 1, 2))))
        own = program.quantisation[layer.name]
        made = module.finish(layer.name, layer, one_layer(module, layer, sources))
        steps = made.detach().numpy().transpose(0, 2, 3, 1) / own.scale + own.zero_point
        worst = max(worst, float(np.abs(steps - traced[layer.name]).max()))
    return worst


def one_layer(module, layer, sources):
    if layer.is_weighted:
        return module.run_weighted(layer, sources[0])
    return run_unweighted(layer, sources)


def test_a_hand_computed_layer():
    weight = np.array([[0.5, -1.0], [0.0, 0.0]]).reshape(2, 1, 1, 2)
    levels = np.array([[64, -127], [0, 0]]).reshape(2, 1, 1, 2)
    scales = np.array([1 / 127, 1e-30])
    source = Quantisation(0.1, -10)
    made = lower_levels(weight, levels, scales, np.array([2.0, 3.0]), "s8", source, 0.05)
    assert made.rescale.pre_shift == 0
    # Real 2.0 is 2 / (0.1 / 127) = 2540 units; the zero point adds 10 * (64 - 127).
    assert made.bias[0] == 2540 - 630
    dot = np.array([[20 * 64 - 30 * 127, 0]])
    real = 0.1 * ((20 + 10) * 64 / 127 - (30 + 10)) + 2.0
    out = requantise(dot, made.bias, made.rescale, 5, -128, 127)
    assert out[0, 0] == round(real / 0.05) + 5
    assert out[0, 1] == round(3.0 / 0.05) + 5


@given(st.integers(0, 1000))
def test_dead_and_faint_channels_keep_their_bias(seed):
    rng = np.random.default_rng(seed)
    scales = 10.0 ** rng.uniform(-35, -1, 6)
    levels = rng.integers(-127, 128, (6, 3, 3, 2))
    levels[0] = 0
    bias = rng.normal(0, 3, 6)
    weight = levels * scales[:, None, None, None]
    source, out_scale = Quantisation(0.02, int(rng.integers(-128, 128))), 0.05
    made = lower_levels(weight, levels, scales, bias, "s8", source, out_scale)
    assert np.abs(made.bias.astype(int)).max() <= BIAS_BOUND
    x = rng.integers(-128, 128, (5, 3, 3, 2))
    dot = np.einsum("nhwi,ohwi->no", x, made.levels.astype(int))
    got = requantise(dot, made.bias, made.rescale, 0, -128, 127)
    real = np.einsum("nhwi,ohwi->no", 0.02 * (x - source.zero_point), weight) + bias
    assert np.abs(np.clip(real / out_scale, -128, 127) - got).max() < 0.8


def test_negative_xnor_factors_flip_their_channel():
    signs = np.where(np.random.default_rng(0).random((3, 3, 3, 4)) < 0.5, -1.0, 1.0)
    thresholds = np.zeros(4, dtype=np.int8)
    factors, offset = np.array([0.02, -0.02, 0.0]), np.array([0.1, 0.1, -0.4])
    made = lower_xnor(signs, factors, offset, thresholds, 0.05)
    assert np.array_equal(made.levels[0], signs[0])
    assert np.array_equal(made.levels[1], -signs[1])
    bits = np.where(np.random.default_rng(1).random((8, 3, 3, 4)) < 0.5, -1, 1)
    dot = np.einsum("nhwi,ohwi->no", bits, made.levels.astype(int))
    got = requantise(dot, made.bias, made.rescale, 0, -128, 127)
    real = np.einsum("nhwi,ohwi->no", bits, signs) * factors + offset
    assert np.abs(real / 0.05 - got).max() < 0.75
    assert (got[:, 2] == -8).all()


def test_thresholds_compare_integers_as_reals(make_builder, make_parameters):
    net = make_builder((4, 4, 3))
    net.add("c1", "conv", "x", channels=4)
    net.add("c2", "conv", "c1", channels=4, weight_format="xnor")
    network = net.build()
    module = build_module(network, make_parameters(network, 0))
    calibrate(module, np.random.default_rng(0).normal(size=(8, 4, 4, 3)).astype(np.float32))
    child, grid = module.child(network.layer("c2")), module.grids["c1"]
    real = (child.centre + child.window * child.offset).detach().double().flatten().numpy()
    for q in range(-128, 128):
        above = grid.scale * (q - grid.zero_point) >= real
        assert np.array_equal(q >= lower(module).constants["c2"].thresholds, above)


def test_only_a_calibrated_module_can_be_lowered(make_residual, make_parameters):
    network = make_residual()
    with pytest.raises(ModelError, match="calibrated"):
        lower(build_module(network, make_parameters(network, 0)))


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_every_layer_is_within_one_step_of_its_module(make_random, make_parameters, seed):
    network = make_random(seed)
    module = build_module(network, make_parameters(network, seed))
    x = np.random.default_rng(seed).normal(size=(12, *network.input.shape)).astype(np.float32)
    calibrate(module, x)
    assert worst_layer_steps(module, x) < 1.01


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(["s8", "s4", "s2", "p2"]))
def test_logits_in_training_are_within_few_steps(
    make_residual, make_parameters, set_format, seed, kind
):
    network = make_residual(classes=5)
    network = set_format(network, kind, ("d1", "p1", "c2", "c3"))
    module = build_module(network, make_parameters(network, seed))
    x = np.random.default_rng(seed).normal(size=(16, *network.input.shape)).astype(np.float32)
    calibrate(module, x)
    integer, real = logits_in_steps(module, x)
    assert np.abs(integer - real).max() < 16.01
    assert np.abs(integer - real).mean() < 1.0


def test_argmax_and_softmax_follow_the_logits(make_builder, make_parameters):
    x = np.random.default_rng(0).normal(size=(20, 4, 4, 2)).astype(np.float32)
    outputs = {}
    for last in ("softmax", "argmax"):
        net = make_builder((4, 4, 2))
        net.add("fc", "linear", "x", channels=6)
        fields = {"format": "s16"} if last == "argmax" else {}
        net.add("last", last, "fc", **fields)
        network = net.build()
        module = build_module(network, make_parameters(network, 1))
        calibrate(module, x)
        program = lower(module)
        outputs[last] = run_program(program, program.quantise_input(x)).reshape(20, -1)
        logits = trace_program(program, program.quantise_input(x))["fc"].reshape(20, -1)
        assert ("last" in program.quantisation) == (last == "softmax")
    assert np.array_equal(outputs["argmax"][:, 0], logits.argmax(1))
    winners = np.take_along_axis(outputs["softmax"], logits.argmax(1)[:, None], 1)
    assert np.array_equal(winners[:, 0], outputs["softmax"].max(1))


def test_a_grid_knows_its_activation():
    assert Grid(0.1, -128, "relu6").bounds == pytest.approx((0.0, 6.0))
