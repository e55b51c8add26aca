import numpy as np
import pytest
import torch

from dse.compress import build_module, calibrate, channel_statistics, lower
from dse.compress.graph import from_hwc, walk
from dse.compress.layers import XnorLayer
from dse.compress.training import Training
from dse.evaluate import program_accuracy
from dse.reference import run_program, trace_program
from hw_models.errors import DataError, ModelError

INNER = ("d1", "p1", "c2", "c3")


def test_s8_without_training_loses_less_than_a_point(trained, digits):
    network, parameters, float_accuracy = trained
    module = build_module(network, parameters)
    calibrate(module, digits[0][:128])
    accuracy = program_accuracy(lower(module), digits[2], digits[3])
    assert float_accuracy > 0.85
    assert accuracy > float_accuracy - 0.01


@pytest.mark.parametrize("weight_format", ["s4", "s2", "xnor"])
def test_outputs_match_the_float_statistics(trained, digits, set_format, weight_format):
    network, parameters, _ = trained
    x = digits[0][:128]
    reference = channel_statistics(network, parameters, x)
    module = build_module(set_format(network, weight_format, ("c2",)), parameters)
    calibrate(module, x, reference)
    made = {}

    def weighted(layer, source):
        made[layer.name] = module.run_weighted(layer, source)
        return made[layer.name]

    with torch.no_grad():
        walk(module.network, from_hwc(torch.from_numpy(x)), weighted, module.finish)
    spread, mean = torch.std_mean(made["c2"], (0, 2, 3), correction=0)
    size = reference["c2"].spread.mean()
    np.testing.assert_allclose(mean.numpy(), reference["c2"].mean, atol=0.02 * size)
    np.testing.assert_allclose(spread.numpy(), reference["c2"].spread, atol=0.02 * size)


def test_pools_and_moves_share_their_inputs_grid(trained, digits):
    network, parameters, _ = trained
    module = build_module(network, parameters)
    calibrate(module, digits[0][:32])
    quantisation = lower(module).quantisation
    assert quantisation["pool"] == quantisation["sum"]
    assert quantisation["flat"] == quantisation["avg"]
    assert quantisation["avg"] != quantisation["c3"]


def test_percentiles_and_mse_cut_the_tails(trained, digits):
    network, parameters, _ = trained
    x = digits[0][:64].copy()
    x[0, 0, 0, 0] = 100.0
    scales = []
    for rule in ("min-max", "percentile", "mse"):
        module = build_module(network, parameters, Training(activation_ranges=rule))
        calibrate(module, x)
        scales.append(module.grids["x"].scale)
    assert scales[1] < scales[0] / 20
    assert scales[2] <= scales[0]


def test_xnor_thresholds_start_at_channel_means(trained, digits, set_format):
    network, parameters, _ = trained
    module = build_module(set_format(network, "xnor", ("c2",)), parameters)
    calibrate(module, digits[0][:64])
    child = module.child(network.layer("c2"))
    assert isinstance(child, XnorLayer)
    bits = []

    def spy(x, grid):
        bits.append(original(x, grid))
        return bits[-1]

    original, child.bits = child.bits, spy
    with torch.no_grad():
        module.train()(torch.from_numpy(digits[0][:64]))
    share = (bits[0] > 0).float().mean().item()
    assert 0.2 < share < 0.8
    assert set(bits[0].unique().tolist()) == {-1.0, 1.0}


def test_parameters_of_the_caller_stay_untouched(trained, digits, set_format):
    network, parameters, _ = trained
    before = {name: own.weight.copy() for name, own in parameters.items()}
    module = build_module(set_format(network, "s2", INNER), parameters)
    calibrate(module, digits[0][:32])
    for name, own in parameters.items():
        assert np.array_equal(own.weight, before[name])


@pytest.mark.parametrize("shape", [(0, 8, 8, 1), (4, 8, 8, 2), (4, 64)])
def test_data_of_another_shape_are_refused(trained, shape):
    network, parameters, _ = trained
    with pytest.raises(DataError, match="do not fit"):
        calibrate(build_module(network, parameters), np.zeros(shape, np.float32))


def test_softmax_in_the_middle_is_refused(make_builder, make_parameters):
    net = make_builder((1, 1, 4))
    net.add("s", "softmax", "x")
    net.add("fc", "linear", "s", channels=3)
    network = net.build()
    with pytest.raises(ModelError, match="come last"):
        build_module(network, make_parameters(network, 0))


def test_activations_of_4_bits_keep_most_of_the_accuracy(trained, narrow, digits):
    network, parameters, accuracy = trained
    narrowed = narrow(network, np.random.default_rng(0), 1.0)
    assert sum(tensor.format == "s4" for tensor in narrowed.tensors) == 9
    module = build_module(narrowed, parameters)
    calibrate(module, digits[0][:128])
    program = lower(module)
    inputs = program.quantise_input(digits[2])
    traced = trace_program(program, inputs)
    for tensor in narrowed.tensors:
        if tensor.format == "s4":
            assert traced[tensor.name].min() >= -8
            assert traced[tensor.name].max() <= 7
    guesses = run_program(program, inputs).reshape(len(inputs), -1).argmax(1)
    assert (guesses == digits[3]).mean() > accuracy - 0.2


def test_outliers_do_not_spoil_a_grid_of_4_bits(make_builder, make_parameters, narrow):
    net = make_builder((1, 1000, 2))
    net.add("a", "avg_pool", "x")
    net.add("f", "linear", "a", channels=2)
    network = narrow(net.build(), np.random.default_rng(0), 1.0)
    x = np.linspace(0, 1, 4000, dtype=np.float32).reshape(2, 1, 1000, 2)
    x[0, 0, 0] = 8.0
    scales = {}
    for rule in ("min-max", "percentile"):
        how = Training(activation_ranges=rule)
        module = build_module(network, make_parameters(network, 0), how)
        calibrate(module, x)
        assert module.grids["a"].format == "s4"
        assert module.grids["x"].format == "s8"
        scales[rule] = module.grids["a"].scale
    assert scales["min-max"] < 0.7 * 8 / 15
    assert scales["percentile"] < 1.1 / 15


def test_what_a_concat_joins_has_one_grid_that_spans_it_all(make_builder, make_parameters):
    net = make_builder((5, 5, 2))
    net.add("b", "conv", "x", channels=4)
    net.add("a", "conv", "x", channels=3, activation="relu")
    net.add("pool", "max_pool", "a")
    net.add("cat", "concat", "pool", "b")
    net.add("fc", "linear", "cat", channels=3)
    network = net.build()
    x = np.random.default_rng(0).normal(size=(16, 5, 5, 2)).astype(np.float32)
    module = build_module(network, make_parameters(network, 1))
    float_cat = {}

    def finish(name, layer, value):
        float_cat[name] = module.finish(name, layer, value)
        return float_cat[name]

    with torch.no_grad():
        walk(network, from_hwc(torch.from_numpy(x)), module.run_weighted, finish)
    calibrate(module, x)
    program = lower(module)
    shared = {program.quantisation[name] for name in ("a", "pool", "b", "cat")}
    assert len(shared) == 1
    own = shared.pop()
    low, high = (float(bound) for bound in torch.aminmax(float_cat["cat"]))
    step = (high - low) / 255
    assert abs((-128 - own.zero_point) * own.scale - low) < 4 * step
    assert abs((127 - own.zero_point) * own.scale - high) < 4 * step
    values = trace_program(program, program.quantise_input(x))
    np.testing.assert_array_equal(values["cat"][..., :3], values["pool"])
    np.testing.assert_array_equal(values["cat"][..., 3:], values["b"])
