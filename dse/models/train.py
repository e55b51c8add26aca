"""Float training of an imported or zoo module, before anything is compressed."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from dse.data.dataset import Dataset
from dse.importers.examples import pick_example
from dse.models.registry import DEFAULT_RECIPE, Recipe
from hw_models.errors import ModelError

__all__ = ["EpochReport", "accuracy", "module_input", "train_float"]

_CHUNK = 256
_WARM_UP = 0.2


@dataclass(frozen=True)
class EpochReport:
    """What one epoch brought.

    Args:
        epoch: From 1.
        epochs: Of how many.
        loss: Mean over the epoch.
        accuracy: On the validation split, 0 to 1.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float


def module_input(x: NDArray[np.float32], example: torch.Tensor) -> torch.Tensor:
    """Samples (n, height, width, channels) in the shape of an example: NCHW, NCL or flat."""
    batch = torch.from_numpy(x).permute(0, 3, 1, 2)
    return batch.reshape(len(x), *example.shape[1:]).contiguous()


def accuracy(module: nn.Module, dataset: Dataset, split: str = "val") -> float:
    """Share of a split's samples that a module classifies rightly in evaluation mode, 0 to 1."""
    example = pick_example(module, dataset.input_shape, dataset.classes)
    x, y = dataset.part(split)
    return _accuracy(copy.deepcopy(module).cpu(), module_input(x, example), torch.from_numpy(y))


def train_float(
    module: nn.Module,
    dataset: Dataset,
    epochs: int,
    seed: int,
    recipe: Recipe = DEFAULT_RECIPE,
    progress: Callable[[EpochReport], None] | None = None,
) -> nn.Module:
    """Train a copy of a module; the same seed gives the same weights on one machine.

    Args:
        module: Returns logits; stays as it is.
        dataset: Its training split is used, the validation split for reports only.
        epochs: Passes over the training split; 0 returns the copy untrained.
        seed: Of the order of samples and of dropout.
        recipe: Learning rate, batch and weight decay.
        progress: Called after every epoch.

    Raises:
        ModelError: The module does not fit the data, or training diverges.
    """
    example = pick_example(module, dataset.input_shape, dataset.classes)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    twin = copy.deepcopy(module).to(device)
    x, x_val = (module_input(part, example).to(device) for part in (dataset.x_train, dataset.x_val))
    y, y_val = (torch.from_numpy(part).to(device) for part in (dataset.y_train, dataset.y_val))
    steps = max(1, len(x) // recipe.batch)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        optimiser = torch.optim.AdamW(
            twin.parameters(), recipe.lr, weight_decay=recipe.weight_decay
        )
        schedule = _one_cycle(optimiser, epochs * steps)
        for epoch in range(1, epochs + 1):
            loss = _epoch(twin, x, y, optimiser, schedule, steps)
            if progress is not None:
                progress(EpochReport(epoch, epochs, loss, _accuracy(twin, x_val, y_val)))
    return twin.cpu().eval()


def _one_cycle(optimiser: torch.optim.Optimizer, total: int) -> torch.optim.lr_scheduler.LambdaLR:
    """Linear rise over the first fifth, cosine fall to zero over the rest."""
    warm = max(1, int(_WARM_UP * total))

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + float(np.cos(np.pi * (step - warm) / max(1, total - warm))))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def _epoch(
    module: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    steps: int,
) -> float:
    module.train()
    total = 0.0
    for chosen in torch.tensor_split(torch.randperm(len(x)).to(x.device), steps):
        optimiser.zero_grad()
        logits = module(x[chosen])
        loss = functional.cross_entropy(logits.reshape(len(chosen), -1), y[chosen])
        if not torch.isfinite(loss):
            raise ModelError(
                "Training diverges: the loss is not finite.",
                where=type(module).__name__,
                cure="Check the scale of the data: inputs should lie within about -1 to 1.",
            )
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        total += float(loss.detach())
    return total / steps


def _accuracy(module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    module.eval()
    with torch.no_grad():
        scores = [module(part).reshape(len(part), -1) for part in torch.split(x, _CHUNK)]
    return float((torch.cat(scores).argmax(1) == y).double().mean())
