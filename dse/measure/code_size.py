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
from hw_models.errors import ToolError
from hw_models.memory import align

__all__ = ["code_sizes"]

_LAYER = re.compile(r"\.text\.layer_(\d+)")
_SHARED = "dse_"
"""Start of the names of kernel functions, which are counted where they are defined."""

_TABLE_ENTRY = 4
CodeRow = tuple[str, str, int]


def code_sizes(core: str, projects: Sequence[Project], build: Path) -> list[CodeRow]:
    """Compile the projects' C for a core and read the sizes of its sections, rounded up to words.

    Returns:
        (kind, name, bytes): kind "kernel" by file stem, "call" by op (the mean over the layers,
        with the entry in the table of layers), "fixed" for the rest of network.c.

    Raises:
        ToolError: A kernel calls a library function: its bytes would be left out.
    """
    kernels: dict[str, int] = {}
    calls: dict[str, list[int]] = {}
    fixed = []
    for project in projects:
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
        by_op, rest = _network_bytes(folder / "net" / "network.o", project)
        fixed.append(rest)
        for op, size in by_op:
            calls.setdefault(op, []).append(size)
    return [
        ("fixed", "network", round(fmean(fixed))),
        *(("call", op, round(fmean(sizes))) for op, sizes in sorted(calls.items())),
        ("call", "flatten", min(map(min, calls.values()))),
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


def _network_bytes(path: Path, project: Project) -> tuple[list[tuple[str, int]], int]:
    """(op, bytes) of every layer's function, and the bytes of the other functions."""
    calls: list[tuple[str, int]] = []
    rest = 0
    with path.open("rb") as file:
        for name, size in _sections(ELFFile(file)):
            match = _LAYER.fullmatch(name)
            if match:
                op = project.manifest.layers[int(match[1])].op
                calls.append((op, size + _TABLE_ENTRY))
            elif name.startswith(".text"):
                rest += size
    return calls, rest


def _sections(elf: ELFFile) -> Iterator[tuple[str, int]]:
    for section in elf.iter_sections():
        flags = section["sh_flags"]
        if flags & SH_FLAGS.SHF_ALLOC and section["sh_type"] == "SHT_PROGBITS":
            yield section.name, align(section.data_size)
