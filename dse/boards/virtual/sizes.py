"""What the linker says a network takes."""

from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

__all__ = ["LinkedSizes", "function_at", "object_symbols", "section_sizes", "symbol_address"]


@dataclass(frozen=True)
class LinkedSizes:
    """Sizes of the network's share of a firmware, in bytes, the harness left out.

    Args:
        flash_bytes: Code, constants and the load image of initialised variables.
        ram_bytes: Initialised and zeroed variables, the arena among them; no stack.
    """

    flash_bytes: int
    ram_bytes: int


def section_sizes(elf: Path) -> LinkedSizes:
    """Reads the `.dse_*` sections of a linked firmware."""
    with elf.open("rb") as file:
        sections = {section.name: section.data_size for section in ELFFile(file).iter_sections()}
    code, data, zeroed = (sections.get(f".dse_{name}", 0) for name in ("flash", "data", "bss"))
    return LinkedSizes(flash_bytes=code + data, ram_bytes=data + zeroed)


def symbol_address(elf: Path, name: str) -> int | None:
    """The address of a function, its Thumb bit cleared; None if it is not linked."""
    for symbol, value, _ in _functions(elf):
        if symbol == name:
            return value
    return None


def function_at(elf: Path, address: int) -> str | None:
    """The name of the function that covers an address."""
    for symbol, value, size in _functions(elf):
        if value <= address < value + size:
            return symbol
    return None


def object_symbols(path: Path) -> tuple[set[str], set[str]]:
    """The global names that an object file defines, and those that it needs from elsewhere."""
    defined: set[str] = set()
    needed: set[str] = set()
    with path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        if isinstance(table, SymbolTableSection):
            for symbol in table.iter_symbols():
                if symbol["st_info"]["bind"] == "STB_LOCAL":
                    continue
                (needed if symbol["st_shndx"] == "SHN_UNDEF" else defined).add(symbol.name)
    return defined, needed


def _functions(elf: Path) -> list[tuple[str, int, int]]:
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            return []
        return [
            (symbol.name, symbol["st_value"] & ~1, symbol["st_size"])
            for symbol in table.iter_symbols()
            if symbol["st_info"]["type"] == "STT_FUNC"
        ]
