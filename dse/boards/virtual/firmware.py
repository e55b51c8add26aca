"""Firmware for the virtual board: compiled, and linked so that the network's share can be read."""

import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from dse.boards.virtual.cores import VirtualCore, compile_flags
from dse.boards.virtual.objects import compiled_once, source_key
from dse.boards.virtual.sizes import object_symbols
from dse.boards.virtual.tools import require_tool, run_tool
from hw_models.errors import ToolError

__all__ = [
    "SUPPORT",
    "Part",
    "build_firmware",
    "compile_sources",
    "compiler_name",
    "link_firmware",
]

SUPPORT = Path(__file__).parent / "support"
Part = Literal["net", "harness"]

_COMPILER = "arm-none-eabi-gcc"
# The harness must not draw memcpy and the like from a library: they would count as the network's.
_HARNESS_FLAGS = (
    "-ffreestanding",
    "-fno-builtin",
    "-fno-tree-loop-distribute-patterns",
    "-fno-jump-tables",
    f"-I{SUPPORT}",
)


def build_firmware(
    core: VirtualCore,
    network: Sequence[Path],
    harness: Sequence[Path],
    build: Path,
    include: Sequence[Path] = (),
) -> Path:
    """Compiles and links sources into `build/firmware.elf`.

    Args:
        core: The core to build for.
        network: C or assembly sources of what would be deployed; objects go to `build/net/`.
        harness: The sources around it, with `main`; objects go to `build/harness/`.
        build: The build folder, made if absent.
        include: Folders for `#include` and `.incbin`.

    Raises:
        ToolError: The compiler is missing, or refused a source, or the program does not fit.
    """
    support = sorted(SUPPORT.glob("*.c"))
    objects = [
        *compile_sources(core, network, build, "net", include),
        *compile_sources(core, harness, build, "harness", include),
        *compile_sources(core, support, build, "harness", include),
    ]
    return link_firmware(core, objects, build)


def compile_sources(
    core: VirtualCore,
    sources: Sequence[Path],
    build: Path,
    part: Part,
    include: Sequence[Path] = (),
) -> list[Path]:
    """Compiles each source to `build/<part>/<stem>.o`.

    Raises:
        ToolError: The compiler is missing or refused a source, or two sources share a name.
    """
    folder = build / part
    folder.mkdir(parents=True, exist_ok=True)
    _check_stems(sources)
    flags = compile_flags(core)
    if core.traps_unaligned:
        flags.append("-DDSE_TRAP_UNALIGNED")
    if part == "harness":
        flags.extend(_HARNESS_FLAGS)
    folders = [f"-I{path.resolve()}" for path in include]
    objects = []
    for source in sources:
        target = folder / f"{source.stem}.o"
        command: list[str | Path] = [
            _COMPILER,
            *flags,
            *folders,
            "-c",
            source.resolve(),
            "-o",
            target.resolve(),
        ]
        key = source_key(source, (*include, SUPPORT), [_COMPILER, *flags])
        what = f"compiling {source.name} for {core.name}"
        compiled_once(key, target, partial(run_tool, command, what, build))
        objects.append(target)
    return objects


def compiler_name() -> str:
    """Name and version of the Arm compiler.

    Raises:
        ToolError: It is missing, or does not tell its version.
    """
    words = [require_tool(_COMPILER), "-dumpfullversion"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError("The compiler does not tell its version.", where=words[0], got=done.stderr)
    return f"{_COMPILER} {done.stdout.strip()}"


def _check_stems(sources: Sequence[Path]) -> None:
    stems = [source.stem for source in sources]
    for source in sources:
        if stems.count(source.stem) > 1:
            raise ToolError(
                "two sources would share an object file",
                where=source,
                got=f"{source.stem}.o",
                cure="rename one of them",
            )


def link_firmware(
    core: VirtualCore, objects: Sequence[Path], build: Path, name: str = "firmware.elf"
) -> Path:
    """Links objects under `build/net/` and `build/harness/` into `build/<name>`.

    The linker script tells the parts apart by those folder names, relative to `build`.

    Raises:
        ToolError: The linker is missing or failed: a symbol missing, or memory overflowed; or the
            harness needs a library routine, which would be weighed as the network's.
    """
    _check_harness(objects, build)
    command: list[str | Path] = [
        _COMPILER,
        *compile_flags(core),
        "-nostartfiles",
        "-nostdlib",
        f"-L{SUPPORT}",
        f"-T{core.memory_map}",
        "-Wl,--gc-sections",
        *(path.relative_to(build) for path in objects),
        "-Wl,--start-group",
        "-lc",
        "-lm",
        "-lgcc",
        "-Wl,--end-group",
        "-o",
        name,
    ]
    run_tool(command, f"linking firmware for {core.name}", build)
    return build / name


def _check_harness(objects: Sequence[Path], build: Path) -> None:
    symbols = {path: object_symbols(path) for path in objects}
    known = {name for defined, _ in symbols.values() for name in defined}
    for path, (_, needed) in symbols.items():
        if path.parent != build / "harness":
            continue
        foreign = sorted(name for name in needed - known if not name.startswith("dse_"))
        if foreign:
            raise ToolError(
                "the harness needs what is neither in it nor in the network",
                where=path,
                got=", ".join(foreign),
                cure="define it; write library routines such as memcpy or division as loops",
            )
