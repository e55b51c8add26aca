"""The kernel table: no holes, no unknown kernels, sizes by hand."""

import pytest

from hw_models.errors import ConfigError, ModelError
from hw_models.kernel_counts import _xnor_words
from hw_models.kernels import (
    CORES,
    KERNEL_KEYS,
    KernelKey,
    constant_bytes,
    core_class,
    count_names,
    counts,
    kernel_key,
    kernel_sources,
    scratch_bytes,
)
from hw_models.network import Layer, Network, Tensor

CLASSES = ("base", "dsp")


def network_of(op, shape, out, weights=None, **fields):
    inputs = ("x", "x") if op == "add" else ("x",)
    layer = Layer("y", op, inputs, out, weights, **fields)
    return Network("one", Tensor("x", shape), (layer,)), layer


@pytest.mark.parametrize("key", sorted(KERNEL_KEYS, key=str), ids=str)
@pytest.mark.parametrize("core", CLASSES)
def test_every_key_has_names_for_its_counts(key, core):
    names = count_names(key, core)
    assert "call" in names
    assert len(set(names)) == len(names)


def test_an_unknown_kernel_lists_what_exists():
    with pytest.raises(ModelError) as caught:
        count_names(KernelKey("depthwise", "s8", "xnor"), "base")
    assert "depthwise/s8/xnor" in str(caught.value)
    assert "flatten/s8, linear/s8/p3, linear/s8/p4" in str(caught.value)


def test_core_classes():
    assert {core_class(core) for core in CORES} == set(CLASSES)
    assert core_class("cortex-m3") == "base"
    with pytest.raises(ConfigError, match="cortex-a53"):
        core_class("cortex-a53")


def test_a_pointwise_convolution_by_hand():
    network, layer = network_of("conv", (4, 3, 24), (4, 3, 5), "s8")
    assert scratch_bytes(network, layer, "base") == 0
    assert scratch_bytes(network, layer, "dsp") == 4 * 24 * 2
    assert counts(network, layer, "dsp") == {
        "call": 1,
        "pixels": 12,
        "inside_rows": 12,
        "gather_rows": 0,
        "gather_runs": 0,
        "gather_words": 0,
        "gather_bytes": 0,
        "wide_quads": 12,
        "wide_words": 24,
        "blocks": 3 * 3,
        "quads": 3 * 3,
        "groups": 3 * 3 * 2,
        "single_blocks": 0,
        "single_quads": 0,
        "single_groups": 0,
    }


def test_the_pixels_left_over_of_a_convolution_that_gathers_bytes():
    network, layer = network_of("conv", (1, 7, 3), (1, 5, 9), "s2", kernel=(1, 3))
    found = counts(network, layer, "dsp")
    # Nine columns: two words and a byte, three words wide, two steps of eight.
    assert (found["gather_words"], found["gather_bytes"], found["wide_words"]) == (10, 5, 15)
    assert (found["blocks"], found["quads"], found["groups"]) == (5, 5, 0)
    assert (found["single_blocks"], found["single_quads"]) == (3, 3)
    assert scratch_bytes(network, layer, "dsp") == 4 * 16 * 2 + 12


def test_a_convolution_with_padding_by_hand():
    network, layer = network_of(
        "conv", (3, 3, 4), (3, 3, 2), "s4", kernel=(3, 3), padding=(1, 1, 1, 1)
    )
    found = counts(network, layer, "base")
    # 36 columns are five steps of eight; every patch is 9 words of 4 channels.
    assert (found["patches"], found["gather_words"], found["gather_bytes"]) == (9, 81, 0)
    assert (found["blocks"], found["steps"], found["outputs"]) == (9, 45, 18)
    assert scratch_bytes(network, layer, "base") == 40
    assert scratch_bytes(network, layer, "dsp") == 4 * 36 * 2
    # Window and rows 44, two channels 16, two rows of five words 40 or a pair of nine.
    assert constant_bytes(network, layer, "base") == 44 + 16 + 40
    assert constant_bytes(network, layer, "dsp") == 44 + 16 + 36


