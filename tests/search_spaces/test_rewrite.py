import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import ModelError
from hw_models.network import Network
from search_spaces import (
    HEAD_LAYERS,
    build_space,
    channel_layouts,
    depth_cut,
    group_table,
    kept_channels,
    rewrite,
)


def choose(space, **choices):
    """A configuration from site names (underscore for the colon) and JSON values."""
    parsed = {}
    for name, value in choices.items():
        kind = name.partition("_")[0]
        parsed[name.replace("_", ":", 1)] = {kind: value}
    return space.load({"schema": 1, "choices": parsed})


@given(data=st.data())
def test_every_configuration_makes_a_valid_network(networks, data):
    network = data.draw(networks)
    space = build_space(network)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    for _ in range(5):
        configuration = space.sample(rng)
        changed = rewrite(network, space, configuration)
        assert isinstance(changed, Network)
        assert changed.input == network.input
        assert changed.output.shape == network.output.shape
        assert changed.total_macs <= network.total_macs or depth_cut(configuration)
        for site in space.sites:
            if not space.is_active(configuration, site.name):
                continue
            option = configuration.choice(site.name)
            if site.kind == "format":
                assert changed.layer(site.layers[0]).weight_format == option.weights


@given(data=st.data())
def test_coupled_tensors_keep_the_same_channels(networks, data):
    network = data.draw(networks)
    space = build_space(network)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    configuration = space.sample(rng)
    changed = rewrite(network, space, configuration)
    widths = {site.name: site for site in space.sites if site.kind == "width"}
    left = {tensor.name for tensor in changed.tensors}
    layouts = channel_layouts(network)
    kept = {}
    for group in group_table(network):
        keep = 1.0
        if f"width:{group.name}" in widths:
            keep = configuration.choice(f"width:{group.name}").keep
        kept[group.name] = kept_channels(group.channels, keep, group.parts)
    for name in set(layouts) & left:
        before, after = network.tensor(name), changed.tensor(name)
        assert after.shape[:2] == before.shape[:2]
        assert after.shape[2] == sum(kept[group] for group in layouts[name])


@given(data=st.data())
def test_the_baseline_changes_nothing(networks, data):
    network = data.draw(networks)
    space = build_space(network)
    assert rewrite(network, space, space.baseline()) == network


def test_a_width_slices_the_columns_behind_a_flatten(builder):
    build = builder((4, 4, 1))
    conv = build.conv("x", 16, name="conv")
    hidden = build.put("linear", build.put("flatten", conv, name="flat"), name="fc", channels=8)
    build.put("linear", hidden, channels=3)
    network = build.network()
    space = build_space(network)
    changed = rewrite(network, space, choose(space, width_conv=0.5))
    assert changed.tensor("flat").shape == (1, 1, 4 * 4 * 8)
    assert changed.weight_shape(changed.layer("fc")) == (8, 1, 1, 4 * 4 * 8)


def test_a_residual_stage_shrinks_as_one(resnet):
    space = build_space(resnet)
    changed = rewrite(resnet, space, choose(space, width_stem=0.5, width_a1=0.25))
    shapes = {name: changed.tensor(name).shape[2] for name in ("stem", "a1", "a2", "a", "b1")}
    assert shapes == {"stem": 8, "a1": 4, "a2": 8, "a": 8, "b1": 32}


def test_a_cut_keeps_the_widths_and_formats_before_it(ds_cnn):
    space = build_space(ds_cnn)
    configuration = space.load(
        {
            "schema": 1,
            "choices": {
                "width:pw1": {"width": 0.5},
                "width:pw2": {"width": 0.25},
                "format:pw1": {"format": "xnor"},
                "depth": {"depth": "pw1"},
            },
        }
    )
    changed = rewrite(ds_cnn, space, configuration)
    assert [layer.name for layer in changed.layers] == [
        "conv1",
        "dw1",
        "pw1",
        *HEAD_LAYERS,
        "softmax",
    ]
    assert changed.layer("pw1").weight_format == "xnor"
    assert changed.weight_shape(changed.layer("head.pw1")) == (32, 1, 1, 32)
    assert changed.layer("head.dw1").shape == (25, 5, 32)
    assert changed.name == ds_cnn.name


def test_a_space_of_another_network_is_refused(ds_cnn, resnet):
    space = build_space(ds_cnn)
    with pytest.raises(ModelError, match="another network"):
        rewrite(resnet, space, space.baseline())
