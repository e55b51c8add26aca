"""Training samples of one step, changed as the recipe says."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from dse.data.augment import Augmentation, augment, equalise
from dse.data.dataset import Dataset
from dse.data.mixing import cut_windows, mix, partners
from hw_models.errors import ConfigError

__all__ = ["Samples", "draw_batch", "training_samples"]


@dataclass(frozen=True)
class Samples:
    """The training split on a device.

    Args:
        x: (n, height, width, channels); whole clips where windows are cut out of them.
        y: (n,).
        window: Width of the windows to cut; None takes samples as they are.
        classes: Number of classes.
        rate_hz: Of audio, where it is known.
        lengths: (n,) samples of each clip that are sound, where that is less than all.
    """

    x: Tensor
    y: Tensor
    window: int | None
    classes: int
    rate_hz: int | None
    lengths: Tensor | None


def training_samples(dataset: Dataset, device: torch.device) -> Samples:
    """The training split: its clips where the data have them, else its samples."""
    clips = dataset.clips
    x, y = dataset.part("train") if clips is None else (clips.x, clips.y)
    window = None if clips is None else dataset.input_shape[1]
    tensors = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    known = None if clips is None else clips.lengths
    lengths = None if known is None else torch.from_numpy(known)
    return Samples(*tensors, window, dataset.classes, dataset.rate_hz, lengths)


def draw_batch(
    samples: Samples, chosen: Tensor, how: Augmentation, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Inputs (n, height, width, channels), and class numbers (n,) or shares (n, classes).

    Args:
        samples: The training split.
        chosen: Indices of the batch.
        how: What is drawn at random.
        generator: Of the processor; decides it.

    Raises:
        ConfigError: Mixing is asked for and the samples are not raw mono signals.
    """
    x, y = _samples(samples, chosen, generator), samples.y[chosen]
    if how.mixing:
        if x.shape[1] != 1 or x.shape[3] != 1:
            raise ConfigError(
                "Between-class mixing is for raw mono audio.",
                where="Augmentation, mixing",
                got=f"(height, width, channels) {tuple(x.shape[1:])}",
                cure="Use raw features, or a recipe without mixing.",
            )
        others = partners(samples.y, chosen, generator)
        share = torch.rand(len(chosen), generator=generator).to(x.device)
        second = _samples(samples, others, generator)
        if how.equaliser_db:  # each of the two is a recording of its own
            x = equalise(x, how.equaliser_db, generator)
            second = equalise(second, how.equaliser_db, generator)
        x = mix(x, second, share, samples.rate_hz)
        own, other = (functional.one_hot(c, samples.classes) for c in (y, samples.y[others]))
        y = own * share[:, None] + other * (1 - share[:, None])
        how = replace(how, equaliser_db=0.0)
    return augment(x, how, generator), y


def _samples(samples: Samples, chosen: Tensor, generator: torch.Generator) -> Tensor:
    if samples.window is None:
        return samples.x[chosen]
    return cut_windows(samples.x, chosen, samples.window, generator, lengths=samples.lengths)
