"""Training of shared weights: a few configurations a step, drawn at random."""

import time
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from dse.compress.calibrate import channel_statistics
from dse.compress.loop import Progress, check_loss, one_thread, task_loss, training_device
from dse.compress.rankings import channel_scores
from dse.compress.shared import SharedWeights
from dse.compress.supernet import Supernet
from dse.compress.teacher import teacher_logits
from dse.compress.train import calibration_rows
from dse.compress.training import DEFAULT_TRAINING, Training
from dse.data.augment import augment
from dse.parameters import Parameters
from search_spaces.space import Space

__all__ = ["CONFIGURATIONS", "SHARED_STEPS", "train_shared"]

SHARED_STEPS = 2000
BATCH = 64
LEARNING_RATE = 5e-3
CONFIGURATIONS = 4
"""The mean of their gradients makes a step, each over a batch of its own: one alone pulls the
weights its own way, and 2000 steps of four get further than 8000 of one."""
SANDWICH = 8
"""Every so many steps the largest one is among them, from which the others are cut."""
REPORTED_STEPS = 50


def train_shared(
    space: Space,
    base: Parameters,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    *,
    seed: int,
    steps: int = SHARED_STEPS,
    how: Training | None = None,
    progress: Progress | None = None,
) -> SharedWeights:
    """Train one set of parameters over random configurations of a space.

    Args:
        space: Built from the uncompressed network.
        base: Its parameters.
        x: (n, height, width, channels) training data.
        y: (n,) labels.
        seed: Of everything random; the same seed gives the same weights.
        steps: Of the optimiser, each on four configurations, each with its batch.
        how: Ranges, the ranking of channels, distillation, changes of the samples; the default
            Training when absent.
        progress: Called now and then with the number of steps made and their mean loss.

    Raises:
        ModelError: The loss is not finite.
    """
    started = time.process_time()
    how, device = how or DEFAULT_TRAINING, training_device()
    rows = calibration_rows(len(x), seed)
    network = space.network
    scores = channel_scores(network, base, how.ranking, x[rows], y[rows], seed)
    with one_thread():
        statistics = channel_statistics(network, base, x[rows])
        net = Supernet(space, base, statistics, scores, how, seed, device)
        teacher = teacher_logits(network, base, x, device) if how.distillation else None
        _optimise(net, x, y, teacher, seed, steps, progress)
    return replace(net.weights(steps), processor_s=time.process_time() - started)


def _optimise(
    net: Supernet,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    teacher: NDArray[np.float32] | None,
    seed: int,
    steps: int,
    progress: Progress | None,
) -> None:
    soft = None if teacher is None else torch.from_numpy(teacher).to(net.device)
    inputs = torch.from_numpy(x).to(net.device)
    labels = torch.from_numpy(y.astype(np.int64)).to(net.device)
    rng, changes = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    largest = net.space.baseline()
    optimiser = torch.optim.Adam(net.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps))
    losses: list[float] = []
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        for number in range(CONFIGURATIONS):
            is_largest = number == 0 and step % SANDWICH == 1
            configuration = largest if is_largest else net.space.sample(rng)
            chosen = torch.from_numpy(rng.integers(len(x), size=BATCH))
            changed = augment(inputs[chosen], net.how.augmentation, changes)
            taught = None if soft is None else soft[chosen]
            loss = task_loss(net.logits(configuration, changed), labels[chosen], taught, net.how)
            (loss / CONFIGURATIONS).backward()  # type: ignore[no-untyped-call]
            losses.append(float(loss.detach()))
        optimiser.step()
        schedule.step()
        if step % REPORTED_STEPS == 0 or step == steps:
            _report(net, step, float(np.mean(losses[-REPORTED_STEPS * CONFIGURATIONS :])), progress)


def _report(net: Supernet, step: int, loss: float, progress: Progress | None) -> None:
    check_loss(loss, f"shared weights of network {net.space.network.name!r}, step {step}")
    if progress is not None:
        progress(step, loss)
