"""Runs firmware on the virtual board and counts its cycles."""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dse.boards.virtual.cores import VirtualCore
from dse.boards.virtual.counter import counter_plugin
from dse.boards.virtual.sizes import function_at, symbol_address
from dse.boards.virtual.tools import require_tool, tail
from hw_models.errors import ToolError

__all__ = ["FirmwareRun", "run_firmware"]

_MARKER = "dse_mark"
_FAULT = re.compile(r"^@fault (0x[0-9a-f]{8}) (0x[0-9a-f]{8})$", re.MULTILINE)
_STACK = re.compile(r"\n@stack (\d+)\n")


@dataclass(frozen=True)
class FirmwareRun:
    """One run to the end.

    Args:
        text: What the firmware wrote.
        marks: The cycle count at each call of `dse_mark`. The function is free, the call is not:
            two calls in a row differ by the 1 or 2 cycles of a call.
        total_cycles: From reset to the end.
        stack_bytes: The deepest stack between `dse_stack_begin` and `dse_stack_end`; None if the
            firmware did not call them.
    """

    text: str
    marks: tuple[int, ...]
    total_cycles: int
    stack_bytes: int | None


def run_firmware(elf: Path, core: VirtualCore, timeout_s: float = 60.0) -> FirmwareRun:
    """Executes a linked firmware instruction by instruction until it exits.

    Raises:
        ToolError: QEMU or the host compiler is missing; the firmware took longer than `timeout_s`,
            faulted, exited with another status than 0, or executed an instruction that the core
            does not have or whose timing is unknown.
    """
    qemu = require_tool("qemu-system-arm")
    plugin = counter_plugin()
    marker = symbol_address(elf, _MARKER) or 0
    with tempfile.TemporaryDirectory(prefix="dse-") as folder:
        text_file, cycles_file = Path(folder, "text"), Path(folder, "cycles")
        plugin_argument = f"{plugin},core={core.timing},marker={marker:#x},out={cycles_file}"
        command = [
            *(qemu, "-machine", core.machine, "-kernel", str(elf), "-plugin", plugin_argument),
            *("-display", "none", "-monitor", "none", "-serial", "none", "-nic", "none"),
            *("-chardev", f"file,id=text,path={text_file}"),
            *("-semihosting-config", "enable=on,target=native,chardev=text"),
        ]
        status, messages = _execute(command, elf, core, timeout_s, text_file)
        text = _read(text_file)
        _check_end(elf, core, status, text, messages)
        return _collect(elf, core, text, _read(cycles_file))


def _execute(
    command: list[str], elf: Path, core: VirtualCore, timeout_s: float, text_file: Path
) -> tuple[int, str]:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolError(
            f"the firmware did not end within {timeout_s:g} s",
            where=f"{elf} on the virtual {core.name}",
            got=tail(_read(text_file)) or "no output",
            cure="allow more time, or look for an endless loop",
        ) from error
    return done.returncode, done.stderr


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _check_end(elf: Path, core: VirtualCore, status: int, text: str, messages: str) -> None:
    where = f"{elf} on the virtual {core.name}"
    fault = _FAULT.search(text)
    if fault:
        address = int(fault[1], 16)
        raise ToolError(
            f"the firmware faulted at {fault[1]} in {function_at(elf, address) or 'unknown code'}",
            where=where,
            got=f"fault status {fault[2]}{_fault_names(int(fault[2], 16))}",
        )
    if status and messages and not text:
        raise ToolError("QEMU failed to run the firmware", where=where, got=tail(messages))
    if status:
        raise ToolError(
            "the firmware ended with an error",
            where=where,
            got=f"status {status}: {tail(text) or 'no output'}",
        )


# ARMv7-M Architecture Reference Manual B3.2.15, Configurable Fault Status Register.
_FAULTS = {
    0: "instruction access",
    1: "data access",
    8: "instruction bus error",
    9: "data bus error",
    16: "undefined instruction",
    17: "invalid state",
    19: "no coprocessor",
    24: "unaligned access",
    25: "division by zero",
}


def _fault_names(register: int) -> str:
    names = [name for position, name in _FAULTS.items() if register >> position & 1]
    return f" ({', '.join(names)})" if names else ""


def _collect(elf: Path, core: VirtualCore, text: str, cycles: str) -> FirmwareRun:
    lines = [line.split() for line in cycles.splitlines()]
    for kind, value in lines:
        if kind == "unknown":
            raise ToolError(
                f"no timing of the {core.name} for the instruction at {value}",
                where=f"{elf}, function {function_at(elf, int(value, 16)) or 'unknown'}",
                cure=f"compile with -mcpu={core.cpu} -mfloat-abi=soft",
            )
    if not lines or lines[-1][0] != "total":
        raise ToolError("the cycle counter wrote no total", where=elf, got=tail(cycles))
    stack = _STACK.search(text)
    return FirmwareRun(
        text=_STACK.sub("", text),
        marks=tuple(int(value) for kind, value in lines if kind == "mark"),
        total_cycles=int(lines[-1][1]),
        stack_bytes=int(stack[1]) if stack else None,
    )
