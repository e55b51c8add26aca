import pytest

from hw_models.errors import ConfigError, ModelError
from search_spaces import DepthCut, Format, FormatRules, Width, build_space, rewrite


def reason(space, site, option):
    found = [one.reason for one in space.refusals if (one.site, one.option) == (site, option)]
    assert len(found) == 1
    return found[0]


def labels(space, site):
    return [option.label() for option in space.site(site).options]


def test_the_first_and_the_last_layer_keep_s8(ds_cnn):
    space = build_space(ds_cnn)
    for weights in ("s4", "s2", "xnor"):
        assert "first weighted layer stays s8" in reason(space, "format:conv1", Format(weights))
        assert "last weighted layer stays s8" in reason(space, "format:fc", Format(weights))
    assert "format:conv1" not in [site.name for site in space.sites]


def test_depthwise_cannot_be_xnor(ds_cnn):
    space = build_space(ds_cnn)
    assert labels(space, "format:dw1") == ["s8", "s4", "s2"]
    assert labels(space, "format:pw1") == ["s8", "s4", "s2", "xnor"]
    assert "cannot be xnor" in reason(space, "format:dw1", Format("xnor"))
    daring = build_space(ds_cnn, rules=FormatRules(depthwise=("s8", "xnor")))
    assert "cannot be xnor" in reason(daring, "format:dw1", Format("xnor"))
    assert "stay s8 or xnor" in reason(daring, "format:dw1", Format("s4"))


def test_powers_of_two_are_offered_where_they_are_legal(ds_cnn):
    space = build_space(ds_cnn, formats=("s8", "p4", "p3", "p2"))
    assert labels(space, "format:pw1") == ["s8", "p4", "p3", "p2"]
    assert labels(space, "format:dw1") == ["s8", "p2"]
    assert "too few weights for p3" in reason(space, "format:dw1", Format("p3"))
    choices = {**dict(space.baseline().choices), "format:pw1": Format("p3")}
    made = rewrite(ds_cnn, space, type(space.baseline())(tuple(choices.items())))
    assert made.layer("pw1").weight_format == "p3"


def test_a_density_becomes_a_number_of_weights(ds_cnn):
    space = build_space(ds_cnn, formats=("s8", "sparse8@0.5", "sparse8@0.25"))
    assert labels(space, "format:pw1") == ["s8", "sparse8@0.5", "sparse8@0.25"]
    assert "too few weights" in reason(space, "format:dw1", Format("sparse8@0.5"))
    inputs = ds_cnn.weight_shape(ds_cnn.layer("pw1"))[3]
    for density in (0.5, 0.25):
        option = Format(f"sparse8@{density}")
        choices = {**dict(space.baseline().choices), "format:pw1": option}
        made = rewrite(ds_cnn, space, type(space.baseline())(tuple(choices.items())))
        layer = made.layer("pw1")
        assert (layer.weight_format, layer.row_nonzeros) == ("sparse8", round(density * inputs))


def test_xnor_needs_eight_inputs(builder):
    build = builder((4, 4, 1))
    source = build.conv(build.conv("x", 7, name="a"), 8, name="b")
    source = build.put("linear", build.conv(source, 8, name="c"), name="d", channels=4)
    build.put("linear", source, channels=3)
    space = build_space(build.network())
    assert "needs 8 input channels, it has 7" in reason(space, "format:b", Format("xnor"))
    assert Format("xnor") in space.site("format:c").options
    assert Format("xnor") in space.site("format:d").options
    assert len(build_space(build.network(), rules=FormatRules(xnor_min_inputs=1)).sites) > 0


def test_rules_can_open_the_ends(ds_cnn):
    space = build_space(ds_cnn, formats=("s8", "s4"), rules=FormatRules(ends=("s8", "s4")))
    assert labels(space, "format:fc") == ["s8", "s4"]


def test_widths_that_do_not_apply_are_refused_with_the_reason(builder):
    build = builder((4, 4, 1))
    source = build.conv(build.conv("x", 7, name="narrow"), 10, name="ten")
    build.put("linear", build.conv(source, 8, name="eight"), name="fc", channels=16)
    space = build_space(build.network())
    assert "7 channels, a width needs 8" in reason(space, "width:narrow", Width(0.5))
    assert labels(space, "width:ten") == ["x1", "x0.75", "x0.5"]
    assert reason(space, "width:ten", Width(0.25)) == "rounding leaves 4 channels, as x0.5 does"
    assert labels(space, "width:eight") == ["x1", "x0.5"]
    assert "leaves 8 channels, as x1 does" in reason(space, "width:eight", Width(0.75))
    assert "output" in reason(space, "width:fc", Width(0.5))


def test_depth_options_are_the_cut_points(ds_cnn):
    space = build_space(ds_cnn)
    site = space.site("depth")
    assert site.options[0] == DepthCut(None)
    assert site.layers == ("conv1", "pw1", "pw2", "pw3")
    assert "more parameters" in reason(space, "depth", DepthCut("pw4"))
    assert "depth" not in [site.name for site in build_space(ds_cnn, depth=False).sites]


def test_the_base_option_is_always_there(ds_cnn):
    space = build_space(ds_cnn, formats=("s4",), widths=(0.5,))
    assert labels(space, "format:pw1") == ["s8", "s4"]
    assert labels(space, "width:pw1") == ["x1", "x0.5"]


def test_a_space_can_be_empty(ds_cnn):
    space = build_space(ds_cnn, formats=(), widths=(), depth=False)
    assert space.sites == ()
    assert space.size == 1
    assert rewrite(ds_cnn, space, space.baseline()) == ds_cnn


def test_unknown_formats_and_widths_are_refused(ds_cnn):
    with pytest.raises(ConfigError, match=r"got: \['s3'\]"):
        build_space(ds_cnn, formats=("s8", "s3"))
    with pytest.raises(ConfigError, match="share of channels"):
        build_space(ds_cnn, widths=(2.0,))


def test_the_base_is_all_s8(ds_cnn):
    space = build_space(ds_cnn)
    choices = {**dict(space.baseline().choices), "format:pw1": Format("s4")}
    changed = rewrite(ds_cnn, space, type(space.baseline())(tuple(choices.items())))
    with pytest.raises(ModelError, match=r"all s8.*\n.*\n.*got: \['pw1'\]"):
        build_space(changed)


def test_what_a_grouped_convolution_cannot_have_has_a_reason(builder):
    build = builder((6, 6, 1))
    inner = build.conv(build.conv("x", 8, name="stem"), 24, name="a")
    outer = build.conv(inner, 12, kernel=3, groups=2, name="b")
    build.put("linear", build.global_pool(outer), channels=3)
    space = build_space(build.network(), formats=("s8", "s4", "p3", "sparse8@0.5", "xnor"))
    assert labels(space, "format:b") == ["s8", "s4", "p3", "sparse8@0.5"]
    assert "grouped convolution cannot be xnor" in reason(space, "format:b", Format("xnor"))
    assert labels(space, "width:a") == ["x1", "x0.75", "x0.25"]
    assert "each of 2 has 6 channels" in reason(space, "width:b", Width(0.5))
    choices = {**dict(space.baseline().choices), "format:b": Format("sparse8@0.5")}
    choices["width:a"] = Width(0.25)
    made = rewrite(space.network, space, type(space.baseline())(tuple(choices.items())))
    assert (made.layer("a").shape[2], made.layer("b").groups) == (8, 2)
    assert made.layer("b").row_nonzeros == 9 * 4 // 2
