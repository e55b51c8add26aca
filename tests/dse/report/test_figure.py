"""The picture: its figures, and files that are the same each time."""

from dataclasses import replace

import pytest

from dse.report.figure import draw, figure_data, write_figure
from hw_models.errors import ConfigError, RunError


def test_figures_are_those_of_the_front(run):
    data = figure_data(run)
    best = run.front[0]
    assert len(data.front) == len(run.front)
    assert list(data.front[0]) == pytest.approx(
        [
            best.price.latency_s * 1e3,
            100 * best.accuracy,
            best.price.ram_bytes / 1024,
            best.price.flash_bytes / 1024,
        ]
    )
    complete = sum(trial.state == "complete" for trial in run.trials)
    assert len(data.dominated) == complete - len(run.front)
    assert data.latency_ms == pytest.approx(100)
    assert data.float_accuracy == pytest.approx(98.1)


def test_axes_have_units(run):
    axes = draw(figure_data(run)).axes[0]
    assert axes.get_xlabel() == "latency (ms)"
    assert axes.get_ylabel() == "accuracy (%)"


@pytest.mark.parametrize(("accuracy", "drawn"), [(98.1, True), (170.0, False)])
def test_float_accuracy_is_drawn_where_it_leaves_room_for_the_front(run, accuracy, drawn):
    axes = draw(replace(figure_data(run), float_accuracy=accuracy)).axes[0]
    assert ("float, uncompressed" in [text.get_text() for text in axes.texts]) is drawn
    assert bool(axes.get_ylim()[1] > accuracy) is drawn


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_files_are_the_same_each_time(run, tmp_path, suffix, start):
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        write_figure(run, path)
    assert paths[0].read_bytes().startswith(start)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_front_of_one_point_can_be_drawn(make_run, tmp_path):
    run = make_run(count=40)
    single = type(run)(
        run.folder, run.config, run.base, run.pricer, run.front[:1], run.test_accuracy
    )
    write_figure(single, tmp_path / "one.png")


def test_unknown_kind_of_file(run, tmp_path):
    with pytest.raises(ConfigError, match=r"\.png, \.svg, \.pdf"):
        write_figure(run, tmp_path / "front.gif")


def test_empty_front(make_run, tmp_path):
    with pytest.raises(RunError, match="The front is empty"):
        write_figure(make_run(count=10, ram=200), tmp_path / "front.png")
