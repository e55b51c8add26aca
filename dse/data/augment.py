"""Random changes of training samples: switches of a recipe, drawn from one generator."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType

import torch
from torch import Tensor
from torch.nn import functional

from hw_models.errors import ConfigError

__all__ = ["NO_AUGMENTATION", "Augmentation", "augment", "equalise"]

_COLOURS = 3
_OCTAVES = 9
# What a setting is, and the largest it may be.
_BOUNDS: Mapping[str, tuple[type | UnionType, float]] = {
    "time_shift": (int | float, 1.0),
    "gain_db": (int | float, 60.0),
    "equaliser_db": (int | float, 60.0),
    "noise": (int | float, 10.0),
    "flip": (bool, True),
    "crop": (int, 256),
    "mixing": (bool, True),
}


@dataclass(frozen=True)
class Augmentation:
    """Which changes are drawn, each anew for every sample; all off by default.

    Time runs along the width of a sample of height 1 (a signal), else along its height (the frames
    of a front end).

    Args:
        time_shift: Largest shift in time, as a share of the length; zeros fill the gap.
        gain_db: Largest gain, up or down.
        equaliser_db: Largest gain of an octave of raw mono audio, up or down (see `equalise`):
            another microphone, another room.
        noise: Largest deviation of white noise, as a share of the sample's own deviation.
        flip: Mirror every other image. Flips and crops are for colour images: mirrored digits or
            spectra are other things.
        crop: Pixels of zeros around an image, out of which its size is cut anew.
        mixing: Mix two signals of different classes (see `dse.data.mixing`).

    Raises:
        ConfigError: A number is out of its range.
    """

    time_shift: float = 0.0
    gain_db: float = 0.0
    equaliser_db: float = 0.0
    noise: float = 0.0
    flip: bool = False
    crop: int = 0
    mixing: bool = False

    def __post_init__(self) -> None:
        for name, (kind, bound) in _BOUNDS.items():
            value = getattr(self, name)
            # True is an int to Python, but no number to a reader.
            fits = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
            if not fits or not 0 <= value <= bound:
                raise ConfigError(
                    "An augmentation is out of range.",
                    where=f"Augmentation, {name}",
                    got=value,
                    allowed=_allowed(kind, bound),
                )


def _allowed(kind: type | UnionType, bound: float) -> str:
    if kind is bool:
        return "true or false"
    return f"a {'whole ' if kind is int else ''}number from 0 to {bound:g}"


NO_AUGMENTATION = Augmentation()


def augment(x: Tensor, how: Augmentation, generator: torch.Generator) -> Tensor:
    """A changed copy of samples; `mixing` is not done here.

    Args:
        x: (n, height, width, channels), on any device.
        how: The switches.
        generator: Of the processor; decides everything random.
    """
    is_photograph = x.shape[1] > 1 and x.shape[3] == _COLOURS
    if how.flip and is_photograph:
        mirrored = _draw(x, generator, 1) < 0.5
        x = torch.where(mirrored, x.flip(2), x)
    if how.crop and is_photograph:
        x = _crop(x, how.crop, generator)
    if how.time_shift:
        x = _shift(x, how.time_shift, generator)
    if how.equaliser_db and x.shape[1] == x.shape[3] == 1:
        x = equalise(x, how.equaliser_db, generator)
    if how.gain_db:
        x = x * 10 ** ((2 * _draw(x, generator, 1) - 1) * how.gain_db / 20)
    if how.noise:
        own = x.flatten(1).std(1).reshape(-1, 1, 1, 1)
        white = torch.randn(x.shape, generator=generator).to(x.device)
        x = x + white * own * how.noise * _draw(x, generator, 1)
    return x


def equalise(x: Tensor, bound_db: float, generator: torch.Generator) -> Tensor:
    """Signals, each through a random filter that keeps the phase.

    Half the sampling rate and the eight octaves below it have a gain each, drawn evenly in dB; it
    is linear over the logarithm of frequency between them, constant below.

    Args:
        x: (n, 1, samples, 1), on any device.
        bound_db: Largest gain, up or down.
        generator: Of the processor.
    """
    samples = x.shape[2]
    # A power of two is fast; the end of a signal leaks into its start by some milliseconds.
    points = max(2, 1 << (samples - 1).bit_length())
    share = torch.arange(points // 2 + 1, dtype=torch.float64, device=x.device) / (points // 2)
    octave = share.clamp(min=2.0 ** (1 - _OCTAVES)).log2() + _OCTAVES - 1
    lower = octave.long().clamp(max=_OCTAVES - 2)
    drawn = bound_db * (2 * _draw(x, generator, _OCTAVES)[:, :, 0, 0] - 1)
    curve = torch.lerp(drawn[:, lower], drawn[:, lower + 1], (octave - lower).to(drawn))
    spectrum = torch.fft.rfft(x.flatten(1), points) * (10 ** (curve / 20)).to(x)
    signals: Tensor = torch.fft.irfft(spectrum, points)[:, :samples]
    return signals.reshape(x.shape)


def _draw(x: Tensor, generator: torch.Generator, count: int) -> Tensor:
    """Uniform numbers from 0 to 1, (n, count, 1, 1)."""
    return torch.rand((len(x), count, 1, 1), generator=generator).to(x.device)


def _crop(x: Tensor, margin: int, generator: torch.Generator) -> Tensor:
    """Cut windows of the images' own size out of images with a margin of zeros."""
    count, height, width, _ = x.shape
    wide = functional.pad(x, (0, 0, margin, margin, margin, margin))
    top, left = torch.randint(0, 2 * margin + 1, (2, count), generator=generator).to(x.device)
    rows = top[:, None] + torch.arange(height, device=x.device)
    columns = left[:, None] + torch.arange(width, device=x.device)
    which = torch.arange(count, device=x.device)
    return wide[which[:, None, None], rows[:, :, None], columns[:, None, :]]


def _shift(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    axis = 2 if x.shape[1] == 1 else 1
    count, length = len(x), x.shape[axis]
    reach = round(share * length)
    by = torch.randint(-reach, reach + 1, (count, 1), generator=generator).to(x.device)
    source = torch.arange(length, device=x.device) - by
    inside = (source >= 0) & (source < length)
    shape = (count, 1, length, 1) if axis == 2 else (count, length, 1, 1)
    index = source.clamp(0, length - 1).reshape(shape).expand(x.shape)
    return x.gather(axis, index) * inside.reshape(shape)
