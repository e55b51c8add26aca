"""Bytes of code: of every kernel file, of a layer's call and of the rest of network.c."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from dse.boards.virtual import compile_sources, virtual_core
from dse.export.manifest import Project
from dse.program_io import load_program
from hw_models.errors import ToolError
from hw_models.front_end_cost import FEATURES_CALL
from hw_models.memory import align
from hw_models.strips import call_kind

__all__ = ["code_sizes"]

_LAYER = re.compile(r"\.text\.layer_(\d+)")
_STRIP = re.compile(r"\.text\.l(\d+)_.*strip")
_FRONT_END = re.compile(r"\.text\.\w+_(frame|features)")

_SHARED = "dse_"
"""Start of the names of kernel functions, which are counted where they are defined."""

_TABLE_ENTRY = 4
CodeRow = tuple[str, str, int]


def code_sizes(core: str, projects: Sequence[Project], build: Path) -> list[CodeRow]:
    """Compile the projects' C for a core and read the sizes of its sections, rounded up to words.

    Returns:
        (kind, name, bytes): kind "kernel" by file stem, "call" by kind of call (the mean over the
        layers, with the entry in the table of layers), "fixed" for the rest of network.c.

    Raises:
        ToolError: A kernel calls a library function: its bytes would be left out.
    """
    kernels: dict[str, int] = {}
    calls: dict[str, list[int]] = {}
    fixed = []
    for project in projects:
        network = load_program(project.folder / project.manifest.program).network
        root = project.folder.resolve()
        include = (root, root / "kernels")
        files = [root / name for name in project.manifest.sources]
        new = [path for path in files if path.stem not in kernels]
        folder = build / project.folder.name
        for source, target in zip(
            new, compile_sources(virtual_core(core), new, folder, "net", include), strict=True
        ):
            if source.stem != "network":
                kernels[source.stem] = _kernel_bytes(target)
        by_layer, rest, front_end = _network_bytes(folder / "net" / "network.o")
        fixed.append(rest)
        if network.front_end is not None:
            calls.setdefault(FEATURES_CALL, []).append(front_end)
        for index, size in by_layer.items():
            calls.setdefault(call_kind(network, network.layers[index]), []).append(size)
    calls.setdefault("flatten", [min(map(min, calls.values()))])
    return [
        ("fixed", "network", round(fmean(fixed))),
        *(("call", kind, round(fmean(sizes))) for kind, sizes in sorted(calls.items())),
        *(("kernel", stem, size) for stem, size in sorted(kernels.items())),
    ]


def _kernel_bytes(path: Path) -> int:
    with path.open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        if isinstance(table, SymbolTableSection):
            missing = [
                symbol.name
                for symbol in table.iter_symbols()
                if symbol["st_shndx"] == "SHN_UNDEF"
                and symbol.name
                and not symbol.name.startswith(_SHARED)
            ]
            if missing:
                raise ToolError(
                    "A kernel calls a library function, so its size is not known.",
                    where=path.name,
                    got=", ".join(missing),
                )
        return sum(size for _, size in _sections(elf))


def _network_bytes(path: Path) -> tuple[dict[int, int], int, int]:
    """Bytes of every layer's functions by its number, of the others, and of the front end's."""
    calls: dict[int, int] = {}
    rest = front_end = 0
    with path.open("rb") as file:
        for name, size in _sections(ELFFile(file)):
            match = _LAYER.fullmatch(name)
            strip = _STRIP.fullmatch(name)
            if match:
                index = int(match[1])
                calls[index] = calls.get(index, 0) + size + _TABLE_ENTRY
            elif strip:
                index = int(strip[1])
                calls[index] = calls.get(index, 0) + size
            elif _FRONT_END.fullmatch(name):
                front_end += size
            elif name.startswith(".text"):
                rest += size
    return calls, rest, front_end


def _sections(elf: ELFFile) -> Iterator[tuple[str, int]]:
    for section in elf.iter_sections():
        flags = section["sh_flags"]
        if flags & SH_FLAGS.SHF_ALLOC and section["sh_type"] == "SHT_PROGBITS":
            yield section.name, align(section.data_size)
