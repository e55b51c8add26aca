"""The sources of the firmware that a serial board runs: written for the user to build and flash."""

import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.boards.harness_config import HARNESS_CONFIG, harness_config
from dse.export.manifest import Project
from dse.files import write_atomically

__all__ = ["FIRMWARE_FOLDER", "TIMED_INPUTS", "image_name", "write_firmware"]

FIRMWARE_FOLDER = "firmware"
TIMED_INPUTS = 4
_SOURCES = ("dse_link.c", "dse_link.h", "dse_cycles.c", "dse_cycles.h")
_README = """\
Firmware that runs the network and reports over a UART.

1. Supply dse_port_write() of port.h: it sends bytes over your board's UART.
2. `make CROSS=arm-none-eabi- CPU={core}` gives build/libbench.a; or add the C files here, network.c
   and kernels/*.c of the folder above to a project of your own IDE, at -O2.
3. Your main() sets up clock and UART and calls dse_serve() of dse_link.h, which does not return.
4. Link, flash, and run the dse command again that wrote this folder.

Image {image}. On a core without DWT cycle counter build with -DDSE_NO_DWT.
"""


def image_name(
    project: Project, inputs: NDArray[np.int8], sounds: NDArray[np.int16] | None = None
) -> str:
    """What the firmware calls itself: it changes with the network, its C and the inputs."""
    text = "".join(sorted(f"{name}{total}" for name, total in project.manifest.files.items()))
    heard = b"" if sounds is None else sounds.tobytes()
    return hashlib.sha256(text.encode() + inputs.tobytes() + heard).hexdigest()[:12]


def write_firmware(
    project: Project, inputs: NDArray[np.int8], sounds: NDArray[np.int16] | None = None
) -> Path:
    """Write the sources into the project's folder; an own port.h stays.

    Args:
        project: Exported.
        inputs: int8 (n, height, width, channels), embedded in the firmware.
        sounds: int16 (n, samples), likewise.

    Returns:
        The folder.
    """
    folder = project.folder / FIRMWARE_FOLDER
    folder.mkdir(exist_ok=True)
    manifest, image = project.manifest, image_name(project, inputs, sounds)
    config = harness_config(
        manifest,
        len(inputs),
        timed_inputs=min(TIMED_INPUTS, len(inputs if sounds is None else sounds)),
        sounds=0 if sounds is None else len(sounds),
        main="dse_pass",
        embedded=np.ascontiguousarray(inputs).tobytes(),
        embedded_sounds=None if sounds is None else np.ascontiguousarray(sounds).tobytes(),
        image=image,
    )
    own, boards = files("dse.boards.serial") / "firmware", files("dse.boards")
    texts = {name: (own / name).read_text("utf-8") for name in _SOURCES}
    texts["bench.c"] = (boards / "harness" / "virtual_harness.c").read_text("utf-8")
    texts["dse_board.h"] = (boards / "virtual" / "support" / "dse_board.h").read_text("utf-8")
    texts[HARNESS_CONFIG] = config
    core = manifest.device.core
    texts["Makefile"] = (own / "bench.mk").read_text("utf-8").replace("@CPU@", core)
    texts["README.txt"] = _README.format(core=core, image=image)
    if not (folder / "port.h").exists():
        texts["port.h"] = (own / "port.h").read_text("utf-8")
    for name, text in texts.items():
        path = folder / name
        # Unchanged files keep their time, so that make builds only what is new.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_atomically(path, text)
    return folder
