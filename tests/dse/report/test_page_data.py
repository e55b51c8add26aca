"""The record behind the page: the same figures as the run, in plain values."""

import json
from dataclasses import asdict

import pytest

from dse.report import page_data
from dse.report.page_data import collect
from dse.report.tables import compare_table, layer_table
from dse.search import hypervolume


@pytest.fixture(scope="module")
def data(run):
    return collect(run)


def test_every_trained_trial_is_a_point_and_the_front_comes_first(run, data):
    trained = {trial.number for trial in run.trials if trial.state == "complete"}
    assert {point.trial for point in data.points} == trained
    members = [trial.number for trial in run.front]
    assert [point.trial for point in data.points[: len(members)]] == members
    assert [point.on_front for point in data.points] == [
        point.trial in members for point in data.points
    ]
    assert 0 < len(members) < len(trained) < len(run.trials)


def test_a_point_has_the_figures_of_its_trial(run, data):
    for point in data.points:
        trial = run.trial(point.trial)
        assert point.accuracy == trial.accuracy
        assert point.test_accuracy == run.test_accuracy.get(trial.number)
        assert point.latency_ms == trial.price.latency_s * 1e3
        assert (point.ram_bytes, point.flash_bytes) == (
            trial.price.ram_bytes,
            trial.price.flash_bytes,
        )
        assert point.energy_mj is None
        assert point.rung == "short"


def test_layers_add_up_to_the_cycles_of_the_point(data):
    cycles = data.layer_columns.index("cycles")
    share = data.layer_columns.index("cycles_percent")
    for point in (*data.points, data.baseline):
        assert sum(row[cycles] for row in point.layers) == point.cycles
        assert sum(row[share] for row in point.layers) == pytest.approx(100, abs=0.1)


def test_layers_are_those_of_the_layer_table(run, data):
    point = data.points[0]
    frame = layer_table(run, run.trial(point.trial).configuration)
    assert data.layer_columns == tuple(frame.columns)
    assert [row[0] for row in point.layers] == list(frame["layer"])


def test_options_of_two_points_differ_where_the_comparison_says(run, data):
    one, two = data.points[0], data.points[-1]
    own = {point.trial: {**dict(data.sites), **dict(point.changes)} for point in (one, two)}
    differing = {
        site: (own[one.trial][site], own[two.trial][site])
        for site, _ in data.sites
        if own[one.trial][site] != own[two.trial][site]
    }
    frame = compare_table(run, run.trial(one.trial), run.trial(two.trial))
    assert differing == {row[0]: (row[1], row[2]) for row in frame.itertuples(index=False)}
    assert differing


def test_layer_tables_off_the_front_are_limited_to_the_most_accurate(run, monkeypatch):
    monkeypatch.setattr(page_data, "MAX_OTHER_LAYER_TABLES", 1)
    points = collect(run).points
    others = [point for point in points if not point.on_front]
    assert all(point.layers for point in points if point.on_front)
    assert [point.layers is not None for point in others] == [True] + [False] * (len(others) - 1)
    assert others[0].accuracy == max(point.accuracy for point in others)


def test_baseline_is_the_uncompressed_network(run, data):
    price = run.pricer(run.pricer.space.baseline())
    assert data.baseline.trial is None
    assert data.baseline.accuracy == run.base.float_accuracy
    assert data.baseline.ram_bytes == price.ram_bytes
    assert data.baseline.changes == ()


def test_curve_never_falls_and_ends_at_the_hypervolume(run, data):
    complete = [trial for trial in run.trials if trial.state == "complete"]
    assert data.curve.trained == tuple(range(1, len(complete) + 1))
    assert list(data.curve.value) == sorted(data.curve.value)
    assert data.curve.value[-1] == pytest.approx(run.hypervolume)
    assert data.curve.value[4] == pytest.approx(hypervolume(complete[:5], run.reference))
    assert data.curve.reference == (
        "error 100 %, latency 100 ms, RAM 3,000 bytes, flash 40,000 bytes"
    )


def test_bounds_are_those_of_the_budget(data):
    assert data.bounds == {"ram_bytes": 3000, "flash_bytes": 40_000, "latency_ms": 100.0}


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        ("runs/kws", "dse export runs/kws 3 -o build/kws-3"),
        ("my runs/a", "dse export 'my runs/a' 3 -o build/a-3"),
        ("x; rm y", "dse export 'x; rm y' 3 -o 'build/x; rm y-3'"),
    ],
)
def test_export_command_is_quoted_for_a_shell(make_run, folder, command):
    points = collect(make_run(count=20, folder=folder)).points
    assert command in [point.export for point in points]


def test_energy_is_shown_where_the_part_has_a_power_figure(make_run):
    run = make_run(device="STM32L4R5ZI", count=10)
    power = run.pricer.device.active_power_w
    for point in collect(run).points:
        assert point.energy_mj == pytest.approx(power * point.latency_ms)


def test_an_empty_front_gives_a_page_without_points(make_run):
    data = collect(make_run(count=10, ram=200))
    assert data.points == ()
    assert data.curve.value == ()


def test_the_record_is_json(data):
    text = json.dumps(asdict(data), allow_nan=False)
    assert json.loads(text)["title"] == "small on STM32F030R8"
