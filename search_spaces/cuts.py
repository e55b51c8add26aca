"""Where a network can be cut in depth, and the layers that it then has."""

from collections.abc import Mapping
from dataclasses import replace

from hw_models.network import Layer, Network
from search_spaces.head import HEAD_LAYERS, Head, head_layers

__all__ = ["cut_layers", "cut_points", "judge_cuts"]

_TAIL = ("softmax", "argmax")


def cut_points(network: Network) -> tuple[str, ...]:
    """The layers after which the network may end, in running order.

    Such a layer is a convolution or an addition with a fused ReLU, a lookup, or a concat of what
    ReLUs left, everything later depends on it alone, it is larger than 1x1, and the network with
    the head in place of the rest has fewer parameters or multiply-accumulates.
    """
    return tuple(name for name, reason in judge_cuts(network).items() if reason is None)


def cut_layers(network: Network, after: str, head: Head = "auxiliary") -> tuple[Layer, ...]:
    """The layers up to `after`, the head, and a trailing softmax or argmax.

    Args:
        network: The whole network.
        after: One of its `cut_points`.
        head: What follows.
    """
    body, tail = _split(network)
    last = [layer.name for layer in body].index(after)
    classes = body[-1].shape[2]
    made = head_layers(body[last].output, classes, head)
    names = {body[-1].name: HEAD_LAYERS[-1]}
    ends = (
        replace(layer, inputs=tuple(names.get(name, name) for name in layer.inputs))
        for layer in tail
    )
    return (*body[: last + 1], *made, *ends)


def _split(network: Network) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
    end = len(network.layers)
    while end > 1 and network.layers[end - 1].op in _TAIL:
        end -= 1
    return network.layers[:end], network.layers[end:]


def judge_cuts(network: Network, head: Head = "auxiliary") -> Mapping[str, str | None]:
    """For every convolution, addition, lookup and concat: why it is no cut point, or None."""
    body, _ = _split(network)
    made = [network.input.name]
    last_use = {
        name: position for position, layer in enumerate(network.layers) for name in layer.inputs
    }
    judged: dict[str, str | None] = {}
    for position, layer in enumerate(body):
        live = [name for name in made if last_use[name] > position]
        made.append(layer.name)
        if layer.op in ("conv", "add", "lookup", "concat"):
            judged[layer.name] = _reason(network, body, layer, live, head)
    return judged


def _is_clamped(network: Network, layer: Layer) -> bool:
    if layer.op != "concat":
        return layer.activation != "none"
    makers = [network.layer(name) for name in layer.inputs if name != network.input.name]
    return len(makers) == len(layer.inputs) and all(
        _is_clamped(network, one)
        or (one.op == "max_pool" and _is_clamped(network, network.layer(one.inputs[0])))
        for one in makers
    )


def _reason(
    network: Network, body: tuple[Layer, ...], layer: Layer, live: list[str], head: Head
) -> str | None:
    if live:
        return f"later layers also read {', '.join(map(repr, live))}"
    if layer.function is None and not _is_clamped(network, layer):
        return "no activation follows it"
    if layer.shape[:2] == (1, 1):
        return "its output is 1x1: the head needs an image or a signal"
    if body[-1].shape[:2] != (1, 1):
        return "the network does not end in one vector of classes"
    dropped = {later.name for later in body[body.index(layer) + 1 :]}
    if set(HEAD_LAYERS) & ({tensor.name for tensor in network.tensors} - dropped):
        return "the network has a head already"
    shorter = replace(network, layers=cut_layers(network, layer.name, head))
    if (
        shorter.total_macs >= network.total_macs
        and shorter.parameter_count >= network.parameter_count
    ):
        return "the head has more parameters and multiply-accumulates than what it replaces"
    return None
