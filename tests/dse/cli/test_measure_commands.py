"""`dse measure` and `dse calibrate` on a virtual board, and the profile in use."""

import json
from dataclasses import replace

import pytest

from hw_models.profile import load_profile, save_profile


@pytest.mark.emulator
def test_measure_calibrate_and_use(cli, tmp_path):
    runs, profile = tmp_path / "runs.csv", tmp_path / "mine.toml"
    measure = ("measure", "--board", "virtual:m0", "--kernels", "linear/s8/s8,add", "-o", runs)
    first = cli(*measure)
    assert first.code == 0, first.err
    whole = runs.read_text()
    again = cli(*measure)
    assert "0 networks measured" in again.out
    assert runs.read_text() == whole
    found = json.loads(cli("calibrate", runs, "-o", profile, "--json").out)
    assert found["prior"] == "dse-m0"
    assert found["scale"] == pytest.approx(1, abs=0.05)
    assert found["errors"]["worst_percent"] < 5
    kernels = {each["kernel"]: each["layers"] for each in found["residuals"]}
    assert kernels["linear s8 s8"] > 2
    assert kernels["conv s8 s8"] == 0
    assert load_profile(profile).core == "cortex-m0"
    table = cli("calibrate", runs, "-o", profile)
    assert table.code == 0
    assert "what to measure next" in table.out
    other = cli("measure", "--board", "virtual:m4", "--kernels", "add", "-o", runs)
    assert other.code == 2
    assert "never written over" in other.err


def test_check_uses_the_profile(cli, tmp_path):
    base = load_profile("dse-m4")
    slow = {
        key: {name: 10 * value for name, value in table.items()}
        for key, table in base.coefficients.items()
    }
    save_profile(replace(base, name="slow", coefficients=slow), tmp_path / "slow.toml")
    arguments = ("check", "zoo:digits-ds", "--device", "STM32L476RG", "--latency-ms", "25")
    assert cli(*arguments).code == 0
    refused = cli(*arguments, "--profile", tmp_path / "slow.toml")
    assert refused.code == 2, refused.out
    wrong = cli(*arguments, "--profile", "dse-m7")
    assert wrong.code == 2
    assert "another core" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--board", "host"), "core of this board"),
        (("--board", "host", "--core", "cortex-m4"), "counts no cycles"),
        (("--board", "virtual:m4", "--core", "cortex-m0"), "another core"),
        (("--board", "serial:/dev/none"), "core of this board"),
        (("--board", "serial:/dev/none", "--core", "cortex-m4"), "cannot be opened"),
        (("--board", "virtual:m4", "--kernels", "conv/s9"), "no such kernel"),
        (("--board", "nothing"), "no such board"),
    ],
)
def test_mistakes(cli, tmp_path, arguments, message):
    result = cli("measure", *arguments, "-o", tmp_path / "runs.csv")
    assert result.code == 2
    assert message in result.err
    assert "Traceback" not in result.err
    assert not (tmp_path / "runs.csv").exists()


def test_a_missing_or_damaged_file(cli, tmp_path):
    runs = tmp_path / "runs.csv"
    assert cli("calibrate", runs, "-o", tmp_path / "a.toml").code == 2
    runs.write_text("a,b\n1,2\n")
    result = cli("calibrate", runs, "-o", tmp_path / "a.toml")
    assert result.code == 2
    assert "lack columns" in result.err
    assert not (tmp_path / "a.toml").exists()
