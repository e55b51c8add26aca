"""Whole searches: equal by seed, unharmed by SIGKILL, the same for any number of workers."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dse.search import Trial
from dse.study.config import make_study
from dse.study.run import run_study
from dse.study.view import load_run

VALUES = {
    "model": "zoo:digits-ds",
    "data": "digits",
    "device": "STM32F030R8",
    "latency_ms": 200,
    "rung": "calibrated",
    "base_epochs": 1,
    "trials": 12,
}
COMMAND = [sys.executable, "-c", "from dse.cli.app import main; main()", "search"]
ROOT = Path(__file__).parents[2]


def flags(values):
    return [text for key, value in values.items() for text in (f"--{key}".replace("_", "-"), value)]


def facts(trial: Trial):
    """All of a trial but the time it took."""
    outcome = trial.outcome
    scored = None if outcome is None else (outcome.accuracy, outcome.rung, outcome.error)
    return (trial.number, trial.configuration, trial.price, scored)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted search."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    run_study(make_study(VALUES, "test"), folder)
    return load_run(folder)


def test_the_search_is_real(whole):
    assert sum(trial.state == "complete" for trial in whole.trials) == 12
    assert all(trial.outcome is None for trial in whole.trials if trial.price.shortfalls)
    assert any(trial.price.shortfalls for trial in whole.trials)
    assert set(whole.test_accuracy) == {trial.number for trial in whole.front}
    budget = whole.pricer.budget
    assert all(trial.price.ram_bytes <= budget.ram_bytes for trial in whole.front)
    assert all(trial.price.latency_s <= budget.latency_s for trial in whole.front)


def test_same_seed_same_trials_with_two_workers(whole, tmp_path):
    run_study(make_study({**VALUES, "jobs": 2}, "test"), tmp_path / "run")
    again = load_run(tmp_path / "run")
    assert [facts(trial) for trial in again.trials] == [facts(trial) for trial in whole.trials]
    for trial in whole.front:
        one, two = (
            whole.folder.program(trial.configuration),
            again.folder.program(trial.configuration),
        )
        assert one.read_bytes() == two.read_bytes()


def test_killed_and_resumed_equals_uninterrupted(whole, tmp_path):
    folder = tmp_path / "run"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*COMMAND, *map(str, flags(VALUES)), "--out", str(folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    journal = folder / "journal.log"
    deadline = time.monotonic() + 300
    half = len(whole.folder.journal.read_bytes()) // 2
    while process.poll() is None and time.monotonic() < deadline:
        if journal.exists() and journal.stat().st_size > half:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    survived = load_run(folder).trials
    assert 0 < len(survived) < len(whole.trials)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    resumed = load_run(folder)
    assert [facts(trial) for trial in resumed.trials] == [facts(trial) for trial in whole.trials]
    kept = {trial.number: trial for trial in resumed.trials}
    assert all(kept[trial.number] == trial for trial in survived)


def test_a_float_training_that_is_killed_goes_on_to_the_same_network(tmp_path):
    values = {**VALUES, "base_epochs": 30, "trials": 1}
    run_study(make_study(values, "test"), tmp_path / "whole")
    wanted = (tmp_path / "whole" / "base.npz").read_bytes()
    folder = tmp_path / "run"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*COMMAND, *map(str, flags(values)), "--out", str(folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    state = folder / "base.training"
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline and not state.exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state.exists()
    assert not (folder / "base.npz").exists()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert "epoch 30 of 30: loss" in done.stdout + done.stderr
    assert (folder / "base.npz").read_bytes() == wanted
    assert not state.exists()


@pytest.fixture
def heard_interrupts():
    """Where a shell started the tests with `&`, children would ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupts")
def test_interrupt_from_the_keyboard_keeps_trials_and_prints_the_front(tmp_path):
    folder = tmp_path / "run"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    values = {**VALUES, "trials": 500, "jobs": 2}
    output, pressed = "", set()
    with subprocess.Popen(
        [*COMMAND, *map(str, flags(values)), "--out", str(folder)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        for line in process.stdout:
            # A signal that falls into a callback of C code can get lost: a user presses again. The
            # last line of progress comes twice, and after it there is nobody to interrupt.
            count = line.partition("/500")[0]
            if count in ("10", "100", "200") and count not in pressed:
                pressed.add(count)
                os.killpg(process.pid, signal.SIGINT)
            output += line
    assert process.returncode == 0, output
    assert "interrupted; the same command goes on from here" in output
    assert "Traceback" not in output
    assert sum(trial.state == "complete" for trial in load_run(folder).trials) >= 10


@pytest.mark.compiler
def test_the_python_example_of_the_readme(tmp_path, monkeypatch, capsys):
    code = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(from pathlib.*?)```", code, re.DOTALL)
    quick = example.replace(
        '"latency_ms": 150',
        '"latency_ms": 200, "rung": "calibrated", "base_epochs": 1, "trials": 3',
    )
    assert quick != example
    monkeypatch.chdir(tmp_path)
    exec(compile(quick, "README.md", "exec"), {})
    assert capsys.readouterr().out.rstrip().endswith("True")
    manifest = json.loads((tmp_path / "build/digits/manifest.json").read_text())
    assert manifest["schema"] == 3


def test_the_model_example_of_the_readme(tmp_path):
    import torch

    from dse.importers import import_torch, pick_example
    from dse.models import build_model

    code = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(# net\.py.*?)```", code, re.DOTALL)
    (tmp_path / "net.py").write_text(example)
    module = build_model(f"{tmp_path / 'net.py'}:net", (16, 16, 1), 10)
    assert isinstance(module, torch.nn.Module)
    imported = import_torch(module, pick_example(module, (16, 16, 1), 10), "net")
    assert imported.network.output.shape == (1, 1, 10)
