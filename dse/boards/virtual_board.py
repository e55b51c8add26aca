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

    def run(
        self,
        project: Project,
        inputs: NDArray[np.int8],
        sounds: NDArray[np.int16] | None = None,
    ) -> BoardRun:
        """Outputs, cycles by layer, linked sizes and stack; see `Board.run`."""
        manifest = project.manifest
        output = manifest.output
        size = max(1, VECTOR_BYTES // manifest.input.size_bytes)
        if sounds is not None:
            size = max(len(sounds), (VECTOR_BYTES - sounds.nbytes) // manifest.input.size_bytes)
        with TemporaryDirectory(prefix="dse-virtual-") as name:
            firmware = _prepare(project, self._core, Path(name).resolve())
            parts = [inputs[start : start + size] for start in range(0, len(inputs), size)]
            runs = [_execute(firmware, parts[0], sounds, is_first=True)]
            runs += [_execute(firmware, part, None, is_first=False) for part in parts[1:]]
            sizes = section_sizes(firmware.build / "firmware.elf")
        data = b"".join(_payload(run.text, "=") for run in runs)
        heard = None
        if sounds is not None:
            heard = decode_tensor(_payload(runs[0].text, "~"), manifest.input.shape, "s8")
        before = 0 if sounds is None else 1
        cycles = _stage_cycles(runs[0].marks, before + len(manifest.layers))
        return BoardRun(
            decode_tensor(data, output.shape, output.format),
            decode_layers(manifest, _payload(runs[0].text, "+")),
            cycles[before:],
            sizes.ram_bytes,
            sizes.flash_bytes,
            runs[0].stack_bytes,
            compiler_name(),
            " ".join(compile_flags(self._core)),
            heard,
            cycles[0] if before else None,
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


def _execute(
    firmware: _Firmware,
    inputs: NDArray[np.int8],
    sounds: NDArray[np.int16] | None,
    *,
    is_first: bool,
) -> FirmwareRun:
    """Run some of the inputs; the first ones are timed, the very first one also traced."""
    heard = np.zeros(0, np.int16) if sounds is None else sounds
    timed = min(TIMED_INPUTS, len(inputs) if sounds is None else len(sounds))
    build = firmware.build
    (build / "inputs.bin").write_bytes(np.ascontiguousarray(inputs).tobytes())
    (build / "sounds.bin").write_bytes(np.ascontiguousarray(heard).tobytes())
    text = harness_config(
        firmware.project.manifest,
        len(inputs),
        timed_inputs=timed if is_first else 0,
        trace=is_first,
        sounds=len(heard),
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


def _stage_cycles(marks: tuple[int, ...], stages: int) -> tuple[float, ...]:
    """Mean cycles of the front end, if it ran, and of every layer; the cost of a mark taken off."""
    overhead = marks[1] - marks[0]
    table = np.array(marks[2:], dtype=np.int64).reshape(-1, stages + 1)
    cycles = np.diff(table, axis=1).mean(axis=0) - overhead
    return tuple(float(each) for each in cycles)
