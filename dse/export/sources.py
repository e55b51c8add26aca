"""The C of a program for one class of cores: network, weights and the kernels it uses."""

from dataclasses import dataclass
from pathlib import Path

from dse.export.front_end_code import front_end_code
from dse.export.layer_code import KERNEL_FOLDER, kernel_headers, layer_code
from dse.export.naming import c_identifier
from dse.export.network_c import NetworkText, network_header, network_source, weights_header
from dse.program import Program
from hw_models.kernels import CoreClass
from hw_models.memory import MemoryPlan, plan_memory

__all__ = ["ProjectSources", "program_sources", "write_files"]


@dataclass(frozen=True)
class ProjectSources:
    """Generated C of a program.

    Args:
        text: What the network's files were written from.
        plan: The arena that they use.
        files: Contents by path inside the project.
    """

    text: NetworkText
    plan: MemoryPlan
    files: dict[str, str]


def program_sources(program: Program, core_class: CoreClass) -> ProjectSources:
    """Write a program as C, in memory.

    Args:
        program: The integers.
        core_class: Which kernels it calls; the host and every core can build either.

    Raises:
        ModelError: A layer has no kernel.
    """
    network = program.network
    plan = plan_memory(network, core_class)
    codes = [layer_code(program, layer, plan, core_class) for layer in network.layers]
    prefix = c_identifier(network.name)
    front_end = front_end_code(program, prefix, plan, core_class)
    text = NetworkText(program, prefix, plan.offsets, plan.arena_bytes, codes, front_end)
    contents = {
        "network.h": network_header(text),
        "network.c": network_source(text),
        "weights.h": weights_header(text),
    }
    own = () if front_end is None else front_end.sources
    stems = tuple(sorted({*own, *(stem for code in codes for stem in code.sources)}))
    return ProjectSources(text, plan, {**contents, **_kernel_files(stems)})


def write_files(contents: dict[str, str], folder: Path) -> None:
    """Write texts by path inside a folder."""
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _kernel_files(stems: tuple[str, ...]) -> dict[str, str]:
    names = sorted((*kernel_headers(stems), *(f"{stem}.c" for stem in stems)))
    return {f"kernels/{name}": (KERNEL_FOLDER / name).read_text(encoding="utf-8") for name in names}
