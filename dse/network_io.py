"""A Network as plain JSON values and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from hw_models.front_end import front_end_from_json
from hw_models.network import Layer, Network, Tensor

__all__ = ["network_from_json", "network_to_json"]

_TUPLES = ("inputs", "shape", "kernel", "stride", "padding", "permutation")


def network_to_json(network: Network) -> dict[str, Any]:
    """Name, input and layers; what keeps its default is left out."""
    own = network.front_end
    return {
        "name": network.name,
        "input": asdict(network.input),
        "layers": [_layer_to_json(layer) for layer in network.layers],
        **({} if own is None else {"front_end": own.to_json()}),
    }


def network_from_json(values: Mapping[str, Any]) -> Network:
    """The inverse of `network_to_json`.

    Raises:
        KeyError, TypeError: A field is missing, unknown or of the wrong type.
        ModelError: The layers do not fit together.
    """
    source = values["input"]
    tensor = Tensor(source["name"], tuple(source["shape"]), source["format"])
    layers = tuple(_layer(item) for item in values["layers"])
    own = values.get("front_end")
    front_end = None if own is None else front_end_from_json(own)
    return Network(values["name"], tensor, layers, front_end)


def _layer_to_json(layer: Layer) -> dict[str, Any]:
    values = {field.name: getattr(layer, field.name) for field in fields(layer)}
    return {
        field.name: values[field.name]
        for field in fields(layer)
        if values[field.name] != field.default
    }


def _layer(values: Mapping[str, Any]) -> Layer:
    arguments: dict[str, Any] = {
        key: tuple(value) if key in _TUPLES else value for key, value in values.items()
    }
    return Layer(**arguments)
