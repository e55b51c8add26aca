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
