"""Write a Program as a C project that builds by itself and can be verified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.export.main_c import main_source
from dse.export.makefile import makefile
from dse.export.manifest import (
    MAIN,
    MANIFEST_FILE,
    Project,
    VectorRecord,
    file_sums,
    write_manifest,
)
from dse.export.records import make_manifest
from dse.export.sources import program_sources, write_files
from dse.front_end import random_sounds, run_front_end, sound_samples
from dse.program import Program
from dse.program_io import save_program
from dse.random_program import random_inputs
from dse.reference import run_program
from hw_models.device import Device
from hw_models.errors import ConfigError
from hw_models.estimate import Cost
from hw_models.kernels import core_class

__all__ = ["SOUNDS", "VECTORS", "export_project"]

VECTORS = 256
"""Every project is verified with at least this many inputs."""

SOUNDS = 8
"""The first inputs of a network with a front end are made of so many sounds."""

_PROGRAM = "program.npz"
_INPUTS = "vectors/inputs.bin"
_EXPECTED = "vectors/expected.bin"
_SOUNDS = "vectors/sounds.bin"


@dataclass(frozen=True)
class _Vectors:
    inputs: NDArray[np.int8]
    expected: NDArray[np.signedinteger[Any]]
    from_validation: int
    sounds: NDArray[np.int16] | None

    def record(self) -> VectorRecord:
        return VectorRecord(
            count=len(self.inputs),
            from_validation=self.from_validation,
            inputs=_INPUTS,
            expected=_EXPECTED,
            sounds=None if self.sounds is None else _SOUNDS,
            sound_count=0 if self.sounds is None else len(self.sounds),
        )


def export_project(
    program: Program,
    configuration: Mapping[str, Any] | None,
    device: Device,
    cost: Cost | None,
    folder: Path,
    vectors: NDArray[np.int8],
    *,
    class_names: Sequence[str] = (),
    sounds: NDArray[np.int16] | None = None,
) -> Project:
    """Write network.c/.h, weights.h, kernels, main.c, Makefile, vectors, program and manifest.

    The same arguments give the same bytes. A folder that holds an earlier export is written
    over; files that are not of an export stay.

    Args:
        program: What the C computes.
        configuration: JSON of the configuration it came from, for the manifest.
        device: The part; its core decides which kernels are used.
        cost: What one inference should cost there; None where it is not known yet.
        folder: Where to write; made when missing.
        vectors: int8 (n, height, width, channels) from the validation set. Fewer than 256 are
            topped up with random ones.
        class_names: Of the output's channels.
        sounds: int16 (n, samples) from the validation set, for a front end; their features are
            the first vectors. Random ones where None.

    Returns:
        The project as `load_project` reads it.

    Raises:
        ConfigError: The folder is a file or holds something else.
        DataError: The vectors or sounds do not fit the network.
        ModelError: A layer has no kernel for the core.
    """
    sources = program_sources(program, core_class(device.core))
    used = _vectors(program, vectors, sounds)
    _clear(folder)
    contents = {
        **sources.files,
        MAIN: main_source(sources.text, used.inputs, used.expected, used.sounds),
        "Makefile": makefile(sources.text.prefix, device.core),
    }
    written = _write(contents, used, program, folder)
    manifest = make_manifest(
        sources,
        device,
        cost,
        tool=_tool(),
        configuration=None if configuration is None else dict(configuration),
        class_names=tuple(class_names),
        vectors=used.record(),
        program=_PROGRAM,
        files=file_sums(folder, written),
    )
    write_manifest(manifest, folder)
    return Project(folder, manifest)


def _write(
    contents: dict[str, str], used: _Vectors, program: Program, folder: Path
) -> tuple[str, ...]:
    """Write all files but the manifest; their names."""
    write_files(contents, folder)
    (folder / "vectors").mkdir(exist_ok=True)
    (folder / _INPUTS).write_bytes(used.inputs.tobytes())
    (folder / _EXPECTED).write_bytes(used.expected.tobytes())
    save_program(program, folder / _PROGRAM)
    if used.sounds is None:
        return (*contents, _INPUTS, _EXPECTED, _PROGRAM)
    (folder / _SOUNDS).write_bytes(used.sounds.astype("<i2").tobytes())
    return (*contents, _INPUTS, _EXPECTED, _PROGRAM, _SOUNDS)


def _vectors(
    program: Program, vectors: NDArray[np.int8], sounds: NDArray[np.int16] | None
) -> _Vectors:
    """Features of sounds first, then the vectors, then random ones."""
    known = len(vectors)
    samples = sound_samples(program.network)
    if sounds is not None:
        known += len(sounds)
    elif samples:
        sounds = random_sounds(samples, SOUNDS, np.random.default_rng(0))
    if sounds is not None:
        vectors = np.concatenate([run_front_end(program, sounds), vectors])
    expected = run_program(program, vectors)
    missing = VECTORS - len(vectors)
    if missing <= 0:
        return _Vectors(vectors, expected, known, sounds)
    extra = random_inputs(program.network, missing, np.random.default_rng(0))
    return _Vectors(
        np.concatenate([vectors, extra]),
        np.concatenate([expected, run_program(program, extra)]),
        known,
        sounds,
    )


def _clear(folder: Path) -> None:
    """Remove the files of an earlier export; refuse a folder that holds anything else."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(
            "The export needs a folder.", where=folder, got="a file", cure="Choose another name."
        )
    folder.mkdir(parents=True, exist_ok=True)
    old = folder / MANIFEST_FILE
    if not old.is_file():
        found = sorted(path.name for path in folder.iterdir())
        if found:
            raise ConfigError(
                "The folder holds files that are not of an export.",
                where=folder,
                got=", ".join(found[:5]),
                cure="Choose an empty or a new folder.",
            )
        return
    for path in (*folder.glob("kernels/dse_*.[ch]"), old):
        path.unlink()


def _tool() -> str:
    try:
        return f"dse {version('dse')}"
    except PackageNotFoundError:
        return "dse"
