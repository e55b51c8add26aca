"""The header that tells a harness about the network it runs."""

from collections.abc import Iterable

import numpy as np

from dse.export.manifest import Manifest

__all__ = ["HARNESS_CONFIG", "harness_config"]

HARNESS_CONFIG = "harness_config.h"


def harness_config(
    manifest: Manifest,
    inputs: int,
    *,
    timed_inputs: int = 0,
    trace: bool = True,
    sounds: int = 0,
    main: str = "main",
    embedded: bytes | None = None,
    embedded_sounds: bytes | None = None,
    image: str | None = None,
) -> str:
    """Macros for the harness sources.

    Args:
        manifest: Of the project.
        inputs: How many inputs there are to run.
        timed_inputs: The first so many run layer by layer between marks.
        trace: Write every layer's output for the first input.
        sounds: The first so many inputs are made by the front end.
        main: Name of the function that runs everything.
        embedded: The inputs, where the header is to hold them.
        embedded_sounds: Likewise.
        image: What the firmware says it is.
    """
    prefix = manifest.prefix
    macros: dict[str, object] = {
        "NET_INPUT": f"{prefix}_input",
        "NET_OUTPUT": f"{prefix}_output",
        "NET_RUN": f"{prefix}_run",
        "NET_RUN_LAYER": f"{prefix}_run_layer",
        "NET_LAYERS": len(manifest.layers),
        "NET_LAYER_OFFSETS": _list(layer.offset for layer in manifest.layers),
        "NET_LAYER_SIZES": _list(layer.size_bytes for layer in manifest.layers),
        "NET_INPUT_OFFSET": manifest.input.offset,
        "NET_INPUT_BYTES": manifest.input.size_bytes,
        "NET_OUTPUT_BYTES": manifest.output.size_bytes,
        "NET_INPUTS": inputs,
        "NET_TRACE": int(trace),
        "NET_TIMED_INPUTS": timed_inputs,
        "NET_MARKS": 2 + timed_inputs * (len(manifest.layers) + 1 + bool(sounds)),
        "NET_SOUNDS": sounds,
        "NET_MAIN": main,
    }
    if sounds and manifest.front_end is not None:
        macros["NET_FEATURES"] = f"{prefix}_features"
        macros["NET_SOUND_SAMPLES"] = manifest.front_end.samples
    if embedded_sounds is not None:
        samples = np.frombuffer(embedded_sounds, np.int16).tolist()
        macros["NET_EMBEDDED_SOUNDS"] = _list(samples)
    if embedded is not None:
        macros["NET_EMBEDDED_INPUTS"] = _list(np.frombuffer(embedded, np.int8).tolist())
    if image is not None:
        macros["NET_IMAGE"] = f'"{image}"'
    lines = ["#include <stdint.h>", ""]
    lines += [f"#define {name} {value}" for name, value in macros.items()]
    return "\n".join(lines) + "\n"


def _list(values: Iterable[int]) -> str:
    return "{" + ", ".join(map(str, values)) + "}"
