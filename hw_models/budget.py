"""The budget a configuration must fit, and by what it falls short of it."""

import re
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from hw_models.device import Device
from hw_models.errors import ConfigError

__all__ = [
    "FLASH_RESERVE_BYTES",
    "RAM_RESERVE_BYTES",
    "Budget",
    "Resource",
    "Shortfall",
    "default_budget",
    "parse_bytes",
]

Resource = Literal["ram", "flash", "latency", "energy"]

# The application's own data and stack, its interrupts included.
RAM_RESERVE_BYTES = 2048
# Vector table, start-up code, C library and a small application.
FLASH_RESERVE_BYTES = 8192

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_BYTES = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b|bytes?)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Budget:
    """Upper bounds on the cost of one inference.

    Args:
        ram_bytes: Arena, static data and the stack of the kernels.
        flash_bytes: Constants, kernels and code.
        latency_s: Seconds; None for no bound.
        energy_j: Joules; None for no bound.

    Raises:
        ConfigError: for a bound that is not a positive, finite number.
    """

    ram_bytes: int
    flash_bytes: int
    latency_s: float | None = None
    energy_j: float | None = None

    def __post_init__(self) -> None:
        for name in ("ram_bytes", "flash_bytes", "latency_s", "energy_j"):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value > 0):
                raise ConfigError(
                    "A bound of the budget must be a positive number.",
                    where=f"budget, {name}",
                    got=value,
                    allowed="a number above 0",
                )


@dataclass(frozen=True)
class Shortfall:
    """A resource of which a configuration needs more than the budget has.

    Args:
        resource: Which one.
        demand: What the configuration needs.
        bound: What the budget allows.
        unit: Of both: "bytes", "s" or "J".
    """

    resource: Resource
    demand: float
    bound: float
    unit: str

    @property
    def ratio(self) -> float:
        """Demand over bound, above 1."""
        return self.demand / self.bound

    def __str__(self) -> str:
        demand, bound = (
            f"{value:,.0f}" if self.unit == "bytes" else f"{value:.4g}"
            for value in (self.demand, self.bound)
        )
        return f"{self.resource}: needs {demand} {self.unit}, allowed {bound} {self.unit}"


def default_budget(device: Device) -> Budget:
    """The part's own memory less the stated reserve; time and energy are not bound.

    Raises:
        ConfigError: if the part is smaller than the reserve.
    """
    ram = device.ram_bytes - RAM_RESERVE_BYTES
    flash = device.flash_bytes - FLASH_RESERVE_BYTES
    if ram <= 0 or flash <= 0:
        raise ConfigError(
            "The part is smaller than the reserve for stack and application.",
            where=f"device {device.name}",
            got=f"{device.ram_bytes} bytes of RAM, {device.flash_bytes} bytes of flash",
            allowed=f"more than {RAM_RESERVE_BYTES} of RAM and {FLASH_RESERVE_BYTES} of flash",
            cure="state the budget with --ram and --flash",
        )
    return Budget(ram, flash)


def parse_bytes(text: str | int) -> int:
    """Bytes from "64K", "1.5M", "256KiB" or "8192": K, M and G are powers of 1024.

    >>> parse_bytes("64K")
    65536

    Raises:
        ConfigError: for anything else, for zero and for a broken number of bytes.
    """
    match = _BYTES.fullmatch(str(text))
    size = float(match[1]) * _UNITS[match[2].lower()] if match else 0.0
    if size <= 0 or size != int(size):
        raise ConfigError(
            "This is not a size in bytes.",
            got=repr(text),
            allowed="a positive whole number of bytes, or one with K, M or G (K = 1024 bytes)",
            cure='write for example "64K" or 65536',
        )
    return int(size)
