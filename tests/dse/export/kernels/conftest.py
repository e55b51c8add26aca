"""One C file that runs and checks many layers."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from dse.export.layer_code import layer_code
from dse.program import BinaryConstants
from dse.random_program import random_inputs, random_program
from dse.reference import trace_program
from hw_models.kernels import scratch_bytes
from hw_models.memory import MemoryPlan
from hw_models.packed_activations import pack_b1, pack_s4

GUARD = 16
CHECKER = (Path(__file__).parent / "checker.c").read_text()


@dataclass(frozen=True)
class Batch:
    """C text with `cases`, CASES and `check`, the kernels it needs and the cases in words."""

    text: str
    sources: frozenset
    programs: tuple


def own_layer(network):
    """The layer that is compared; others make its second input, read its bits or pool it."""
    return next(layer for layer in network.layers if layer.name.startswith("y"))


def spread_plan(network, layer, core_class):
    """Every buffer apart from the others, with guards between."""
    offsets, end = {}, GUARD
    pool = network.fused_pool(layer)
    for name in dict.fromkeys((*layer.inputs, (pool or layer).name)):
        offsets[name] = end
        end += -(-(network.tensor(name).size_bytes) // 8) * 8 + GUARD
    if pool is not None:
        offsets[layer.name] = offsets[pool.name]
    scratch = scratch_bytes(network, layer, core_class)
    return MemoryPlan(offsets, {layer.name: end}, end + -(-scratch // 8) * 8 + GUARD, 0, True)


def stored(tensor, values):
    """The bytes of a tensor in the arena."""
    if tensor.format == "s4":
        return pack_s4(values).reshape(-1)
    if tensor.format == "b1":
        return pack_b1(values).reshape(-1)
    return values.reshape(-1).view(np.uint8)


def byte_array(name, data):
    return f"static const uint8_t {name}[] = {{{','.join(map(str, data.tolist()))}}};"


def all_bits_differ(program, layer):
    """Binary weights of +1 for inputs of -128 or -1, with outputs that do not clamp."""
    constants = program.constants[layer.name]
    bits = constants.levels[0].size
    changed = replace(constants, levels=np.ones_like(constants.levels))
    if isinstance(constants, BinaryConstants):
        limits = bits + np.arange(len(constants.limits)) % 2
        changed = replace(changed, limits=limits.astype(np.int32))
    else:
        bias = constants.bias + (bits << constants.rescale.pre_shift)
        changed = replace(changed, bias=bias)
    if constants.thresholds is not None:
        changed = replace(changed, thresholds=np.full_like(constants.thresholds, -127))
    return replace(program, constants={**program.constants, layer.name: changed})


def with_uncommon_scales(program, layer, rng):
    """Shifts that no 32-bit multiplier holds among others, and pre_shifts that no weight holds."""
    constants = program.constants[layer.name]
    outputs = constants.bias.size
    changed = replace(
        constants,
        bias=rng.integers(-(2**29), 2**29, outputs).astype(np.int32),
        rescale=replace(
            constants.rescale,
            pre_shift=int(rng.choice((0, 2, 8, 9))),
            multiplier=rng.integers(2**14, 2**15, outputs).astype(np.int16),
            shift=rng.integers(14, 31 if rng.random() < 0.5 else 17, outputs).astype(np.uint8),
        ),
    )
    return replace(program, constants={**program.constants, layer.name: changed})


def case_text(index, network, seed, core_class, *, extreme):
    """Declarations and function of one case, its row in the table, its kernels, arena bytes."""
    rng = np.random.default_rng(seed)
    layers = [
        replace(
            layer,
            name=f"{layer.name}_{index}",
            inputs=tuple(n if n == "x" else f"{n}_{index}" for n in layer.inputs),
        )
        for layer in network.layers
    ]
    program = random_program(replace(network, layers=tuple(layers)), rng)
    network = program.network
    layer = own_layer(network)
    is_binary = layer.weight_format == "xnor"
    if extreme and is_binary:
        program = all_bits_differ(program, layer)
    elif extreme:
        program = with_uncommon_scales(program, layer, rng)
    plan = spread_plan(network, layer, core_class)
    code = layer_code(program, layer, plan, core_class)
    x = random_inputs(network, 1, rng)
    if extreme and is_binary:
        x[:] = -1 if network.input.format == "b1" else -128
    values = trace_program(program, x)
    names = tuple(dict.fromkeys(layer.inputs))
    inputs = [stored(network.tensor(name), values[name]) for name in names]
    made = network.fused_pool(layer) or layer
    expected = stored(made.output, values[made.name])
    scratch = scratch_bytes(network, layer, core_class)
    offsets = [*(plan.offsets[name] for name in (names[0], names[-1], layer.name))]
    sizes = [inputs[0].size, inputs[1].size if len(inputs) == 2 else 0, expected.size, scratch]
    text = "\n".join(
        [
            code.declarations,
            f"static void run_{index}(uint8_t *arena)\n{{\n    {code.call}\n}}",
            byte_array(f"input_{index}", np.concatenate(inputs)),
            byte_array(f"expected_{index}", expected),
        ]
    )
    where = [*offsets, plan.scratch_offsets[layer.name]]
    row = f"{{run_{index}, input_{index}, expected_{index}, {{{', '.join(map(str, where))}}}, "
    row += f"{{{', '.join(map(str, sizes))}}}}},"
    return text, row, code.sources, plan.arena_bytes, program


@pytest.fixture(scope="session")
def write_batch():
    def write(networks, core_class, seed=0, *, extreme=False):
        parts = [
            case_text(i, net, [seed, i], core_class, extreme=extreme)
            for i, net in enumerate(networks)
        ]
        text = "\n".join(
            [
                CHECKER,
                *(part[0] for part in parts),
                f"#define CASES {len(parts)}",
                "static const test_case cases[CASES] = {",
                *(part[1] for part in parts),
                "};",
                f"static uint64_t arena[{-(-max(part[3] for part in parts) // 8)}];",
                "int run_case(int i);",
                "int run_case(int i) { return check(&cases[i], (uint8_t *)arena, sizeof arena); }",
            ]
        )
        sources = frozenset(stem for part in parts for stem in part[2])
        return Batch(text + "\n", sources, tuple(part[4] for part in parts))

    return write
