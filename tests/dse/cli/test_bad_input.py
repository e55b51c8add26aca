"""A user's mistakes: each has a message, exit code 2, and no traceback."""

import json
import os
import wave

import numpy as np
import pytest
import torch

FLAGS = ("--model", "zoo:digits-ds", "--data", "digits", "--device", "STM32F030R8")
CALIBRATED = ("--rung", "calibrated", "--base-epochs", "1", "--trials", "2")


def refused(result, *texts):
    assert result.code == 2
    assert "Traceback" not in result.out + result.err
    for text in texts:
        assert text in result.err


def search(cli, tmp_path, *arguments):
    return cli("search", *arguments, "--out", tmp_path / "run")


@pytest.fixture
def module_file(tmp_path):
    """Write a model file; gives its path."""

    def write(body):
        path = tmp_path / "net.py"
        path.write_text("import torch\nfrom torch import nn\n" + body)
        return path

    return write


@pytest.fixture
def npz(tmp_path):
    """Write a data file of 8x8 images; arguments replace its arrays."""

    def write(**arrays):
        rng = np.random.default_rng(0)
        whole = {
            "x": rng.random((60, 8, 8)).astype(np.float32),
            "y": np.arange(60) % 3,
        }
        path = tmp_path / "data.npz"
        np.savez(path, **{**whole, **arrays})
        return f"npz:{path}"

    return write


def test_unsupported_op_is_named_with_its_place(cli, tmp_path, module_file):
    path = module_file(
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.dense = nn.Linear(256, 10)\n"
        "    def forward(self, x):\n"
        "        return self.dense(torch.fft.fft(x).real.flatten(1))\n"
        "def net():\n"
        "    return Net()\n"
    )
    result = cli("check", f"{path}:net", "--data", "digits", "--device", "STM32F030R8")
    refused(result, "fft", "net.py")
    assert not (tmp_path / "run").exists()


def test_model_file_factory_and_zoo_name(cli, tmp_path, module_file):
    path = module_file("def net():\n    raise ValueError('my mistake')\n")
    device = ("--data", "digits", "--device", "STM32F030R8")
    refused(cli("check", f"{path}:net", *device), "my mistake")
    refused(cli("check", f"{path}:other", *device), "other")
    refused(cli("check", f"{tmp_path / 'no.py'}:net", *device), "no.py")
    refused(cli("check", "zoo:nothing", *device), "nothing", "digits-ds")


def test_class_count_that_does_not_match_the_head(cli, module_file):
    path = module_file("def net():\n    return nn.Sequential(nn.Flatten(), nn.Linear(256, 7))\n")
    result = cli("check", f"{path}:net", "--data", "digits", "--device", "STM32F030R8")
    refused(result, "10 class scores")


def test_weights_are_never_unpickled(cli, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "evil"),)

    torch.save({"weight": Evil()}, tmp_path / "evil.pt")
    result = search(cli, tmp_path, *FLAGS, "--weights", tmp_path / "evil.pt")
    refused(result, "evil.pt")
    assert not (tmp_path / "evil").exists()
    refused(search(cli, tmp_path / "b", *FLAGS, "--weights", tmp_path / "no.pt"), "no.pt")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((0, 8, 8), np.float32), "y": np.zeros(0, int)}, "empty"),
        ({"x": np.full((60, 8, 8), np.nan, np.float32)}, "not finite"),
        ({"x": np.zeros((60, 8), np.float32)[:50]}, "60"),
        ({"y": np.full(60, -1)}, "label"),
        ({"y": np.linspace(0, 1, 60)}, "integer"),
        ({"y": np.zeros(60, int)}, "one class"),
        ({"x": np.array([None] * 60)}, "data.npz"),
    ],
)
def test_bad_data(cli, tmp_path, npz, arrays, message):
    result = cli("check", "zoo:lenet5", "--data", npz(**arrays), "--device", "STM32L476RG")
    refused(result, message)


