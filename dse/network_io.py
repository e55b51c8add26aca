"""A Network as plain JSON values and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from hw_models.network import Layer, Network, Tensor

__all__ = ["network_from_json", "network_to_json"]

_TUPLES = ("inputs", "shape", "kernel", "stride", "padding", "permutation")


def network_to_json(network: Network) -> dict[str, Any]:
    """Name, input and layers; fields of a layer that keep their default are left out."""
    return {
        "name": network.name,
        "input": asdict(network.input),
        "layers": [_layer_to_json(layer) for layer in network.layers],
    }


def network_from_json(values: Mapping[str, Any]) -> Network:
    """The inverse of `network_to_json`.

    Raises:
        KeyError, TypeError: A field is missing, unknown or of the wrong type.
        ModelError: The layers do not fit together.
    """
    source = values["input"]
    tensor = Tensor(source["name"], tuple(source["shape"]), source["format"])
    return Network(values["name"], tensor, tuple(_layer(item) for item in values["layers"]))


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
