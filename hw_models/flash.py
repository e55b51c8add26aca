"""The flash account: what the exported network takes in flash, vectors and harness left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hw_models.errors import ModelError
from hw_models.front_end import FrontEnd
from hw_models.front_end_cost import (
    FEATURES_CALL,
    front_end_constant_bytes,
    front_end_sources,
)
from hw_models.kernels import CoreClass, constant_bytes, core_class, kernel_sources, weight_bytes
from hw_models.memory import align
from hw_models.network import Layer, Network
from hw_models.profile import Profile
from hw_models.strips import call_kind

__all__ = [
    "FlashAccount",
    "LayerFlash",
    "flash_account",
    "front_end_flash",
    "layer_flash",
    "sum_flash",
]


@dataclass(frozen=True)
class FlashAccount:
    """Bytes in flash by what they hold.

    Args:
        weights_bytes: Packed weights.
        scales_bytes: Biases, scales, thresholds, tables, parameter structs.
        kernels_bytes: Kernel functions, each linked once.
        code_bytes: The generated network.c.
    """

    weights_bytes: int
    scales_bytes: int
    kernels_bytes: int
    code_bytes: int

    @property
    def constants_bytes(self) -> int:
        """Weights and scales: what the layers bring along."""
        return self.weights_bytes + self.scales_bytes

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.constants_bytes + self.kernels_bytes + self.code_bytes

    def __str__(self) -> str:
        return (
            f"flash {self.total_bytes:,} bytes: packed weights {self.weights_bytes:,}, scales and "
            f"thresholds {self.scales_bytes:,}, kernels {self.kernels_bytes:,}, network.c "
            f"{self.code_bytes:,}"
        )


@dataclass(frozen=True)
class LayerFlash:
    """What one layer brings into the flash.

    Args:
        constant_bytes: Its constants.
        weight_bytes: Of them, packed weights, rounded up to words.
        call_bytes: Its call in network.c.
        sources: Stems of the kernel files it links.
    """

    constant_bytes: int
    weight_bytes: int
    call_bytes: int
    sources: tuple[str, ...]


def flash_account(network: Network, core: str, profile: Profile) -> FlashAccount:
    """The account of a network on a core.

    Raises:
        ModelError: A layer has no kernel, or the profile does not know its kernel's code or call.
    """
    cores = core_class(core)
    layers = [layer_flash(network, each, cores, profile) for each in network.layers]
    if network.front_end is not None:
        layers.append(front_end_flash(network.front_end, cores, profile))
    return sum_flash(layers, profile)


def layer_flash(network: Network, layer: Layer, cores: CoreClass, profile: Profile) -> LayerFlash:
    """What a layer brings into the flash; raises as `flash_account` does."""
    return LayerFlash(
        constant_bytes(network, layer, cores),
        align(weight_bytes(network, layer, cores)) if layer.is_weighted else 0,
        _known(profile, profile.code.call_bytes, "call of op", call_kind(network, layer)),
        kernel_sources(network, layer, cores),
    )


def front_end_flash(front_end: FrontEnd, cores: CoreClass, profile: Profile) -> LayerFlash:
    """What a front end brings into the flash; raises as `flash_account` does."""
    return LayerFlash(
        front_end_constant_bytes(front_end),
        0,
        _known(profile, profile.code.call_bytes, "call of", FEATURES_CALL),
        front_end_sources(cores),
    )


def sum_flash(layers: Sequence[LayerFlash], profile: Profile) -> FlashAccount:
    """The account of a network's layers and front end, each kernel file counted once."""
    sources = {source for layer in layers for source in layer.sources}
    kernels = profile.code.kernels
    weights = sum(layer.weight_bytes for layer in layers)
    return FlashAccount(
        weights,
        sum(layer.constant_bytes for layer in layers) - weights,
        sum(_known(profile, kernels, "kernel source", source) for source in sources),
        profile.code.fixed_bytes + sum(layer.call_bytes for layer in layers),
    )


def _known(profile: Profile, sizes: Mapping[str, int], what: str, name: str) -> int:
    found = sizes.get(name)
    if found is None:
        raise ModelError(
            f"The profile has no code size for the {what} {name!r}.",
            where=f"profile {profile.name!r}",
            allowed=", ".join(sorted(sizes)),
            cure="measure and calibrate again",
        )
    return found
