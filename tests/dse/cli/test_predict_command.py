"""`dse predict` from the command line."""

import json
from pathlib import Path

import pytest

PUBLISHED = (
    Path(__file__).parents[3] / "hw_models" / "measurements" / "published_network_layers.csv"
)


def test_json_has_every_network_of_the_file(cli):
    rows = json.loads(
        cli("predict", "--layers", PUBLISHED, "--profile", "x-cube-ai-m7", "--json").out
    )
    ids = {line.split(",")[0] for line in PUBLISHED.read_text().splitlines()[1:]}
    assert {row["model_id"] for row in rows} == ids
    assert all(set(row) == {"model_id", "cycles", "latency_ms", "error_pct"} for row in rows)
    assert all(row["latency_ms"] is None and row["cycles"] > 0 for row in rows)


@pytest.mark.parametrize("clock", [("--clock-mhz", 216), ("--device", "STM32F746ZG")])
def test_a_clock_gives_time(cli, clock):
    arguments = ("predict", "--layers", PUBLISHED, "--profile", "x-cube-ai-m7", "--json")
    for row in json.loads(cli(*arguments, *clock).out):
        assert row["latency_ms"] == pytest.approx(row["cycles"] / 216e3, rel=1e-4)


def test_the_table_states_the_error(cli):
    result = cli("predict", "--layers", PUBLISHED, "--profile", "plumerai-m4")
    assert "leaving one model out" in result.out
    assert "kws_ref_model" in result.out


def test_networks_that_our_runtime_cannot_run_are_named_and_the_others_predicted(cli, tmp_path):
    head, *rows = PUBLISHED.read_text().splitlines()
    path = tmp_path / "layers.csv"
    known = [row for row in rows if row.startswith("ad01_int8,")]
    path.write_text("\n".join([head, *known, "resized,0,RESIZE_BILINEAR,4,4,6,8,8,6,,,,,"]))
    result = cli("predict", "--layers", path, "--profile", "dse-m4", "--json")
    assert result.code == 0
    assert [row["model_id"] for row in json.loads(result.out)] == ["ad01_int8"]
    assert "not predicted: resized: line 12: RESIZE_BILINEAR" in result.err
    path.write_text("\n".join([head, "resized,0,RESIZE_BILINEAR,4,4,6,8,8,6,,,,,"]))
    assert cli("predict", "--layers", path, "--profile", "dse-m4").code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model_id,layer\nnet,0\n", "lacks columns"),
        (
            PUBLISHED.read_text().splitlines()[0] + "\nnet,0,CONV_3D,,,,,,,,,,,\n",
            "line 2: op 'CONV_3D' is unknown",
        ),
    ],
)
def test_mistakes_exit_with_two(cli, tmp_path, text, said):
    path = tmp_path / "layers.csv"
    path.write_text(text)
    result = cli("predict", "--layers", path, "--profile", "x-cube-ai-m7")
    assert result.code == 2
    assert said in result.err


def test_a_profile_of_another_runtime_does_not_price_a_search(cli, tmp_path):
    result = cli("predict", "--layers", PUBLISHED, "--profile", "nothing-m4")
    assert result.code == 2
    assert "x-cube-ai-m7" in result.err
