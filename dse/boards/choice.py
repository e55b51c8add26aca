"""Which board verifies a project: the one that was asked for, or the best one here."""

from dse.boards.board import Board
from dse.boards.host import HostBoard
from dse.boards.virtual import VIRTUAL_CORES, missing_tools
from dse.boards.virtual_board import VirtualBoard
from dse.export.manifest import Manifest
from hw_models.errors import ConfigError

__all__ = ["board_names", "default_board", "parse_board", "why_host"]

_VIRTUAL = "virtual:"


def board_names() -> tuple[str, ...]:
    """Every board by its full name."""
    return ("host", *(f"{_VIRTUAL}{core}" for core in VIRTUAL_CORES))


def parse_board(text: str) -> Board:
    """A board by name: `host`, `virtual:cortex-m4`, or `virtual:m4` for short.

    Raises:
        ConfigError: No board has this name.
    """
    plain = text.strip().lower()
    if plain == "host":
        return HostBoard()
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
