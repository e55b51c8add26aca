"""Optimisers and learning rate schedules of the recipes."""

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from dse.models.recipe import Recipe

__all__ = ["learning_rate", "make_optimiser", "make_schedule"]

_RISE = 0.2
_DROPS = (0.3, 0.6, 0.9)
_LOW_EPOCHS = 10
_MOMENTUM = 0.9


def make_optimiser(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW, or SGD with Nesterov momentum 0.9."""
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(module.parameters(), recipe.lr, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(
        module.parameters(),
        recipe.lr,
        momentum=_MOMENTUM,
        weight_decay=recipe.weight_decay,
        nesterov=True,
    )


def make_schedule(
    optimiser: torch.optim.Optimizer, recipe: Recipe, epochs: int, steps: int
) -> LambdaLR:
    """The recipe's schedule for a number of epochs of `steps` steps each."""
    return LambdaLR(optimiser, lambda step: learning_rate(recipe, step, epochs, steps))


def learning_rate(recipe: Recipe, step: int, epochs: int, steps: int) -> float:
    """Learning rate of a step as a share of the largest one.

    >>> recipe = Recipe(epochs=100, lr=0.1, schedule="steps")
    >>> [round(learning_rate(recipe, epoch, 100, 1), 4) for epoch in (0, 9, 10, 30, 60, 90)]
    [0.1, 0.1, 1.0, 0.1, 0.01, 0.001]
    """
    if recipe.schedule == "constant":
        return 1.0
    total = epochs * steps
    if recipe.schedule == "steps":
        if step < min(_LOW_EPOCHS, epochs // 10) * steps:
            return 0.1
        return float(0.1 ** sum(step >= share * total for share in _DROPS))
    warm = max(1, int(_RISE * total))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + float(np.cos(np.pi * (step - warm) / max(1, total - warm))))
