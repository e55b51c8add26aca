"""Every command: help with an example that is documented, and its work on a finished run."""

import json
import re
import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest

from dse.cli.app import app

COMMANDS = [str(command.name) for command in app.registered_commands]
README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def test_the_commands_of_the_design():
    assert sorted(COMMANDS) == sorted(
        [
            "check",
            "search",
            "front",
            "show",
            "compare",
            "report",
            "export",
            "verify",
            "measure",
            "calibrate",
            "predict",
            "devices",
        ]
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_a_worked_example_and_the_readme_names_the_command(name, cli):
    result = cli(name, "--help")
    assert result.code == 0
    assert re.search(rf"Example: dse {name} ", result.out)
    assert f"dse {name}" in README


def test_the_readme_names_no_missing_file():
    root = Path(__file__).parents[3]
    paths = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(
        r"`((?:docs|tests)/[^`*]+)`", README
    )
    assert paths
    assert [path for path in paths if not (root / path).exists()] == []


def test_json_and_csv_together_leave_the_output_pure(cli, finished_run, tmp_path):
    result = cli("front", finished_run, "--json", "--csv", tmp_path / "f.csv")
    assert json.loads(result.out)
    assert (tmp_path / "f.csv").exists()


def test_names_that_look_like_markup_are_kept(cli, finished_run, tmp_path):
    import shutil

    folder = tmp_path / "runs [red]"
    shutil.copytree(finished_run, folder)
    assert str(folder) in cli("front", folder).out


def test_front_as_table_json_and_csv(cli, finished_run, tmp_path):
    table = cli("front", finished_run)
    assert table.code == 0
    assert "hypervolume" in table.out
    rows = json.loads(cli("front", finished_run, "--json").out)
    assert rows
    assert cli("front", finished_run, "--csv", tmp_path / "front.csv").code == 0
    frame = pd.read_csv(tmp_path / "front.csv")
    assert frame["trial"].tolist() == [row["trial"] for row in rows]
    accuracies = [row["accuracy"] for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert all(row["test_accuracy"] is not None for row in rows)


def test_front_filters(cli, finished_run):
    rows = json.loads(cli("front", finished_run, "--json").out)
    bound = sorted(row["ram_bytes"] for row in rows)[len(rows) // 2]
    kept = json.loads(cli("front", finished_run, "--json", "--max-ram", bound).out)
    assert [row["trial"] for row in kept] == [
        row["trial"] for row in rows if row["ram_bytes"] <= bound
    ]
    everything = json.loads(cli("front", finished_run, "--json", "--all").out)
    assert len(everything) >= 12


def test_show_adds_up(cli, finished_run):
    shown = json.loads(cli("show", finished_run, "knee", "--json").out)
    assert sum(layer["cycles"] for layer in shown["layers"]) == shown["cycles"]
    assert sum(layer["macs"] for layer in shown["layers"]) == shown["macs"]
    parts = ("weights_bytes", "scales_bytes", "kernels_bytes", "code_bytes")
    assert sum(shown[part] for part in parts) == shown["flash_bytes"]
    assert shown["arena_bytes"] == shown["ram_bytes"] == shown["arena_lower_bound_bytes"]
    assert 100 < shown["stack_bytes"] < 1000
    text = cli("show", finished_run, str(shown["trial"])).out
    assert "proved least of all running orders" in text
    assert "packed weights" in text
    for layer in shown["layers"]:
        assert layer["layer"] in text


def test_compare_lists_the_sites_that_differ(cli, finished_run):
    rows = json.loads(cli("front", finished_run, "--json", "--all").out)
    first, second = rows[0]["trial"], rows[1]["trial"]
    differences = json.loads(cli("compare", finished_run, first, second, "--json").out)
    shown = [
        json.loads(cli("show", finished_run, number, "--json").out)["configuration"]["choices"]
        for number in (first, second)
    ]
    expected = [site for site in shown[0] if shown[0][site] != shown[1][site]]
    assert [row["site"] for row in differences] == expected
    assert "the same configuration" in cli("compare", finished_run, first, first).out


@pytest.mark.compiler
def test_export_and_verify_on_the_host(cli, finished_run, tmp_path):
    out = tmp_path / "project"
    assert cli("export", finished_run, "knee", "-o", out).code == 0
    result = cli("verify", out, "--board", "host", "--json")
    assert result.code == 0
    found = json.loads(result.out)
    assert found["bit_exact"] is True
    assert found["mismatches"] == 0
    assert found["inputs"] >= 256
    assert cli("verify", out, "--board", "host").out.count("bit-exact") == 1


def test_report_is_written(cli, finished_run, tmp_path):
    page = tmp_path / "page.html"
    assert cli("report", finished_run, "-o", page).code == 0
    assert "<html" in page.read_text(encoding="utf-8")


def test_devices(cli):
    listing = cli("devices")
    assert listing.code == 0
    assert "STM32F030R8" in listing.out
    one = cli("devices", "stm32f030r8")
    assert "source of" in one.out
    assert cli("devices", "--check").code == 0


def test_check_prints_layers_space_and_refusals(cli):
    result = cli("check", "zoo:digits-ds", "--data", "digits", "--device", "STM32L476RG")
    assert result.code == 0
    assert "configurations" in result.out
    assert "cannot be xnor" in result.out


def test_search_command_resumes(cli, tmp_path):
    arguments = [
        "search", "--model", "zoo:digits-ds", "--data", "digits", "--device", "STM32L476RG",
        "--rung", "calibrated", "--base-epochs", "1", "--out", tmp_path / "run", "--sampler",
        "random",
    ]  # fmt: skip
    assert cli(*arguments, "--trials", "2").code == 0
    first = json.loads(cli("front", tmp_path / "run", "--json", "--all").out)
    assert cli(*arguments, "--trials", "4").code == 0
    second = json.loads(cli("front", tmp_path / "run", "--json", "--all").out)
    assert [row for row in second if row["trial"] in {row["trial"] for row in first}] == first
    assert len(second) > len(first)


def test_the_package_runs_as_a_module(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dse", "--help"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("dse", run_name="__main__")
    assert caught.value.code == 0
