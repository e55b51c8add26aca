from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hw_models.fusing import fusable_pools, fuse_pools
from hw_models.memory import plan_memory
from hw_models.network import Layer, Network, Tensor


def chain(height, width, channels, windows):
    """Convolutions, each with a pool behind it unless its window is 1x1."""
    last, layers = Tensor("x", (height, width, 1)), []
    for index, (made, window) in enumerate(zip(channels, windows, strict=True)):
        shape = (*last.shape[:2], made)
        layers.append(
            Layer(f"c{index}", "conv", (last.name,), shape, "s8", (3, 3), padding=(1, 1, 1, 1))
        )
        last = layers[-1].output
        if window > 1 and min(shape[:2]) >= window:
            pooled = (shape[0] // window, shape[1] // window, made)
            square = (window, window)
            layers.append(
                Layer(f"p{index}", "max_pool", (last.name,), pooled, kernel=square, stride=square)
            )
            last = layers[-1].output
    return Network("chain", Tensor("x", (height, width, 1)), tuple(layers))


def arenas(network):
    return [plan_memory(network, cores).arena_bytes for cores in ("base", "dsp")]


@given(
    st.integers(4, 30),
    st.integers(4, 30),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 4)), min_size=1, max_size=5),
)
def test_fusing_lowers_the_arena_or_changes_nothing(height, width, layers):
    network = chain(height, width, *zip(*layers, strict=True))
    fused = fuse_pools(network)
    plain = replace(fused, layers=tuple(replace(each, fused=False) for each in fused.layers))
    assert plain == network
    before, after = arenas(network), arenas(fused)
    assert all(new <= old for new, old in zip(after, before, strict=True))
    assert (fused == network) == (after == before)
    for layer in fused.layers:
        if layer.fused:
            fewer = [replace(each, fused=each.fused and each != layer) for each in fused.layers]
            assert max(arenas(replace(fused, layers=tuple(fewer)))) >= max(after)


def test_the_largest_tensor_is_never_stored():
    network = chain(24, 24, (32, 8), (4, 1))
    fused = fuse_pools(network)
    assert [layer.name for layer in fused.layers if layer.fused] == ["p0"]
    assert max(arenas(fused)) < network.layer("c0").output.size_bytes


def test_a_pool_that_is_no_burden_stays():
    network = chain(16, 16, (2, 64), (2, 1))
    assert fusable_pools(network) == ("p0",)
    assert fuse_pools(network) is network
