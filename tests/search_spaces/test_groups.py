import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_spaces import channel_layouts, group_table, kept_channels


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
def test_layouts_tell_all_channels_and_coupled_layers_agree(networks, data):
    network = data.draw(networks)
    layouts = channel_layouts(network)
    groups = by_name(network)
    assert list(layouts) == [tensor.name for tensor in network.tensors]
    for tensor in network.tensors:
        layout = layouts[tensor.name]
        assert sum(groups[name].channels for name in layout) == tensor.shape[2]
        assert {name for name in groups if tensor.name in groups[name].tensors} == set(layout)
    for layer in network.layers:
        given = [layouts[name] for name in layer.inputs]
        if layer.op in ("depthwise", "max_pool", "avg_pool", "softmax"):
            assert given == [layouts[layer.name]]
        if layer.op == "concat":
            assert sum(given, ()) == layouts[layer.name]
    for group in groups.values():
        assert layouts[group.tensors[0]] == (group.name,)


def test_a_concat_lays_groups_side_by_side(builder):
    build = builder((4, 4, 1))
    first, second = build.conv("x", 8, name="a"), build.conv("x", 12, name="b")
    both = build.depthwise(build.put("concat", first, second, first), name="d")
    again = build.put("flatten", both, name="flat")
    build.put("linear", again, name="fc", channels=3)
    network = build.network()
    layouts = channel_layouts(network)
    assert layouts["d"] == ("a", "b", "a")
    assert layouts["flat"] == ("a", "b", "a") * 16
    groups = by_name(network)
    assert groups["a"].followers == ("concat2", "d", "flat")
    assert groups["b"].readers == ("fc",)
    assert groups["a"].fixed is groups["b"].fixed is None


def test_concatenated_channels_are_added_pair_by_pair_or_not_at_all(builder):
    build = builder((4, 4, 1))
    one, two, three = (build.conv("x", count, name=f"c{count}") for count in (8, 12, 20))
    first = build.put("concat", one, two)
    second = build.put("concat", build.conv("x", 8, name="e"), build.conv("x", 12, name="f"))
    build.put("linear", build.put("add", build.put("add", first, second), three), channels=3)
    groups = by_name(build.network())
    assert groups["c8"].tensors == ("c8", "concat3", "e", "concat6", "add7", "add8")
    for name in ("c8", "c12", "c20"):
        assert "adds flattened or concatenated channels" in groups[name].fixed


def test_groups_of_a_convolution_stay_even_on_both_sides(builder):
    build = builder((6, 6, 1))
    inner = build.depthwise(build.conv("x", 48, name="a"))
    outer = build.conv(inner, 36, kernel=3, groups=3, name="b")
    again = build.conv(outer, 8, groups=2, name="c")
    build.put("linear", build.global_pool(again), channels=3)
    groups = by_name(build.network())
    assert [groups[name].parts for name in ("a", "b", "c")] == [3, 6, 2]
    assert all(groups[name].fixed is None for name in ("a", "b", "c"))
    assert kept_channels(48, 0.5, 3) == 24
    assert kept_channels(48, 0.1, 3) == 12


def test_a_grouped_convolution_of_a_concat_fixes_what_it_cuts(builder):
    build = builder((6, 6, 1))
    both = build.put("concat", build.conv("x", 8, name="a"), build.conv("x", 24, name="b"))
    build.put("linear", build.global_pool(build.conv(both, 16, groups=2, name="c")), channels=3)
    groups = by_name(build.network())
    for name in ("a", "b"):
        assert "the grouped convolution 'c' cuts them" in groups[name].fixed
    assert (groups["c"].fixed, groups["c"].parts) == (None, 2)
