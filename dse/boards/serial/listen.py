"""Listen to a serial port until a report is whole, or say what is wrong with the board."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dse.boards.serial.receiver import Receiver
from hw_models.errors import ToolError

__all__ = ["Patience", "Port", "listen", "open_port"]

READ_BYTES = 4096
POLL_S = 0.1


@dataclass(frozen=True)
class Patience:
    """How long to wait.

    Args:
        wait_s: For the first line of the image, while the user flashes it.
        silence_s: Between two valid lines, while the network runs.
    """

    wait_s: float = 30.0
    silence_s: float = 60.0


class Port(Protocol):
    """What is needed of a serial port."""

    def read(self, size: int) -> bytes:
        """Bytes that have come, none after a short time."""

    def close(self) -> None:
        """Give the port back."""


def open_port(name: str, baud: int) -> Port:
    """A serial port by pyserial.

    Raises:
        ToolError: pyserial is not installed, or the port cannot be opened.
    """
    try:
        import serial
    except ImportError:
        raise ToolError(
            "A serial board needs pyserial.",
            where=f"serial:{name}",
            cure="pip install 'dse[board]', or pip install pyserial",
        ) from None
    try:
        port: Any = serial.Serial(name, baud, timeout=POLL_S)
    except (OSError, ValueError) as error:
        raise ToolError(
            "The serial port cannot be opened.",
            where=f"serial:{name}",
            got=error,
            cure="check the name, the cable, and that no terminal program holds it; on Linux your "
            "user must be in the group dialout",
        ) from error
    return _Pyserial(port)


class _Pyserial:
    """Reads what is there, without waiting for a full buffer."""

    def __init__(self, port: Any) -> None:  # noqa: ANN401
        self._port = port

    def read(self, size: int) -> bytes:
        waiting = self._port.in_waiting
        return bytes(self._port.read(max(1, min(size, waiting))))

    def close(self) -> None:
        self._port.close()


def listen(
    port: Port,
    receiver: Receiver,
    patience: Patience,
    clock: Callable[[], float] = time.monotonic,
) -> list[str]:
    """The lines of the receiver's image.

    Raises:
        ToolError: Nothing, noise or another image is heard; the board falls silent in the middle,
            restarts for ever or is unplugged.
    """
    start = last = clock()
    while not receiver.is_done:
        try:
            data = port.read(READ_BYTES)
        except (OSError, TypeError) as error:
            raise ToolError(
                "The serial port went away.",
                where=receiver.where,
                got=f"{error}, after {len(receiver.lines)} lines",
                cure="plug the board in and run the command again",
            ) from error
        now = clock()
        if receiver.feed(data):
            last = now
        if not receiver.is_ours and now - start > patience.wait_s:
            raise _nothing(receiver, patience)
        if receiver.is_ours and now - last > patience.silence_s:
            raise ToolError(
                "The board fell silent in the middle of its report.",
                where=receiver.where,
                got=f"{len(receiver.lines)} lines, then nothing for {patience.silence_s:g} s",
                cure="reset it and run the command again; for a slow network give --silence",
            )
    return receiver.report()


def _nothing(receiver: Receiver, patience: Patience) -> ToolError:
    """Why the image has not said hello."""
    where, waited = receiver.where, f"{patience.wait_s:g} s"
    if receiver.other is not None:
        return ToolError(
            "The board runs other firmware.",
            where=where,
            got=f"image {receiver.other}",
            allowed=f"image {receiver.image}",
            cure="build and flash the firmware that was written for this network",
        )
    if receiver.valid:
        return ToolError(
            "The board never began its report anew.",
            where=where,
            got=f"{receiver.valid} lines in {waited}, no first one",
            cure="allow more time with --wait: the network may be slow",
        )
    if receiver.heard_bytes:
        return ToolError(
            "The board sends something that is not a report.",
            where=where,
            got=f"{receiver.heard_bytes} bytes in {waited}, no valid line",
            cure="give the firmware's baud rate, serial:PORT:BAUD; build and flash our firmware",
        )
    return ToolError(
        "The board is silent.",
        where=where,
        got=f"nothing in {waited}",
        cure="flash the firmware that was written for this network, reset the board, check the "
        "port and its wires",
    )
