"""The one optimiser loop: Adam with a cosine schedule, distillation, and hooks for schedules."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dse.compress.module import TrainableNetwork
from dse.compress.training import Training
from dse.data.augment import augment
from hw_models.errors import ModelError

__all__ = [
    "JUDGED_SAMPLES",
    "Hooks",
    "Progress",
    "Samples",
    "check_loss",
    "distillation_loss",
    "first_learning_rate",
    "one_thread",
    "optimise",
    "task_loss",
    "training_device",
]

LEARNING_RATES = (2e-3, 1e-2)
"""Adam's first step size for a network that calibration left whole, and for a broken one."""
BROKEN_LOSS = 2.0
JUDGED_SAMPLES = 128
"""The first of the training samples, over which what is left to mend is judged."""

Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Samples:
    """Training data on the module's device.

    Args:
        x: (n, height, width, channels).
        y: (n,) labels.
        teacher: (n, classes) logits of the uncompressed network, or None without distillation.
        base_loss: Mean cross entropy of the uncompressed network over the first of them.
    """

    x: Tensor
    y: Tensor
    teacher: Tensor | None = None
    base_loss: float = 0.0


@dataclass(frozen=True)
class Hooks:
    """What a strategy does beside the steps.

    Args:
        before_epoch: Called with the epoch, from 1.
        after_step: Called with the number of steps that were made.
        progress: Called after each epoch with its number and its mean loss.
    """

    before_epoch: Callable[[int], None] = lambda _: None
    after_step: Callable[[int], None] = lambda _: None
    progress: Progress | None = None


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


def distillation_loss(
    logits: Tensor, labels: Tensor, teacher: Tensor, weight: float, temperature: float
) -> Tensor:
    """(1 - weight) cross entropy + weight T² KL(teacher / T, logits / T) (Hinton 2015).

    A sample's weight is times the probability that the teacher gives to its label, so that a bad
    teacher does no harm.

    Args:
        logits: (n, classes).
        labels: (n,).
        teacher: (n, classes) logits.
        weight: 0 to 1.
        temperature: T.
    """
    wanted = functional.log_softmax(teacher / temperature, 1)
    given = functional.log_softmax(logits / temperature, 1)
    soft = functional.kl_div(given, wanted, reduction="none", log_target=True).sum(1)
    hard = functional.cross_entropy(logits, labels, reduction="none")
    weights = weight * teacher.softmax(1).gather(1, labels[:, None])[:, 0]
    return ((1.0 - weights) * hard + weights * temperature**2 * soft).mean()


def task_loss(logits: Tensor, labels: Tensor, teacher: Tensor | None, how: Training) -> Tensor:
    """The loss of a batch: with a teacher distilled, else the cross entropy.

    Args:
        logits: (n, classes).
        labels: (n,).
        teacher: (n, classes) logits, or None.
        how: Says how much is distilled.
    """
    if teacher is None:
        return functional.cross_entropy(logits, labels)
    return distillation_loss(logits, labels, teacher, how.distillation, how.temperature)


def check_loss(loss: float, where: str) -> None:
    """Refuse a loss that is not finite.

    Raises:
        ModelError: It is not.
    """
    if not math.isfinite(loss):
        raise ModelError(
            "The training diverges: the loss is not finite.",
            where=where,
            got=loss,
            cure="Check the scale of the data: inputs should lie within about -1 to 1.",
        )


def optimise(
    module: TrainableNetwork,
    samples: Samples,
    groups: list[dict[str, object]],
    *,
    epochs: int,
    batch: int,
    generator: torch.Generator,
    hooks: Hooks,
) -> None:
    """Train a module; its batch order depends on the generator alone.

    Args:
        module: Changed in place, and left in training mode.
        samples: On its device.
        groups: Parameters with their first step sizes, as Adam takes them.
        epochs: Passes over the data.
        batch: Samples a step.
        generator: Of the order of the samples and of their changes, on the processor.
        hooks: Of the strategy.

    Raises:
        ModelError: The loss is not finite.
    """
    count = len(samples.x)
    batch = min(batch, count)
    steps = count // batch
    optimiser = torch.optim.Adam(groups, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, epochs * steps))
    made = 0
    for epoch in range(1, epochs + 1):
        hooks.before_epoch(epoch)
        order = torch.randperm(count, generator=generator).to(samples.x.device)
        losses = []
        for chosen in order[: steps * batch].view(steps, batch):
            optimiser.zero_grad()
            loss = _loss(module, samples, chosen, generator)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            module.project()
            made += 1
            hooks.after_step(made)
            losses.append(loss.detach())
            schedule.step()
        _report(module, epoch, float(torch.stack(losses).mean()), hooks.progress)


@torch.no_grad()
def first_learning_rate(module: TrainableNetwork, samples: Samples) -> float:
    """Adam's first step size: the larger, the more is left to mend.

    That is the loss beyond the uncompressed network's own, which is far from zero where it was
    trained on mixtures of classes; all of the loss where that network is broken itself.
    """
    module.eval()
    seen = slice(0, JUDGED_SAMPLES)
    loss = float(functional.cross_entropy(module(samples.x[seen]), samples.y[seen]))
    gentle, strong = LEARNING_RATES
    healthy = samples.base_loss if samples.base_loss < BROKEN_LOSS else 0.0
    lost = max(loss - healthy, 0.0)
    return gentle + (strong - gentle) * min(lost / BROKEN_LOSS, 1.0)


def _loss(
    module: TrainableNetwork, samples: Samples, chosen: Tensor, generator: torch.Generator
) -> Tensor:
    how = module.how
    x = augment(samples.x[chosen], how.augmentation, generator)
    taught = None if samples.teacher is None else samples.teacher[chosen]
    loss = task_loss(module(x), samples.y[chosen], taught, how)
    penalty = module.penalty()
    return loss if penalty is None else loss + penalty


def _report(module: TrainableNetwork, epoch: int, loss: float, progress: Progress | None) -> None:
    check_loss(loss, f"network {module.network.name!r}, epoch {epoch}")
    if progress is not None:
        progress(epoch, loss)
