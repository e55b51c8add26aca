"""Counts of the DSP kernels of depthwise layers and of gathered windows, by hand."""

from dataclasses import replace

import pytest

from hw_models.kernels import counts, scratch_bytes
from hw_models.network import Layer, Network, Tensor


def network_of(op, shape, out, weights, **fields):
    layer = Layer("y", op, ("x",), out, weights, **fields)
    return Network("one", Tensor("x", shape), (layer,)), layer


def test_a_pixel_left_over_of_a_pointwise_convolution():
    network, layer = network_of("conv", (1, 5, 20), (1, 5, 4), "s8")
    found = counts(network, layer, "dsp")
    assert (found["pixels"], found["flat_fours"], found["flat_words"]) == (1, 1, 5)
    assert (found["wide_quads"], found["wide_words"]) == (1, 1)


def test_windows_of_loose_rows_go_straight_to_wide_words():
    network, layer = network_of(
        "conv", (5, 5, 3), (5, 5, 8), "s8", kernel=(3, 3), padding=(1, 1, 1, 1)
    )
    found = counts(network, layer, "dsp")
    # Nine windows lie inside: three rows of nine bytes each.
    assert (found["nines"], found["inside_rows"], found["run_words"]) == (9, 0, 0)
    # Sixteen do not: a quad and three words each.
    assert (found["wide_quads"], found["wide_words"]) == (16, 48)


def test_loose_rows_across_words_are_counted_twice():
    network, layer = network_of(
        "conv", (5, 5, 3), (4, 5, 8), "s8", kernel=(2, 3), padding=(0, 0, 1, 1)
    )
    found = counts(network, layer, "dsp")
    # Twelve windows lie inside: 18 columns in five words, of which one lies in two rows of nine.
    assert (found["nines"], found["inside_rows"]) == (0, 24)
    assert found["run_words"] == 12 * (5 + 1)


@pytest.mark.parametrize(("weights", "words"), [("s8", 14), ("s4", 14), ("s2", 16)])
def test_a_window_left_over_is_closed_up(weights, words):
    network, layer = network_of("conv", (3, 9, 3), (1, 7, 8), weights, kernel=(3, 3))
    found = counts(network, layer, "dsp")
    # Seven windows, all inside; three are left over, 27 columns each.
    assert (found["nines"], found["inside_rows"], found["run_words"]) == (7, 0, 0)
    assert found["closed_words"] == 3 * words


@pytest.mark.parametrize(
    ("weights", "outputs", "expected"),
    [("s8", 6, (6, 0, 2 * 3 * 2)), ("s4", 5, (5, 2, None)), ("p4", 5, (5, 2, None))],
)
def test_what_blocks_have_besides_their_loops(weights, outputs, expected):
    network, layer = network_of("conv", (3, 3, 48), (3, 3, outputs), weights)
    found = counts(network, layer, "dsp")
    # Two fours of pixels; three times sixteen columns take two turns.
    assert tuple(map(found.get, ("scanned", "lone_rows", "turns"))) == expected


def test_the_pixels_left_over_of_a_convolution_that_gathers_bytes():
    network, layer = network_of("conv", (1, 7, 1), (1, 5, 9), "s2", kernel=(1, 3))
    found = counts(network, layer, "dsp")
    # Rows of three bytes, too short for a word; one word wide, one step of eight.
    assert (found["gather_words"], found["gather_bytes"], found["wide_words"]) == (0, 15, 5)
    assert (found["inside_rows"], found["run_words"]) == (5, 0)
    network, layer = network_of("conv", (1, 7, 3), (1, 5, 9), "s2", kernel=(1, 3))
    found = counts(network, layer, "dsp")
    # Nine columns: three words wide, two steps of eight.
    assert (found["run_words"], found["gather_words"], found["wide_words"]) == (15, 0, 0)
    assert (found["blocks"], found["quads"], found["groups"]) == (5, 5, 0)
    assert (found["single_blocks"], found["single_quads"]) == (3, 3)
    assert scratch_bytes(network, layer, "dsp") == 4 * 16 * 2 + 12


