import pytest

from hw_models.kernels import (
    constant_bytes,
    counts,
    kernel_key,
    kernel_sources,
    scratch_bytes,
    weight_bytes,
)
from hw_models.network import Layer, Network, Tensor
from hw_models.parts import GROUPS_KEY, layer_parts


def network_of(op, shape, out, weights, **fields):
    layer = Layer("y", op, ("x",), out, weights, **fields)
    return Network("one", Tensor("x", shape), (layer,)), layer


@pytest.mark.parametrize("weights", ["s8", "s4", "s2", "p4", "p3", "sparse8"])
@pytest.mark.parametrize("core", ["base", "adding", "dsp"])
def test_a_grouped_convolution_is_one_of_its_groups_many_times(weights, core):
    kept = {"row_nonzeros": 11} if weights == "sparse8" else {}
    same = {"kernel": (3, 3), "padding": (1, 1, 1, 1), **kept}
    whole, layer = network_of("conv", (5, 4, 15), (5, 4, 21), weights, groups=3, **same)
    one, part = network_of("conv", (5, 4, 5), (5, 4, 7), weights, **same)
    single = counts(one, part, core)
    assert counts(whole, layer, core) == {name: 3 * value for name, value in single.items()}
    image = 5 * 4 * 5
    assert scratch_bytes(whole, layer, core) == image + scratch_bytes(one, part, core)
    own = -(-weight_bytes(one, part, core) // 4) * 4
    assert weight_bytes(whole, layer, core) == 3 * own
    assert constant_bytes(whole, layer, core) == 24 + 20 + 12 + 21 * 8 + 3 * own
    assert kernel_sources(whole, layer, core)[1:] == kernel_sources(one, part, core)
    (key, amounts), (added, copies) = layer_parts(whole, layer, core)
    assert (key, amounts) == (kernel_key(one, part), counts(whole, layer, core))
    moved = {"loose_words": 60, "bytes": 60, "loose_runs": 120} if core == "dsp" else {"bytes": 300}
    assert added == GROUPS_KEY
    assert {name: value for name, value in copies.items() if value} == {
        "call": 1,
        "groups": 3,
        "loose_pixels": 60,
        **moved,
    }
