import numpy as np
import pytest

from hw_models.errors import ConfigError
from search_spaces import PRESETS, Format, preset_space, rewrite


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_makes_a_space_that_works(name, ds_cnn, resnet):
    preset = PRESETS[name]
    assert preset.name == name
    assert preset.about.endswith(".")
    for network in (ds_cnn, resnet):
        space = preset_space(network, name)
        assert space == preset.build(network)
        assert space.size > 1000
        rewrite(network, space, space.sample(np.random.default_rng(0)))


def test_the_depthwise_preset_offers_no_s2_there(ds_cnn):
    space = preset_space(ds_cnn, "depthwise-separable")
    assert Format("s2") not in space.site("format:dw1").options
    assert Format("s2") in space.site("format:pw1").options


def test_an_unknown_preset_is_refused(ds_cnn):
    with pytest.raises(ConfigError, match=r"got: vit\n.*'audio'"):
        preset_space(ds_cnn, "vit")