def test_depthwise_copies_a_band_of_the_image_only_where_it_must():
    network, layer = network_of("depthwise", (6, 6, 5), (5, 5, 5), "s2", kernel=(2, 2))
    assert scratch_bytes(network, layer, "dsp") == 8 * 4 + 4 * 12
    assert scratch_bytes(network, layer, "base") == 20
    found = counts(network, layer, "dsp")
    assert (found["blocks"], found["block_rows"], found["block_taps"]) == (50, 100, 200)
    assert (found["band_rows"], found["band_words"], found["cut_bytes"]) == (10, 60, 60 + 25)
    assert (found["three_groups"], found["lanes"], found["clamped"]) == (0, 0, 0)
    network, layer = network_of("depthwise", (6, 6, 8), (5, 5, 8), "s2", kernel=(2, 2))
    assert scratch_bytes(network, layer, "dsp") == 8 * 4
    assert counts(network, layer, "dsp")["band_words"] == 0


def test_depthwise_three_by_three_goes_along_planes():
    network, layer = network_of(
        "depthwise", (5, 7, 6), (5, 7, 6), "s4", kernel=(3, 3), padding=(1, 1, 1, 1)
    )
    # Outputs 0 to 6 need columns -1 to 7, five pairs; weights and scales of four channels.
    assert scratch_bytes(network, layer, "dsp") == 4 * (5 * 12 + 4 * 14)
    found = counts(network, layer, "dsp")
    assert (found["fours"], found["blocks"], found["cut_bytes"]) == (0, 0, 0)
    assert (found["three_groups"], found["three_rows"], found["lanes"]) == (2, 10, 30)
    # Seven rows, five of them in the image: a padding and a pixel, four, two, a pair of padding.
    assert (found["plane_rows"], found["plane_fours"], found["plane_pairs"]) == (14, 10, 20)
    assert found["plane_pads"] == 2 * (5 * 1 + 2 * 5)
    # Seven outputs: four and four, the last of which the next row overwrites; four, two, one.
    assert (found["lane_fours_1"], found["lane_fours_2"]) == (24 * 2 + 6, 0)
    assert (found["lane_twos"], found["lane_seconds"]) == (12, 6)
    assert found["clamped"] == 0


def test_depthwise_takes_small_images_as_a_whole():
    network, layer = network_of(
        "depthwise", (6, 6, 6), (6, 6, 6), "s4", kernel=(3, 3), padding=(1, 1, 1, 1)
    )
    # Columns -1 to 6, four pairs of eight rows; weights and scales of four channels, once.
    assert scratch_bytes(network, layer, "dsp") == 4 * (4 * 32 + 4 * 8)
    found = counts(network, layer, "dsp")
    assert (found["fours"], found["three_groups"], found["lanes"]) == (0, 0, 0)
    assert (found["whole_words"], found["whole_groups"], found["whole_lanes"]) == (128, 2, 6)
    # A padding and a pixel, four, a pixel and a padding.
    assert (found["whole_rows"], found["whole_pairs"]) == (12, 48)
    assert (found["whole_fours_1"], found["whole_fours_2"]) == (36, 0)
    assert (found["whole_twos"], found["whole_puts"], found["clamped"]) == (36, 72, 0)


@pytest.mark.parametrize(("height", "width", "is_whole"), [(6, 3, 1), (7, 3, 0), (6, 7, 0)])
def test_what_a_small_image_is(height, width, is_whole):
    network, layer = network_of(
        "depthwise", (height, width, 4), (height, width, 4), "s8", kernel=(3, 3), padding=(1,) * 4
    )
    found = counts(network, layer, "dsp")
    assert (found["whole_groups"], found["three_groups"]) == (is_whole, 1 - is_whole)
    assert found["whole_puts"] == 0


@pytest.mark.parametrize(("width", "twos", "seconds"), [(4, 0, 0), (5, 20, 0), (6, 20, 20)])
def test_depthwise_outputs_behind_the_last_four(width, twos, seconds):
    network, layer = network_of(
        "depthwise", (11, 2 * width + 1, 4), (5, width, 4), "s8", kernel=(3, 3), stride=(2, 2)
    )
    layer = replace(layer, activation="relu")
    found = counts(replace(network, layers=(layer,)), layer, "dsp")
    assert (found["lane_fours_1"], found["lane_fours_2"]) == (0, 20)
    assert (found["lane_twos"], found["lane_seconds"]) == (twos, seconds)
    assert (found["plane_rows"], found["clamped"]) == (11, 20 * width)
