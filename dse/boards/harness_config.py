"""The header that tells a harness about the network it runs."""

from dse.export.manifest import Manifest

__all__ = ["HARNESS_CONFIG", "harness_config"]

HARNESS_CONFIG = "harness_config.h"


def harness_config(
    manifest: Manifest, *, inputs: int, trace: bool = False, timed_inputs: int = 0
) -> str:
    """Macros and tables for the harness sources.

    Args:
        manifest: Of the project.
        inputs: How many inputs there are to run.
        trace: Write every layer's output instead of the last one's.
        timed_inputs: The first so many run layer by layer between marks.
    """
    prefix = manifest.prefix
    macros = {
        "NET_INPUT": f"{prefix}_input",
        "NET_OUTPUT": f"{prefix}_output",
        "NET_RUN": f"{prefix}_run",
        "NET_RUN_LAYER": f"{prefix}_run_layer",
        "NET_LAYERS": len(manifest.layers),
        "NET_INPUT_OFFSET": manifest.input.offset,
        "NET_INPUT_BYTES": manifest.input.size_bytes,
        "NET_OUTPUT_BYTES": manifest.output.size_bytes,
        "NET_INPUTS": inputs,
        "NET_TRACE": int(trace),
        "NET_TIMED_INPUTS": timed_inputs,
    }
    lines = ["#include <stdint.h>", ""]
    lines += [f"#define {name} {value}" for name, value in macros.items()]
    if trace:
        offsets = ", ".join(str(layer.offset) for layer in manifest.layers)
        sizes = ", ".join(str(layer.size_bytes) for layer in manifest.layers)
        lines += [
            "",
            f"static const uint32_t net_offsets[NET_LAYERS] = {{{offsets}}};",
            f"static const uint32_t net_sizes[NET_LAYERS] = {{{sizes}}};",
        ]
    return "\n".join(lines) + "\n"
