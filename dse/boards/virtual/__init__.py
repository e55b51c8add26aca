"""The virtual board: real firmware, executed instruction by instruction, cycles counted by tables.

What it models and what it leaves out is written in docs/virtual_board.md.
"""

from dse.boards.virtual.cores import VIRTUAL_CORES, VirtualCore, compile_flags, virtual_core
from dse.boards.virtual.firmware import (
    SUPPORT,
    build_firmware,
    compile_sources,
    compiler_name,
    link_firmware,
)
from dse.boards.virtual.run import FirmwareRun, run_firmware
from dse.boards.virtual.sizes import LinkedSizes, section_sizes
from dse.boards.virtual.tools import available, missing_tools

__all__ = [
    "SUPPORT",
    "VIRTUAL_CORES",
    "FirmwareRun",
    "LinkedSizes",
    "VirtualCore",
    "available",
    "build_firmware",
    "compile_flags",
    "compile_sources",
    "compiler_name",
    "link_firmware",
    "missing_tools",
    "run_firmware",
    "section_sizes",
    "virtual_core",
]
