"""The kernel table: no holes, no unknown kernels, sizes by hand."""

from dataclasses import replace

import pytest

from hw_models.errors import ConfigError, ModelError
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

CLASSES = ("base", "adding", "dsp")


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
        "pixels": 0,
        "inside_rows": 0,
        "nines": 0,
        "flat_fours": 3,
        "flat_words": 18,
        "gather_rows": 0,
        "gather_runs": 0,
        "gather_words": 0,
        "gather_bytes": 0,
        "run_words": 0,
        "wide_quads": 0,
        "wide_words": 0,
        "scanned": 5,
        "lone_rows": 3,
        "turns": 3 * 3,
        "blocks": 3 * 3,
        "quads": 3 * 3,
        "groups": 3 * 3 * 2,
        "closed_words": 0,
        "single_blocks": 0,
        "single_quads": 0,
        "single_groups": 0,
    }


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
    # Window and rows 44, six channels 48, six rows of five groups of three bytes 90 -> 92.
    assert constant_bytes(network, layer, "base") == 44 + 48 + 92
    assert kernel_sources(network, layer, "base") == (
        "dse_conv_p3",
        "dse_conv_s8",
        "dse_expand_p3",
    )
    layer = replace(layer, weight_format="sparse8", row_nonzeros=9)
    network = replace(network, layers=(layer,))
    # Eight rows of 36 bytes, four pixels of 36 columns in 16 bits.
    assert scratch_bytes(network, layer, "dsp") == 8 * 36 + 4 * 72
    found = counts(network, layer, "dsp")
    # Three pairs of rows with nine groups each; one round.
    assert (found["rounds"], found["expanded_groups"], found["wide_words"]) == (1, 27, 81)


@pytest.mark.parametrize("weight_format", ["p4", "p3"])
def test_powers_of_two_are_looked_up_on_dsp(weight_format):
    shapes = ("conv", (3, 3, 4), (3, 3, 6))
    network, layer = network_of(*shapes, weight_format, kernel=(3, 3), padding=(1, 1, 1, 1))
    as_bytes, dense = network_of(*shapes, "s8", kernel=(3, 3), padding=(1, 1, 1, 1))
    of_bytes = counts(as_bytes, dense, "dsp")
    del of_bytes["turns"]
    assert counts(network, layer, "dsp") == of_bytes
    assert scratch_bytes(network, layer, "dsp") == scratch_bytes(as_bytes, dense, "dsp")
    # Three pairs of nine groups, each a word; of p3 three words for the first and second four.
    pair = {"p4": 36, "p3": 12 + 12 + 4}[weight_format]
    assert constant_bytes(network, layer, "dsp") == 44 + 48 + 3 * pair
    sources = (f"dse_conv_{weight_format}_dsp", f"dse_pairs_{weight_format}")
    assert kernel_sources(network, layer, "dsp") == sources


def test_sparse_rows_by_hand():
    network, layer = network_of("linear", (1, 1, 20), (1, 1, 5), "sparse8", row_nonzeros=6)
    # Rows and channels 60; a byte for each of five times three groups, and six weights a row.
    assert constant_bytes(network, layer, "base") == 60 + 48
    # Three pairs of five groups.
    assert constant_bytes(network, layer, "dsp") == 60 + 48
    found = counts(network, layer, "base")
    assert (found["rounds"], found["expanded_groups"], found["expanded_values"]) == (2, 15, 30)


@pytest.mark.parametrize("weight_format", ["p4", "p3"])
def test_powers_of_two_are_added_up_where_multiplying_is_slow(weight_format):
    assert core_class("cortex-m0.small-multiply") == "adding"
    network, layer = network_of(
        "conv", (3, 3, 4), (3, 3, 5), weight_format, kernel=(3, 3), padding=(1, 1, 1, 1)
    )
    found = counts(network, layer, "adding")
    # Nine pixels of five outputs, each of five groups of eight columns.
    assert (found["steps"], found["outputs"], found["patches"]) == (225, 45, 9)
    assert "blocks" not in found
    assert scratch_bytes(network, layer, "adding") == 40
    assert kernel_sources(network, layer, "adding") == (f"dse_conv_{weight_format}_adding",)
    assert constant_bytes(network, layer, "adding") == constant_bytes(network, layer, "base")
    dense = replace(layer, weight_format="s4")
    for core_class_ in ("adding", "base"):
        found = counts(replace(network, layers=(dense,)), dense, core_class_)
        assert (found["blocks"], found["steps"]) == (27, 135)


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


def test_a_flatten_costs_nothing():
    network, layer = network_of("flatten", (2, 2, 2), (1, 1, 8))
    assert counts(network, layer, "base") == {"call": 0}
    assert constant_bytes(network, layer, "base") == 0
    assert kernel_sources(network, layer, "base") == ()


@pytest.mark.parametrize(
    ("channels", "outputs", "loops"),
    [
        (33, {"outputs_18": 6, "outputs_9": 0, "outputs": 0}, (0, 0, 0, 0)),
        (32, {"outputs_18": 0, "outputs_9": 6, "outputs": 0}, (0, 0, 0, 0)),
        (128, {"outputs_18": 0, "outputs_9": 0, "outputs": 6}, (2, 0, 0, 0)),
        (65, {"outputs_18": 0, "outputs_9": 0, "outputs": 6}, (1, 1, 0, 0)),
    ],
)
def test_loops_of_the_population_count(channels, outputs, loops):
    network, layer = network_of("conv", (3, 5, channels), (1, 3, 2), "xnor", kernel=(3, 3))
    found = counts(network, layer, "base")
    assert {name: found[name] for name in outputs} == outputs
    names = ("eighteens", "nines", "threes", "ones")
    assert tuple(found[name] / 6 for name in names) == loops
    network, layer = network_of("linear", (1, 1, 32 * 34), (1, 1, 1), "xnor")
    found = counts(network, layer, "base")
    assert tuple(found[name] for name in names) == (1, 1, 2, 1)


@pytest.mark.parametrize(("channels", "quads", "singles"), [(8, 18, 0), (6, 0, 54)])
def test_a_maximum_takes_four_channels_at_once_where_they_are_whole_words(channels, quads, singles):
    network, layer = network_of(
        "max_pool", (6, 6, channels), (3, 3, channels), None, kernel=(2, 2), stride=(2, 2)
    )
    found = counts(network, layer, "base")
    assert (found["quads"], found["quad_rows"], found["quad_values"]) == (
        quads,
        2 * quads,
        4 * quads,
    )
    assert (found["singles"], found["single_values"]) == (singles, 4 * singles)
    assert "window_values" in counts(network, layer, "dsp")
