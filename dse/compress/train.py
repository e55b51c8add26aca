"""Quantisation-aware fine-tuning of a calibrated module."""

from collections.abc import Collection

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dse.compress.calibrate import estimate_norms, observe_again, to_tensor
from dse.compress.layers import LevelLayer, XnorLayer
from dse.compress.loop import (
    Hooks,
    Progress,
    Samples,
    first_learning_rate,
    one_thread,
    optimise,
    training_device,
)
from dse.compress.module import TrainableNetwork
from hw_models.errors import DataError

__all__ = [
    "BATCH",
    "CALIBRATION_SAMPLES",
    "Progress",
    "calibration_rows",
    "calibration_subset",
    "fine_tune",
    "one_thread",
    "to_samples",
    "trained_groups",
    "training_device",
]

CALIBRATION_SAMPLES = 128
BATCH = 32
XNOR_BOOST = 5.0
"""A latent xnor weight must cross zero to matter, so it takes longer steps than a level."""


def calibration_rows(samples: int, seed: int, count: int = CALIBRATION_SAMPLES) -> NDArray[np.intp]:
    """Indices of a random subset of the training data, the same for the same seed."""
    if samples <= count:
        return np.arange(samples)
    chosen = np.random.default_rng(seed).choice(samples, count, replace=False)
    return np.sort(chosen).astype(np.intp)


def calibration_subset(
    x: NDArray[np.float32], seed: int, count: int = CALIBRATION_SAMPLES
) -> NDArray[np.float32]:
    """A random subset of the training data, the same for the same seed."""
    return x[calibration_rows(len(x), seed, count)]


def fine_tune(
    module: TrainableNetwork,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    *,
    epochs: int,
    seed: int,
    lr: float | None = None,
    batch: int = BATCH,
    teacher: NDArray[np.float32] | None = None,
    base_loss: float = 0.0,
    frozen: Collection[str] = (),
    progress: Progress | None = None,
) -> None:
    """Train a calibrated module with straight-through gradients; Adam, cosine schedule.

    Grids, and scales that are not learned, follow the weights at the start of every epoch and
    stand within it. After the last one only the batch norm statistics are estimated again.

    Args:
        module: Changed in place.
        x: (n, height, width, channels) training data.
        y: (n,) labels.
        epochs: Passes over the data.
        seed: Of the order of the samples and of their changes; the same seed gives the same result.
        lr: Adam's first step size; by default the larger, the more calibration left to mend.
        batch: Samples a step.
        teacher: (n, classes) logits to distil from, as module.how says; or None.
        base_loss: Mean cross entropy of the uncompressed network, of `teacher.base_loss`.
        frozen: Layers that keep their parameters.
        progress: Called after each epoch with its number, from 1, and its mean loss.

    Raises:
        DataError: The data do not fit the network.
        ModelError: The loss is not finite.
    """
    samples = to_samples(module, x, y, teacher, base_loss)
    subset = calibration_subset(x, seed)
    held = _freeze(module, frozen)

    def before_epoch(epoch: int) -> None:
        if epoch > 1:
            observe_again(module, subset)
        module.train()
        for child in held:
            child.eval()

    with one_thread():
        rate = first_learning_rate(module, samples) if lr is None else lr
        optimise(
            module,
            samples,
            trained_groups(module, rate),
            epochs=epochs,
            batch=batch,
            generator=torch.Generator().manual_seed(seed),
            hooks=Hooks(before_epoch, progress=progress),
        )
        estimate_norms(module, subset)
    module.eval()


def _freeze(module: TrainableNetwork, names: Collection[str]) -> list[nn.Module]:
    held: list[nn.Module] = [
        module.child(layer) for layer in module.network.weighted_layers if layer.name in names
    ]
    for child in held:
        child.requires_grad_(False)
    return held


def to_samples(
    module: TrainableNetwork,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    teacher: NDArray[np.float32] | None = None,
    base_loss: float = 0.0,
) -> Samples:
    """Checked training data on the module's device.

    Raises:
        DataError: Data or labels that do not fit the network.
    """
    inputs = to_tensor(module, x)
    soft = None if teacher is None else torch.from_numpy(teacher).to(inputs.device)
    return Samples(inputs, _labels(module, y, len(x)), soft, base_loss)


def trained_groups(module: TrainableNetwork, lr: float) -> list[dict[str, object]]:
    """Adam's parameter groups: what must cross a threshold takes longer steps."""
    children = [module.child(layer) for layer in module.network.weighted_layers]
    levels = [child for child in children if isinstance(child, LevelLayer)]
    latent = [one.latents for one in levels if one.latents is not None]
    binary = [child for child in children if isinstance(child, XnorLayer)]
    far = [p for one in (*binary, *latent) for p in one.parameters() if p.requires_grad]
    apart = {id(p) for p in far}
    near = [p for one in levels for p in one.parameters() if p.requires_grad]
    groups: list[dict[str, object]] = [
        {"params": [p for p in near if id(p) not in apart], "lr": lr},
        {"params": far, "lr": XNOR_BOOST * lr},
    ]
    return [group for group in groups if group["params"]]


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
