"""Which channels of a coupled group matter most, from scores of the layers that make them."""

from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dse.parameters import Parameters
from hw_models.network import Network
from search_spaces.groups import channel_layouts, group_table

__all__ = ["Norm", "Scores", "channel_importance", "filter_norms", "most_important"]

Norm = Literal["l1", "l2"]
Scores = Mapping[str, NDArray[np.float64]]
"""Per weighted layer (outputs,): the larger, the more the channel matters."""


def filter_norms(network: Network, parameters: Parameters, norm: Norm) -> Scores:
    """The norm of every output's filter, by weighted layer."""
    scores = {}
    for layer in network.weighted_layers:
        flat = parameters[layer.name].weight.reshape(layer.shape[2], -1).astype(np.float64)
        size = np.abs(flat).sum(1) if norm == "l1" else np.sqrt(np.square(flat).sum(1))
        scores[layer.name] = size
    return scores


def channel_importance(
    network: Network,
    scores: Scores,
    layers: Collection[str],
) -> dict[str, NDArray[np.float64]]:
    """Importance of every channel, by group of tensors that are pruned together.

    Each weighted layer that makes a tensor of the group gives every channel its score, divided by
    the mean over the layer, so that no layer outweighs the others. Behind a flatten it has several
    scores for one channel, which are summed.

    Args:
        network: The uncompressed network.
        scores: Of every weighted layer's outputs.
        layers: The layers that count; a depth cut takes the others away.
    """
    total: dict[str, NDArray[np.float64]] = {}
    layouts = channel_layouts(network)
    channels = {group.name: group.channels for group in group_table(network)}
    for layer in (one for one in network.weighted_layers if one.name in layers):
        norm = scores[layer.name]
        share = norm / max(float(norm.mean()), np.finfo(np.float64).tiny)
        at = 0
        for group in layouts[layer.name]:
            own = share[at : at + channels[group]]
            total[group] = total[group] + own if group in total else own
            at += channels[group]
    return total


def most_important(importance: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Indices of the `count` greatest values, ascending; of equal ones the first.

    >>> most_important(np.array([3.0, 1.0, 2.0, 3.0]), 2)
    array([0, 3])
    """
    return np.sort(np.argsort(-importance, kind="stable")[:count])
