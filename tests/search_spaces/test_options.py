import pytest

from hw_models.errors import ConfigError
from search_spaces import DepthCut, Format, Width
from search_spaces.options import option_from_json, option_kind, option_to_json

OPTIONS = [
    (Format("s4"), "format", "s4"),
    (Width(0.5), "width", "x0.5"),
    (DepthCut(None), "depth", "full depth"),
    (DepthCut("pw2"), "depth", "cut after pw2"),
    (DepthCut("pw2", "pooled"), "depth", "cut after pw2, pooled"),
]


@pytest.mark.parametrize(("option", "kind", "label"), OPTIONS)
def test_an_option_survives_json_and_has_a_label(option, kind, label):
    data = option_to_json(option)
    assert list(data) == [kind]
    assert option_from_json(data, "site") == option
    assert option_kind(option) == kind
    assert option.label() == label


@pytest.mark.parametrize("keep", [0, -0.5, 1.5, float("nan"), "0.5", None])
def test_a_width_is_a_share(keep):
    with pytest.raises(ConfigError, match="share of channels"):
        Width(keep)


def test_a_whole_width_is_a_float():
    assert repr(Width(1)) == "Width(keep=1.0)"


def test_an_unknown_format_is_named_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"got: s3\n.*'xnor'"):
        Format("s3")


@pytest.mark.parametrize("after", ["", 3])
def test_a_depth_cut_names_a_layer(after):
    with pytest.raises(ConfigError, match="names a layer"):
        DepthCut(after)


@pytest.mark.parametrize(("after", "head"), [("pw2", "dense"), (None, "pooled")])
def test_a_head_is_one_of_two_and_needs_a_cut(after, head):
    with pytest.raises(ConfigError, match="no such head"):
        DepthCut(after, head)
    with pytest.raises(ConfigError, match="no such head"):
        option_from_json({"depth": {"after": after, "head": head}}, "depth")


@pytest.mark.parametrize("data", [None, {}, {"form": 1}, {"width": 0.5, "depth": None}, "s8", [1]])
def test_what_is_no_option_is_refused_with_its_site(data):
    with pytest.raises(ConfigError, match="not an option") as caught:
        option_from_json(data, "format:conv1")
    assert "format:conv1" in str(caught.value)


def test_a_bad_value_is_refused_with_its_site():
    with pytest.raises(ConfigError, match="no such weight format") as caught:
        option_from_json({"format": "s5"}, "format:conv1")
    assert "format:conv1" in str(caught.value)
