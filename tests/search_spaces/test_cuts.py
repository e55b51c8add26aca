from hypothesis import given
from hypothesis import strategies as st

from hw_models.network import Network
from search_spaces import HEAD_LAYERS, build_space, cut_points, rewrite
from search_spaces.cuts import cut_layers, judge_cuts


def cut(network, after):
    return Network(network.name, network.input, cut_layers(network, after))


def test_cut_points_of_the_ds_cnn(ds_cnn):
    assert cut_points(ds_cnn) == ("conv1", "pw1", "pw2", "pw3")
    assert "more parameters" in judge_cuts(ds_cnn)["pw4"]


def test_cutting_the_ds_cnn_saves_what_the_paper_says(ds_cnn):
    """De Leon and Atienza 2022: cut at block 2, 28 % fewer parameters and operations."""
    shorter = cut(ds_cnn, "pw2")
    assert ds_cnn.total_macs == 2_656_768
    saved = 1 - shorter.total_macs / ds_cnn.total_macs
    assert 0.26 < saved < 0.31
    assert 0.24 < 1 - shorter.parameter_count / ds_cnn.parameter_count < 0.31


def test_the_head_of_the_ds_cnn(ds_cnn):
    shorter = cut(ds_cnn, "pw1")
    head = {layer.name: layer for layer in shorter.layers if layer.name in HEAD_LAYERS}
    assert tuple(head) == HEAD_LAYERS
    assert [layer.shape for layer in head.values()] == [
        (25, 5, 64),
        (25, 5, 32),
        (25, 5, 32),
        (25, 5, 16),
        (1, 1, 16),
        (1, 1, 12),
    ]
    assert all(layer.weight_format == "s8" for layer in head.values() if layer.is_weighted)
    assert shorter.layers[-1].name == "softmax"
    assert shorter.layers[-1].inputs == ("head.linear",)


def test_a_pooled_head_is_a_pool_and_a_dense_layer(ds_cnn):
    space = build_space(ds_cnn, formats=("s8",), widths=(1.0,), heads=("auxiliary", "pooled"))
    only = build_space(ds_cnn, formats=("s8",), widths=(1.0,))
    pooled = [name for name, reason in judge_cuts(ds_cnn, "pooled").items() if reason is None]
    assert space.size == only.size + len(pooled)
    choice = {"depth": {"after": pooled[0], "head": "pooled"}}
    chosen = space.load({"schema": 1, "choices": {"depth": choice}})
    assert space.decode(space.encode(chosen)) == chosen
    shorter = rewrite(ds_cnn, space, chosen)
    names = [layer.name for layer in shorter.layers]
    assert names[-3:] == ["head.pool", "head.linear", "softmax"]
    assert names[-4] == pooled[0]
    assert shorter.layer("head.linear").inputs == ("head.pool",)


def test_the_head_has_the_parameters_of_the_paper(builder):
    """4,178 with four batch norm values a channel, at block 5: 12x12x64, two classes."""
    build = builder((12, 12, 3))
    conv = build.conv("x", 64, name="conv")
    deep = build.conv(build.conv(conv, 256, kernel=3), 256, kernel=3)
    build.put("linear", build.global_pool(deep), channels=2)
    shorter = cut(build.network(), "conv")
    front = 3 * 64 + 64
    folded = 9 * 64 + 64 + 64 * 32 + 32 + 9 * 32 + 32 + 32 * 16 + 16 + 16 * 2 + 2
    assert shorter.parameter_count - front == folded
    batch_norm = 4 * (64 + 32 + 32 + 16)
    assert folded + batch_norm == 4178


def test_a_signal_gets_a_flat_head(builder):
    build = builder((1, 40, 2))
    conv = build.conv("x", 16, kernel=3, name="conv")
    deep = build.conv(build.conv(conv, 64, kernel=3), 64, kernel=3)
    build.put("linear", build.global_pool(deep), channels=4)
    shorter = cut(build.network(), "conv")
    assert shorter.layer("head.dw1").kernel == (1, 3)
    assert shorter.layer("head.dw1").padding == (0, 0, 1, 1)


def test_nothing_is_cut_inside_a_residual_block(resnet):
    judged = judge_cuts(resnet)
    assert cut_points(resnet) == ("stem", "a", "b")
    assert judged["a1"] == "later layers also read 'stem'"
    assert judged["b1"] == "later layers also read 'a'"
    assert judged["c"].startswith("the head has more")


def test_nothing_is_cut_beside_a_shortcut_that_ends_at_once(builder):
    build = builder((4, 4, 1))
    stem = build.conv("x", 8, name="stem")
    both = build.put("add", build.conv(stem, 8, name="inner"), stem, activation="relu")
    deep = build.conv(build.conv(both, 64, kernel=3), 64, kernel=3)
    build.put("linear", build.global_pool(deep), channels=3)
    assert judge_cuts(build.network())["inner"] == "later layers also read 'stem'"


def test_refusals_say_why(builder):
    build = builder((4, 4, 1))
    bare = build.conv("x", 8, activation="none", name="bare")
    small = build.conv(build.global_pool(bare), 8, name="small")
    build.put("linear", small, channels=3)
    judged = judge_cuts(build.network())
    assert judged["bare"] == "no activation follows it"
    assert "1x1" in judged["small"]
    build = builder((8, 8, 1))
    swish = build.put("lookup", build.conv("x", 8, activation="none"), name="s", function="silu")
    deep = build.conv(build.conv(swish, 64, kernel=3), 64, kernel=3)
    build.put("linear", build.global_pool(deep), channels=3)
    assert judge_cuts(build.network())["s"] is None
    build = builder((4, 4, 1))
    build.conv(build.conv("x", 8, name="first"), 3)
    assert "one vector" in judge_cuts(build.network())["first"]


def test_a_cut_network_is_not_given_a_second_head_of_the_same_names(ds_cnn):
    shorter = cut(ds_cnn, "pw3")
    assert "has a head already" in judge_cuts(shorter)["head.pw1"]
    reasons = {refusal.reason for refusal in build_space(shorter).refusals}
    assert "the network has a head already" in reasons


@given(data=st.data())
def test_every_cut_makes_a_smaller_valid_network(networks, data):
    network = data.draw(networks)
    for after in cut_points(network):
        shorter = cut(network, after)
        assert (
            shorter.total_macs < network.total_macs
            or shorter.parameter_count < network.parameter_count
        )
        assert shorter.output.shape == network.output.shape
        assert shorter.output.format == network.output.format


def test_a_concat_is_a_cut_point_behind_clamped_branches_alone(builder):
    build = builder((12, 12, 3))
    stem = build.conv("x", 16, kernel=3, name="stem")
    wide = build.put("concat", build.conv(stem, 8), build.conv(stem, 8, kernel=3), name="wide")
    pooled = build.put("max_pool", wide, kernel=(2, 2), stride=(2, 2))
    loose = build.conv(wide, 8, stride=(2, 2), activation="none")
    both = build.put("concat", pooled, loose, name="both")
    deep = build.conv(build.conv(both, 64, kernel=3), 64, kernel=3)
    build.put("linear", build.global_pool(deep), channels=4)
    judged = judge_cuts(build.network())
    assert judged["wide"] is None
    assert judged["both"] == "no activation follows it"
