"""Packed weights: the layout of dse_kernels.h, and as large as the kernel table says."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.export.layer_code import KERNEL_FOLDER
from dse.export.packing import interleave, packed_weights, paired
from hw_models.kernels import weight_bytes
from hw_models.network import Layer, Network, Tensor
from hw_models.weight_levels import level_table, weight_values


@pytest.mark.parametrize(("weight_format", "bits"), [("s4", 4), ("s2", 2)])
def test_byte_j_of_a_word_holds_every_fourth_column(weight_format, bits):
    row = np.arange(40, dtype=np.int8)[None]
    found = interleave(row, weight_format)[0]
    per_byte = 8 // bits
    word = found[: 4 * per_byte].reshape(4, per_byte)
    for byte in range(4):
        assert word[byte].tolist() == [byte + 4 * step for step in range(per_byte)]
    assert sorted(found.tolist()) == sorted([*range(40), *[0] * (found.size - 40)])


@given(
    st.sampled_from(["conv", "depthwise", "linear"]),
    st.sampled_from(["s8", "s4", "s2", "p4", "p3", "p2", "xnor"]),
    st.integers(1, 9),
    st.integers(1, 40),
    st.integers(1, 3),
)
def test_size_is_that_of_the_kernel_table(op, weight_format, outputs, inputs, kernel):
    if op == "depthwise":
        inputs = outputs
        weight_format = {"xnor": "s4", "p4": "s4", "p3": "s2"}.get(weight_format, weight_format)
    window = (1, 1) if op == "linear" else (kernel, kernel)
    size = 1 if op == "linear" else kernel
    layer = Layer("y", op, ("x",), (1, 1, outputs), weight_format, window)
    network = Network("one", Tensor("x", (size, size, inputs)), (layer,))
    values = np.array(weight_values(weight_format), dtype=np.int8)
    levels = np.random.default_rng(0).choice(values, network.weight_shape(layer))
    for core_class in ("base", "dsp"):
        packed = packed_weights(layer, levels, core_class)
        assert packed.size == -(-weight_bytes(network, layer, core_class) // 4) * 4
        assert packed.dtype == np.uint8


def test_a_pair_of_rows_goes_column_by_column_in_the_order_of_sxtb16():
    rows = np.stack([np.arange(6), 10 + np.arange(6), 20 + np.arange(6)]).astype(np.int8)
    found = paired(rows)
    assert found.shape == (2, 16)
    assert found[0].tolist() == [0, 10, 2, 12, 1, 11, 3, 13, 4, 14, 0, 0, 5, 15, 0, 0]
    assert found[1].tolist() == [20, 0, 22, 0, 21, 0, 23, 0, 24, 0, 0, 0, 25, 0, 0, 0]


def test_p2_is_stored_as_s2():
    layer = Layer("y", "conv", ("x",), (1, 1, 3), "p2")
    levels = np.random.default_rng(1).integers(-1, 2, (3, 1, 1, 21), dtype=np.int8)
    as_s2 = packed_weights(Layer("y", "conv", ("x",), (1, 1, 3), "s2"), levels, "dsp")
    np.testing.assert_array_equal(packed_weights(layer, levels, "dsp"), as_s2)


@pytest.mark.parametrize(("weight_format", "bits"), [("p4", 4), ("p3", 3)])
def test_the_kernel_decodes_every_pair_of_codes(weight_format, bits):
    text = (KERNEL_FOLDER / f"dse_expand_{weight_format}.c").read_text()
    words = np.array([int(word, 16) for word in re.findall(r"0x[0-9A-F]{4}", text)], dtype="<u2")
    codes = np.arange(1 << 2 * bits)
    table = level_table(weight_format)
    expected = np.stack([table[codes & ((1 << bits) - 1)], table[codes >> bits]], axis=1)
    np.testing.assert_array_equal(words.view(np.int8).reshape(-1, 2), expected)
