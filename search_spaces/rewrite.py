"""Base network and configuration to the network that runs: shapes and formats only."""

from dataclasses import replace

from hw_models.binary import with_binary_tensors
from hw_models.errors import ModelError
from hw_models.network import ActivationFormat, Layer, Network, Tensor, expected_shape
from search_spaces.configuration import Configuration
from search_spaces.cuts import cut_layers
from search_spaces.options import Activations, DepthCut, Format, Width
from search_spaces.space import Space

__all__ = ["rewrite"]


def rewrite(network: Network, space: Space, configuration: Configuration) -> Network:
    """Apply a configuration.

    Layers keep their names; after a depth cut those of the head are `HEAD_LAYERS`. The baseline
    gives a network equal to the base. Tensors between xnor layers become bits wherever they can.

    Args:
        network: The base.
        space: Built from that network.
        configuration: Of that space; need not be canonical.

    Raises:
        ModelError: The space was built from another network.
        ConfigError: The configuration does not fit the space.
    """
    if network is not space.network and network != space.network:
        raise ModelError(
            "The space was built from another network.",
            got=network.name,
            allowed=space.network.name,
        )
    layers = network.layers
    channels: dict[str, int] = {}
    formats: dict[str, Format] = {}
    stored: dict[str, ActivationFormat] = {}
    for site, (_, option) in zip(space.sites, space.canonical(configuration).choices, strict=True):
        match option:
            case DepthCut(after, head) if after is not None:
                layers = cut_layers(network, after, head)
            case Width():
                channels |= dict.fromkeys(site.layers, space.kept(site, option))
            case Activations(chosen):
                stored |= dict.fromkeys(site.layers, chosen)
            case Format():
                formats[site.layers[0]] = option
    tensors = {network.input.name: network.input}
    resized = []
    for layer in layers:
        own = _resize(layer, tensors, channels.get(layer.name, layer.shape[2]))
        own = replace(own, format=stored.get(own.name, own.format))
        if own.name in formats:
            own = _with_format(own, tensors[own.inputs[0]], formats[own.name])
        tensors[own.name] = own.output
        resized.append(own)
    return with_binary_tensors(replace(network, layers=tuple(resized)))


def _resize(layer: Layer, tensors: dict[str, Tensor], channels: int) -> Layer:
    sources = tuple(tensors[name] for name in layer.inputs)
    height, width, _ = layer.shape
    own = replace(layer, shape=(height, width, channels))
    return replace(own, shape=expected_shape(own, sources))


def _with_format(layer: Layer, source: Tensor, option: Format) -> Layer:
    """A sparse layer keeps the same number of weights for every output, so that it has a size."""
    kept = None
    if option.density is not None:
        height, width = layer.kernel
        columns = (
            source.elements
            if layer.op == "linear"
            else height * width * source.shape[2] // layer.groups
        )
        kept = max(1, round(option.density * columns))
    return replace(layer, weight_format=option.stored, row_nonzeros=kept)