def test_expanded_rows_by_hand():
    network, layer = network_of(
        "conv", (3, 3, 4), (3, 3, 6), "p3", kernel=(3, 3), padding=(1, 1, 1, 1)
    )
    found = counts(network, layer, "base")
    # Two rounds, of four rows and of two; 36 columns are five groups of eight, ten steps of four.
    assert (found["rounds"], found["expanded_groups"]) == (2, 30)
    assert (found["patches"], found["gather_words"], found["blocks"]) == (18, 162, 27)
    assert (found["steps"], found["outputs"]) == (270, 54)
    assert scratch_bytes(network, layer, "base") == 5 * 40
    # Eight rows of 36 bytes, four pixels of 36 columns in 16 bits.
    assert scratch_bytes(network, layer, "dsp") == 8 * 36 + 4 * 72
    found = counts(network, layer, "dsp")
    # Three pairs of rows with nine groups each; one round.
    assert (found["rounds"], found["expanded_groups"], found["wide_words"]) == (1, 27, 81)
    # Window and rows 44, six channels 48, six rows of five groups of three bytes 90 -> 92; in
    # pairs three of nine groups 81 -> 84.
    assert constant_bytes(network, layer, "base") == 44 + 48 + 92
    assert constant_bytes(network, layer, "dsp") == 44 + 48 + 84
    assert kernel_sources(network, layer, "dsp") == (
        "dse_conv_p3_dsp",
        "dse_conv_s8_dsp",
        "dse_expand_p3",
    )


def test_p2_runs_on_the_kernels_of_s2():
    network, layer = network_of("depthwise", (6, 6, 5), (4, 4, 5), "p2", kernel=(3, 3))
    assert str(kernel_key(network, layer)) == "depthwise/s8/s2"
    assert kernel_sources(network, layer, "base") == ("dse_depthwise_s2",)
    other, twin = network_of("depthwise", (6, 6, 5), (4, 4, 5), "s2", kernel=(3, 3))
    assert constant_bytes(network, layer, "dsp") == constant_bytes(other, twin, "dsp")
    assert counts(network, layer, "dsp") == counts(other, twin, "dsp")


def test_sizes_of_an_xnor_convolution():
    network, layer = network_of("conv", (5, 4, 33), (5, 2, 3), "xnor", kernel=(1, 3))
    assert scratch_bytes(network, layer, "base") == (20 + 3) * 8
    # Parameters 48, channels 24, 9 rows of two words 72, thresholds 36.
    assert constant_bytes(network, layer, "base") == 48 + 24 + 72 + 36
    assert kernel_sources(network, layer, "dsp") == ("dse_conv_xnor",)


def test_bytes_of_eight_bit_rows_end_on_a_step():
    network, layer = network_of("linear", (1, 1, 5), (1, 1, 2), "s8")
    # Rows start at 0 and 5; the second is read up to 13, in words up to 16.
    assert constant_bytes(network, layer, "base") == constant_bytes(network, layer, "dsp") == 52
    assert scratch_bytes(network, layer, "base") == 8


def test_depthwise_copies_a_band_of_the_image_only_where_it_must():
    network, layer = network_of("depthwise", (6, 6, 5), (4, 4, 5), "s2", kernel=(3, 3))
    assert scratch_bytes(network, layer, "dsp") == 8 * 9 + 4 * 18
    assert scratch_bytes(network, layer, "base") == 48
    found = counts(network, layer, "dsp")
    assert (found["blocks"], found["unrolled"], found["block_taps"]) == (32, 32, 0)
    assert (found["band_rows"], found["band_words"], found["cut_bytes"]) == (12, 72, 72 + 16)
    network, layer = network_of("depthwise", (6, 6, 8), (4, 4, 8), "s2", kernel=(3, 3))
    assert scratch_bytes(network, layer, "dsp") == 8 * 9
    assert counts(network, layer, "dsp")["band_words"] == 0


def test_a_flatten_costs_nothing():
    network, layer = network_of("flatten", (2, 2, 2), (1, 1, 8))
    assert counts(network, layer, "base") == {"call": 0}
    assert constant_bytes(network, layer, "base") == 0
    assert kernel_sources(network, layer, "base") == ()


@pytest.mark.parametrize("words", range(1, 130))
def test_loops_of_the_population_count(words):
    left, rounds, groups = words, 0, 0
    while True:
        rounds += 1
        room = 10
        while room > 0 and left >= 3:
            room, left, groups = room - 1, left - 3, groups + 1
        if left < 3:
            break
    assert _xnor_words(words) == (rounds, groups, left)
