from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import ModelError
from hw_models.kernels import counts, layer_scratch_map, scratch_bytes
from hw_models.memory import plan_memory, stored_bytes
from hw_models.network import Layer, Network, Tensor
from hw_models.parts import STRIPS_KEY, layer_parts
from hw_models.strips import call_kind, is_striped, kernel_runs, operation, pool_runs, strip_plan

SIZES = st.integers(1, 30)


@st.composite
def pairs(draw):
    """A convolution in strips, with or without a fused pool."""
    height, width = draw(st.one_of(st.tuples(SIZES, SIZES), st.tuples(st.just(1), SIZES)))
    kernel = (draw(st.integers(1, min(4, height))), draw(st.integers(1, min(4, width))))
    padding = tuple(draw(st.integers(0, kernel[i // 2] - 1)) for i in range(4))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    formats = draw(st.sampled_from([("s4", "s4"), ("s8", "s4"), ("s4", "s8")]))
    made = [
        (size + sum(padding[2 * axis : 2 * axis + 2]) - kernel[axis]) // stride[axis] + 1
        for axis, size in enumerate((height, width))
    ]
    layer = Layer("c", "conv", ("x",), (*made, 6), "s8", kernel, stride, padding)
    layers = [replace(layer, format=formats[1])]
    if draw(st.booleans()):
        window = tuple(draw(st.integers(1, min(4, size))) for size in made)
        shape = (made[0] // window[0], made[1] // window[1], 6)
        pool = Layer("p", "max_pool", ("c",), shape, kernel=window, stride=window, fused=True)
        layers.append(replace(pool, format=formats[1]))
    return Network("n", Tensor("x", (height, width, 5), formats[0]), tuple(layers))


@given(pairs())
def test_strips_make_every_stored_row_once(network):
    layer = network.layer("c")
    plan = strip_plan(network, layer)
    axis = 1 if plan.is_flat else 0
    assert [strip.row for strip in plan.strips] == list(range(0, plan.output[axis], plan.step))
    assert sum(strip.kept for strip in plan.strips) == network.output.shape[axis]
    assert all(strip.made == strip.kept * plan.window for strip in plan.strips)
    for strip in plan.strips:
        first = strip.row * plan.window * layer.stride[axis] - layer.padding[2 * axis]
        assert strip.start - strip.before == first
        assert 0 < strip.rows <= plan.source[axis] - strip.start
    made = sum(run.output.shape[axis] * n for run, n in kernel_runs(network, layer, plan).items())
    assert made == sum(strip.made for strip in plan.strips) <= layer.shape[axis]
    assert sum(pool_runs(network, layer, plan).values()) in (0, len(plan.strips))


@given(pairs(), st.sampled_from(["base", "dsp"]))
def test_the_parts_of_a_layer_are_its_kernels_and_the_strips(network, cores):
    layer = network.layer("c")
    plan = strip_plan(network, layer)
    parts = layer_parts(network, layer, cores)
    assert [str(key) for key, _ in parts] == [
        "conv/s8/s8",
        *(["max_pool/s8"] if network.fused_pool(layer) else []),
        str(STRIPS_KEY),
    ]
    whole = counts(network, layer, cores)
    assert set(parts[0][1]) == set(whole)
    assert parts[0][1]["call"] == parts[-1][1]["strips"] == len(plan.strips)
    assert parts[0][1]["pixels"] <= whole["pixels"]
    own = layer_scratch_map(network, layer, cores)
    assert own.size == scratch_bytes(network, layer, cores)
    assert 0 <= own.inner <= own.made <= own.size
    assert own.size % 4 == 0


@given(pairs())
def test_a_fused_convolution_stores_what_its_pool_leaves(network):
    layer, last = network.layer("c"), network.output
    plan = plan_memory(network, "dsp")
    assert plan.offsets["c"] == plan.offsets[last.name]
    assert plan.arena_bytes >= plan.lower_bound_bytes
    if network.fused_pool(layer):
        assert stored_bytes(network, layer) == 0
        assert layer_parts(network, network.layers[1], "dsp") == ()
        assert call_kind(network, network.layers[1]) == "flatten"
    assert call_kind(network, layer) == "conv_strips"


def test_layers_between_bytes_are_not_cut(residual):
    assert not any(is_striped(residual, layer) for layer in residual.layers)
    assert all(strip_plan(residual, layer) is None for layer in residual.layers)


def pooled(**changes):
    pool = Layer("p", "max_pool", ("c",), (2, 2, 6), kernel=(2, 2), stride=(2, 2), fused=True)
    conv = Layer("c", "conv", ("x",), (4, 4, 6), "s8", (3, 3), padding=(1, 1, 1, 1))
    return Network("n", Tensor("x", (4, 4, 5)), (conv, replace(pool, **changes)))


def test_tables_name_what_is_fused():
    network = pooled()
    names = [operation(network, layer) for layer in network.layers]
    assert names == ["conv + max_pool", "max_pool (in c)"]


def test_only_pools_that_cut_cleanly_are_fused():
    network = pooled()
    for changes in (
        {"stride": (1, 1), "shape": (3, 3, 6)},
        {"padding": (1, 1, 0, 0), "shape": (3, 2, 6)},
        {"op": "avg_pool"},
    ):
        with pytest.raises(ModelError, match="without padding or overlap"):
            pooled(**changes)
    with pytest.raises(ModelError, match="A fused pool reads a convolution"):
        Network("n", network.input, (replace(network.layers[1], inputs=("x",), shape=(2, 2, 5)),))
    again = Layer("a", "add", ("c", "c"), (4, 4, 6))
    end = Layer("e", "linear", ("a",), (1, 1, 2), "s8")
    both = Layer("f", "linear", ("p",), (1, 1, 2), "s8")
    last = Layer("l", "add", ("e", "f"), (1, 1, 2))
    with pytest.raises(ModelError, match="Others read the convolution"):
        Network("n", network.input, (*network.layers, again, end, both, last))
    wide = replace(network.layers[0], kernel=(1, 1), padding=(1, 1, 1, 1), shape=(6, 6, 6))
    with pytest.raises(ModelError, match="not smaller than its kernel"):
        Network("n", network.input, (wide, replace(network.layers[1], shape=(3, 3, 6))))
