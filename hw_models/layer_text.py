"""A layer with the shape of its input as one line of JSON: how measured layers are stored."""

import json
from dataclasses import fields
from typing import Any

from hw_models.errors import ConfigError, ModelError
from hw_models.network import Layer, Network, Tensor

__all__ = ["layer_text", "parse_layer"]

_SOURCE = "x"
_NAME = "layer"
_UNSTORED = ("name", "inputs")


def layer_text(network: Network, layer: Layer) -> str:
    """Everything that the cost of a layer depends on; fields at their defaults are left out."""
    stored: dict[str, object] = {"source": network.inputs(layer)[0].shape}
    for each in fields(Layer):
        value = getattr(layer, each.name)
        if each.name not in _UNSTORED and value != each.default:
            stored[each.name] = value
    return json.dumps(stored, separators=(",", ":"))


def parse_layer(text: str) -> tuple[Network, Layer]:
    """The stored layer and the network of that one layer; an add reads its input twice.

    Raises:
        ConfigError: The text is not a stored layer.
    """
    try:
        stored: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in json.loads(text).items()
        }
        source = Tensor(_SOURCE, stored.pop("source"))
        inputs = (_SOURCE, _SOURCE) if stored.get("op") == "add" else (_SOURCE,)
        layer = Layer(name=_NAME, inputs=inputs, **stored)
        return Network(_NAME, source, (layer,)), layer
    except (ValueError, KeyError, AttributeError, TypeError, ModelError) as error:
        raise ConfigError(
            "This is not the description of a layer.",
            got=text,
            allowed='such as {"source":[8,8,3],"op":"conv","shape":[8,8,4],"weight_format":"s8"}',
        ) from error
