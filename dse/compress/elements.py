"""Which single weights of sparse8 layers stay, by four rankings (docs/training.md)."""

import zlib
from collections.abc import Collection

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dse.compress.calibrate import to_tensor
from dse.compress.layers import LevelLayer, largest_of_rows
from dse.compress.module import TrainableNetwork
from dse.compress.training import ElementRanking
from hw_models.network import Network

__all__ = ["element_scores", "prune_elements", "sparse_layers"]


def sparse_layers(network: Network) -> tuple[str, ...]:
    """The layers whose weights are pruned one by one."""
    return tuple(layer.name for layer in network.layers if layer.row_nonzeros is not None)


def element_scores(
    module: TrainableNetwork,
    names: Collection[str],
    ranking: ElementRanking,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    seed: int,
) -> dict[str, Tensor]:
    """A score for every weight of some layers, (outputs, inputs, height, width).

    l1, l2: |w|. taylor: |w * gradient of the loss|. random: a number from 0 to 1.

    Args:
        module: In float: not calibrated yet, and without masks.
        names: Of the layers.
        ranking: One of the four.
        x: (n, height, width, channels) data for taylor.
        y: (n,) their labels.
        seed: Of the random ranking.
    """
    weights = {name: module.child(module.network.layer(name)).weight for name in names}
    if ranking == "random":
        return {name: _random(name, weight, seed) for name, weight in weights.items()}
    if ranking != "taylor":
        return {name: weight.detach().abs() for name, weight in weights.items()}
    inputs = to_tensor(module, x)
    labels = torch.from_numpy(y.astype(np.int64)).to(inputs.device)
    loss = functional.cross_entropy(module(inputs), labels)
    gradients = torch.autograd.grad(loss, list(weights.values()))
    pairs = zip(weights.items(), gradients, strict=True)
    return {name: (weight.detach() * gradient).abs() for (name, weight), gradient in pairs}


def prune_elements(
    module: TrainableNetwork,
    ranking: ElementRanking,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    seed: int,
) -> None:
    """Set the masks of a module's sparse8 layers; arguments as for `element_scores`."""
    sparse = sparse_layers(module.network)
    for name in sparse:
        _level(module, name).mask = None
    scores = element_scores(module, sparse, ranking, x, y, seed)
    for name in sparse:
        count = module.network.layer(name).row_nonzeros
        if count is not None:
            _level(module, name).mask = largest_of_rows(scores[name], count)


def _level(module: TrainableNetwork, name: str) -> LevelLayer:
    child = module.child(module.network.layer(name))
    if not isinstance(child, LevelLayer):
        raise TypeError(name)
    return child


def _random(name: str, weight: Tensor, seed: int) -> Tensor:
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return torch.from_numpy(rng.random(weight.shape)).to(weight)
