"""The flash account: what the exported network takes in flash, vectors and harness left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hw_models.errors import ModelError
from hw_models.kernels import CoreClass, constant_bytes, core_class, kernel_sources
from hw_models.network import Layer, Network
from hw_models.profile import Profile

__all__ = ["FlashAccount", "LayerFlash", "flash_account", "layer_flash", "sum_flash"]


@dataclass(frozen=True)
class FlashAccount:
    """Bytes in flash by what they hold.

    Args:
        constants_bytes: Packed weights, biases, scales, thresholds, tables, parameter structs.
        kernels_bytes: Kernel functions, each linked once.
        code_bytes: The generated network.c.
    """

    constants_bytes: int
    kernels_bytes: int
    code_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.constants_bytes + self.kernels_bytes + self.code_bytes


@dataclass(frozen=True)
class LayerFlash:
    """What one layer brings into the flash.

    Args:
        constant_bytes: Its constants.
        call_bytes: Its call in network.c.
        sources: Stems of the kernel files it links.
    """

    constant_bytes: int
    call_bytes: int
    sources: tuple[str, ...]


def flash_account(network: Network, core: str, profile: Profile) -> FlashAccount:
    """The account of a network on a core.

    Raises:
        ModelError: A layer has no kernel, or the profile does not know its kernel's code or call.
    """
    cores = core_class(core)
    return sum_flash(
        [layer_flash(network, each, cores, profile) for each in network.layers], profile
    )


def layer_flash(network: Network, layer: Layer, cores: CoreClass, profile: Profile) -> LayerFlash:
    """What a layer brings into the flash; raises as `flash_account` does."""
    return LayerFlash(
        constant_bytes(network, layer, cores),
        _known(profile, profile.code.call_bytes, "call of op", layer.op),
        kernel_sources(network, layer, cores),
    )


def sum_flash(layers: Sequence[LayerFlash], profile: Profile) -> FlashAccount:
    """The account of a network's layers, each kernel file counted once."""
    sources = {source for layer in layers for source in layer.sources}
    kernels = profile.code.kernels
    return FlashAccount(
        sum(layer.constant_bytes for layer in layers),
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
