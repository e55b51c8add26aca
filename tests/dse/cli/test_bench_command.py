import json

import pytest


def test_an_unknown_core_or_network_is_refused(cli):
    refused = cli("bench", "profiles", "--core", "m99")
    assert (refused.code, refused.out) == (2, "")
    assert "m0plus" in refused.err
    refused = cli("bench", "profiles", "--network", "lenet5/99")
    assert refused.code == 2
    assert "lenet5/4" in refused.err


@pytest.mark.emulator
def test_the_command_prints_a_table_or_json(cli):
    arguments = ("bench", "profiles", "--core", "m4", "--network", "lenet5/2")
    (record,) = json.loads(cli(*arguments, "--json").out)
    assert (record["core"], record["network"]) == ("cortex-m4", "lenet5/2")
    assert record["ram_predicted"] == record["ram_measured"]
    table = cli(*arguments).out
    assert "median %" in table
    assert f"{record['cycles_measured']:,.0f}" in table


@pytest.mark.emulator
def test_bench_kernels_as_json(cli, monkeypatch):
    from dse.bench import chains, formats, kernels

    kinds = formats.LAYER_KINDS
    monkeypatch.setattr(formats, "LAYER_KINDS", {"linear-64x10": kinds["linear-64x10"]})
    monkeypatch.setattr(chains, "LAYER_KINDS", {"pointwise-64": kinds["pointwise-64"]})
    whole = kernels.bench_networks()
    monkeypatch.setattr(
        kernels, "bench_networks", lambda: {"fc-autoencoder": whole["fc-autoencoder"]}
    )
    rows = json.loads(cli("bench", "kernels", "--core", "cortex-m4", "--json").out)
    assert {tuple(row) for row in rows} == {("network", "core", "format", "macs", "cycles")}
    assert [row["network"] for row in rows[7:15]] == 8 * ["linear-64x10"]
    assert [row["format"] for row in rows[7:15]] == list(formats.FORMATS)
    wide, narrow = rows[15:]
    assert wide["format"] == narrow["format"] == "xnor chain"
    assert (wide["macs"], narrow["macs"]) == (9_437_184, 64**3)
    assert wide["cycles"] / wide["macs"] <= 0.30
    assert narrow["cycles"] / narrow["macs"] <= 0.55
    assert (rows[0]["format"], rows[0]["macs"]) == ("s8", 264_192)
    assert 264_192 < rows[0]["cycles"] < 530_000
    assert {name: network.total_macs for name, network in whole.items()} == {
        "resnet8": 12_501_632,
        "ds-cnn": 2_656_768,
        "mobilenet-v1-025": 7_489_664,
        "fc-autoencoder": 264_192,
    }
    layer = {row["format"]: row["cycles"] / row["macs"] for row in rows[1:7]}
    assert {row["macs"] for row in rows[1:7]} == {9_437_184}
    assert list(layer) == ["s8", "s4", "s2", "p4", "p3", "xnor"]
    assert layer["xnor"] <= 0.35


def test_bench_batch(cli):
    arguments = ("bench", "batch", "--network", "lenet5", "--configurations", 50, "--compared", 5)
    (row,) = json.loads(cli(*arguments, "--json").out)
    assert (row["network"], row["compared"], row["different"]) == ("lenet5", 5, 0)
    assert "per_second" in cli(*arguments).out
    refused = cli("bench", "batch", "--network", "nothing")
    assert refused.code == 2
    assert "ds-cnn" in refused.err


def test_bench_recovery_trains_once_and_prints_a_table_or_json(cli, tmp_path):
    data = "digits?classes=0,1&limit=20"
    arguments = ("bench", "recovery", "--data", data, "--strategy", "s8", "--base-epochs", 1,
                 "--seeds", 1, "--out", tmp_path)  # fmt: skip
    first = cli(*arguments, "--json")
    (row,) = json.loads(first.out)
    assert (row["strategy"], row["classes"], row["training_samples"]) == ("s8", 2, 40)
    assert row["lost_points"] == 100 * (row["float_accuracy"] - row["accuracy"])
    assert row["passes"] == (row["lost_points"] <= 0.5)
    assert "points lost" in first.err
    table = cli(*arguments)
    assert "zoo:digits-ds" in table.out
    assert "points lost" not in table.err


def test_bench_recovery_needs_a_model_for_unknown_data(cli, tmp_path):
    for more in ((), ("--model", "zoo:lenet5", "--model", "zoo:lenet5")):
        refused = cli("bench", "recovery", "--data", f"npz:{tmp_path}/x.npz", *more)
        assert (refused.code, refused.out) == (2, "")
        assert "--model" in refused.err
