"""What a network costs on a device: cycles, time, RAM, flash and energy, by layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hw_models.budget import Budget, Shortfall
from hw_models.device import Device
from hw_models.errors import ConfigError, ModelError
from hw_models.flash import FlashAccount, LayerFlash, layer_flash, sum_flash
from hw_models.kernels import CoreClass, KernelKey, core_class, scratch_bytes
from hw_models.memory import align, arena_bytes
from hw_models.network import Layer, Network, Tensor
from hw_models.parts import layer_parts
from hw_models.profile import Profile, format_key

__all__ = [
    "BatchCost",
    "Cost",
    "LayerCost",
    "LayerEntry",
    "estimate",
    "estimate_batch",
    "layer_cycles",
    "layer_entries",
]

STATIC_BYTES = 0
"""Static data of the exported C beside the arena: it has none."""


@dataclass(frozen=True)
class LayerCost:
    """Cost of one layer.

    Args:
        name: Of the layer.
        op: What it does.
        weight_format: None where it has no weights.
        macs: Multiply-accumulates.
        cycles: Rounded to a whole number, so that sums do not depend on their order.
        constant_bytes: Its constants in flash.
    """

    name: str
    op: str
    weight_format: str | None
    macs: int
    cycles: int
    constant_bytes: int


@dataclass(frozen=True)
class Cost:
    """Cost of one inference.

    Args:
        cycles: Sum over the layers.
        latency_s: Cycles over the device's clock.
        ram_bytes: Arena and static data; the stack is apart.
        stack_bytes: Deepest stack that the profile saw; None where it was not measured.
        flash_bytes: Constants, linked kernels and code.
        energy_j: Active power x latency; None where the device has no power figure.
        error_pct: Largest error of predicted cycles that the profile showed on a network left out
            of its fit; RAM is exact.
        layers: In running order.
        flash: What the flash holds.
    """

    cycles: int
    latency_s: float
    ram_bytes: int
    stack_bytes: int | None
    flash_bytes: int
    energy_j: float | None
    error_pct: float
    layers: tuple[LayerCost, ...]
    flash: FlashAccount

    @property
    def ram_demand_bytes(self) -> int:
        """What a budget of RAM has to hold: arena, static data and, where known, the stack."""
        return self.ram_bytes + (self.stack_bytes or 0)


@dataclass(frozen=True)
class BatchCost:
    """Costs of many networks, one array element each; fields as in `Cost`, the stack of all."""

    cycles: NDArray[np.int64]
    latency_s: NDArray[np.float64]
    ram_bytes: NDArray[np.int64]
    stack_bytes: int | None
    flash_bytes: NDArray[np.int64]
    energy_j: NDArray[np.float64] | None
    error_pct: float


@dataclass(frozen=True)
class LayerEntry:
    """What a layer costs, whatever stands around it.

    Args:
        macs: Multiply-accumulates.
        cycles: Whole cycles.
        scratch_bytes: Of its kernel, a multiple of 4.
        flash: What it brings into the flash.
    """

    macs: int
    cycles: int
    scratch_bytes: int
    flash: LayerFlash


_Signature = tuple[object, ...]
_nameless = attrgetter(
    *(each.name for each in fields(Layer) if each.name not in ("name", "inputs"))
)
_tables: WeakKeyDictionary[Profile, dict[_Signature, LayerEntry]] = WeakKeyDictionary()


def estimate(network: Network, device: Device, profile: Profile) -> Cost:
    """The cost of a network on a device.

    Raises:
        ConfigError: The profile belongs to another core, or the device lacks the DSP extension
            that the core's kernels use.
        ModelError: A layer has no kernel, or the profile does not know it.
    """
    entries = layer_entries(network, device, profile)
    cycles = sum(entry.cycles for entry in entries)
    flash = sum_flash([entry.flash for entry in entries], profile)
    latency_s = cycles / device.cycles_per_second
    power_w = device.active_power_w
    return Cost(
        cycles=cycles,
        latency_s=latency_s,
        ram_bytes=_ram_bytes(network, entries),
        stack_bytes=profile.code.stack_bytes,
        flash_bytes=flash.total_bytes,
        energy_j=None if power_w is None else power_w * latency_s,
        error_pct=profile.errors.worst_percent,
        layers=tuple(
            LayerCost(
                layer.name,
                layer.op,
                layer.weight_format,
                entry.macs,
                entry.cycles,
                entry.flash.constant_bytes,
            )
            for layer, entry in zip(network.layers, entries, strict=True)
        ),
        flash=flash,
    )


def estimate_batch(networks: Sequence[Network], device: Device, profile: Profile) -> BatchCost:
    """The costs of many networks, equal to those of `estimate`; raises the same errors."""
    rows = [layer_entries(network, device, profile) for network in networks]
    cycles = np.array([sum(entry.cycles for entry in row) for row in rows], dtype=np.int64)
    latency_s = cycles / device.cycles_per_second
    power_w = device.active_power_w
    ram = [_ram_bytes(network, row) for network, row in zip(networks, rows, strict=True)]
    flash = [sum_flash([each.flash for each in row], profile).total_bytes for row in rows]
    return BatchCost(
        cycles=cycles,
        latency_s=latency_s,
        ram_bytes=np.array(ram, dtype=np.int64),
        stack_bytes=profile.code.stack_bytes,
        flash_bytes=np.array(flash, dtype=np.int64),
        energy_j=None if power_w is None else power_w * latency_s,
        error_pct=profile.errors.worst_percent,
    )


def shortfalls(cost: Cost, budget: Budget) -> tuple[Shortfall, ...]:
    """By what a cost exceeds a budget; empty if it fits. RAM is bound with the stack.

    Raises:
        ConfigError: The budget bounds energy and the device has no power figure.
    """
    if budget.energy_j is not None and cost.energy_j is None:
        raise ConfigError(
            "The budget bounds energy, but the device has no power figure.",
            where="budget, energy_j",
            got=budget.energy_j,
            cure="leave the energy bound out, or add a power figure to a device file of your own",
        )
    checks = [
        Shortfall("ram", cost.ram_demand_bytes, budget.ram_bytes, "bytes"),
        Shortfall("flash", cost.flash_bytes, budget.flash_bytes, "bytes"),
    ]
    if budget.latency_s is not None:
        checks.append(Shortfall("latency", cost.latency_s, budget.latency_s, "s"))
    if budget.energy_j is not None and cost.energy_j is not None:
        checks.append(Shortfall("energy", cost.energy_j, budget.energy_j, "J"))
    return tuple(check for check in checks if check.demand > check.bound)


def layer_cycles(profile: Profile, key: KernelKey, amounts: Mapping[str, float]) -> float:
    """Cycles of a layer: its counts times the coefficients of its kernel.

    Raises:
        ModelError: The profile does not know the kernel, or one of its counts.
    """
    coefficients = profile.of(key)
    unknown = [name for name in amounts if name not in coefficients]
    if unknown:
        raise ModelError(
            "The profile has no coefficient for a count of this kernel.",
            where=f"profile {profile.name!r}, kernel {format_key(key)!r}",
            got=unknown,
            allowed=sorted(coefficients),
            cure="calibrate again: the kernel has changed since the profile was made",
        )
    return sum(coefficients[name] * amount for name, amount in amounts.items())


def _check(device: Device, profile: Profile) -> CoreClass:
    if profile.core != device.core:
        raise ConfigError(
            "The profile belongs to another core than the device's.",
            where=f"profile {profile.name!r}, device {device.name!r}",
            got=profile.core,
            allowed=device.core,
            cure=f"take a profile of the {device.core}",
        )
    cores = core_class(device.core)
    if cores == "dsp" and not device.simd:
        raise ConfigError(
            "The device lacks the DSP extension that the kernels of its core use.",
            where=f"device {device.name!r}",
            got=f"{device.core} without DSP extension",
        )
    return cores


def layer_entries(network: Network, device: Device, profile: Profile) -> list[LayerEntry]:
    """What each layer costs, in running order; raises as `estimate` does."""
    cores = _check(device, profile)
    table = _tables.setdefault(profile, {})
    entries = []
    for layer in network.layers:
        signature = _signature(layer, network.inputs(layer), network.fused_pool(layer))
        entry = table.get(signature)
        if entry is None:
            entry = table[signature] = _entry(network, layer, cores, profile)
        entries.append(entry)
    return entries


def _signature(layer: Layer, sources: tuple[Tensor, ...], pool: Layer | None) -> _Signature:
    """All of a layer that its cost may depend on: everything but names."""
    pooled = () if pool is None else _nameless(pool)
    return (pooled, _nameless(layer), *((source.shape, source.format) for source in sources))


def _entry(network: Network, layer: Layer, cores: CoreClass, profile: Profile) -> LayerEntry:
    parts = layer_parts(network, layer, cores)
    cycles = sum(layer_cycles(profile, key, amounts) for key, amounts in parts)
    return LayerEntry(
        network.macs(layer),
        round(cycles),
        align(scratch_bytes(network, layer, cores)),
        layer_flash(network, layer, cores, profile),
    )


def _ram_bytes(network: Network, entries: Sequence[LayerEntry]) -> int:
    return arena_bytes(network, tuple(entry.scratch_bytes for entry in entries)) + STATIC_BYTES
