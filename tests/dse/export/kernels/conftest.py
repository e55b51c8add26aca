"""Random single layers, and one C file that runs and checks many of them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import strategies as st

from dse.export.layer_code import layer_code
from dse.random_program import random_inputs, random_program
from dse.reference import run_program
from hw_models.kernels import KERNEL_KEYS, scratch_bytes
from hw_models.memory import MemoryPlan
from hw_models.network import Layer, Network, Tensor, expected_shape

GUARD = 16
KEYS = sorted(str(key) for key in KERNEL_KEYS if key.op != "flatten")
CHECKER = """\
#include "dse_kernels.h"
#ifdef CHECK_BOUNDS
#include <sanitizer/asan_interface.h>
#define HIDE(from, size) ASAN_POISON_MEMORY_REGION(from, size)
#define SHOW(from, size) ASAN_UNPOISON_MEMORY_REGION(from, size)
#else
#define HIDE(from, size)
#define SHOW(from, size)
#endif
typedef struct {
    void (*run)(uint8_t *arena);
    const uint8_t *input, *expected;
    uint32_t offset[4], size[4]; /* first input, second input, output, scratch */
} test_case;

static const uint8_t *part(const test_case *c, int i)
{
    return i == 0 ? c->input : i == 1 ? c->input + c->size[0] : c->expected;
}

