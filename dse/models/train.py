"""Float training of an imported or zoo module, before anything is compressed."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from dse.data.dataset import Dataset
from dse.importers.examples import pick_example
from dse.models.batches import Samples, draw_batch, training_samples
from dse.models.checkpoint import (
    Checkpoint,
    Trainee,
    load_state,
    save_state,
    training_identity,
)
from dse.models.optimise import make_optimiser, make_schedule
from dse.models.recipe import DEFAULT_RECIPE, Recipe
from hw_models.errors import ModelError

__all__ = ["EpochReport", "accuracy", "module_input", "train_float"]

_CHUNK = 256


@dataclass(frozen=True)
class EpochReport:
    """What one epoch brought.

    Args:
        epoch: From 1.
        epochs: Of how many.
        loss: Mean over the epoch.
        accuracy: On the validation split, 0 to 1; None for a reconstruction, and after epochs
            without validation.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float | None


def module_input(x: NDArray[np.float32], example: torch.Tensor) -> torch.Tensor:
    """Samples (n, height, width, channels) in the shape of an example: NCHW, NCL or flat."""
    return _arranged(torch.from_numpy(x), example)


def accuracy(module: nn.Module, dataset: Dataset, split: str = "val") -> float:
    """Share of a split's samples that a module classifies rightly in evaluation mode, 0 to 1.

    Where the samples are windows of longer clips, a clip is classified by the mean of its windows'
    softmax, and the share is of clips.
    """
    example = pick_example(module, dataset.input_shape, dataset.classes)
    return _accuracy(copy.deepcopy(module).cpu(), dataset, split, example, torch.device("cpu"))


def train_float(
    module: nn.Module,
    dataset: Dataset,
    epochs: int,
    seed: int,
    recipe: Recipe = DEFAULT_RECIPE,
    progress: Callable[[EpochReport], None] | None = None,
    *,
    validate_every: int = 1,
    checkpoint: Checkpoint | None = None,
) -> nn.Module:
    """Train a copy of a module; the same seed gives the same weights on one machine.

    Args:
        module: Returns logits, or the features where the recipe's loss is reconstruction; stays as
            it is.
        dataset: Its training split is used, the validation split for reports only.
        epochs: Passes over the training split; 0 returns the copy untrained.
        seed: Of the order of samples, of their changes and of dropout.
        recipe: How it is trained.
        progress: Called after every epoch.
        validate_every: Epochs from one report with an accuracy to the next; the last has one, too.
        checkpoint: Where the state is kept; a training that was interrupted goes on from there, to
            the same weights.

    Raises:
        ModelError: The module does not fit the data, or training diverges.
        ConfigError: The data cannot be changed as the recipe says.
        RunError: The checkpoint is damaged, or of another training.
    """
    rebuilds = recipe.loss == "reconstruction"
    outputs = prod(dataset.input_shape) if rebuilds else dataset.classes
    example = pick_example(module, dataset.input_shape, outputs)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    twin = copy.deepcopy(module).to(device)
    samples = training_samples(dataset, device)
    steps = max(1, len(samples.y) // recipe.batch)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        optimiser = make_optimiser(twin, recipe)
        schedule = make_schedule(optimiser, recipe, epochs, steps)
        generator = torch.Generator().manual_seed(seed)
        trainee = Trainee(twin, optimiser, schedule, generator, device)
        identity, done = "", 0
        if checkpoint is not None:
            identity = training_identity(module, dataset, epochs, seed, recipe)
            done = load_state(checkpoint.path, identity, trainee)
        for epoch in range(done + 1, epochs + 1):
            loss = _epoch(trainee, samples, steps, recipe, example)
            if checkpoint is not None and (epoch % checkpoint.every == 0 or epoch == epochs):
                save_state(checkpoint.path, identity, epoch, trainee)
            if progress is not None:
                is_due = not rebuilds and (epoch % validate_every == 0 or epoch == epochs)
                score = _accuracy(twin, dataset, "val", example, device) if is_due else None
                progress(EpochReport(epoch, epochs, loss, score))
    return twin.cpu().eval()


def _epoch(
    trainee: Trainee, samples: Samples, steps: int, recipe: Recipe, example: torch.Tensor
) -> float:
    """One pass over the training split; returns the mean loss."""
    trainee.module.train()
    total = 0.0
    for chosen in torch.tensor_split(torch.randperm(len(samples.y)).to(trainee.device), steps):
        loss = _loss(trainee.module, samples, chosen, recipe, example, trainee.generator)
        trainee.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        trainee.optimiser.step()
        trainee.schedule.step()
        total += float(loss.detach())
    return total / steps


def _arranged(x: torch.Tensor, example: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 3, 1, 2).reshape(len(x), *example.shape[1:]).contiguous()


def _loss(
    module: nn.Module,
    samples: Samples,
    chosen: torch.Tensor,
    recipe: Recipe,
    example: torch.Tensor,
    generator: torch.Generator,
) -> torch.Tensor:
    x, y = draw_batch(samples, chosen, recipe.augmentation, generator)
    inputs = _arranged(x, example)
    outputs = module(inputs).reshape(len(chosen), -1)
    if recipe.loss == "reconstruction":
        loss = functional.mse_loss(outputs, inputs.reshape(len(chosen), -1))
    elif y.ndim == 2:
        loss = functional.kl_div(outputs.log_softmax(1), y, reduction="batchmean")
    else:
        loss = functional.cross_entropy(outputs, y)
    if not torch.isfinite(loss):
        raise ModelError(
            "Training diverges: the loss is not finite.",
            where=type(module).__name__,
            cure="Check the scale of the data: inputs should lie within about -1 to 1.",
        )
    return loss


def _accuracy(
    module: nn.Module, dataset: Dataset, split: str, example: torch.Tensor, device: torch.device
) -> float:
    module.eval()
    x, labels = dataset.part(split)
    y = torch.from_numpy(labels)
    with torch.no_grad():
        parts = torch.split(torch.from_numpy(x), _CHUNK)
        scores = torch.cat(
            [module(_arranged(part.to(device), example)).reshape(len(part), -1) for part in parts]
        ).cpu()
    if dataset.windows > 1:
        scores = scores.softmax(1).reshape(-1, dataset.windows, scores.shape[1]).mean(1)
        y = y[:: dataset.windows]
    return float((scores.argmax(1) == y).double().mean())
