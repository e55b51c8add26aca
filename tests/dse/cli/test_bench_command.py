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
    from dse.bench import kernels

    whole = kernels.bench_networks()
    monkeypatch.setattr(
        kernels, "bench_networks", lambda: {"fc-autoencoder": whole["fc-autoencoder"]}
    )
    rows = json.loads(cli("bench", "kernels", "--core", "cortex-m4", "--json").out)
    assert [list(row) for row in rows] == [["network", "core", "format", "macs", "cycles"]]
    assert (rows[0]["format"], rows[0]["macs"]) == ("s8", 264_192)
    assert 264_192 < rows[0]["cycles"] < 530_000
    assert {name: network.total_macs for name, network in whole.items()} == {
        "resnet8": 12_501_632,
        "ds-cnn": 2_656_768,
        "mobilenet-v1-025": 7_489_664,
        "fc-autoencoder": 264_192,
    }
