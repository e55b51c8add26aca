"""What a network costs on a device: cycles, time, RAM, flash and energy, by layer."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from weakref import WeakKeyDictionary

import numpy as np

from hw_models.budget import Budget, Shortfall
from hw_models.cost import BatchCost, Cost, LayerCost, LayerEntry
from hw_models.device import Device
from hw_models.errors import ConfigError, ModelError
from hw_models.flash import front_end_flash, layer_flash, sum_flash
from hw_models.front_end_cost import FEATURES_KEY, front_end_counts, front_end_name
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
    "front_end_entries",
    "layer_cycles",
    "layer_entries",
]

STATIC_BYTES = 0
"""Static data of the exported C beside the arena: it has none."""


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
    front = front_end_entries(network, device, profile)
    cycles = sum(entry.cycles for entry in (*front, *entries))
    flash = sum_flash([entry.flash for entry in (*front, *entries)], profile)
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
        front_end=_front_end_cost(network, front),
    )


def estimate_batch(networks: Sequence[Network], device: Device, profile: Profile) -> BatchCost:
    """The costs of many networks, equal to those of `estimate`; raises the same errors."""
    layers = [layer_entries(network, device, profile) for network in networks]
    rows = [
        [*front_end_entries(network, device, profile), *row]
        for network, row in zip(networks, layers, strict=True)
    ]
    cycles = np.array([sum(entry.cycles for entry in row) for row in rows], dtype=np.int64)
    latency_s = cycles / device.cycles_per_second
    power_w = device.active_power_w
    ram = [_ram_bytes(network, row) for network, row in zip(networks, layers, strict=True)]
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


def front_end_entries(network: Network, device: Device, profile: Profile) -> tuple[LayerEntry, ...]:
    """What the front end costs, if there is one; its scratch is the planner's affair."""
    own = network.front_end
    if own is None:
        return ()
    cycles = layer_cycles(profile, FEATURES_KEY, front_end_counts(own, network.input.shape[0]))
    flash = front_end_flash(own, _check(device, profile), profile)
    return (LayerEntry(0, round(cycles), 0, flash),)


def _front_end_cost(network: Network, front: Sequence[LayerEntry]) -> LayerCost | None:
    if network.front_end is None:
        return None
    name, (entry,) = front_end_name(network), front
    constants = entry.flash.constant_bytes
    return LayerCost(name, network.front_end.kind, None, entry.macs, entry.cycles, constants)


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
