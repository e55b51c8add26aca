"""The number formats of tensors: groups, reasons, sites and what a configuration makes of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import ConfigError, ModelError
from hw_models.kernels import kernel_sources
from hw_models.memory import plan_memory
from search_spaces import Activations, Configuration, build_space
from search_spaces.activations import activation_groups
from search_spaces.options import option_from_json, option_to_json
from search_spaces.rewrite import rewrite

OFFERED = ("s8", "s4")


def fixed(network):
    return {group.name: group.fixed for group in activation_groups(network)}


@given(st.data())
def test_every_configuration_is_a_legal_network(networks, data):
    network = data.draw(networks)
    space = build_space(network, formats=("s8",), activations=OFFERED)
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    for _ in range(3):
        configuration = space.sample(rng)
        made = rewrite(network, space, configuration)
        for layer in made.layers:
            kernel_sources(made, layer, "dsp")
        assert made.input.format == "s8"
        assert made.output.format in ("s8", "s16")
        plan = plan_memory(made, "base")
        assert plan.arena_bytes >= plan.lower_bound_bytes
    assert rewrite(network, space, space.baseline()) == network


@given(st.data())
def test_each_group_alone_is_legal_or_has_a_reason(networks, data):
    network = data.draw(networks)
    space = build_space(network, formats=("s8",), widths=(1.0,), depth=False, activations=OFFERED)
    groups = activation_groups(network)
    assert sorted(name for group in groups for name in group.tensors) == sorted(
        tensor.name for tensor in network.tensors
    )
    free = [group for group in groups if group.fixed is None]
    assert [site.layers for site in space.sites] == [group.layers for group in free]
    assert len(space.refusals) == len(groups) - len(free)
    for site, group in zip(space.sites, free, strict=True):
        choices = {**dict(space.baseline().choices), site.name: Activations("s4")}
        made = rewrite(network, space, Configuration(tuple(choices.items())))
        narrow = {tensor.name for tensor in made.tensors if tensor.format == "s4"}
        assert narrow == set(group.tensors)


def test_a_stage_of_additions_is_one_group(resnet):
    reasons = fixed(resnet)
    assert reasons["x"] == "the network's input is written as bytes"
    assert reasons["fc"] == "the network's output is read as bytes"
    (stage,) = (group for group in activation_groups(resnet) if "a" in group.tensors)
    assert set(stage.tensors) == {"stem", "a2", "a"}
    assert stage.fixed is None


def test_reasons(builder):
    build = builder((4, 4, 3))
    first = build.conv("x", 5, name="a")
    turned = build.put("transpose", build.conv(first, 4, name="b"), permutation=(1, 0, 2))
    wide = build.conv(turned, 1, name="c")
    loose = build.put(
        "conv", wide, name="d", channels=4, kernel=(1, 1), padding=(1, 0, 0, 0), activation="relu"
    )
    flat = build.put("flatten", build.conv(loose, 3, name="e"))
    build.put("softmax", build.put("linear", flat, name="f", channels=4), name="s")
    reasons = fixed(build.network())
    assert reasons["a"] is None
    assert "the transpose 'transpose2' reads and makes bytes" in reasons["b"]
    assert "one channel" in reasons["c"]
    assert "the padding of 'd'" in reasons["d"]
    assert "an odd number of channels" in reasons["e"]
    assert "the softmax 's' reads and makes bytes" in reasons["f"]
    space = build_space(build.network(), activations=OFFERED)
    assert [one.reason for one in space.refusals if one.site == "activation:c"] == [reasons["c"]]


def test_off_by_default(resnet):
    assert not any(site.kind == "activation" for site in build_space(resnet).sites)
    offered = build_space(resnet, activations=("s4",))
    site = offered.site("activation:stem")
    assert [option.label() for option in site.options] == ["s8 activations", "s4 activations"]
    assert rewrite(resnet, offered, offered.baseline()) == resnet


def test_the_option_in_json():
    option = Activations("s4")
    assert option_to_json(option) == {"activation": "s4"}
    assert option_from_json({"activation": "s4"}, "site") == option
    with pytest.raises(ConfigError, match="no such activation format"):
        option_from_json({"activation": "s16"}, "site")


def test_a_space_starts_from_bytes(resnet):
    space = build_space(resnet, activations=OFFERED)
    choices = {**dict(space.baseline().choices), "activation:b1": Activations("s4")}
    made = rewrite(resnet, space, Configuration(tuple(choices.items())))
    with pytest.raises(ModelError, match="all s8"):
        build_space(made)


def test_a_concat_has_4_bits_where_packed_pixels_can_be_copied(builder):
    for first, reason in ((8, None), (6, "copies whole bytes: 6 channels")):
        build = builder((4, 4, 3))
        both = build.put("concat", build.conv("x", first, name="a"), build.conv("x", 5, name="b"))
        build.put("linear", build.global_pool(both), channels=3)
        group = next(one for one in activation_groups(build.network()) if one.name == "a")
        assert group.layers == ("a", "b", both)
        assert group.fixed is None if reason is None else reason in group.fixed
