"""Which tensors are stored as bits: those between xnor layers, so that no byte is made in between.

An xnor layer compares every input with its channel's threshold. Where nobody else reads a tensor
and another xnor layer makes it, that layer gives the outcome at once. Max pools may stand between:
the largest of some values reaches a threshold where one of them does.
"""

from dataclasses import replace

from hw_models.network import Layer, Network
from hw_models.strips import is_striped

__all__ = ["binary_path", "with_binary_tensors"]


def with_binary_tensors(network: Network) -> Network:
    """The same network with format b1 for every tensor that can have it; s4 stays s4.

    Results stay the same, RAM and cycles only fall.
    """
    names = {name for layer in network.layers for name in _bits(network, layer)}
    return replace(
        network,
        layers=tuple(
            replace(each, format="b1") if each.name in names else each for each in network.layers
        ),
    )


def binary_path(network: Network, layer: Layer) -> tuple[tuple[Layer, ...], Layer | None]:
    """The max pools and flattens that a layer's output goes through, and its only reader behind.

    The reader is None where several layers read one of these tensors, or none does.
    """
    passed: list[Layer] = []
    while True:
        name = passed[-1].name if passed else layer.name
        readers = network.consumers(name)
        if len(readers) != 1 or len(set(readers[0].inputs)) != len(readers[0].inputs):
            return tuple(passed), None
        if readers[0].op not in ("max_pool", "flatten"):
            return tuple(passed), readers[0]
        passed.append(readers[0])


def _bits(network: Network, layer: Layer) -> tuple[str, ...]:
    """The tensors that can be bits because a layer makes them; all or none."""
    passed, reader = binary_path(network, layer)
    if layer.weight_format != "xnor" or reader is None or reader.weight_format != "xnor":
        return ()
    made = (layer, *passed)
    tensors = [each.output for each in made]
    # A threshold for every position cannot be applied by a layer that has one for every channel.
    joins = [own for own, each in zip(tensors, (*passed, reader), strict=True) if _joins(each.op)]
    if any(own.shape[:2] != (1, 1) for own in joins) or any(own.format != "s8" for own in tensors):
        return ()
    if any(is_striped(network, each) or each.fused for each in (*made, reader)):
        return ()
    return tuple(each.name for each in made)


def _joins(op: str) -> bool:
    return op in ("flatten", "linear")