def test_missing_and_damaged_data_files(cli, tmp_path):
    device = ("--device", "STM32L476RG")
    refused(cli("check", "zoo:lenet5", "--data", f"npz:{tmp_path}/no.npz", *device), "no.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 not a zip")
    refused(
        cli("check", "zoo:lenet5", "--data", f"npz:{tmp_path}/broken.npz", *device), "broken.npz"
    )
    refused(cli("check", "zoo:lenet5", "--data", "csv:x", *device), "csv")


def test_corrupt_wav_is_named(cli, tmp_path):
    for name in ("yes", "no"):
        (tmp_path / "audio" / name).mkdir(parents=True)
        for index in range(6):
            with wave.open(str(tmp_path / "audio" / name / f"{index}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(bytes(1600))
    (tmp_path / "audio" / "yes" / "bad.wav").write_bytes(b"RIFF....")
    result = cli(
        "check", "zoo:lenet5", "--data", f"audio-folder:{tmp_path / 'audio'}", "--device",
        "STM32L476RG",
    )  # fmt: skip
    refused(result, "bad.wav")


def test_images_as_torch_has_them_are_not_misread(cli, npz):
    x = np.random.default_rng(0).random((60, 3, 12, 8)).astype(np.float32)
    device = ("--device", "STM32L476RG")
    refused(cli("check", "zoo:lenet5", "--data", npz(x=x), *device), "?layout=chw")
    stated = cli("check", "zoo:digits-ds", "--data", npz(x=x) + "?layout=chw", *device)
    assert stated.code == 0
    assert "height 12, width 8, 3 channels" in stated.out
    refused(cli("check", "zoo:digits-ds", "--data", npz(x=x) + "?layout=cl", *device), "layout")


def test_signals_with_a_stated_layout(cli, npz):
    x = np.random.default_rng(0).random((60, 6, 40)).astype(np.float32)
    device = ("--device", "STM32L476RG")
    for layout, text in (("cl", "width 40, 6 channels"), ("lc", "width 6, 40 channels")):
        result = cli("check", "zoo:digits-ds", "--data", npz(x=x) + f"?layout={layout}", *device)
        assert text in result.out


def test_features_of_the_data_option_are_used(cli, npz):
    option = npz() + "?features=mfcc"
    device = ("--device", "STM32L476RG")
    refused(cli("check", "zoo:lenet5", "--data", option, *device), "mono audio")
    refused(
        cli("check", "zoo:lenet5", "--data", option, "--features", "raw", *device), "given twice"
    )


def test_budget_larger_than_the_part(cli, tmp_path):
    refused(search(cli, tmp_path, *FLAGS, "--ram", "1G"), "larger than the part", "8,192 bytes")


def test_seeds_without_a_training(cli, finished_run, tmp_path):
    refused(cli("export", finished_run, "knee", "-o", tmp_path / "x", "--seeds", "3"), "--epochs")


def test_unknown_device_names_near_ones(cli, tmp_path):
    result = search(cli, tmp_path, *FLAGS[:4], "--device", "STM32F030R9")
    refused(result, "STM32F030R9", "STM32F030R8")


def test_budget_below_every_configuration_is_explained(cli, tmp_path):
    result = search(cli, tmp_path, *FLAGS, *CALIBRATED, "--flash", "600")
    refused(result, "No configuration fits the budget", "tightest: flash", "allowed 600 bytes")


def test_all_faults_of_a_study_file_are_reported_at_once(cli, tmp_path):
    (tmp_path / "study.toml").write_text('model = "zoo:x"\nram = "many"\ntrials = -1\nnonsense = 2')
    result = search(cli, tmp_path, tmp_path / "study.toml")
    refused(result, "data:", "device:", "ram:", "trials:", "nonsense:")


def test_energy_bound_without_a_power_figure(cli, tmp_path):
    refused(search(cli, tmp_path, *FLAGS, *CALIBRATED, "--energy-mj", "1"), "active power")


def test_a_folder_that_is_not_a_run(cli, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("precious")
    refused(search(cli, tmp_path, *FLAGS), "not a run folder")
    refused(cli("front", tmp_path / "run"), "not a run folder")
    refused(cli("front", tmp_path / "nowhere"), "not a run folder")


def test_resume_with_another_model_data_or_setting(cli, finished_run):
    own = [
        "search", "--model", "zoo:digits-ds", "--data", "digits", "--device", "STM32L476RG",
        "--rung", "calibrated", "--base-epochs", "2", "--trials", "12", "--out", finished_run,
    ]  # fmt: skip
    before = {path: path.read_bytes() for path in finished_run.rglob("*") if path.is_file()}
    refused(cli(*own, "--seed", "5"), "another")
    refused(cli(*own, "--sampler", "random"), "sampler = 'random', was 'optuna-nsga2'")
    refused(cli(*own, "--model", "zoo:digits-resnet"), "another model")
    after = {path: path.read_bytes() for path in finished_run.rglob("*") if path.is_file()}
    assert after == before


def test_damaged_run_files_are_named(cli, finished_run, tmp_path):
    import shutil

    for name in ("journal.log", "base.npz", "env.json", "study.toml"):
        copy = tmp_path / name.replace(".", "-")
        shutil.copytree(finished_run, copy)
        (copy / name).write_bytes(b"\x00damaged\n" * 3)
        command = (
            ("export", copy, "knee", "-o", tmp_path / "x")
            if name == "env.json"
            else ("front", copy)
        )
        refused(cli(*command), name)


def test_unknown_trial(cli, finished_run):
    refused(cli("show", finished_run, "99999"), "99999")
    refused(cli("show", finished_run, "best"), "knee")


def test_missing_compiler_and_emulator(cli, finished_run, tmp_path, monkeypatch):
    assert cli("export", finished_run, "knee", "-o", tmp_path / "project").code == 0
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    refused(cli("verify", tmp_path / "project", "--board", "host"), "compiler")
    refused(cli("verify", tmp_path / "project", "--board", "virtual:m4"), "gcc-arm-none-eabi")


def test_unknown_board_and_project(cli, finished_run, tmp_path):
    refused(cli("verify", tmp_path), "manifest.json")
    assert cli("export", finished_run, "knee", "-o", tmp_path / "project").code == 0
    refused(cli("verify", tmp_path / "project", "--board", "virtual:m99"), "virtual:cortex-m4")


def test_export_does_not_overwrite_something_else(cli, finished_run, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    refused(cli("export", finished_run, "knee", "-o", tmp_path), str(tmp_path))
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_failing_trial_is_recorded_and_shown(cli, tmp_path, monkeypatch):
    from dse.study import scoring

    monkeypatch.setattr(
        scoring, "cached_evaluation", lambda *_, **__: (_ for _ in ()).throw(ValueError("no luck"))
    )
    run = tmp_path / "run"
    device = ("--device", "STM32L476RG")
    result = cli("search", *FLAGS[:4], *device, *CALIBRATED, "--out", run)
    assert result.code == 0
    rows = json.loads(cli("front", run, "--json", "--all").out)
    failed = [row for row in rows if row["state"] == "failed"]
    assert len(failed) == 2
    assert "no luck" in cli("show", run, failed[0]["trial"]).out
    refused(cli("export", run, failed[0]["trial"], "-o", tmp_path / "x"), "failed")


def test_an_accuracy_in_percent(cli, tmp_path):
    refused(cli("front", tmp_path, "--min-accuracy", "90"), "--min-accuracy", "0.9 for 90 %")


def test_a_misspelt_setting_of_a_training(cli, tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(
        'model = "zoo:digits-ds"\ndata = "digits"\ndevice = "STM32F030R8"\n'
        "[training]\ndistilation = 0.5\n"
    )
    refused(cli("search", study), "distilation: there is no such setting", "distillation")
