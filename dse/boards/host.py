"""The host board: the exported C, built with this computer's compiler. It knows no cycles."""

import os
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from dse.boards.board import BoardRun, decode_layers, decode_tensor
from dse.boards.harness_config import HARNESS_CONFIG, harness_config
from dse.export.makefile import COMPILE_FLAGS
from dse.export.manifest import Project
from hw_models.errors import ToolError

__all__ = ["HostBoard", "host_compiler"]

COMPILERS = ("cc", "gcc", "clang")
TIMEOUT_S = 600
_LINES_SHOWN = 20


class HostBoard:
    """Builds the project with the host's C compiler and runs it here."""

    name = "host"
    core = None
    vector_bytes = None

    def run(
        self,
        project: Project,
        inputs: NDArray[np.int8],
        sounds: NDArray[np.int16] | None = None,
    ) -> BoardRun:
        """Outputs only; see `Board.run`."""
        manifest = project.manifest
        with TemporaryDirectory(prefix="dse-host-") as name:
            folder = Path(name)
            count = 0 if sounds is None else len(sounds)
            program = _build(project, folder, len(inputs), count)
            (folder / "inputs.bin").write_bytes(np.ascontiguousarray(inputs).tobytes())
            heard = b"" if sounds is None else np.ascontiguousarray(sounds).tobytes()
            (folder / "sounds.bin").write_bytes(heard)
            names = ("inputs.bin", "outputs.bin", "layers.bin", "sounds.bin", "heard.bin")
            command = [str(program), *names]
            _call(command, folder, "The exported program failed on this computer.")
            outputs = (folder / "outputs.bin").read_bytes()
            layers = (folder / "layers.bin").read_bytes()
            made = (folder / "heard.bin").read_bytes()
        return BoardRun(
            decode_tensor(outputs, manifest.output.shape, manifest.output.format),
            decode_layers(manifest, layers),
            heard=decode_tensor(made, manifest.input.shape, "s8") if count else None,
        )


def host_compiler() -> str:
    """Path of the host's C compiler.

    Raises:
        ToolError: There is none.
    """
    for name in COMPILERS:
        found = shutil.which(name)
        if found is not None:
            return found
    raise ToolError(
        "There is no C compiler on this computer.",
        allowed=", ".join(COMPILERS),
        cure="Install one: `sudo apt-get install gcc`.",
    )


def _build(project: Project, folder: Path, inputs: int, sounds: int) -> Path:
    compiler = host_compiler()
    text = harness_config(project.manifest, inputs, sounds=sounds)
    (folder / HARNESS_CONFIG).write_text(text, encoding="utf-8")
    root = project.folder.resolve()
    program = folder / "host_harness"
    with as_file(files("dse.boards") / "harness" / "host_harness.c") as harness:
        sources = [str(harness), *(str(root / source) for source in project.manifest.sources)]
        includes = ["-I", str(folder), "-I", str(root), "-I", str(root / "kernels")]
        command = [compiler, *COMPILE_FLAGS, "-O2", *includes, *sources, "-o", str(program)]
        _call(command, folder, "The exported C does not compile on this computer.")
    return program


def _call(command: list[str], folder: Path, problem: str) -> None:
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(problem, where=command[0], got=error) from error
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().splitlines()[:_LINES_SHOWN]
        raise ToolError(
            problem,
            where=Path(command[0]).name,
            got="\n".join([f"exit code {result.returncode}", *lines]),
            cure="Export the configuration again; if it stays, report it with these lines.",
        )
