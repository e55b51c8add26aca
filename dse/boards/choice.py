"""Which board verifies a project: the one that was asked for, or the best one here."""

from collections.abc import Callable
from dataclasses import dataclass

from dse.boards.board import Board
from dse.boards.host import HostBoard
from dse.boards.serial.board import BAUD, SerialBoard
from dse.boards.serial.listen import Patience
from dse.boards.virtual import VIRTUAL_CORES, missing_tools
from dse.boards.virtual_board import VirtualBoard
from dse.export.manifest import Manifest
from hw_models.errors import ConfigError

__all__ = ["SerialOptions", "board_names", "default_board", "parse_board", "why_host"]

_VIRTUAL = "virtual:"
_SERIAL = "serial:"


@dataclass(frozen=True)
class SerialOptions:
    """How to deal with a serial board; see `SerialBoard`."""

    patience: Patience | None = None
    flash: str | None = None
    told: Callable[[str], None] = lambda _: None


def board_names() -> tuple[str, ...]:
    """Every board by its full name."""
    return ("host", *(f"{_VIRTUAL}{core}" for core in VIRTUAL_CORES), f"{_SERIAL}PORT[:BAUD]")


def _serial_board(text: str, options: SerialOptions) -> SerialBoard:
    """`/dev/ttyACM0:921600` or `COM3`."""
    port, separator, rate = text.rpartition(":")
    has_rate = bool(separator) and rate.isdigit()
    return SerialBoard(
        port if has_rate else text,
        int(rate) if has_rate else BAUD,
        patience=options.patience,
        flash=options.flash,
        told=options.told,
    )


def parse_board(text: str, serial: SerialOptions | None = None) -> Board:
    """A board by name: `host`, `virtual:cortex-m4`, `virtual:m4` for short, `serial:PORT[:BAUD]`.

    Args:
        text: The name.
        serial: For a serial board.

    Raises:
        ConfigError: No board has this name.
    """
    plain = text.strip().lower()
    if plain == "host":
        return HostBoard()
    if plain.startswith(_SERIAL) and plain != _SERIAL:
        return _serial_board(text.strip()[len(_SERIAL) :], serial or SerialOptions())
    core = plain.removeprefix(_VIRTUAL)
    for known in VIRTUAL_CORES:
        if core in (known, known.removeprefix("cortex-")):
            return VirtualBoard(known)
    raise ConfigError(
        "There is no such board.", where="board", got=repr(text), allowed=", ".join(board_names())
    )


def default_board(manifest: Manifest) -> Board:
    """The virtual board of the project's core where its tools are installed, else the host."""
    core = manifest.device.core
    return HostBoard() if core not in VIRTUAL_CORES or missing_tools() else VirtualBoard(core)


def why_host() -> str | None:
    """Why `default_board` takes the host instead of the virtual board; None where it does not."""
    missing = missing_tools()
    if not missing:
        return None
    return (
        f"{', '.join(missing)} not found: verifying with this computer's compiler, which says "
        "nothing about cycles. Debian: sudo apt-get install gcc-arm-none-eabi "
        "libnewlib-arm-none-eabi qemu-system-arm"
    )
