"""The bench of the ladder on a few configurations: its figures, and that it goes on."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest

from dse.bench import ladder
from dse.bench.ladder import LadderPlan, ladder_report
from dse.evaluate import Rung, Training, cache, train_shared

TINY = """
from torch import nn


def net(input_shape, classes):
    return nn.Sequential(
        nn.Conv2d(input_shape[2], 8, 5, stride=3), nn.ReLU(),
        nn.Conv2d(8, 16, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(64, classes),
    )
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ladder")
    (folder / "tiny.py").write_text(TINY)
    return LadderPlan(
        "digits",
        f"{folder / 'tiny.py'}:net",
        folder / "out",
        configurations=4,
        full_epochs=1,
        short_epochs=1,
        shared_steps=5,
        base_epochs=1,
    )


@pytest.fixture(scope="module")
def report(plan):
    return ladder_report(plan)


def test_every_rung_has_its_figures(report):
    rows = [(one.rung, one.score) for one in report.rungs]
    scored = [(rung, score) for rung in ("calibrated", "shared", "brief", "short")
              for score in ("accuracy", "loss")]  # fmt: skip
    assert rows == [*scored, ("full", "accuracy")]
    for one in report.rungs[:-1]:
        assert -1 <= one.tau.low <= one.tau.tau <= one.tau.high <= 1
        assert 0 < one.share < 1
    shared = [one for one in report.rungs if one.rung in ("shared", "brief", "short")]
    assert all(one.once_s > 0 for one in shared)
    full = report.rungs[-1]
    assert (full.tau, full.share) == (None, 1.0)
    assert -1 <= report.seed_tau <= 1
    assert report.rest_tau == report.seed_tau


def test_rung_four_has_seeds_of_its_own(plan, report):
    results = [json.loads(one.read_text()) for one in plan.folder.rglob("cache/*/*.json")]
    seeds = {rung: {one["seed"] for one in results if one["rung"] == rung}
             for rung in get_args(Rung)}  # fmt: skip
    assert seeds == {**{rung: {0} for rung in get_args(Rung)}, "full": {1, 2}}


def test_one_seed_is_compared_with_the_mean_of_the_others():
    seeds = [(0.1, 0.2, 0.3), (0.25, 0.1, 0.3), (0.45, 0.1, 0.3)]
    full = [[SimpleNamespace(accuracy=one) for one in each] for each in seeds]
    pairs, rest = ladder._seed_taus(full)
    assert pairs == pytest.approx((1 / 3 - 1 / 3 + 1 / 3) / 3)
    assert rest == pytest.approx((-1 / 3 + 1 + 1 / 3) / 3)


def test_equal_accuracies_stay_ties():
    rng = np.random.default_rng(0)
    seeds = (1300 + rng.integers(9, size=(2, 40))) / 1350
    full = [[SimpleNamespace(accuracy=float(one)) for one in each] for each in seeds]
    pairs, rest = ladder._seed_taus(full)
    assert rest == pytest.approx(pairs, abs=1e-12)


def test_it_goes_on_from_its_folder(plan, report, monkeypatch):
    monkeypatch.setattr(cache, "evaluate", None)
    monkeypatch.setattr(ladder, "train_shared", None)
    monkeypatch.setattr(ladder, "prepare_base", None)
    assert ladder_report(plan) == report
    told = []
    fewer = ladder_report(replace(plan, configurations=3, seeds=1), told.append)
    assert fewer.seed_tau is fewer.rest_tau is None
    assert len(told) == 5 * 3


def test_rung_four_starts_from_the_shared_weights_or_the_base(plan, report):
    base = ladder_report(replace(plan, full_start="base"))
    assert base.rungs[:-1] != report.rungs[:-1]
    cheap = [[(one.rung, one.score, one.accuracy) for one in each.rungs[:-1]]
             for each in (base, report)]  # fmt: skip
    assert cheap[0] == cheap[1]
    assert base.rungs[-1].once_s == 0 < report.rungs[-1].once_s
    assert (base.full_start, report.full_start) == ("base", "shared")
    assert (report.full_epochs, report.full_seeds) == (1, 2)
    assert base.rungs[-1].accuracy != report.rungs[-1].accuracy


def test_the_training_of_the_study_reaches_every_rung(plan, tmp_path, monkeypatch):
    how, used = Training(time_shift=0.1), []
    config = ladder.make_study

    def study(values, where):
        return config({**values, "training": {"time_shift": 0.1}}, where)

    def share(*arguments, how, **named):
        used.append(how)
        return train_shared(*arguments, how=how, **named)

    monkeypatch.setattr(ladder, "make_study", study)
    monkeypatch.setattr(ladder, "train_shared", share)
    changed = replace(plan, folder=tmp_path, configurations=2, seeds=1)
    ladder_report(changed)
    assert used == [how]
    monkeypatch.setattr(ladder, "make_study", config)
    ladder_report(changed)
    assert used == [how, Training()]
    results = [json.loads(one.read_text()) for one in tmp_path.rglob("cache/*/*.json")]
    assert {(one["rung"], one["training"]["time_shift"]) for one in results} == {
        ("calibrated", 0.0),
        ("shared", 0.0),
        *((rung, shift) for rung in ("brief", "short", "full") for shift in (0.0, 0.1)),
    }


def test_the_configurations_are_distinct_and_the_first_stay(plan, report):
    class Space:
        size = 5

        def sample(self, rng):
            return int(rng.integers(5))

    drawn = ladder._configurations(Space(), replace(plan, configurations=9))
    assert sorted(drawn) == list(range(5))
    assert ladder._configurations(Space(), replace(plan, configurations=3)) == drawn[:3]


def test_the_command_prints_json(plan, report, monkeypatch, capsys):
    from dse.cli import bench_ladder

    monkeypatch.setattr(bench_ladder, "ladder_report", lambda *_: report)
    bench_ladder.ladder(as_json=True)
    values = json.loads(capsys.readouterr().out)
    assert len(values["rungs"]) == len(report.rungs)
    assert values["rungs"][0]["tau"]["tau"] == report.rungs[0].tau.tau
    bench_ladder.ladder()
    text = capsys.readouterr().out
    assert "calibrated" in text
    assert "tau" in text
    assert "full: mean over seeds, 2; epochs 1, from shared weights" in text
    assert np.isfinite(report.float_accuracy)
