"""Automated gradual pruning: channels go while the float network trains (Zhu and Gupta 2017)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dse.compress.importance import Scores
from dse.compress.layers import LevelLayer, largest_of_rows
from dse.compress.loop import Hooks, Progress, first_learning_rate, optimise, training_device
from dse.compress.module import TrainableNetwork, build_module
from dse.compress.train import BATCH, to_samples, trained_groups
from dse.compress.training import Training
from dse.compress.transfer import group_channels, kept_outputs, slice_parameters
from dse.parameters import LayerParameters, Parameters
from hw_models.network import Network

__all__ = ["PRUNINGS", "cubic_share", "float_twin", "parameters_of", "prune_gradually"]

PRUNINGS = 12
"""How often channels go in the course of the phase."""

Judge = Callable[[Parameters], Scores]
ElementJudge = Callable[[TrainableNetwork], Mapping[str, Tensor]]


def cubic_share(step: int, steps: int) -> float:
    """The share of all pruning that is done after a step: 1 - (1 - step / steps)³.

    >>> [cubic_share(step, 2) for step in (0, 1, 2)]
    [0.0, 0.875, 1.0]
    """
    return 1.0 - (1.0 - min(step, steps) / steps) ** 3


def float_twin(network: Network) -> Network:
    """The same network in s8: only its float forward is used, and pruning goes by channels."""
    layers = tuple(
        replace(layer, weight_format="s8", row_nonzeros=None) if layer.is_weighted else layer
        for layer in network.layers
    )
    return replace(network, layers=layers)


@torch.no_grad()
def parameters_of(module: TrainableNetwork) -> Parameters:
    """The float parameters of a module without xnor layers."""
    made = {}
    for layer in module.network.weighted_layers:
        child = module.child(layer)
        weight = child.weight.permute(0, 2, 3, 1).cpu().numpy().copy()
        bias = child.bias if isinstance(child, LevelLayer) else child.float_bias
        made[layer.name] = LayerParameters(weight, bias.cpu().numpy().copy())
    return made


@dataclass(frozen=True)
class _Pruner:
    module: TrainableNetwork
    wide: Network
    final: Mapping[str, int]
    judge: Judge
    judge_elements: ElementJudge

    def masks(self, share: float) -> dict[str, Tensor]:
        """1 and 0 for the weights of every layer that loses some, or whole channels."""
        network = self.module.network
        whole = group_channels(network, network)
        counts = {
            name: whole[name] - round((whole[name] - count) * share)
            for name, count in self.final.items()
        }
        scores = self.judge(parameters_of(self.module))
        masks = self._element_masks(share)
        for name, kept in kept_outputs(network, scores, counts).items():
            weight = self.module.child(network.layer(name)).weight
            if len(kept) < len(weight):
                rows = torch.zeros_like(weight[:, :1, :1, :1])
                rows[torch.from_numpy(kept).to(rows.device)] = 1.0
                masks[name] = rows * masks.get(name, torch.ones_like(weight))
        return masks

    def _element_masks(self, share: float) -> dict[str, Tensor]:
        masks = {}
        for name, scores in self.judge_elements(self.module).items():
            columns = scores[0].numel()
            lost = columns - (self.wide.layer(name).row_nonzeros or columns)
            masks[name] = largest_of_rows(scores, columns - round(lost * share))
        return masks

    @torch.no_grad()
    def apply(self, masks: Mapping[str, Tensor]) -> None:
        """Silence what is gone: weights, and the bias of a channel without any."""
        for name, mask in masks.items():
            child = self.module.child(self.module.network.layer(name))
            child.weight.mul_(mask)
            if isinstance(child, LevelLayer):
                child.bias.mul_(mask.flatten(1).amax(1))


def prune_gradually(
    wide: Network,
    parameters: Parameters,
    target: Network,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    judge: Judge,
    judge_elements: ElementJudge,
    *,
    how: Training,
    epochs: int,
    seed: int,
    teacher: NDArray[np.float32] | None = None,
    base_loss: float = 0.0,
    progress: Progress | None = None,
) -> Parameters:
    """The parameters of a target, trained at full width while its groups shrink to their own.

    Args:
        wide: The target at full width; says how many weights sparse layers keep.
        parameters: Its parameters.
        target: Says how many channels stay.
        x: (n, height, width, channels) training data.
        y: (n,) labels.
        judge: Ranks the channels of the present parameters.
        judge_elements: Ranks the weights of the layers that are sparse in the end.
        how: Distillation and changes of the samples.
        epochs: Of the phase; the last thirteenth trains at the final widths.
        seed: Of the order of the samples and of their changes.
        teacher: (n, classes) logits to distil from, or None.
        base_loss: Mean cross entropy of the uncompressed network.
        progress: Called after every epoch.
    """
    twin = float_twin(wide)
    module = build_module(twin, parameters, how).to(training_device())
    samples = to_samples(module, x, y, teacher, base_loss)
    pruner = _Pruner(module, wide, group_channels(twin, target), judge, judge_elements)
    due = _due(epochs * (len(x) // min(BATCH, len(x))))
    masks: dict[str, Tensor] = {}

    def after_step(made: int) -> None:
        pruner.apply(masks)
        if made in due:
            masks.update(pruner.masks(cubic_share(due[made], PRUNINGS)))
            pruner.apply(masks)

    optimise(
        module,
        samples,
        trained_groups(module, first_learning_rate(module, samples)),
        epochs=epochs,
        batch=BATCH,
        generator=torch.Generator().manual_seed(seed),
        hooks=Hooks(lambda _: _train(module), after_step, progress),
    )
    pruner.apply(pruner.masks(1.0))
    trained = parameters_of(module)
    return slice_parameters(trained, twin, target, seed, judge(trained)).parameters


def _due(steps: int) -> dict[int, int]:
    """The steps after which channels go, and the how manieth time it is."""
    return {max(1, round(k * steps / (PRUNINGS + 1))): k for k in range(1, PRUNINGS + 1)}


def _train(module: TrainableNetwork) -> None:
    module.train()