/* 0: right; 1: wrong output; 2: an input was changed; 3: bytes elsewhere were changed. */
static int check(const test_case *c, uint8_t *arena, uint32_t arena_bytes)
{
    int result = 0;
    for (uint32_t i = 0; i < arena_bytes; i++) arena[i] = 0xA5;
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < c->size[k]; i++) arena[c->offset[k] + i] = part(c, k)[i];
    HIDE(arena, arena_bytes);
    for (int k = 0; k < 4; k++) SHOW(arena + c->offset[k], c->size[k]);
    c->run(arena);
    SHOW(arena, arena_bytes);
    for (int k = 2; k >= 0; k--)
        for (uint32_t i = 0; i < c->size[k]; i++)
            if (arena[c->offset[k] + i] != part(c, k)[i] && result == 0) result = k == 2 ? 1 : 2;
    for (int k = 0; k < 4; k++)
        for (uint32_t i = 0; i < c->size[k]; i++) arena[c->offset[k] + i] = 0xA5;
    for (uint32_t i = 0; i < arena_bytes; i++)
        if (arena[i] != 0xA5 && result == 0) result = 3;
    return result;
}
"""


@dataclass(frozen=True)
class Batch:
    """C text with `cases`, CASES and `check`, the kernels it needs and the cases in words."""

    text: str
    sources: frozenset
    programs: tuple


@st.composite
def one_layer(draw, keys=KEYS):
    """A network of one layer with a random shape, stride and padding."""
    op, _, *weights = draw(st.sampled_from(keys)).split("/")
    sizes = st.integers(1, 9)
    channels = draw(st.one_of(st.integers(1, 20), st.integers(1, 11).map(lambda n: 4 * n)))
    source = Tensor("x", (draw(sizes), draw(sizes), channels))
    layer = Layer(
        "y",
        op,
        ("x", "x2") if op == "add" else ("x",),
        (1, 1, draw(st.integers(1, 13))),
        weight_format=weights[0] if weights else None,
        format="s16" if op == "argmax" else "s8",
        activation=draw(st.sampled_from(("none", "relu", "relu6"))),
    )
    if op in ("conv", "depthwise", "max_pool", "avg_pool"):
        layer = draw(windowed(layer, source))
    if op == "transpose":
        layer = replace(layer, permutation=tuple(draw(st.permutations([0, 1, 2]))))
    if op == "softmax":
        layer = replace(layer, activation="none")
    layer = replace(layer, shape=expected_shape(layer, (source, source)))
    return network_of(layer, source)


def network_of(layer, source):
    """An add needs a second tensor: a transpose that changes nothing makes it."""
    copy = Layer("x2", "transpose", ("x",), source.shape)
    return Network("one", source, (copy, layer) if layer.op == "add" else (layer,))


@st.composite
def windowed(draw, layer, source):
    kernel = (1, 1) if draw(st.booleans()) and layer.op == "conv" else None
    kernel = kernel or (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    padding = [0, 0, 0, 0]
    if layer.op != "avg_pool" and draw(st.booleans()):
        limit = 1 if layer.op == "max_pool" else 0
        padding = [draw(st.integers(0, max(0, min(3, kernel[i // 2] - limit)))) for i in range(4)]
    kernel = (
        min(kernel[0], source.shape[0] + padding[0] + padding[1]),
        min(kernel[1], source.shape[1] + padding[2] + padding[3]),
    )
    if layer.op == "max_pool":
        padding = [min(pad, kernel[i // 2] - 1) for i, pad in enumerate(padding)]
        kernel = (
            min(kernel[0], source.shape[0] + padding[0] + padding[1]),
            min(kernel[1], source.shape[1] + padding[2] + padding[3]),
        )
        padding = [min(pad, kernel[i // 2] - 1) for i, pad in enumerate(padding)]
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    return replace(layer, kernel=kernel, padding=tuple(padding), stride=stride)


def spread_plan(network, layer, core_class):
    """Every buffer apart from the others, with guards between."""
    offsets, end = {}, GUARD
    for name in dict.fromkeys((*layer.inputs, layer.name)):
        offsets[name] = end
        end += -(-(network.tensor(name).size_bytes) // 8) * 8 + GUARD
    scratch = scratch_bytes(network, layer, core_class)
    return MemoryPlan(offsets, {layer.name: end}, end + -(-scratch // 8) * 8 + GUARD, 0, True)


def byte_array(name, data):
    return f"static const uint8_t {name}[] = {{{','.join(map(str, data.tolist()))}}};"


def case_text(index, network, seed, core_class):
    """Declarations and function of one case, its row in the table, its kernels, arena bytes."""
    rng = np.random.default_rng(seed)
    layers = [replace(layer, name=f"{layer.name}_{index}") for layer in network.layers]
    layers[-1] = replace(
        layers[-1],
        inputs=tuple(n if n == "x" else f"{n}_{index}" for n in layers[-1].inputs),
    )
    program = random_program(replace(network, layers=tuple(layers)), rng)
    network, layer = program.network, layers[-1]
    plan = spread_plan(network, layer, core_class)
    code = layer_code(program, layer, plan, core_class)
    x = random_inputs(network, 1, rng)
    inputs = np.concatenate([x.reshape(-1)] * len(layer.inputs))
    expected = run_program(program, x)
    scratch = scratch_bytes(network, layer, core_class)
    names = (*layer.inputs, layer.inputs[-1]) if len(layer.inputs) == 1 else layer.inputs
    offsets = [*(plan.offsets[name] for name in (*names[:2], layer.name))]
    sizes = [x.size, x.size if len(layer.inputs) == 2 else 0, expected.nbytes, scratch]
    text = "\n".join(
        [
            code.declarations,
            f"static void run_{index}(uint8_t *arena)\n{{\n    {code.call}\n}}",
            byte_array(f"input_{index}", inputs.view(np.uint8)),
            byte_array(f"expected_{index}", expected.reshape(-1).view(np.uint8)),
        ]
    )
    where = [*offsets, plan.scratch_offsets[layer.name]]
    row = f"{{run_{index}, input_{index}, expected_{index}, {{{', '.join(map(str, where))}}}, "
    row += f"{{{', '.join(map(str, sizes))}}}}},"
    return text, row, code.sources, plan.arena_bytes, program


@pytest.fixture(scope="session")
def layers():
    """The strategy for networks of one layer, by kernel keys as text."""
    return one_layer


@pytest.fixture(scope="session")
def write_batch():
    def write(networks, core_class, seed=0):
        parts = [case_text(i, net, [seed, i], core_class) for i, net in enumerate(networks)]
        arena = max(part[3] for part in parts)
        text = "\n".join(
            [
                CHECKER,
                *(part[0] for part in parts),
                f"#define CASES {len(parts)}",
                "static const test_case cases[CASES] = {",
                *(part[1] for part in parts),
                "};",
                f"static uint64_t arena[{-(-arena // 8)}];",
                "int run_case(int i);",
                "int run_case(int i) { return check(&cases[i], (uint8_t *)arena, sizeof arena); }",
            ]
        )
        sources = frozenset(stem for part in parts for stem in part[2])
        return Batch(text + "\n", sources, tuple(part[4] for part in parts))

    return write
