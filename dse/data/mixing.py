"""Between-class learning for raw audio (Tokozume 2018, 1711.10282; recipe of 2103.03483).

Two windows of different classes become one, with a share r of the first drawn from 0 to 1:

    s = (p s1 + (1 - p) s2) / sqrt(p^2 + (1 - p)^2),   p = 1 / (1 + 10^((g1 - g2) / 20) (1 - r) / r)

where g is a window's loudness in dB, and the target is r for the first class, 1 - r for the second.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["cut_windows", "loudness", "mix", "partners"]

STRETCH = 1.25
_POINTS = 2048
_FLOOR_DB = -80.0
_SIGNALS = 8


def cut_windows(
    clips: Tensor,
    chosen: Tensor,
    samples: int,
    generator: torch.Generator,
    stretch: float = STRETCH,
    lengths: Tensor | None = None,
) -> Tensor:
    """One random window of each chosen clip, played up to `stretch` times faster or slower.

    Args:
        clips: (n, 1, length, 1).
        chosen: (m,) indices of clips.
        samples: Of a window; half a window of zeros stands before and behind each clip.
        generator: Of the processor.
        stretch: Bound of the factor of time, drawn evenly in its logarithm; linear interpolation.
        lengths: (n,) samples of each clip that are sound, on the processor; all by default.

    Returns:
        (m, 1, samples, 1).
    """
    length = torch.full((len(clips),), clips.shape[2]) if lengths is None else lengths
    length = length[chosen.cpu()]
    drawn = torch.rand((2, len(chosen)), generator=generator, dtype=torch.float64)
    scale = stretch ** (2 * drawn[0] - 1)
    span = (length * scale - samples).floor() + 2 * (samples // 2)
    start = (drawn[1] * (span.clamp(min=0) + 1)).floor() - samples // 2
    time = torch.arange(samples, dtype=torch.float64, device=clips.device)
    # One clip after the other: what a window takes then stays in the processor's cache.
    windows = [
        _interpolate(clips[which].flatten()[:long], begin, factor, time)
        for which, long, begin, factor in zip(
            chosen.tolist(), length.tolist(), start.tolist(), scale.tolist(), strict=True
        )
    ]
    return torch.stack(windows).reshape(len(chosen), 1, samples, 1)


def _interpolate(clip: Tensor, start: float, scale: float, time: Tensor) -> Tensor:
    """A clip (length,) at the places (start + time) / scale, with zeros outside."""
    last, count = len(clip) - 1, len(time)
    low = min(count, max(0, math.ceil(-start)))
    high = min(count, max(low, math.floor(last * scale - start) + 1))
    place = (time[low:high] + start).div_(scale)
    index = place.long()
    share = place.sub_(index).to(clip.dtype)
    after = clip[(index + 1).clamp_(max=last)]
    return functional.pad(
        torch.lerp(clip[index.clamp_(max=last)], after, share), (low, count - high)
    )


def loudness(x: Tensor, rate_hz: int | None) -> Tensor:
    """Largest A-weighted level (IEC 61672) of a signal's frames.

    Args:
        x: (n, 1, samples, 1).
        rate_hz: Samples per second; None weights all frequencies alike.

    Returns:
        (n,) in dB, at least -80.
    """
    points = min(_POINTS, 1 << (x.shape[2].bit_length() - 1))
    weights = torch.ones(points // 2 + 1) if rate_hz is None else _a_weights(points, rate_hz)
    twice = weights.to(x).repeat_interleave(2)
    window = torch.hann_window(points, device=x.device, dtype=x.dtype)
    peaks = []
    for signals in torch.split(x.flatten(1), _SIGNALS):
        frames = signals.unfold(1, points, max(1, points // 2))
        spectrum = torch.view_as_real(torch.fft.rfft(frames * window)).flatten(2)
        peaks.append((spectrum.square_() @ twice).amax(1))
    level: Tensor = 10 * torch.cat(peaks).clamp(min=10 ** (_FLOOR_DB / 10)).log10()
    return level


def mix(first: Tensor, second: Tensor, share: Tensor, rate_hz: int | None) -> Tensor:
    """Mix windows so that the first is heard with its share.

    Args:
        first: (n, 1, samples, 1); `second` alike.
        second: Of other classes.
        share: (n,), r in the formula.
        rate_hz: Samples per second, for the loudness.
    """
    difference = loudness(first, rate_hz) - loudness(second, rate_hz)
    odds = (1 - share) / share.clamp(min=1e-6)
    p = (1 / (1 + 10 ** (difference / 20) * odds)).reshape(-1, 1, 1, 1)
    norm = (p**2 + (1 - p) ** 2).sqrt()
    return torch.addcmul(first * (p / norm), second, (1 - p) / norm)


def partners(labels: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
    """For each chosen sample a random one of another class.

    Args:
        labels: (n,) of all samples.
        chosen: (m,) indices.
        generator: Of the processor.
    """
    order = torch.argsort(labels, stable=True)
    counts = torch.bincount(labels)
    start = (torch.cumsum(counts, 0) - counts)[labels[chosen]]
    own = counts[labels[chosen]]
    drawn = torch.rand(len(chosen), generator=generator, dtype=torch.float64).to(labels.device)
    place = (drawn * (len(labels) - own)).long()
    return order[torch.where(place < start, place, place + own)]


def _a_weights(points: int, rate_hz: int) -> Tensor:
    """Power weights of the bins 0 to points / 2."""
    squared = (torch.arange(points // 2 + 1, dtype=torch.float64) * rate_hz / points) ** 2
    poles = (squared + 107.65265**2) * (squared + 737.86223**2)
    gain = 12194.217**2 * squared**2
    gain = gain / ((squared + 20.598997**2) * poles.sqrt() * (squared + 12194.217**2))
    return (gain**2 * 10**0.2).clamp(min=10 ** (_FLOOR_DB / 10))
