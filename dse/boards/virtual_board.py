"""The virtual board: the exported C as firmware, executed instruction by instruction."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from dse.boards.board import BoardRun, decode_layers, decode_tensor
from dse.boards.harness_config import HARNESS_CONFIG, harness_config
from dse.boards.virtual import (
    SUPPORT,
    FirmwareRun,
    VirtualCore,
    compile_flags,
    compile_sources,
    compiler_name,
    link_firmware,
    run_firmware,
    section_sizes,
    virtual_core,
)
from dse.export.manifest import Project
from hw_models.errors import ToolError

__all__ = ["TIMED_INPUTS", "VirtualBoard"]

TIMED_INPUTS = 4
"""Cycles are the mean over so many inputs: some kernels depend a little on the data."""

VECTOR_BYTES = 15 << 20
"""At most this many bytes of inputs go into one firmware image."""

TIMEOUT_S = 1800.0


@dataclass(frozen=True)
class _Firmware:
    """A build folder with the network's objects, and what runs them."""

    project: Project
    core: VirtualCore
    build: Path
    network: tuple[Path, ...]
    harness: Path

    @property
    def include(self) -> tuple[Path, ...]:
        root = self.project.folder.resolve()
        return (self.build, root, root / "kernels")


class VirtualBoard:
    """One core of the virtual board.

    Args:
        core: As device files name it, such as "cortex-m4".

    Raises:
        ConfigError: There is no virtual board with this core.
    """

    vector_bytes = None

    def __init__(self, core: str) -> None:
        self._core = virtual_core(core)

    @property
    def name(self) -> str:
        """As the command line takes it."""
        return f"virtual:{self._core.name}"

    @property
    def core(self) -> str:
        """The core it is."""
        return self._core.name

    def run(self, project: Project, inputs: NDArray[np.int8]) -> BoardRun:
        """Outputs, cycles by layer, linked sizes and stack; see `Board.run`."""
        manifest = project.manifest
        output = manifest.output
        size = max(1, VECTOR_BYTES // manifest.input.size_bytes)
        with TemporaryDirectory(prefix="dse-virtual-") as name:
            firmware = _prepare(project, self._core, Path(name).resolve())
            starts = range(0, len(inputs), size)
            runs = [
                _execute(firmware, inputs[start : start + size], start == 0) for start in starts
            ]
            sizes = section_sizes(firmware.build / "firmware.elf")
        data = b"".join(_payload(run.text, "=") for run in runs)
        return BoardRun(
            decode_tensor(data, output.shape, output.format),
            decode_layers(manifest, _payload(runs[0].text, "+")),
            _layer_cycles(runs[0].marks, len(manifest.layers)),
            sizes.ram_bytes,
            sizes.flash_bytes,
            runs[0].stack_bytes,
            compiler_name(),
            " ".join(compile_flags(self._core)),
        )


def _prepare(project: Project, core: VirtualCore, build: Path) -> _Firmware:
    """Compile what does not depend on the inputs."""
    root = project.folder.resolve()
    sources = [root / name for name in project.manifest.sources]
    include = (root, root / "kernels")
    network = compile_sources(core, sources, build, "net", include)
    network += compile_sources(core, sorted(SUPPORT.glob("*.c")), build, "harness", include)
    with as_file(files("dse.boards") / "harness" / "virtual_harness.c") as harness:
        return _Firmware(project, core, build, tuple(network), harness)


def _execute(firmware: _Firmware, inputs: NDArray[np.int8], is_first: bool) -> FirmwareRun:
    """Run some of the inputs; the first ones are timed, the very first one also traced."""
    build = firmware.build
    (build / "inputs.bin").write_bytes(np.ascontiguousarray(inputs).tobytes())
    text = harness_config(
        firmware.project.manifest,
        len(inputs),
        timed_inputs=min(TIMED_INPUTS, len(inputs)) if is_first else 0,
        trace=is_first,
    )
    (build / HARNESS_CONFIG).write_text(text, encoding="utf-8")
    objects = compile_sources(firmware.core, [firmware.harness], build, "harness", firmware.include)
    elf = link_firmware(firmware.core, [*firmware.network, *objects], build)
    return run_firmware(elf, firmware.core, TIMEOUT_S)


def _payload(text: str, kind: str) -> bytes:
    lines = [line[1:] for line in text.splitlines() if line.startswith(kind)]
    try:
        return bytes.fromhex("".join(lines))
    except ValueError as error:
        raise ToolError("The firmware's output cannot be read.", got=error) from error


def _layer_cycles(marks: tuple[int, ...], layers: int) -> tuple[float, ...]:
    """Mean cycles of every layer, the cost of a mark taken off."""
    overhead = marks[1] - marks[0]
    table = np.array(marks[2:], dtype=np.int64).reshape(-1, layers + 1)
    cycles = np.diff(table, axis=1).mean(axis=0) - overhead
    return tuple(float(each) for each in cycles)
