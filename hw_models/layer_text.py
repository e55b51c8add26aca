"""A layer with the shape of its input as one line of JSON: how measured layers are stored.

A measured front end is stored likewise, without its statistics.
"""

import json
from dataclasses import fields, replace
from typing import Any

from hw_models.errors import ConfigError, ModelError
from hw_models.front_end import FrontEnd, front_end_from_json
from hw_models.network import Layer, Network, Tensor

__all__ = ["front_end_text", "layer_text", "parse_front_end", "parse_layer"]

_SOURCE = "x"
_NAME = "layer"
_POOL = "pool"
_SECOND = "second"
_OTHERS = "others"
_UNSTORED = ("name", "inputs")
_FRONT_END = "front_end"
_STATISTICS = ("mean", "deviation")


def layer_text(network: Network, layer: Layer) -> str:
    """Everything that the cost of a layer depends on; fields at their defaults are left out."""
    source, *others = network.inputs(layer)
    stored: dict[str, object] = {"source": source.shape}
    formats = [each.format for each in (source, *others)]
    if set(formats) != {"s8"}:
        stored["source_formats"] = formats
    for each in fields(Layer):
        value = getattr(layer, each.name)
        if each.name not in _UNSTORED and value != each.default:
            stored[each.name] = value
    if layer.op == "concat":
        stored[_OTHERS] = [each.shape[2] for each in others]
    pool = network.fused_pool(layer)
    if pool is not None:
        stored[_POOL] = [*pool.kernel, pool.activation]
    return json.dumps(stored, separators=(",", ":"))


def front_end_text(network: Network) -> str:
    """Everything that the cost of a network's front end depends on."""
    if network.front_end is None:
        raise ValueError(f"{network.name} has no front end")
    stored = {
        key: value for key, value in network.front_end.to_json().items() if key not in _STATISTICS
    }
    record = {_FRONT_END: stored, "frames": network.input.shape[0]}
    return json.dumps(record, separators=(",", ":"))


def parse_front_end(text: str) -> tuple[FrontEnd, int] | None:
    """The stored front end and its frames; None where the text is none, as that of a layer.

    Raises:
        ConfigError: The text is a damaged front end.
    """
    try:
        stored = json.loads(text)
    except (ValueError, TypeError):
        return None
    if not isinstance(stored, dict) or _FRONT_END not in stored:
        return None
    try:
        return front_end_from_json(stored[_FRONT_END]), int(stored["frames"])
    except (ValueError, KeyError, AttributeError, TypeError, ModelError) as error:
        raise ConfigError("This is not the description of a front end.", got=text) from error


def parse_layer(text: str) -> tuple[Network, Layer]:
    """The stored layer and a network that has it, and little else.

    An add reads its input twice, or beside it a tensor of another format that a second add makes;
    of a concat pointwise convolutions make all inputs but the first; a convolution with a fused
    pool comes with that pool.

    Raises:
        ConfigError: The text is not a stored layer.
    """
    try:
        stored: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in json.loads(text).items()
        }
        return _network(stored)
    except (ValueError, KeyError, AttributeError, TypeError, ModelError) as error:
        raise ConfigError(
            "This is not the description of a layer.",
            got=text,
            allowed='such as {"source":[8,8,3],"op":"conv","shape":[8,8,4],"weight_format":"s8"}',
        ) from error


def _network(stored: dict[str, Any]) -> tuple[Network, Layer]:
    formats = stored.pop("source_formats", ("s8",))
    pool = stored.pop(_POOL, None)
    source = Tensor(_SOURCE, stored.pop("source"), formats[0])
    layers = []
    inputs: tuple[str, ...] = (_SOURCE,)
    if stored.get("op") == "add":
        inputs = (_SOURCE, _SOURCE)
        if formats[-1] != formats[0]:
            inputs = (_SOURCE, _SECOND)
            layers.append(Layer(_SECOND, "add", (_SOURCE,) * 2, source.shape, format=formats[-1]))
    for place, channels in enumerate(stored.pop(_OTHERS, ())):
        name, shape = f"{_SECOND}{place}", (*source.shape[:2], channels)
        layers.append(Layer(name, "conv", (_SOURCE,), shape, "s8", format=source.format))
        inputs = (*inputs, name)
    layer = Layer(name=_NAME, inputs=inputs, **stored)
    layers.append(layer)
    if pool is not None:
        window = (pool[0], pool[1])
        shape = (layer.shape[0] // window[0], layer.shape[1] // window[1], layer.shape[2])
        own = Layer(_POOL, "max_pool", (_NAME,), shape, kernel=window, stride=window)
        layers.append(replace(own, activation=pool[2], format=layer.format, fused=True))
    return Network(_NAME, source, tuple(layers)), layer
