"""The programs the virtual board is made of: are they there, and what did they say."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from hw_models.errors import ToolError

__all__ = ["TOOLS", "available", "missing_tools", "require_tool", "run_tool", "tail"]

# Program: the Debian packages that have it.
TOOLS: dict[str, str] = {
    "gcc": "gcc libc6-dev",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
}

_TAIL_LINES = 20


def missing_tools() -> tuple[str, ...]:
    """The programs of the virtual board that this machine lacks."""
    return tuple(name for name in TOOLS if shutil.which(name) is None)


def available() -> bool:
    """Whether firmware can be built and run here."""
    return not missing_tools()


def require_tool(name: str) -> str:
    """The path of a program.

    Raises:
        ToolError: It is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolError(
            f"{name} is not installed",
            where="the virtual board",
            cure=f"sudo apt-get install {TOOLS[name]}",
        )
    return path


def run_tool(command: Sequence[str | Path], what: str, cwd: Path) -> None:
    """Runs a compiler or linker in the folder `cwd`.

    Raises:
        ToolError: It failed; `what` says at what, and the end of its messages is kept.
    """
    words = [require_tool(str(command[0])), *map(str, command[1:])]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{what} failed", where=cwd, got=tail(done.stderr or done.stdout))


def tail(text: str) -> str:
    """The last lines of a program's messages."""
    return "\n".join(text.rstrip().splitlines()[-_TAIL_LINES:])
