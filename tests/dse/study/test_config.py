"""Study files: defaults, relative paths, budgets, and all errors at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from dse.evaluate import Training
from dse.study.config import StudyConfig, load_study, make_study
from dse.study.folder import RunFolder, profile_fingerprint
from hw_models.errors import ConfigError, RunError
from hw_models.profile import load_profile, save_profile

STUDIES = sorted((Path(__file__).parents[3] / "studies").glob("*.toml"))
MINIMAL = {"model": "zoo:digits-ds", "data": "digits", "device": "STM32F030R8"}
WORDS = {**MINIMAL, "model": "zoo:ds-cnn", "rung": "full"}


def test_defaults_and_default_budget():
    config = make_study(MINIMAL, "flags")
    budget = config.budget()
    assert budget.ram_bytes == 8192 - 2048
    assert budget.flash_bytes == 65536 - 8192
    assert budget.latency_s is None
    assert config.seed == 0


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_studies_of_the_project_can_be_read(path):
    assert load_study(path).budget().ram_bytes > 0


def test_budget_in_human_units():
    values = {**MINIMAL, "ram": "6K", "flash": 40_000, "latency_ms": 50, "energy_mj": 2.5}
    budget = make_study(values, "flags").budget()
    assert (budget.ram_bytes, budget.flash_bytes) == (6144, 40_000)
    assert (budget.latency_s, budget.energy_j) == (0.05, 0.0025)


def test_all_errors_are_reported_at_once():
    values = {"model": "zoo:x", "device": "STM32F030R8", "ram": "lots", "trials": 0, "sampelr": "a"}
    with pytest.raises(ConfigError) as caught:
        make_study(values, "study.toml")
    text = str(caught.value)
    assert text.startswith("4 settings of the study cannot be used.")
    for key in ("data: Field required", "ram:", "trials:", "sampelr:"):
        assert key in text


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sampler", "cmaes", "no such sampler"),
        ("formats", ["s4"], "must contain s8"),
        ("formats", ["s8", "s5"], "formats.1"),
        ("widths", [0.5], "must contain 1.0"),
        ("widths", [1.0, 1.5], "widths.1"),
        ("latency_ms", float("inf"), "latency_ms"),
        ("latency_ms", -1, "latency_ms"),
        ("schema", 2, "schema"),
    ],
)
def test_each_bad_setting_is_named(key, value, message):
    with pytest.raises(ConfigError, match=message):
        make_study({**MINIMAL, key: value}, "flags")


def test_a_training_section_is_read_and_written_back(tmp_path):
    path = tmp_path / "study.toml"
    lines = [f"{key} = {value!r}" for key, value in MINIMAL.items()]
    section = ["[training]", 'ranking = "taylor"', "distillation = 0.7"]
    path.write_text("\n".join([*lines, *section]))
    config = load_study(path)
    assert config.training == Training(ranking="taylor", distillation=0.7)
    plain = make_study(MINIMAL, "flags", tmp_path)
    assert plain.training == Training()
    assert plain.identity() != config.identity()
    folder = RunFolder(tmp_path / "run")
    folder.open(config, {})
    assert folder.config() == config
    folder.open(config, {})
    with pytest.raises(RunError, match="training"):
        folder.open(plain, {})


def test_samples_are_changed_as_in_the_models_recipe_unless_the_study_says_otherwise():
    words = {**MINIMAL, "model": "zoo:ds-cnn"}
    assert make_study(MINIMAL, "test").training == Training()
    assert make_study(words, "test").training == Training(time_shift=0.1)
    own = {"training": {"ranking": "l1", "time_shift": 0, "gain_db": 3.0}}
    assert make_study({**words, **own}, "test").training == Training(ranking="l1", gain_db=3.0)


@pytest.fixture
def older(tmp_path):
    """A run of schema 1, with its 16 epochs of full training."""
    folder = RunFolder(tmp_path / "run")
    folder.open(make_study({**WORDS, "epochs": 16}, "test"), {})
    settings, environment = folder.path / "study.toml", folder.path / "env.json"
    new = ("time_shift", "gain_db", "noise", "flip", "crop")
    kept = [line for line in settings.read_text().splitlines() if not line.startswith(new)]
    settings.write_text("\n".join(kept))
    environment.write_text(environment.read_text().replace('"schema": 2', '"schema": 1'))
    return folder


def test_an_older_run_goes_on_with_its_own_defaults(older):
    begun = older.as_begun(make_study(WORDS, "test"))
    assert (begun.training, begun.epochs) == (Training(), 16)
    for _ in range(2):
        older.open(begun, {})
        assert older.config() == older.as_begun(make_study(WORDS, "test")) == begun
    newer = RunFolder(older.path.parent / "new")
    for _ in range(2):
        assert newer.as_begun(make_study(WORDS, "test")) == make_study(WORDS, "test")
        newer.open(make_study(WORDS, "test"), {})


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"epochs": 3}, "epochs = 3, was 16"),
        ({"training": {"time_shift": 0.2}}, "training.time_shift = 0.2, was 0.0"),
        ({"training": {"ranking": "l1"}}, "training.ranking = 'l1', was 'l2'"),
    ],
)
def test_what_is_asked_of_an_older_run_is_not_set_aside(older, own, told):
    with pytest.raises(RunError, match="other settings") as caught:
        older.open(older.as_begun(make_study({**WORDS, **own}, "test")), {})
    assert caught.value.got == told


def test_a_run_folder_of_another_version_is_refused(older):
    environment = older.path / "env.json"
    environment.write_text(environment.read_text().replace('"schema": 1', '"schema": 3'))
    with pytest.raises(RunError, match="another version") as caught:
        older.config()
    assert caught.value.got == "schema 3"


def test_all_faults_of_a_training_section_are_told_beside_the_others():
    section = {"ranking": "l3", "temperature": 0, "rank": "l1"}
    with pytest.raises(ConfigError) as caught:
        make_study({**MINIMAL, "trials": 0, "training": section}, "study.toml")
    for name in (*section, "trials"):
        assert f"{name}:" in str(caught.value)
    with pytest.raises(ConfigError, match="training: must be a table"):
        make_study({**MINIMAL, "training": "fast"}, "flags")


def test_from_scratch_needs_a_rung_that_trains():
    values = {**MINIMAL, "rung": "calibrated", "training": {"start": "scratch"}}
    with pytest.raises(ConfigError, match="scratch needs a rung that trains"):
        make_study(values, "flags")


def test_unknown_device():
    with pytest.raises(ConfigError, match="STM32F030R9"):
        make_study({**MINIMAL, "device": "STM32F030R9"}, "flags")


def test_all_errors_include_the_device():
    with pytest.raises(ConfigError) as caught:
        make_study({**MINIMAL, "device": "NOPE", "ram": "24Q"}, "flags")
    assert "device:" in str(caught.value)
    assert "ram:" in str(caught.value)


@pytest.mark.parametrize("setting", [{"ram": "1G"}, {"flash": "65K"}])
def test_a_budget_larger_than_the_part(setting):
    with pytest.raises(ConfigError, match="larger than the part"):
        make_study({**MINIMAL, **setting}, "flags")


def test_features_are_not_set_by_default():
    assert make_study(MINIMAL, "flags").features is None


def test_relative_paths_count_from_the_study_file(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        'model = "net.py:build"\ndata = "npz:d/x.npz"\ndevice = "STM32F030R8"\nweights = "w.pt"\n'
    )
    config = load_study(path, {"trials": 7})
    assert config.model == f"{tmp_path / 'net.py'}:build"
    assert config.data == f"npz:{tmp_path / 'd/x.npz'}"
    assert config.weights == str(tmp_path / "w.pt")
    assert config.trials == 7


@pytest.mark.parametrize("text", ["model = ", "\x00", "= 3"])
def test_not_toml(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="must be TOML"):
        load_study(path)


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="no such study file"):
        load_study(tmp_path / "study.toml")


def test_identity_leaves_out_limits_and_workers():
    first = StudyConfig(**MINIMAL, trials=3, jobs=2, time_s=9)
    assert first.identity() == StudyConfig(**MINIMAL).identity()
    assert first.identity() != StudyConfig(**MINIMAL, seed=1).identity()


def test_a_profile_by_name_or_by_file(tmp_path):
    named = make_study({**MINIMAL, "profile": "dse-m0"}, "flags")
    assert named.identity()["profile"] == "dse-m0"
    assert make_study(MINIMAL, "flags").identity()["profile"] is None
    save_profile(load_profile("dse-m0"), tmp_path / "mine.toml")
    config = make_study({**MINIMAL, "profile": "mine.toml"}, "flags", tmp_path)
    assert config.profile == str(tmp_path / "mine.toml")
    with pytest.raises(ConfigError, match="no shipped profile"):
        make_study({**MINIMAL, "profile": "dse-m1"}, "flags")


def test_the_fingerprint_of_a_profile_is_that_of_its_costs(tmp_path):
    profile, path = load_profile("dse-m0"), tmp_path / "mine.toml"
    save_profile(profile, path)
    config = make_study({**MINIMAL, "profile": str(path)}, "flags")
    first = profile_fingerprint(config)
    assert set(first) == {"cost profile"}
    assert profile_fingerprint(config) == first
    key, table = next(iter(profile.coefficients.items()))
    doubled = {name: 2 * value for name, value in table.items()}
    changed = replace(profile, coefficients={**profile.coefficients, key: doubled})
    save_profile(changed, path)
    assert profile_fingerprint(config) != first
    assert profile_fingerprint(make_study(MINIMAL, "flags")) == {}
