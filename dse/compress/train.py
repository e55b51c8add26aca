"""Quantisation-aware fine-tuning of a calibrated module."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dse.compress.calibrate import estimate_norms, observe_again, to_tensor
from dse.compress.layers import LevelLayer, XnorLayer
from dse.compress.module import TrainableNetwork
from hw_models.errors import DataError, ModelError

__all__ = [
    "CALIBRATION_SAMPLES",
    "calibration_subset",
    "fine_tune",
    "one_thread",
    "training_device",
]

CALIBRATION_SAMPLES = 128
LEARNING_RATES = (2e-3, 1e-2)
"""Adam's first step size for a network that calibration left whole, and for a broken one."""
BROKEN_LOSS = 2.0
BATCH = 32
XNOR_BOOST = 5.0
"""A latent xnor weight must cross zero to matter, so it takes longer steps than a level."""

Progress = Callable[[int, float], None]


def training_device() -> torch.device:
    """The GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread: sums then have one order, and workers do not crowd each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def calibration_subset(
    x: NDArray[np.float32], seed: int, count: int = CALIBRATION_SAMPLES
) -> NDArray[np.float32]:
    """A random subset of the training data, the same for the same seed."""
    if len(x) <= count:
        return x
    chosen = np.sort(np.random.default_rng(seed).choice(len(x), count, replace=False))
    return x[chosen]


def fine_tune(
    module: TrainableNetwork,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    *,
    epochs: int,
    seed: int,
    lr: float | None = None,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> None:
    """Train a calibrated module with straight-through gradients; Adam, cosine schedule.

    Grids and scales follow the weights at the start of every epoch and stand within it. After
    the last one only the batch norm statistics are estimated again.

    Args:
        module: Changed in place.
        x: (n, height, width, channels) training data.
        y: (n,) labels.
        epochs: Passes over the data.
        seed: Of the order of the samples; the same seed gives the same result.
        lr: Adam's step size at the start; by default the larger, the more calibration has
            left to mend.
        batch: Samples a step.
        progress: Called after each epoch with its number, from 1, and its mean loss.

    Raises:
        DataError: Data or labels that do not fit the network.
        ModelError: The loss is not finite.
    """
    samples = to_tensor(module, x)
    labels = _labels(module, y, len(x))
    subset = calibration_subset(x, seed)
    generator = torch.Generator().manual_seed(seed)
    batch = min(batch, len(x))
    steps = len(x) // batch
    with one_thread():
        step_size = _learning_rate(module, samples, labels) if lr is None else lr
        optimiser = torch.optim.Adam(_groups(module, step_size), fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, epochs * steps))
        for epoch in range(1, epochs + 1):
            if epoch > 1:
                observe_again(module, subset)
            module.train()
            order = torch.randperm(len(x), generator=generator).to(samples.device)
            losses = []
            for chosen in order[: steps * batch].view(steps, batch):
                losses.append(_step(module, optimiser, samples[chosen], labels[chosen]))
                schedule.step()
            _report(module, epoch, float(torch.stack(losses).mean()), progress)
        estimate_norms(module, subset)
    module.eval()


def _report(module: TrainableNetwork, epoch: int, loss: float, progress: Progress | None) -> None:
    if not math.isfinite(loss):
        raise ModelError(
            "Fine-tuning diverges: the loss is not finite.",
            where=f"network {module.network.name!r}, epoch {epoch}",
            got=loss,
            cure="Check the scale of the data: inputs should lie within about -1 to 1.",
        )
    if progress is not None:
        progress(epoch, loss)


def _step(
    module: TrainableNetwork, optimiser: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> Tensor:
    optimiser.zero_grad()
    loss = functional.cross_entropy(module(x), y)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    module.project()
    return loss.detach()


@torch.no_grad()
def _learning_rate(module: TrainableNetwork, x: Tensor, y: Tensor) -> float:
    module.eval()
    seen = slice(0, CALIBRATION_SAMPLES)
    loss = float(functional.cross_entropy(module(x[seen]), y[seen]))
    gentle, strong = LEARNING_RATES
    return gentle + (strong - gentle) * min(loss / BROKEN_LOSS, 1.0)


def _groups(module: TrainableNetwork, lr: float) -> list[dict[str, object]]:
    children = [module.child(layer) for layer in module.network.weighted_layers]
    binary = [p for one in children if isinstance(one, XnorLayer) for p in one.parameters()]
    others = [p for one in children if isinstance(one, LevelLayer) for p in one.parameters()]
    groups: list[dict[str, object]] = [{"params": others, "lr": lr}]
    return [*groups, {"params": binary, "lr": XNOR_BOOST * lr}] if binary else groups


def _labels(module: TrainableNetwork, y: NDArray[np.integer], samples: int) -> Tensor:
    network = module.network
    classes = [layer for layer in network.layers if layer.op != "argmax"][-1].shape[2]
    if y.shape != (samples,) or y.min() < 0 or y.max() >= classes:
        raise DataError(
            "The labels do not fit the data or the network.",
            where=f"network {network.name!r}",
            got=f"shape {y.shape}, {y.min()} to {y.max()}",
            allowed=f"shape ({samples},), 0 to {classes - 1}",
        )
    device = next(module.parameters()).device
    return torch.from_numpy(y.astype(np.int64)).to(device)
