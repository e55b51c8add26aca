from dataclasses import replace

import pytest

from hw_models.errors import ConfigError
from hw_models.kernels import constant_bytes, counts, kernel_key, scratch_bytes
from hw_models.layer_text import layer_text, parse_layer
from hw_models.network import Layer, Network, Tensor
from hw_models.parts import layer_parts


@pytest.mark.parametrize("cores", ["base", "dsp"])
def test_a_layer_read_back_costs_the_same(residual, cores):
    for layer in residual.layers:
        single, read = parse_layer(layer_text(residual, layer))
        assert read.shape == layer.shape
        assert kernel_key(single, read) == kernel_key(residual, layer)
        assert counts(single, read, cores) == counts(residual, layer, cores)
        assert constant_bytes(single, read, "dsp") == constant_bytes(residual, layer, "dsp")


@pytest.mark.parametrize("cores", ["base", "dsp"])
def test_a_layer_in_strips_read_back_costs_the_same(cores):
    conv = Layer("c", "conv", ("x",), (9, 8, 6), "s4", format="s4")
    pool = Layer("p", "max_pool", ("c",), (3, 4, 6), kernel=(3, 2), stride=(3, 2))
    pool = replace(pool, format="s4", fused=True, activation="relu")
    other = Layer("o", "add", ("p", "p"), (3, 4, 6))
    mixed = Layer("m", "add", ("o", "p"), (3, 4, 6), format="s4")
    network = Network("n", Tensor("x", (9, 8, 5)), (conv, pool, other, mixed))
    for layer in (conv, other, mixed):
        single, read = parse_layer(layer_text(network, layer))
        assert layer_parts(single, read, cores) == layer_parts(network, layer, cores)
        assert scratch_bytes(single, read, cores) == scratch_bytes(network, layer, cores)
        assert constant_bytes(single, read, cores) == constant_bytes(network, layer, cores)


def test_defaults_are_left_out(residual):
    text = layer_text(residual, residual.layer("a"))
    assert text == '{"source":[8,8,8],"op":"add","shape":[8,8,8],"activation":"relu"}'


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[1]",
        "{}",
        '{"source":[8,8,8],"op":"melt","shape":[8,8,8]}',
        '{"source":[8,8,8],"op":"add","shape":[8,8,9]}',
        '{"source":[8,8,8],"op":"add","shape":[8,8,8],"colour":1}',
        '{"source":8,"op":"add","shape":[8,8,8]}',
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigError, match="description of a layer"):
        parse_layer(text)


@pytest.mark.parametrize("form", ["s8", "s4"])
def test_a_concat_read_back_costs_the_same(form):
    one = Layer("a", "conv", ("x",), (4, 4, 8), "s8", format=form)
    two = Layer("b", "conv", ("x",), (4, 4, 5), "s8", format=form)
    cat = Layer("c", "concat", ("a", "a", "b"), (4, 4, 21), format=form)
    last = Layer("d", "conv", ("c",), (4, 4, 2), "s8")
    network = Network("n", Tensor("x", (4, 4, 3)), (one, two, cat, last))
    single, read = parse_layer(layer_text(network, cat))
    for cores in ("base", "dsp"):
        assert layer_parts(single, read, cores) == layer_parts(network, cat, cores)
        assert constant_bytes(single, read, cores) == constant_bytes(network, cat, cores)


def test_a_grouped_convolution_in_strips_read_back_costs_the_same():
    conv = Layer("c", "conv", ("x",), (9, 8, 6), "s4", (3, 3), groups=3, format="s4")
    pool = Layer("p", "max_pool", ("c",), (3, 4, 6), kernel=(3, 2), stride=(3, 2), format="s4")
    last = Layer("l", "linear", ("p",), (1, 1, 3), "s8")
    network = Network("n", Tensor("x", (11, 10, 6)), (conv, replace(pool, fused=True), last))
    single, read = parse_layer(layer_text(network, conv))
    for cores in ("base", "dsp"):
        found = layer_parts(network, conv, cores)
        keys = ["conv/s8/s4", "grouped/s8", "max_pool/s8", "strips/s4"]
        assert [str(key) for key, _ in found] == keys
        assert layer_parts(single, read, cores) == found
        assert scratch_bytes(single, read, cores) == scratch_bytes(network, conv, cores)
