"""Log-mel and MFCC front ends in NumPy. They run on the host: an export starts behind them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dse.data.front_end import FrontEnd
from hw_models.errors import DataError

__all__ = ["cosines", "extract", "fit_standard", "mel_filters", "standardise"]

Floats = NDArray[np.float32]

_CHUNK = 64


def extract(signals: Floats, front_end: FrontEnd) -> Floats:
    """Features of mono signals, not yet standardised.

    Args:
        signals: (n, samples), -1 to 1.
        front_end: Defines them.

    Returns:
        (n, frames, coefficients, 1).

    Raises:
        DataError: The signals are shorter than one window.
    """
    if front_end.frames(signals.shape[1]) < 1:
        raise DataError(
            "The signals are shorter than one analysis window.",
            got=f"{signals.shape[1]} samples at {front_end.rate_hz} Hz",
            allowed=f"{front_end.window} samples or more",
            cure="Use raw features or longer signals.",
        )
    bands = np.concatenate([_log_mel(chunk, front_end) for chunk in _chunks(signals)])
    result = bands if front_end.kind == "log-mel" else bands @ cosines(front_end)
    features: Floats = result[..., None].astype(np.float32)
    return features


def fit_standard(front_end: FrontEnd, training: Floats) -> FrontEnd:
    """The front end with the mean and deviation of every coefficient of the training split."""
    mean = training.mean(axis=(0, 1, 3), dtype=np.float64)
    deviation = training.std(axis=(0, 1, 3), dtype=np.float64)
    bounded = np.maximum(deviation, front_end.floor)
    return replace(front_end, mean=tuple(mean.tolist()), deviation=tuple(bounded.tolist()))


def standardise(x: Floats, front_end: FrontEnd) -> Floats:
    """Zero mean and unit deviation per coefficient, by the statistics of the front end."""
    mean, deviation = (np.array(v)[:, None] for v in (front_end.mean, front_end.deviation))
    result: Floats = ((x - mean) / deviation).astype(np.float32)
    return result


def mel_filters(front_end: FrontEnd) -> NDArray[np.float64]:
    """(points / 2 + 1, bands) triangles."""
    edges_hz = np.array([front_end.lowest_hz, front_end.highest_hz])
    low, high = 2595 * np.log10(1 + edges_hz / 700)
    edges = 700 * (10 ** (np.linspace(low, high, front_end.bands + 2) / 2595) - 1)
    bins = np.arange(front_end.points // 2 + 1)[:, None] * front_end.rate_hz / front_end.points
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(rising, falling))


def cosines(front_end: FrontEnd) -> NDArray[np.float64]:
    """(bands, coefficients) orthonormal DCT-II."""
    bands, count = front_end.bands, front_end.coefficients
    angles = np.pi / bands * (np.arange(bands) + 0.5)[:, None] * np.arange(count)
    scale = np.full(count, np.sqrt(2 / bands))
    scale[0] = np.sqrt(1 / bands)
    result: NDArray[np.float64] = np.cos(angles) * scale
    return result


def _chunks(signals: Floats) -> Iterator[Floats]:
    for start in range(0, len(signals), _CHUNK):
        yield signals[start : start + _CHUNK]


def _log_mel(signals: Floats, front_end: FrontEnd) -> NDArray[np.float64]:
    frames = sliding_window_view(signals, front_end.window, axis=1)[:, :: front_end.hop]
    hann = np.hanning(front_end.window + 1)[:-1]
    spectrum = np.fft.rfft(frames * hann, front_end.points)
    power = spectrum.real**2 + spectrum.imag**2
    bands: NDArray[np.float64] = np.log(power @ mel_filters(front_end) + front_end.floor)
    return bands
