import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_spaces import channel_groups, group_table, kept_channels


def by_name(network):
    return {group.name: group for group in group_table(network)}


@given(channels=st.integers(1, 512), keep=st.floats(0.01, 1.0))
def test_kept_channels_are_whole_blocks_within_the_group(channels, keep):
    kept = kept_channels(channels, keep)
    assert kept == channels or kept % 4 == 0
    assert 1 <= kept <= channels
    if kept < channels:
        assert kept == 4 or abs(kept - channels * keep) <= 2


def test_kept_channels_rounds_half_up():
    assert kept_channels(24, 0.75) == 20
    assert kept_channels(20, 0.5) == 12
    assert kept_channels(64, 0.01) == 4


def test_a_depthwise_layer_follows_its_convolution(ds_cnn):
    group = by_name(ds_cnn)["conv1"]
    assert group.tensors == ("conv1", "dw1")
    assert group.producers == ("conv1",)
    assert group.followers == ("dw1",)
    assert group.readers == ("pw1",)
    assert group.fixed is None


def test_an_addition_joins_its_inputs(resnet):
    group = by_name(resnet)["stem"]
    assert group.producers == ("stem", "a2")
    assert group.followers == ("a",)
    assert group.readers == ("a1", "b1", "short")
    assert by_name(resnet)["b2"].producers == ("b2", "short")


def test_flatten_hands_the_channels_on(builder):
    build = builder((4, 4, 1))
    conv = build.conv("x", 16, kernel=3, name="conv")
    hidden = build.put("linear", build.put("flatten", conv), name="hidden", channels=24)
    build.put("linear", hidden, name="fc", channels=3)
    groups = by_name(build.network())
    assert groups["conv"].channels == 16
    assert groups["conv"].readers == ("hidden",)
    assert groups["conv"].fixed is None
    assert groups["hidden"].fixed is None
    assert "output" in groups["fc"].fixed


@pytest.mark.parametrize("permutation", [(0, 2, 1), (2, 0, 1), (2, 1, 0), (1, 2, 0)])
def test_a_transpose_that_moves_the_channels_fixes_both_sides(builder, permutation):
    build = builder((8, 8, 1))
    conv = build.conv("x", 16, name="conv")
    moved = build.put("transpose", conv, name="moved", permutation=permutation)
    build.put("linear", build.depthwise(moved), channels=3)
    groups = by_name(build.network())
    assert "'moved' moves the channel axis" in groups["conv"].fixed
    assert "'moved' moves the channel axis" in groups["moved"].fixed


def test_a_transpose_of_rows_and_columns_keeps_the_group(builder):
    build = builder((8, 4, 1))
    conv = build.conv("x", 16, name="conv")
    build.put("linear", build.put("transpose", conv, permutation=(1, 0, 2)), channels=3)
    assert by_name(build.network())["conv"].fixed is None


def test_an_addition_to_the_input_fixes_the_group(builder):
    build = builder((8, 8, 16))
    build.put("linear", build.put("add", "x", build.conv("x", 16, name="conv")), channels=3)
    assert "input" in by_name(build.network())["conv"].fixed


def test_an_addition_of_flattened_and_plain_channels_fixes_the_group(builder):
    build = builder((2, 2, 1))
    flat = build.put("flatten", build.conv("x", 8, name="conv"))
    dense = build.put("linear", "x", channels=32)
    build.put("linear", build.put("add", flat, dense), channels=3)
    assert "flattened" in by_name(build.network())["conv"].fixed


@pytest.mark.parametrize(("op", "form"), [("softmax", "s8"), ("argmax", "s16")])
def test_classes_are_fixed(builder, op, form):
    build = builder((1, 1, 8))
    build.put(op, build.put("linear", "x", name="fc", channels=16), format=form)
    assert "one channel a class" in by_name(build.network())["fc"].fixed


@given(data=st.data())
def test_every_tensor_is_in_one_group_and_coupled_layers_agree(networks, data):
    network = data.draw(networks)
    groups = channel_groups(network)
    assert list(groups) == [name for name in groups if network.tensor(name)]
    assert len(groups) == len(network.tensors)
    for layer in network.layers:
        names = {groups[name] for name in layer.inputs}
        if layer.op in ("depthwise", "max_pool", "avg_pool", "add", "flatten", "softmax"):
            assert names == {groups[layer.name]}
    for group in group_table(network):
        for name in group.tensors:
            if group.fixed is None:
                assert network.tensor(name).shape[2] % group.channels == 0
