"""A part: its core, clock, memories and power, each number with its source.

The figures live in devices/*.toml, one file a part; `load_device` also takes a user's own file.
What a source does not state is absent (None), never 0.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

from hw_models.device_file import (
    Current,
    DeviceFile,
    Measured,
    file_problems,
    parse_device,
    read_device_file,
)
from hw_models.errors import ConfigError
from hw_models.kernels import core_class

__all__ = [
    "Device",
    "RamBank",
    "check_devices",
    "generic_device",
    "list_devices",
    "load_device",
]

CATALOGUE = Path(__file__).parent / "devices"
GENERIC_BYTES = 4 << 20
GENERIC_CLOCK_HZ = 1_000_000
PowerBasis = Literal["measured", "datasheet"]


@dataclass(frozen=True)
class RamBank:
    """One contiguous piece of RAM."""

    name: str
    bytes: int
    note: str | None = None


@dataclass(frozen=True)
class Device:
    """A part of the catalogue, or of a user's file.

    Args:
        name: Of the part, as the vendor writes it.
        vendor: Who makes it.
        core: "cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"; a
            multiplier of 32 cycles is "cortex-m0.small-multiply" or "cortex-m0plus.small-multiply".
        clock_hz: Highest stated clock.
        ram: Banks, the one for the arena first.
        flash_bytes: Size of the flash.
        clock_efficiency: Measured speed at this clock, over that of other parts of the core at
            theirs (wait states, caches); None where it was not measured.
        simd: Whether the core has the DSP extension (SMLAD, SXTB16).
        fpu: As the source names it; None where it does not say.
        cache: As the source names it; None where it does not say.
        flash_wait_states: At the highest stated clock; None where unknown.
        flash_wait_states_at: The clock or the memory they belong to.
        measured: Measured active power.
        currents: Datasheet currents; the first with a voltage is the one that counts.
        note: What else a user should know.
        aliases: Other names that `load_device` takes.
        sources: (key of the file, source) for every table of figures.
    """

    name: str
    vendor: str
    core: str
    clock_hz: int
    ram: tuple[RamBank, ...]
    flash_bytes: int
    simd: bool
    clock_efficiency: float | None = None
    fpu: str | None = None
    cache: str | None = None
    flash_wait_states: int | None = None
    flash_wait_states_at: str | None = None
    measured: Measured | None = None
    currents: tuple[Current, ...] = ()
    note: str | None = None
    aliases: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def cycles_per_second(self) -> float:
        """The clock, corrected by its measured efficiency."""
        return self.clock_hz * (self.clock_efficiency or 1.0)

    @property
    def ram_bytes(self) -> int:
        """Bytes of the largest bank: the arena is one piece and cannot span two."""
        return max(bank.bytes for bank in self.ram)

    @property
    def active_power_range_w(self) -> tuple[float, float] | None:
        """Lowest and highest active power, or None where the sources do not give it.

        Measured power comes before current x voltage x clock; a current without a voltage gives
        nothing.
        """
        if self.measured is not None:
            return self.measured.low_mw * 1e-3, self.measured.high_mw * 1e-3
        current = next((each for each in self.currents if each.volts is not None), None)
        if current is None or current.volts is None:
            return None
        low, high = current.ua_per_mhz_range or (current.ua_per_mhz, current.ua_per_mhz)
        watts_per_unit = 1e-6 * current.volts * self.clock_hz * 1e-6
        return low * watts_per_unit, high * watts_per_unit

    @property
    def active_power_w(self) -> float | None:
        """The middle of `active_power_range_w`."""
        limits = self.active_power_range_w
        return None if limits is None else (limits[0] + limits[1]) / 2

    @property
    def power_basis(self) -> PowerBasis | None:
        """Where `active_power_w` comes from."""
        if self.active_power_range_w is None:
            return None
        return "datasheet" if self.measured is None else "measured"


def load_device(name_or_path: str | Path) -> Device:
    """A part by name, in any case, or from a user's TOML file.

    Raises:
        ConfigError: for an unknown name, with the near matches; for a file that cannot be read or
            is wrong, with all its errors.
    """
    text = str(name_or_path)
    if text.lower().endswith(".toml") or isinstance(name_or_path, Path):
        path = Path(name_or_path).expanduser()
        return _device(parse_device(read_device_file(path), path))
    names = _names()
    found = names.get(text.casefold())
    if found is None:
        raise _unknown(text, names)
    return found


def generic_device(
    core: str,
    ram_bytes: int = GENERIC_BYTES,
    flash_bytes: int = GENERIC_BYTES,
    *,
    name: str | None = None,
    clock_hz: int = GENERIC_CLOCK_HZ,
) -> Device:
    """A part that only has a core and memories, for boards that stand for no part.

    Args:
        core: As device files name it.
        ram_bytes: In one bank.
        flash_bytes: Of flash.
        name: Default the core's.
        clock_hz: The clock.

    Raises:
        ConfigError: An unknown core.
    """
    return Device(
        name=name or core,
        vendor="",
        core=core,
        clock_hz=clock_hz,
        ram=(RamBank("ram", ram_bytes),),
        flash_bytes=flash_bytes,
        simd=core_class(core) == "dsp",
    )


def list_devices() -> tuple[Device, ...]:
    """The whole catalogue by name.

    Raises:
        ConfigError: if a file of the catalogue is wrong.
    """
    return _catalogue()


def check_devices(folder: Path = CATALOGUE) -> tuple[str, ...]:
    """Read every device file of a folder; one line for each problem, none when all is well."""
    problems: list[str] = []
    owners: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        parsed, found = file_problems(path)
        problems += [f"{path.name}: {problem}" for problem in found]
        if parsed is None:
            continue
        if path.stem != parsed.name.lower():
            problems.append(f"{path.name}: the file is not named {parsed.name.lower()}.toml")
        for name in (parsed.name, *parsed.aliases):
            owner = owners.setdefault(name.casefold(), path.name)
            if owner != path.name:
                problems.append(f"{path.name}: the name {name!r} is taken by {owner}")
    return tuple(problems)


@cache
def _catalogue() -> tuple[Device, ...]:
    paths = sorted(CATALOGUE.glob("*.toml"))
    return tuple(_device(parse_device(read_device_file(path), path)) for path in paths)


@cache
def _names() -> dict[str, Device]:
    return {
        name.casefold(): device
        for device in _catalogue()
        for name in (device.name, *device.aliases)
    }


def _unknown(text: str, names: dict[str, Device]) -> ConfigError:
    folded = text.casefold()
    near = [key for key in names if folded and (key.startswith(folded) or folded.startswith(key))]
    near += get_close_matches(folded, names, n=5, cutoff=0.6)
    nearest = list(dict.fromkeys(names[key].name for key in near))[:5]
    return ConfigError(
        "This device is not in the catalogue.",
        where="device",
        got=repr(text),
        allowed=("near matches: " + ", ".join(nearest)) if nearest else None,
        cure="`dse devices` lists all parts; a path to a .toml file of your own works too",
    )


def _device(file: DeviceFile) -> Device:
    waits = file.flash.wait_states
    power = file.power
    return Device(
        name=file.name,
        vendor=file.vendor,
        core=file.core.name,
        clock_hz=file.clock.hz,
        ram=tuple(RamBank(bank.name, bank.bytes, bank.note) for bank in file.ram),
        flash_bytes=file.flash.bytes,
        simd=file.core.simd,
        clock_efficiency=None if file.clock.efficiency is None else file.clock.efficiency.factor,
        fpu=file.core.fpu,
        cache=file.core.cache,
        flash_wait_states=None if waits is None else waits.cycles,
        flash_wait_states_at=None if waits is None else waits.at,
        measured=None if power is None else power.measured,
        currents=() if power is None else power.current,
        note=file.note,
        aliases=file.aliases,
        sources=file.sources(),
    )
