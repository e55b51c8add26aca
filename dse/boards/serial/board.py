"""The serial board: writes the firmware's sources, and reads what the flashed firmware reports."""

import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.boards.board import BoardRun, decode_layers, decode_tensor
from dse.boards.serial.firmware import TIMED_INPUTS, image_name, write_firmware
from dse.boards.serial.listen import Patience, listen, open_port
from dse.boards.serial.receiver import Receiver
from dse.export.manifest import Project
from hw_models.errors import DseError, ToolError

__all__ = ["BAUD", "SerialBoard"]

BAUD = 115200
VECTOR_BYTES = 8192
_TAIL = 10


class SerialBoard:
    """A board that reports over a UART.

    Args:
        port: Such as /dev/ttyACM0 or COM3.
        baud: Of the firmware's UART.
        patience: How long to wait for it.
        flash: Command that builds and flashes the folder `{folder}`; None where the user does.
        told: Called with a sentence when there is something to do or to wait for.
    """

    core = None
    vector_bytes = VECTOR_BYTES

    def __init__(
        self,
        port: str,
        baud: int = BAUD,
        *,
        patience: Patience | None = None,
        flash: str | None = None,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._port, self._baud = port, baud
        self._patience = patience or Patience()
        self._flash, self._told = flash, told

    @property
    def name(self) -> str:
        """As the command line takes it."""
        suffix = "" if self._baud == BAUD else f":{self._baud}"
        return f"serial:{self._port}{suffix}"

    def run(
        self,
        project: Project,
        inputs: NDArray[np.int8],
        sounds: NDArray[np.int16] | None = None,
    ) -> BoardRun:
        """Outputs, cycles by layer and how the firmware was built; see `Board.run`.

        The sources of the firmware are written to `firmware/` in the project's folder.
        """
        folder = write_firmware(project, inputs, sounds)
        image = image_name(project, inputs, sounds)
        self._told(f"waiting for image {image} on {self.name}: build and flash {folder}")
        if self._flash is not None:
            _flash(self._flash, folder)
        port = open_port(self._port, self._baud)
        try:
            lines = listen(port, Receiver(image, self.name), self._patience)
        except ToolError as error:
            raise _with_folder(error, folder) from error
        finally:
            port.close()
        timed = min(TIMED_INPUTS, len(inputs if sounds is None else sounds))
        return _decode(project, lines, timed, self.name, has_sounds=sounds is not None)


def _flash(command: str, folder: Path) -> None:
    words = [word.replace("{folder}", str(folder)) for word in shlex.split(command)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ToolError("The flash command cannot be run.", where=command, got=error) from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()[-_TAIL:]
        raise ToolError("The flash command failed.", where=command, got="\n".join(lines))


def _with_folder(error: DseError, folder: Path) -> ToolError:
    return ToolError(
        error.what,
        where=error.where,
        got=error.got,
        allowed=error.allowed,
        cure=f"{error.cure}; its sources are in {folder}",
    )


def _decode(
    project: Project, lines: Sequence[str], timed: int, where: str, *, has_sounds: bool
) -> BoardRun:
    manifest = project.manifest
    facts = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines if line[:1] == "@"}
    cycles = _stage_cycles(lines, has_sounds + len(manifest.layers), timed, where)
    heard = None
    if has_sounds:
        heard = decode_tensor(_payload(lines, "~", where), manifest.input.shape, "s8")
    return BoardRun(
        decode_tensor(_payload(lines, "=", where), manifest.output.shape, manifest.output.format),
        decode_layers(manifest, _payload(lines, "+", where)),
        cycles[has_sounds:],
        compiler=facts.get("@compiler"),
        flags=facts.get("@flags"),
        heard=heard,
        front_end_cycles=cycles[0] if has_sounds else None,
    )


def _payload(lines: Sequence[str], kind: str, where: str) -> bytes:
    try:
        return bytes.fromhex("".join(line[1:] for line in lines if line.startswith(kind)))
    except ValueError as error:
        raise _unreadable(error, where) from error


def _stage_cycles(lines: Sequence[str], stages: int, timed: int, where: str) -> tuple[float, ...]:
    """Mean cycles of the front end, if it ran, and of every layer.

    The first interval is that of two marks back to back.
    """
    try:
        intervals = [int(line[8:], 16) for line in lines if line.startswith("@cycles ")]
        # Before each timed input lies an interval that loads it.
        table = np.array(intervals[1:], dtype=np.float64).reshape(timed, stages + 1)[:, 1:]
    except ValueError as error:
        raise _unreadable(error, where) from error
    return tuple(float(each) for each in table.mean(axis=0) - intervals[0])


def _unreadable(error: ValueError, where: str) -> ToolError:
    return ToolError(
        "The report of the board cannot be read.",
        where=where,
        got=error,
        cure="build and flash the firmware again; if it stays, report it",
    )
