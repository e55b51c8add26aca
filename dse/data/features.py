"""Log-mel and MFCC data: what the integer front end of the device makes of the signals."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hw_models.feature_levels import standardise
from hw_models.features import integer_features
from hw_models.front_end import FrontEnd

__all__ = ["as_samples", "extract", "fit_standard", "standardise"]

Floats = NDArray[np.float32]

SAMPLE_SCALE = 32768
LEAST_DEVIATION = 1.0


def as_samples(signals: Floats) -> NDArray[np.int16]:
    """Signals of -1 to 1 as the integers that a device records."""
    scaled = np.floor(signals.astype(np.float64) * SAMPLE_SCALE + 0.5)
    samples: NDArray[np.int16] = np.clip(scaled, -SAMPLE_SCALE, SAMPLE_SCALE - 1).astype(np.int16)
    return samples


def extract(signals: Floats, front_end: FrontEnd) -> Floats:
    """Features of mono signals, not yet standardised.

    Args:
        signals: (n, samples), -1 to 1.
        front_end: Defines them.

    Returns:
        (n, frames, coefficients, 1), whole numbers.

    Raises:
        DataError: The signals are shorter than one window.
    """
    found = integer_features(as_samples(signals), front_end)
    features: Floats = found[..., None].astype(np.float32)
    return features


def fit_standard(front_end: FrontEnd, training: Floats) -> FrontEnd:
    """The front end with the mean and deviation of every coefficient of the training split."""
    mean = training.mean(axis=(0, 1, 3), dtype=np.float64)
    deviation = training.std(axis=(0, 1, 3), dtype=np.float64)
    bounded = np.maximum(deviation, LEAST_DEVIATION)
    return replace(front_end, mean=tuple(mean.tolist()), deviation=tuple(bounded.tolist()))
