"""The cores the virtual board can stand for, and how the compiler is told."""

from dataclasses import dataclass
from typing import Literal

from hw_models.errors import ConfigError

__all__ = ["VIRTUAL_CORES", "VirtualCore", "compile_flags", "virtual_core"]


@dataclass(frozen=True)
class VirtualCore:
    """A core, the machine its firmware runs on and the timing model that counts for it.

    Args:
        name: As everywhere in the project, for example `cortex-m4`.
        cpu: GCC's `-mcpu`.
        machine: QEMU's machine; ARMv6-M code runs on the M3 machine, being a subset of ARMv7-M.
        timing: The timing model of the counter plugin.
        memory_map: The linker script in `support/`.
        traps_unaligned: Unaligned accesses fault, as they do on the real core.
    """

    name: str
    cpu: str
    machine: str
    timing: str
    memory_map: Literal["an385.ld", "an500.ld", "an505.ld"] = "an385.ld"
    traps_unaligned: bool = False


_CORES = (
    VirtualCore("cortex-m0", "cortex-m0", "mps2-an385", "m0", traps_unaligned=True),
    VirtualCore("cortex-m0plus", "cortex-m0plus", "mps2-an385", "m0plus", traps_unaligned=True),
    VirtualCore("cortex-m3", "cortex-m3", "mps2-an385", "m3"),
    VirtualCore("cortex-m4", "cortex-m4", "mps2-an386", "m4"),
    VirtualCore("cortex-m7", "cortex-m7", "mps2-an500", "m7", "an500.ld"),
    VirtualCore("cortex-m33", "cortex-m33", "mps2-an505", "m33", "an505.ld"),
    *(
        VirtualCore(name, name, "mps2-an385", timing, traps_unaligned=True)
        for name, timing in (
            ("cortex-m0.small-multiply", "m0small"),
            ("cortex-m0plus.small-multiply", "m0plussmall"),
        )
    ),
)

VIRTUAL_CORES: dict[str, VirtualCore] = {core.name: core for core in _CORES}


def virtual_core(name: str) -> VirtualCore:
    """The virtual core of that name.

    Raises:
        ConfigError: No virtual board has this core.
    """
    if name not in VIRTUAL_CORES:
        raise ConfigError(
            "there is no virtual board with this core",
            got=name,
            allowed=", ".join(VIRTUAL_CORES),
        )
    return VIRTUAL_CORES[name]


def compile_flags(core: VirtualCore) -> list[str]:
    """The compiler flags for every object of the firmware, the network's and the harness's alike.

    The integer runtime needs no floating point unit, hence the soft float ABI on all cores.
    `-mcpu` alone turns the DSP intrinsics of `arm_acle.h` on where the core has them. Not
    `-ffreestanding`: it makes a library call of every 4-byte `memcpy` that stands for a load.
    """
    return [
        f"-mcpu={core.cpu}",
        "-mthumb",
        "-mfloat-abi=soft",
        "-O2",
        "-std=c11",
        "-Werror=implicit-function-declaration",
        "-ffunction-sections",
        "-fdata-sections",
    ]
