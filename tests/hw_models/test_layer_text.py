import pytest

from hw_models.errors import ConfigError
from hw_models.kernels import constant_bytes, counts, kernel_key
from hw_models.layer_text import layer_text, parse_layer


@pytest.mark.parametrize("cores", ["base", "dsp"])
def test_a_layer_read_back_costs_the_same(residual, cores):
    for layer in residual.layers:
        single, read = parse_layer(layer_text(residual, layer))
        assert read.shape == layer.shape
        assert kernel_key(single, read) == kernel_key(residual, layer)
        assert counts(single, read, cores) == counts(residual, layer, cores)
        assert constant_bytes(single, read, "dsp") == constant_bytes(residual, layer, "dsp")


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
