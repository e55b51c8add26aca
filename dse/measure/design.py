"""Which networks to measure on a board: few layers that together identify the coefficients.

Out of many random chains those are taken, one after another, that add most to the determinant of
the information matrices of their kernels (D-optimal, greedy), with at most `MOST` layers a kernel;
first, counts that occur in few chains are seen to, by the beginning of a chain where a whole one
has too many layers.
A chain is one firmware image, so an image measures a dozen layers.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dse.measure.chain import MAX_ELEMENTS, MAX_MACS, MAX_WEIGHTS, Limits
from dse.measure.networks import drawn_networks
from hw_models.calibration import nearest_profile
from hw_models.device import Device
from hw_models.errors import ConfigError, ModelError
from hw_models.estimate import estimate, layer_cycles
from hw_models.kernels import KERNEL_KEYS, KernelKey, core_class
from hw_models.layer_text import layer_text
from hw_models.network import Layer, Network
from hw_models.parts import GROUPS_KEY, STRIPS_KEY, layer_parts
from hw_models.strips import is_virtual

__all__ = ["MOST", "designed_networks", "measurable_keys", "parse_keys"]

MOST = 30
POOL = 96
SEED = 1
SEEN = 2
"""Networks in which every count occurs, so that one can be left out."""

TRIES = 50
RIDGE = 1e-4
"""Precision of each relative coefficient before any measurement; keeps the determinants finite."""

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class _Candidate:
    """A network and, by kernel, one row a layer: the share of each count in its cycles.

    Args:
        network: That can be measured.
        rows: (layers of the kernel, counts).
        origin: Name of the network that it is the beginning of.
        is_whole: It is all of that network.
    """

    network: Network
    rows: Mapping[KernelKey, Rows]
    origin: str
    is_whole: bool

    @cached_property
    def seen(self) -> tuple[tuple[KernelKey, int], ...]:
        """Kernels and the places of their counts that are not 0."""
        return tuple(
            (key, int(place))
            for key, rows in self.rows.items()
            for place in np.flatnonzero(rows.sum(0))
        )


def measurable_keys() -> tuple[KernelKey, ...]:
    """Every kernel that takes cycles."""
    added = {GROUPS_KEY, STRIPS_KEY}
    return tuple(sorted({*added, *KERNEL_KEYS} - {KernelKey("flatten", "s8", None)}, key=str))


def parse_keys(text: str | None) -> frozenset[KernelKey]:
    """Kernels from a list such as `conv/s8/s4,add/s8`; an op alone, `conv`, stands for all of it.

    Raises:
        ConfigError: There is no such kernel.
    """
    known = measurable_keys()
    if text is None:
        return frozenset(known)
    found: set[KernelKey] = set()
    for word in (each.strip().lower() for each in text.split(",")):
        matching = [key for key in known if word in (str(key), key.op)]
        if not matching:
            raise ConfigError(
                "There is no such kernel to measure.",
                where="--kernels",
                got=repr(word),
                allowed=", ".join(map(str, known)),
            )
        found.update(matching)
    return frozenset(found)


def designed_networks(
    keys: frozenset[KernelKey], device: Device, most: int = MOST
) -> tuple[Network, ...]:
    """The networks to measure, the most informative first; named after their content.

    The same arguments give the same networks.

    Args:
        keys: Kernels of interest; others occur where a chain cannot do without.
        device: Its core decides the counts, its memories what fits.
        most: Layers a kernel.

    Raises:
        ConfigError: No network of these kernels fits the device.
    """
    pool = _pool(keys, device)
    information = {key: _prior(key, device.core) for key in keys}
    left = dict.fromkeys(keys, most)
    chosen: list[Network] = []
    seen: Counter[tuple[KernelKey, int]] = Counter()
    while True:
        allowed = [each for each in pool if _has_room(each, left)]
        offered = _with_the_rarest(allowed, seen)
        if not offered:
            break
        best = max(offered, key=lambda each: _gain(each, information))
        seen.update(best.seen)
        for key, rows in best.rows.items():
            information[key] = information[key] + rows.T @ rows
            left[key] -= len(rows)
        pool = [each for each in pool if each.origin != best.origin]
        chosen.append(best.network)
    missing = [str(key) for key in sorted(keys, key=str) if left[key] == most]
    if missing:
        raise ConfigError(
            "No network with these kernels fits the board.",
            where="the designed set",
            got=", ".join(missing),
            allowed=f"{device.ram_bytes} bytes of RAM, {device.flash_bytes} of flash",
            cure="give --ram and --flash of a larger part, or leave these kernels out",
        )
    return tuple(chosen)


def _has_room(candidate: _Candidate, left: Mapping[KernelKey, int]) -> bool:
    return all(len(rows) <= left.get(key, 0) for key, rows in candidate.rows.items())


def _with_the_rarest(
    candidates: list[_Candidate], seen: Counter[tuple[KernelKey, int]]
) -> list[_Candidate]:
    """Those with the count that the fewest networks have, of the counts not seen often enough.

    Whole networks, also where all counts are seen often enough; else the beginnings of some.
    """
    origins: dict[tuple[KernelKey, int], set[str]] = {}
    for each in candidates:
        for mark in each.seen:
            if seen[mark] < SEEN:
                origins.setdefault(mark, set()).add(each.origin)
    if not origins:
        return [each for each in candidates if each.is_whole]
    rarest = min(origins, key=lambda mark: len(origins[mark]))
    having = [each for each in candidates if rarest in each.seen]
    shortest: dict[str, _Candidate] = {}
    for each in having:
        shortest.setdefault(each.origin, each)
    return [each for each in having if each.is_whole] or list(shortest.values())


def _pool(keys: frozenset[KernelKey], device: Device) -> list[_Candidate]:
    """Networks of these kernels alone that fit the device."""
    limits = Limits(
        macs=MAX_MACS,
        weights=min(MAX_WEIGHTS, device.flash_bytes // 4),
        elements=min(MAX_ELEMENTS, device.ram_bytes // 3),
        tries=TRIES,
    )
    found = []
    for network in drawn_networks(POOL, SEED, keys, limits):
        try:
            cost = estimate(network, device, nearest_profile(device.core))
        except ModelError:
            continue
        if cost.ram_bytes <= device.ram_bytes and cost.flash_bytes <= device.flash_bytes:
            found += _candidates(network, device.core)
    return found


def _ends(network: Network) -> list[int]:
    """After how many layers a network may end: where bytes come out; shortest first."""
    layers = network.layers
    inner = [
        end
        for end, layer in enumerate(layers[:-1], start=1)
        if layer.format == "s8" and not is_virtual(layer)
    ]
    return [*inner, len(layers)]


def _candidates(whole: Network, core: str) -> list[_Candidate]:
    rows = [_row(whole, layer, core) for layer in whole.layers]
    found = []
    for end in _ends(whole):
        tables: dict[KernelKey, list[list[float]]] = {}
        for key, row in filter(None, rows[:end]):
            tables.setdefault(key, []).append(row)
        network = _named(replace(whole, layers=whole.layers[:end]))
        arrays = {key: np.array(table) for key, table in tables.items()}
        found.append(_Candidate(network, arrays, whole.name, end == len(whole.layers)))
    return found


def _row(network: Network, layer: Layer, core: str) -> tuple[KernelKey, list[float]] | None:
    """A layer's kernel and the share of each count in its cycles; None if it has no kernel."""
    parts = layer_parts(network, layer, core_class(core))
    if not parts:
        return None
    profile = nearest_profile(core)
    cycles = sum(layer_cycles(profile, each, own) for each, own in parts)
    key, amounts = parts[-1]
    return key, [amounts[name] * unit / cycles for name, unit in _units(key, core).items()]


def _units(key: KernelKey, core: str) -> dict[str, float]:
    """The expected cycles of each count; those that are expected to be free are still looked at."""
    return {name: max(value, 0.5) for name, value in nearest_profile(core).of(key).items()}


def _prior(key: KernelKey, core: str) -> Rows:
    return RIDGE * np.eye(len(_units(key, core)))


def _gain(candidate: _Candidate, information: Mapping[KernelKey, Rows]) -> float:
    return sum(
        _log_determinant(information[key] + rows.T @ rows) - _log_determinant(information[key])
        for key, rows in candidate.rows.items()
    )


def _log_determinant(matrix: Rows) -> float:
    return float(np.linalg.slogdet(matrix)[1])


def _named(network: Network) -> Network:
    """The network under a name that tells its layers, so that a resumed run knows it again."""
    texts: Sequence[str] = [layer_text(network, layer) for layer in network.layers]
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return replace(network, name=f"n{digest[:8]}")
