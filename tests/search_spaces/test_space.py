import itertools
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_models.errors import ConfigError
from search_spaces import Configuration, DepthCut, Format, Width, build_space, depth_cut, rewrite


def generator(data):
    return np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))


@given(data=st.data())
def test_encode_and_decode_undo_each_other(networks, data):
    space = build_space(data.draw(networks))
    configuration = space.sample(generator(data))
    vector = space.encode(configuration)
    assert space.decode(vector) == configuration
    assert space.canonical(configuration) == configuration
    assert all(0 <= index < bound for index, bound in zip(vector, space.cardinalities, strict=True))
    assert space.encode(space.decode(vector)) == vector


@given(data=st.data())
def test_a_configuration_survives_json(networks, data):
    space = build_space(data.draw(networks))
    configuration = space.sample(generator(data))
    text = json.dumps(configuration.to_json())
    assert space.load(text) == configuration
    assert Configuration.from_json(text).key() == configuration.key()


@given(data=st.data())
def test_every_refusal_has_a_reason_and_no_option_is_refused_and_offered(networks, data):
    space = build_space(data.draw(networks))
    offered = {(site.name, option) for site in space.sites for option in site.options}
    for refusal in space.refusals:
        assert refusal.reason
        assert (refusal.site, refusal.option) not in offered


@settings(max_examples=25)
@given(data=st.data())
def test_the_size_counts_the_distinct_canonical_configurations(networks, data):
    space = build_space(data.draw(networks), formats=("s8", "xnor"), widths=(1.0, 0.5))
    if space.vectors > 3000:
        return
    vectors = itertools.product(*(range(bound) for bound in space.cardinalities))
    found = [space.decode(vector) for vector in vectors]
    assert len(found) == space.vectors
    assert len(set(found)) == space.size
    assert len({one.key() for one in found}) == space.size


def test_distinct_configurations_make_distinct_networks(resnet):
    space = build_space(resnet, formats=("s8", "s4"), widths=(1.0, 0.5))
    vectors = itertools.product(*(range(bound) for bound in space.cardinalities))
    found = {space.decode(vector) for vector in vectors}
    assert len({rewrite(resnet, space, one) for one in found}) == space.size == len(found)


def test_the_size_is_exact_beyond_64_bits(builder):
    build = builder((4, 4, 1))
    source = build.conv("x", 32)
    for _ in range(40):
        source = build.conv(source, 32)
    build.put("linear", source, channels=3)
    space = build_space(build.network(), depth=False)
    assert space.size == space.vectors == 4 ** (41 + 40)


def test_a_cut_makes_the_sites_behind_it_inactive(ds_cnn):
    space = build_space(ds_cnn)
    choices = {**dict(space.baseline().choices), "depth": DepthCut("pw1")}
    cut = Configuration(tuple(choices.items()))
    deep = {**choices, "format:pw3": Format("s2"), "width:pw4": Width(0.25)}
    assert space.canonical(Configuration(tuple(deep.items()))) == cut
    shallow = Configuration(tuple({**choices, "format:pw1": Format("s2")}.items()))
    assert space.canonical(shallow) == shallow
    assert space.is_active(cut, "width:pw1")
    assert space.is_active(cut, "depth")
    assert not space.is_active(cut, "width:pw2")
    assert depth_cut(cut) == "pw1"
    assert depth_cut(space.baseline()) is None


def test_a_group_cut_in_two_stays_active(resnet):
    space = build_space(resnet)
    stem = space.decode([0] * (len(space.sites) - 1) + [1])
    assert depth_cut(stem) == "stem"
    assert space.is_active(stem, "width:stem")
    assert not space.is_active(stem, "format:a2")


def test_sampling_is_seeded_and_reaches_every_option(ds_cnn):
    space = build_space(ds_cnn)
    first = [space.sample(np.random.default_rng(3)) for _ in range(2)]
    assert first[0] == first[1]
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(300)]
    for site in space.sites:
        assert {one.choice(site.name) for one in drawn} == set(site.options)


@given(data=st.data())
def test_neighbours_differ_at_one_active_site(networks, data):
    space = build_space(data.draw(networks))
    own = space.sample(generator(data))
    near = space.neighbours(own)
    assert len(set(near)) == len(near)
    assert own not in near
    vector = space.encode(own)
    for other in near:
        pairs = zip(vector, space.encode(other), space.sites, strict=True)
        changed = [site for one, two, site in pairs if one != two]
        active = [site for site in changed if space.is_active(other, site.name)]
        assert len(changed) == 1 or changed[-1].kind == "depth"
        assert len(active) == 1
    count = sum(len(site.options) - 1 for site in space.sites if space.is_active(own, site.name))
    assert len(near) == count


def test_changes_are_those_from_the_baseline(ds_cnn):
    space = build_space(ds_cnn)
    assert space.changes(space.baseline()) == ()
    own = space.load({"schema": 1, "choices": {"format:pw2": {"format": "s2"}}})
    assert space.changes(own) == (("format:pw2", Format("s2")),)


def test_loading_lists_every_fault(ds_cnn):
    space = build_space(ds_cnn)
    choices = {
        "format:other": {"format": "s4"},
        "format:dw1": {"format": "xnor"},
        "width:pw1": {"width": 0.3},
        "format:pw1": {"width": 0.5},
    }
    with pytest.raises(ConfigError) as caught:
        space.load({"schema": 1, "choices": choices})
    message = str(caught.value)
    assert "there is no site 'format:other'" in message
    assert "site 'format:dw1' cannot be 'xnor': a depthwise layer cannot be xnor" in message
    assert "site 'width:pw1' cannot be 'x0.3': it has x1, x0.75, x0.5, x0.25" in message
    assert "site 'format:pw1' cannot be 'x0.5'" in message
    assert "ds-cnn" in message


def test_a_configuration_of_another_space_is_refused(ds_cnn, resnet):
    space, other = build_space(ds_cnn), build_space(resnet)
    for use in (space.encode, space.canonical, space.neighbours, space.changes):
        with pytest.raises(ConfigError, match="does not fit the space of 'ds-cnn'"):
            use(other.baseline())
    with pytest.raises(ConfigError, match="site 'format:dw1' has no option"):
        space.encode(Configuration(()))


def test_vectors_out_of_range_are_refused(ds_cnn):
    space = build_space(ds_cnn)
    zeros = [0] * len(space.sites)
    assert space.decode(np.array(zeros)) == space.baseline()
    for bad in (zeros[1:], [*zeros, 0], [-1, *zeros[1:]], [9, *zeros[1:]]):
        with pytest.raises(ConfigError, match="integer vector does not fit"):
            space.decode(bad)


def test_an_unknown_site_is_refused(ds_cnn):
    with pytest.raises(ConfigError, match="no such site"):
        build_space(ds_cnn).site("format:none")


def test_a_space_survives_the_trip_to_a_worker(ds_cnn):
    space = build_space(ds_cnn)
    assert space.size
    copy = pickle.loads(pickle.dumps(space))
    assert copy == space
    assert copy.size == space.size
