"""Log-mel and MFCC front ends in NumPy. They run on the host: an export starts behind them.

Windows of 30 ms every 20 ms, 40 mel bands from 20 Hz to half the rate (4 kHz at most), 10 cepstral
coefficients: one second becomes 49 frames, as in MLPerf Tiny's keyword spotting.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hw_models.errors import DataError

__all__ = ["Features", "extract", "frame_count", "standardise"]

Features = Literal["raw", "log-mel", "mfcc"]
Floats = NDArray[np.float32]

WINDOW_S, HOP_S = 0.030, 0.020
BANDS, COEFFICIENTS = 40, 10
LOWEST_HZ, HIGHEST_HZ = 20.0, 4000.0
_FLOOR = 1e-6
_CHUNK = 64


def frame_count(samples: int, rate: int) -> int:
    """Frames of a signal.

    >>> frame_count(8000, 8000)
    49
    """
    return (samples - round(WINDOW_S * rate)) // round(HOP_S * rate) + 1


def extract(signals: Floats, rate: int, kind: Features) -> Floats:
    """Features of mono signals.

    Args:
        signals: (n, samples), -1 to 1.
        rate: Samples per second.
        kind: "log-mel" or "mfcc"; "raw" returns (n, 1, samples, 1).

    Returns:
        (n, frames, 40 or 10, 1).

    Raises:
        DataError: The signals are shorter than one window.
    """
    if kind == "raw":
        return signals[:, None, :, None]
    if frame_count(signals.shape[1], rate) < 1:
        raise DataError(
            "The signals are shorter than one analysis window.",
            got=f"{signals.shape[1]} samples at {rate} Hz",
            allowed=f"{WINDOW_S * 1000:.0f} ms or more",
            cure="Use raw features or longer signals.",
        )
    parts = [_log_mel(chunk, rate) for chunk in _chunks(signals)]
    bands = np.concatenate(parts)
    result = bands if kind == "log-mel" else bands @ _cosines()
    features: Floats = result[..., None].astype(np.float32)
    return features


def standardise(x: Floats, training: Floats) -> Floats:
    """Zero mean and unit deviation per coefficient, by the training split's statistics."""
    mean = training.mean(axis=(0, 1), dtype=np.float64)
    deviation = training.std(axis=(0, 1), dtype=np.float64)
    result: Floats = ((x - mean) / np.maximum(deviation, _FLOOR)).astype(np.float32)
    return result


def _chunks(signals: Floats) -> Iterator[Floats]:
    for start in range(0, len(signals), _CHUNK):
        yield signals[start : start + _CHUNK]


def _log_mel(signals: Floats, rate: int) -> NDArray[np.float64]:
    window, hop = round(WINDOW_S * rate), round(HOP_S * rate)
    frames = sliding_window_view(signals, window, axis=1)[:, ::hop]
    points = 1 << (window - 1).bit_length()
    spectrum = np.fft.rfft(frames * np.hanning(window + 1)[:-1], points)
    power = spectrum.real**2 + spectrum.imag**2
    bands: NDArray[np.float64] = np.log(power @ _filters(points, rate) + _FLOOR)
    return bands


def _filters(points: int, rate: int) -> NDArray[np.float64]:
    """(bins, 40) triangles of unit height, equally spaced on the mel scale 2595 log10(1+f/700)."""
    top = min(HIGHEST_HZ, rate / 2)
    low, high = 2595 * np.log10(1 + np.array([LOWEST_HZ, top]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.arange(points // 2 + 1)[:, None] * rate / points
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(rising, falling))


def _cosines() -> NDArray[np.float64]:
    """(40, 10) orthonormal DCT-II."""
    angles = np.pi / BANDS * (np.arange(BANDS) + 0.5)[:, None] * np.arange(COEFFICIENTS)
    scale = np.full(COEFFICIENTS, np.sqrt(2 / BANDS))
    scale[0] = np.sqrt(1 / BANDS)
    cosines: NDArray[np.float64] = np.cos(angles) * scale
    return cosines
