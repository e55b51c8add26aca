import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import ModelError
from hw_models.kernels import scratch_bytes
from hw_models.memory import align, plan_memory
from hw_models.network import Layer, Network, Tensor

SHAPE = (4, 3, 5)


@st.composite
def graphs(draw):
    """Networks of convolutions, adds and a flatten, with skip connections of any length."""
    layers, names, open_ends = [], ["x"], []
    for index in range(draw(st.integers(1, 11))):
        name = f"t{index}"
        if len(names) > 1 and draw(st.booleans()):
            pair = draw(st.permutations(names))[:2]
            layers.append(Layer(name, "add", tuple(pair), SHAPE))
        else:
            source = draw(st.sampled_from(names))
            kernel = draw(st.sampled_from([1, 3]))
            padding = (kernel // 2,) * 4
            form = draw(st.sampled_from(["s8", "s4", "xnor"]))
            layers.append(
                Layer(name, "conv", (source,), SHAPE, form, (kernel, kernel), padding=padding)
            )
        names.append(name)
    read = {name for layer in layers for name in layer.inputs}
    open_ends = [layer.name for layer in layers if layer.name not in read]
    last = open_ends[0]
    for index, end in enumerate(open_ends[1:]):
        layers.append(Layer(f"j{index}", "add", (last, end), SHAPE))
        last = f"j{index}"
    if draw(st.booleans()):
        layers.append(Layer("f", "flatten", (last,), (1, 1, 60)))
        layers.append(Layer("l", "linear", ("f",), (1, 1, 7), "s8"))
    return Network("graph", Tensor("x", SHAPE), tuple(layers))


def lifetimes(network):
    spans = {network.input.name: [0, 0]}
    for step, layer in enumerate(network.layers):
        spans[layer.name] = [step, step]
        for name in layer.inputs:
            spans[name][1] = step
    spans[network.layers[-1].name][1] = len(network.layers) - 1
    return spans


def may_share(network, one, two):
    """Whether a layer may write over a tensor: a flatten, or an add whose input dies there."""
    spans = lifetimes(network)
    layer = network.layer(two)
    if layer.op == "flatten":
        return True
    return layer.op == "add" and one in layer.inputs and spans[one][1] == spans[two][0]


def ranges_meet(start, size, other, other_size):
    return start < other + other_size and other < start + size


@given(graphs(), st.sampled_from(["base", "dsp"]))
def test_tensors_that_live_together_never_overlap(network, cores):
    plan = plan_memory(network, cores)
    spans = lifetimes(network)
    tensors = network.tensors
    for index, two in enumerate(tensors):
        offset = plan.offsets[two.name]
        assert offset % 4 == 0
        assert 0 <= offset <= plan.arena_bytes - two.size_bytes
        for one in tensors[:index]:
            together = spans[one.name][1] >= spans[two.name][0]
            other = plan.offsets[one.name]
            if together and ranges_meet(other, one.size_bytes, offset, two.size_bytes):
                assert other == offset
                assert may_share(network, one.name, two.name)


@given(graphs(), st.sampled_from(["base", "dsp"]))
def test_scratch_overlaps_nothing_that_is_live(network, cores):
    plan = plan_memory(network, cores)
    spans = lifetimes(network)
    for step, layer in enumerate(network.layers):
        size = scratch_bytes(network, layer, cores)
        assert (layer.name in plan.scratch_offsets) == (size > 0)
        if not size:
            continue
        offset = plan.scratch_offsets[layer.name]
        assert offset % 4 == 0
        assert offset + size <= plan.arena_bytes
        for tensor in network.tensors:
            first, last = spans[tensor.name]
            if first <= step <= last:
                place = plan.offsets[tensor.name]
                assert not ranges_meet(place, tensor.size_bytes, offset, size)


@given(graphs(), st.sampled_from(["base", "dsp"]))
def test_no_arena_is_below_the_bound(network, cores):
    plan = plan_memory(network, cores)
    assert plan.arena_bytes >= plan.lower_bound_bytes
    assert plan.is_optimal
    largest = max(tensor.size_bytes for tensor in network.tensors)
    assert plan.lower_bound_bytes >= largest


@given(st.lists(st.integers(1, 40), min_size=2, max_size=12))
def test_a_chain_is_optimal(channels):
    layers, name = [], "x"
    for index, count in enumerate(channels[1:]):
        layers.append(Layer(f"l{index}", "conv", (name,), (3, 5, count), "s8"))
        name = f"l{index}"
    network = Network("chain", Tensor("x", (3, 5, channels[0])), tuple(layers))
    plan = plan_memory(network, "base")
    live = [
        align(network.inputs(layer)[0].size_bytes)
        + align(layer.output.size_bytes)
        + scratch_bytes(network, layer, "base")
        for layer in layers
    ]
    assert plan.arena_bytes == plan.lower_bound_bytes == max(live)
    assert plan.is_optimal


def test_an_add_writes_over_the_input_that_dies(residual):
    plan = plan_memory(residual, "dsp")
    assert plan.offsets["a"] in (plan.offsets["b"], plan.offsets["c"])
    assert plan.offsets["f"] == plan.offsets["p"]


def test_an_add_does_not_write_over_an_input_that_is_read_later():
    layers = (
        Layer("a", "conv", ("x",), SHAPE, "s8"),
        Layer("b", "add", ("x", "a"), SHAPE),
        Layer("c", "add", ("b", "x"), SHAPE),
        Layer("d", "add", ("c", "x"), SHAPE),
    )
    plan = plan_memory(Network("n", Tensor("x", SHAPE), layers), "base")
    assert plan.offsets["b"] == plan.offsets["a"]
    assert len({plan.offsets["x"], plan.offsets["b"]}) == 2
    assert plan.offsets["d"] in (plan.offsets["c"], plan.offsets["x"])


def test_a_layer_without_kernel_is_an_error(residual, monkeypatch):
    def refuse(*_):
        raise ModelError("no kernel")

    monkeypatch.setattr("hw_models.memory.scratch_bytes", refuse)
    with pytest.raises(ModelError, match="no kernel"):
        plan_memory(residual, "base")


def test_align_rounds_up_to_words():
    assert [align(size) for size in (0, 1, 4, 5, 8)] == [0, 4, 4, 8, 8]
