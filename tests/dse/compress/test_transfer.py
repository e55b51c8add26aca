import numpy as np
import pytest
import torch

from dse.compress import build_module, transfer
from dse.compress.importance import channel_importance, filter_norms
from dse.compress.transfer import he_parameters, slice_parameters
from dse.parameters import LayerParameters, check_parameters
from search_spaces.groups import group_table
from search_spaces.rewrite import rewrite
from search_spaces.space import build_space


def configuration(space, kinds):
    """The last option at every site of some kinds, the first elsewhere."""
    return space.decode([len(s.options) - 1 if s.kind in kinds else 0 for s in space.sites])


@pytest.fixture(scope="module")
def base(make_residual, make_parameters):
    network = make_residual()
    return network, make_parameters(network, 3), build_space(network)


def test_the_baseline_gives_equal_parameters(base):
    network, parameters, space = base
    target, made = transfer(parameters, network, space, space.baseline(), 0)
    assert target == network
    assert made.keys() == parameters.keys()
    for name, own in made.items():
        assert np.array_equal(own.weight, parameters[name].weight)
        assert np.array_equal(own.bias, parameters[name].bias)


@pytest.mark.parametrize("ranking", ["l1", "l2"])
def test_channels_without_weights_go_first_and_the_function_stays(base, ranking):
    network, parameters, space = base
    choice = configuration(space, ("width",))
    target = rewrite(network, space, choice)
    rng = np.random.default_rng(5)
    muted = {
        name: LayerParameters(p.weight.copy(), p.bias.copy()) for name, p in parameters.items()
    }
    for group in group_table(network):
        first = group.tensors[0]
        if group.fixed is not None or first not in target._tensors:
            continue
        dropped = rng.permutation(group.channels)[target.tensor(first).shape[2] :]
        for name in (*group.producers, *group.followers):
            if network.layer(name).is_weighted:
                muted[name].weight[dropped] = 0
                muted[name].bias[dropped] = 0
    scores = filter_norms(network, muted, ranking)
    made = slice_parameters(muted, network, target, 0, scores).parameters
    assert target.parameter_count < network.parameter_count
    x = torch.from_numpy(rng.normal(size=(4, *network.input.shape)).astype(np.float32))
    with torch.no_grad():
        whole, narrow = build_module(network, muted)(x), build_module(target, made)(x)
    torch.testing.assert_close(narrow, whole, rtol=1e-4, atol=1e-5)


def test_kept_channels_keep_their_order(base):
    network, parameters, space = base
    target = rewrite(network, space, configuration(space, ("width",)))
    sliced = slice_parameters(parameters, network, target, 0)
    assert all((np.diff(kept) > 0).all() for kept in sliced.kept.values())
    assert np.array_equal(sliced.kept["c1"], sliced.kept["p1"])
    assert np.array_equal(sliced.kept["c1"], sliced.kept["d1"])


def test_importance_sums_shares_over_the_layers_of_a_group(base):
    network, parameters, _ = base
    names = [layer.name for layer in network.layers]
    importance = channel_importance(network, filter_norms(network, parameters, "l1"), names)
    expected = np.zeros(12)
    for name in ("c1", "d1", "p1"):
        norm = np.abs(parameters[name].weight).reshape(12, -1).sum(1)
        expected += norm / norm.mean()
    np.testing.assert_allclose(importance["c1"], expected, rtol=1e-6)


def test_a_depth_cut_gets_a_head_from_its_seed(base):
    network, parameters, space = base
    cut = configuration(space, ("depth",))
    target, made = transfer(parameters, network, space, cut, 7)
    check_parameters(target, made)
    heads = [layer for layer in target.weighted_layers if layer.name.startswith("head.")]
    assert len(heads) == 5
    for layer in heads:
        again, other = (he_parameters(target, layer, seed).weight for seed in (7, 8))
        assert np.array_equal(made[layer.name].weight, again)
        assert not np.array_equal(again, other)


def test_pruning_one_branch_of_a_concat_slices_its_columns(make_builder, make_parameters):
    net = make_builder((4, 4, 2))
    net.add("a", "conv", "x", channels=8, activation="relu")
    net.add("b", "conv", "x", channels=16)
    net.add("cat", "concat", "a", "b")
    net.add("dw", "depthwise", "cat", kernel=(2, 2))
    net.add("c", "conv", "dw", channels=8)
    net.add("flat", "flatten", "cat")
    net.add("pool", "avg_pool", "c", kernel=(3, 3))
    net.add("join", "concat", "flat", "pool")
    net.add("fc", "linear", "join", channels=3)
    network = net.build()
    parameters = make_parameters(network, 3)
    space = build_space(network)
    chosen = space.load({"schema": 1, "choices": {"width:b": {"width": 0.5}}})
    target = rewrite(network, space, chosen)
    sliced = slice_parameters(parameters, network, target, 0)
    kept = sliced.kept["b"]
    assert (len(kept), target.layer("b").shape) == (8, (4, 4, 8))
    inputs = np.concatenate([np.arange(8), 8 + kept])
    np.testing.assert_array_equal(sliced.kept["dw"], inputs)
    made = sliced.parameters
    np.testing.assert_array_equal(made["dw"].weight, parameters["dw"].weight[inputs])
    np.testing.assert_array_equal(made["c"].weight, parameters["c"].weight[..., inputs])
    columns = [24 * pixel + inputs for pixel in range(16)]
    whole = np.concatenate([*columns, 384 + np.arange(8)])
    np.testing.assert_array_equal(made["fc"].weight, parameters["fc"].weight[..., whole])


def test_groups_of_a_convolution_lose_their_own_columns(make_builder, make_parameters):
    net = make_builder((5, 5, 2))
    net.add("a", "conv", "x", channels=24, activation="relu")
    net.add("g", "conv", "a", channels=48, kernel=(3, 3), groups=3, activation="relu")
    net.add("pool", "avg_pool", "g", kernel=(3, 3))
    net.add("fc", "linear", "pool", channels=3)
    network = net.build()
    parameters = make_parameters(network, 3)
    space = build_space(network)
    chosen = space.load(
        {"schema": 1, "choices": {"width:a": {"width": 0.5}, "width:g": {"width": 0.25}}}
    )
    target = rewrite(network, space, chosen)
    assert (target.layer("a").shape[2], target.layer("g").shape[2]) == (12, 12)
    rng = np.random.default_rng(0)
    muted = {n: LayerParameters(p.weight.copy(), p.bias.copy()) for n, p in parameters.items()}
    for name, size, kept in (("a", 8, 4), ("g", 16, 4)):
        for group in range(3):
            lost = size * group + rng.permutation(size)[kept:]
            muted[name].weight[lost] = 0
            muted[name].bias[lost] = 0
    made = slice_parameters(muted, network, target, 0)
    x = torch.from_numpy(rng.normal(size=(4, 5, 5, 2)).astype(np.float32))
    with torch.no_grad():
        whole, narrow = build_module(network, muted)(x), build_module(target, made.parameters)(x)
    torch.testing.assert_close(narrow, whole, rtol=1e-4, atol=1e-5)
    for name in ("a", "g"):
        per_group = made.kept[name].reshape(3, 4) // (8 if name == "a" else 16)
        assert (per_group == np.arange(3)[:, None]).all()
