from dataclasses import replace

import pytest

from hw_models.errors import ConfigError, ModelError
from hw_models.kernels import KernelKey
from hw_models.profile import (
    format_key,
    list_profiles,
    load_profile,
    parse_key,
    profile_for,
    save_profile,
)

CORES = (
    *("cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"),
    *("cortex-m0.small-multiply", "cortex-m0plus.small-multiply"),
)


def test_a_saved_profile_is_read_back_equal(profile_of, residual, tmp_path):
    profile = replace(profile_of(residual), compiler='gcc "12"\\ \u00e9\x7f', name="test-m4")
    path = tmp_path / "own.toml"
    save_profile(profile, path)
    assert load_profile(path) == profile
    assert load_profile(str(path)) == profile


def test_equal_profiles_hash_equal(profile_of, residual):
    assert hash(profile_of(residual)) == hash(profile_of(residual))


def test_an_unknown_kernel_is_an_error_that_lists_what_there_is(profile_of, residual):
    with pytest.raises(ModelError, match=r"got: conv s8 s2[\s\S]*conv s8 s8"):
        profile_of(residual).of(KernelKey("conv", "s8", "s2"))


def test_keys_are_read_back_from_their_text():
    for key in (KernelKey("conv", "s8", "xnor"), KernelKey("add", "s8", None)):
        assert parse_key(format_key(key)) == key
    with pytest.raises(ConfigError, match="three words"):
        parse_key("conv s8")


@pytest.mark.parametrize("core", CORES)
def test_our_runtime_has_a_profile_for_every_core(core):
    profile = profile_for(core)
    assert profile.name == "dse-" + core.removeprefix("cortex-")
    assert load_profile(profile.name) is profile
    assert profile in list_profiles()


def test_a_core_without_profile_is_named():
    with pytest.raises(ConfigError, match="cortex-m55"):
        profile_for("cortex-m55")


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(ConfigError, match=r"'dse-m44'[\s\S]*dse-m4[\s\S]*did you mean"):
        load_profile("dse-m44")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be read[\s\S]*none\.toml"):
        load_profile(tmp_path / "none.toml")


def test_a_damaged_file_shows_all_its_errors(profile_of, residual, tmp_path):
    path = tmp_path / "bad.toml"
    save_profile(profile_of(residual), path)
    text = path.read_text().replace("fixed_bytes = 40", "fixed_bytes = -1")
    path.write_text(text.replace('core = "cortex-m4"', "colour = 3"))
    with pytest.raises(ConfigError, match="3 error") as caught:
        load_profile(path)
    for key in ("core", "colour", "code.fixed_bytes"):
        assert key in str(caught.value)
    path.write_text("this is not TOML")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profile(path)


def test_a_negative_coefficient_is_refused(profile_of, residual, tmp_path):
    path = tmp_path / "bad.toml"
    save_profile(profile_of(residual, cycles=-1.0), path)
    with pytest.raises(ConfigError, match="greater than or equal to 0"):
        load_profile(path)
