"""network.h, network.c and weights.h: the network as C."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dse.export.front_end_code import FEATURES_HEADER, FrontEndCode
from dse.export.layer_code import LayerCode
from dse.export.naming import c_comment, c_float
from dse.export.strip_code import STRIP_STEMS, STRIPS_HEADER
from dse.program import Program
from hw_models.network import Tensor

__all__ = ["NetworkText", "network_header", "network_source", "weights_header"]


@dataclass(frozen=True)
class NetworkText:
    """What the three files are written from.

    Args:
        program: The integers.
        prefix: C identifier in front of every public name.
        offsets: Byte offset of every tensor in the arena.
        arena_bytes: Size of the arena, a multiple of 4.
        layers: C of every layer, in running order.
        front_end: C of what makes the input out of audio, if anything does.
    """

    program: Program
    prefix: str
    offsets: Mapping[str, int]
    arena_bytes: int
    layers: Sequence[LayerCode]
    front_end: FrontEndCode | None = None

    @property
    def output_type(self) -> str:
        """C type of an output value."""
        return "int16_t" if self.program.network.output.format == "s16" else "int8_t"


def network_header(text: NetworkText) -> str:
    """The public interface: sizes, scales and five functions."""
    prefix, network = text.prefix, text.program.network
    guard = f"{prefix.upper()}_NETWORK_H"
    lines = [
        f"/* {c_comment(network.name)}: write the input, call {prefix}_run, read the output.",
        "   The input's bytes are used again while the network runs: write them before each run.",
        "   There is one arena and no lock: one inference at a time. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdint.h>",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        f"#define {prefix.upper()}_LAYERS {len(network.layers)}",
        f"#define {prefix.upper()}_ARENA_BYTES {text.arena_bytes}",
        *_tensor_macros(text, "INPUT", network.input),
        *_tensor_macros(text, "OUTPUT", network.output),
        "",
        "/* (height, width, channels), channels innermost: real = scale * (value - zero point). */",
        f"int8_t *{prefix}_input(void);",
        f"const {text.output_type} *{prefix}_output(void);",
        f"void {prefix}_run(void);",
        "/* One layer, 0 first; all of them in order are one run. */",
        f"void {prefix}_run_layer(int layer);",
        *(() if text.front_end is None else text.front_end.interface),
        "",
        "#ifdef __cplusplus",
        "}",
        "#endif",
        "",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def network_source(text: NetworkText) -> str:
    """The arena, one function a layer and the public functions."""
    prefix, network = text.prefix, text.program.network
    macro = prefix.upper()
    lines = [
        '#include "network.h"',
        "",
        '#include "dse_kernels.h"',
        '#include "weights.h"',
        "",
        f"static uint32_t arena_words[{macro}_ARENA_BYTES / 4];",
        "#define ARENA ((uint8_t *)arena_words)",
        "",
    ]
    for index, code in enumerate(text.layers):
        layer = network.layers[index]
        lines += [
            f"/* {c_comment(layer.name)}: {layer.op}, {layer.weight_format or layer.format} */",
            f"static void layer_{index}(uint8_t *arena)",
            "{",
            *(f"    {line}" for line in (code.call or "(void)arena;").split("\n")),
            "}",
            "",
        ]
    lines += [
        f"static void (*const layers[{macro}_LAYERS])(uint8_t *) = {{",
        *(f"    layer_{index}," for index in range(len(text.layers))),
        "};",
        "",
        f"int8_t *{prefix}_input(void)",
        "{",
        f"    return (int8_t *)(ARENA + {text.offsets[network.input.name]});",
        "}",
        "",
        *(() if text.front_end is None else text.front_end.functions),
        f"const {text.output_type} *{prefix}_output(void)",
        "{",
        f"    return (const {text.output_type} *)(void *)"
        f"(ARENA + {text.offsets[network.output.name]});",
        "}",
        "",
        f"void {prefix}_run_layer(int layer)",
        "{",
        "    layers[layer](ARENA);",
        "}",
        "",
        f"void {prefix}_run(void)",
        "{",
        f"    for (int layer = 0; layer < {macro}_LAYERS; layer++) {{",
        "        layers[layer](ARENA);",
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def weights_header(text: NetworkText) -> str:
    """Packed weights and parameters of every layer, for network.c alone."""
    guard = f"{text.prefix.upper()}_WEIGHTS_H"
    blocks = [f"#ifndef {guard}\n#define {guard}\n", *_kernel_includes(text)]
    for index, code in enumerate(text.layers):
        if code.declarations.strip():
            name = c_comment(text.program.network.layers[index].name)
            blocks.append(f"/* layer {index}: {name} */\n{code.declarations.strip()}\n")
    if text.front_end is not None:
        blocks.append(f"/* front end */\n{text.front_end.declarations.strip()}\n")
    return "\n".join([*blocks, "#endif\n"])


def _kernel_includes(text: NetworkText) -> list[str]:
    stems = {stem for code in text.layers for stem in code.sources}
    names = ["dse_kernels.h", *([STRIPS_HEADER] if stems & STRIP_STEMS else [])]
    names += [] if text.front_end is None else [FEATURES_HEADER]
    return ["\n".join(f'#include "{name}"' for name in names) + "\n"]


def _tensor_macros(text: NetworkText, role: str, tensor: Tensor) -> list[str]:
    stem = f"#define {text.prefix.upper()}_{role}"
    lines = [
        f"{stem}_{axis} {size}"
        for axis, size in zip(("HEIGHT", "WIDTH", "CHANNELS"), tensor.shape, strict=True)
    ]
    lines.append(f"{stem}_BYTES {tensor.size_bytes}")
    quantisation = text.program.quantisation.get(tensor.name)
    if quantisation is not None:
        lines.append(f"{stem}_SCALE {c_float(quantisation.scale)}")
        lines.append(f"{stem}_ZERO_POINT ({quantisation.zero_point})")
    return lines
