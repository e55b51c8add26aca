"""Grouped convolutions: an ordinary kernel runs once a group, on a copy of the group's inputs."""

from dataclasses import replace

from hw_models.core_class import CoreClass, Counts
from hw_models.network import Layer, Network, Tensor
from hw_models.pixel_counts import moved_pixels

__all__ = ["group_counts", "group_image_bytes", "group_network"]


def group_network(network: Network, layer: Layer) -> Network:
    """One group of a convolution as a network of its own; fused pools and s4 are left to strips."""
    height, width, channels = network.tensor(layer.inputs[0]).shape
    source = Tensor("group", (height, width, channels // layer.groups))
    outputs = layer.shape[2] // layer.groups
    own = replace(
        layer, inputs=("group",), shape=(*layer.shape[:2], outputs), groups=1, format="s8"
    )
    return Network("group", source, (own,))


def group_image_bytes(network: Network, layer: Layer) -> int:
    """Scratch for the inputs of a group, a multiple of 4."""
    height, width, channels = network.tensor(layer.inputs[0]).shape
    return -(-height * width * (channels // layer.groups) // 4) * 4


def group_counts(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_grouped[_dsp] without the kernel that it calls: the copies of all groups."""
    height, width, channels = network.tensor(layer.inputs[0]).shape
    moved = moved_pixels(
        channels // layer.groups, layer.groups * height * width, (channels,), core_class
    )
    return {"call": 1, "groups": layer.groups, **moved}
