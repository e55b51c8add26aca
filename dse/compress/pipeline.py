"""From base parameters and a configuration to a trained module: transfer, calibrate, train."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dse.compress.calibrate import ChannelStatistics, Reference, calibrate, channel_statistics
from dse.compress.elements import element_scores, prune_elements, sparse_layers
from dse.compress.gradual import float_twin, prune_gradually
from dse.compress.importance import Scores
from dse.compress.loop import Progress, training_device
from dse.compress.module import TrainableNetwork, build_module
from dse.compress.rankings import channel_scores
from dse.compress.shared import SharedWeights, cut_shared
from dse.compress.teacher import base_loss, teacher_logits
from dse.compress.train import calibration_rows, fine_tune
from dse.compress.training import DEFAULT_TRAINING, Training
from dse.compress.transfer import Sliced, he_parameters, slice_parameters
from dse.parameters import Parameters
from hw_models.network import Network
from search_spaces.choices import depth_cut, full_width
from search_spaces.configuration import Configuration
from search_spaces.rewrite import rewrite
from search_spaces.space import Space

__all__ = ["compress"]


@dataclass(frozen=True)
class _Job:
    network: Network
    base: Parameters
    target: Network
    wide: Network
    x: NDArray[np.float32]
    y: NDArray[np.integer]
    seed: int
    how: Training
    teacher: NDArray[np.float32] | None
    base_loss: float
    progress: Progress | None
    start: tuple[Parameters, Reference] | None

    def subset(self) -> tuple[NDArray[np.float32], NDArray[np.integer]]:
        rows = calibration_rows(len(self.x), self.seed)
        return self.x[rows], self.y[rows]

    def judge(self, network: Network, parameters: Parameters) -> Scores:
        return channel_scores(network, parameters, self.how.ranking, *self.subset(), self.seed)


def compress(
    base: Parameters,
    space: Space,
    configuration: Configuration,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    *,
    seed: int,
    epochs: int,
    how: Training | None = None,
    progress: Progress | None = None,
    shared: SharedWeights | None = None,
) -> TrainableNetwork:
    """The trained module of a configuration; `lower` makes its program.

    Args:
        base: Parameters of the space's network.
        space: Built from the uncompressed network.
        configuration: Of that space.
        x: (n, height, width, channels) training data.
        y: (n,) labels.
        seed: Of everything random.
        epochs: Passes over the data in all phases together; 0 only calibrates.
        how: The strategy; the default Training when absent.
        progress: Called after every epoch of each phase, which counts its own from 1.
        shared: Weights to start from in place of the base's; prunings are then one-shot.
    """
    how = how or DEFAULT_TRAINING
    network, device = space.network, training_device()
    target = rewrite(network, space, configuration)
    wide = rewrite(network, space, full_width(configuration))
    learns = how.distillation > 0.0 and epochs > 0
    teacher = teacher_logits(network, base, x, device) if learns else None
    loss = base_loss(network, base, x, y, device) if epochs > 0 else 0.0
    start = None if shared is None else cut_shared(shared, network, target, configuration)
    job = _Job(network, base, target, wide, x, y, seed, how, teacher, loss, progress, start)
    prunes = (wide != target or bool(sparse_layers(wide))) and shared is None
    gradual = epochs // 2 if how.pruning == "gradual" and prunes else 0
    parameters, reference = _start(job, gradual)
    module: TrainableNetwork = build_module(target, parameters, how).to(device)
    if sparse_layers(target) and not gradual:
        prune_elements(module, how.element_ranking, *job.subset(), seed)
    calibrate(module, job.subset()[0], reference)
    if epochs > gradual:
        frozen: set[str] = set()
        if how.front == "frozen" and depth_cut(configuration) is not None:
            frozen = set(base)
        fine_tune(
            module,
            x,
            y,
            epochs=epochs - gradual,
            seed=seed,
            teacher=teacher,
            base_loss=loss,
            frozen=frozen,
            progress=progress,
        )
    return module


def _start(job: _Job, gradual: int) -> tuple[Parameters, Reference | None]:
    """Parameters before calibration, and the statistics that it brings back."""
    if job.start is not None:
        return job.start
    if job.how.start == "scratch":
        layers = job.target.weighted_layers
        return {one.name: he_parameters(job.target, one, job.seed) for one in layers}, {}
    if gradual:
        return _pruned(job, gradual), None
    scores = job.judge(job.network, job.base)
    sliced = slice_parameters(job.base, job.network, job.target, job.seed, scores)
    return sliced.parameters, _statistics(job, sliced)


def _pruned(job: _Job, epochs: int) -> Parameters:
    start = slice_parameters(job.base, job.network, job.wide, job.seed).parameters
    twin = float_twin(job.wide)
    return prune_gradually(
        job.wide,
        start,
        job.target,
        job.x,
        job.y,
        lambda parameters: job.judge(twin, parameters),
        lambda module: element_scores(
            module, sparse_layers(job.wide), job.how.element_ranking, *job.subset(), job.seed
        ),
        how=job.how,
        epochs=epochs,
        seed=job.seed,
        teacher=job.teacher,
        base_loss=job.base_loss,
        progress=job.progress,
    )


def _statistics(job: _Job, sliced: Sliced) -> Reference:
    whole = channel_statistics(job.network, job.base, job.subset()[0])
    return {
        name: ChannelStatistics(whole[name].mean[kept], whole[name].spread[kept])
        for name, kept in sliced.kept.items()
    }
