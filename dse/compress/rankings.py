"""How much each channel or weight matters, by five rankings (docs/training.md)."""

import zlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dse.compress.graph import from_hwc, walk
from dse.compress.importance import Scores, filter_norms
from dse.compress.module import TrainableNetwork, build_module
from dse.compress.training import Ranking
from dse.parameters import Parameters
from hw_models.network import Layer, Network

__all__ = ["channel_scores"]


def channel_scores(
    network: Network,
    parameters: Parameters,
    ranking: Ranking,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    seed: int,
) -> Scores:
    """A score for every output channel of every weighted layer; the larger, the more it matters.

    l1, l2: the norm of its filter. taylor: |mean(activation * gradient of the loss)| (Molchanov
    2017). apoz: the share of its activations that are above zero (Hu 2016, one minus their
    average percentage of zeros). random: a number from 0 to 1.

    Args:
        network: Any; formats do not matter.
        parameters: Its parameters.
        ranking: One of the five.
        x: (n, height, width, channels) data for taylor and apoz.
        y: (n,) their labels, for taylor.
        seed: Of the random ranking.
    """
    if ranking in ("l1", "l2"):
        return filter_norms(network, parameters, "l1" if ranking == "l1" else "l2")
    if ranking == "random":
        return {
            layer.name: np.random.default_rng([seed, zlib.crc32(layer.name.encode())]).random(
                layer.shape[2]
            )
            for layer in network.weighted_layers
        }
    module = build_module(network, parameters)
    values = _activations(module, torch.from_numpy(x), torch.from_numpy(y.astype(np.int64)))
    return {name: _score(value, ranking) for name, value in values.items()}


def _activations(module: TrainableNetwork, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The outputs of the weighted layers behind their activations, with their gradients."""
    values: dict[str, Tensor] = {}

    def finish(name: str, layer: Layer | None, value: Tensor) -> Tensor:
        value = module.finish(name, layer, value)
        if layer is not None and layer.is_weighted:
            value.retain_grad()
            values[name] = value
        return value

    logits = walk(module.network, from_hwc(x), module.run_weighted, finish)
    functional.cross_entropy(logits, y).backward()  # type: ignore[no-untyped-call]
    return values


def _score(value: Tensor, ranking: Ranking) -> NDArray[np.float64]:
    if ranking == "apoz":
        score = (value > 0).double().mean((0, 2, 3))
    else:
        gradient = torch.zeros_like(value) if value.grad is None else value.grad
        score = (value * gradient).double().mean((0, 2, 3)).abs()
    result: NDArray[np.float64] = score.detach().numpy()
    return result
