"""The price of weight formats: small weights cost at most a quarter more cycles than bytes."""

import pytest

from dse.bench.formats import FORMATS, LAYER_KINDS, format_figures


@pytest.mark.slow
@pytest.mark.emulator
def test_small_weights_cost_at_most_a_quarter_more_than_bytes_on_the_m4():
    cycles = {(each.network, each.format): each.cycles for each in format_figures(["cortex-m4"])}
    most = {"s8": 1, "s4": 1.25, "s2": 1.25, "p4": 1.25, "p2": 1.25, "p3": 1.45}
    for kind in LAYER_KINDS:
        for weights, bound in most.items():
            ratio = cycles.get((kind, weights), 0) / cycles[kind, "s8"]
            assert ratio <= bound, (kind, weights, ratio)
    without = {kind for kind in LAYER_KINDS if (kind, "xnor") not in cycles}
    assert without == {kind for kind in LAYER_KINDS if kind.startswith("depthwise")}
    assert {weights for _, weights in cycles} == set(FORMATS)
