"""From the integer coefficients of a front end to a network's input, exactly as it was trained.

Training standardises coefficients as real numbers and quantises them like any input. A device has
one multiplier, bias and shift for each coefficient instead:

    out = clamp((((coefficient * multiplier) >> 16) + bias) >> shift)

which are chosen so that all 65,536 coefficients give the same integer both ways. Only where real
numbers tie again and again, a coefficient in the middle between two integers for many of these, may
no such choice exist; then such coefficients come out one apart.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import floor, log2

import numpy as np
from numpy.typing import NDArray

from hw_models.arithmetic import PRODUCT_SHIFT, Q_MAX, Q_MIN, quantise
from hw_models.errors import ModelError
from hw_models.front_end import FrontEnd

__all__ = ["FeatureLevels", "fit_levels", "quantise_features", "standardise"]

MULTIPLIER_BITS, SHIFT_MAX = 30, 20
SLOPE_MAX = 1 << (MULTIPLIER_BITS - PRODUCT_SHIFT - 1)
TRIES = 64


@dataclass(frozen=True)
class FeatureLevels:
    """One entry a coefficient: int32 multiplier and bias, uint8 shift."""

    multiplier: NDArray[np.int32]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]


def standardise(
    coefficients: NDArray[np.integer] | NDArray[np.floating], front_end: FrontEnd
) -> NDArray[np.float32]:
    """Zero mean and unit deviation per coefficient, (..., coefficients)."""
    mean, deviation = np.array(front_end.mean), np.array(front_end.deviation)
    result: NDArray[np.float32] = ((coefficients - mean) / deviation).astype(np.float32)
    return result


def quantise_features(coefficients: NDArray[np.int16], levels: FeatureLevels) -> NDArray[np.int8]:
    """The network's input of int16 (..., coefficients)."""
    products = coefficients.astype(np.int64) * levels.multiplier >> PRODUCT_SHIFT
    shifted = (products + levels.bias) >> levels.shift.astype(np.int64)
    result: NDArray[np.int8] = np.clip(shifted, Q_MIN, Q_MAX).astype(np.int8)
    return result


@lru_cache(maxsize=64)
def fit_levels(front_end: FrontEnd, scale: float, zero_point: int) -> FeatureLevels:
    """The levels of a front end for an input's quantisation.

    Raises:
        ModelError: The front end has no statistics, or a scale is too small for its coefficients.
    """
    if not front_end.mean:
        raise ModelError("The front end has no statistics of training data.", got=front_end.kind)
    every = np.arange(-(1 << 15), 1 << 15)
    wanted = quantise(
        standardise(np.repeat(every[:, None], front_end.coefficients, axis=1), front_end),
        scale,
        zero_point,
    ).astype(np.int64)
    slopes = [1 / (deviation * scale) for deviation in front_end.deviation]
    if max(slopes) >= SLOPE_MAX:
        raise ModelError(
            "The standardised coefficients cannot be quantised in integers.",
            got=f"{max(slopes):.4g} levels of the network's input for one of a coefficient",
            allowed=f"less than {SLOPE_MAX}",
        )
    fitted = [_fit(every, wanted[:, index], slope) for index, slope in enumerate(slopes)]
    multiplier, bias, shift = np.array(fitted).T
    return FeatureLevels(multiplier.astype(np.int32), bias.astype(np.int32), shift.astype(np.uint8))


def _fit(every: NDArray[np.int64], wanted: NDArray[np.int64], slope: float) -> tuple[int, int, int]:
    """Multiplier, bias and shift: the bias in the middle of those that give all that is wanted.

    Among multipliers next to the slope that with the widest choice.
    """
    shift = min(SHIFT_MAX, MULTIPLIER_BITS - PRODUCT_SHIFT - 1 - floor(log2(slope)))
    nearest = round(slope * 2.0 ** (PRODUCT_SHIFT + shift))
    above, below = wanted > Q_MIN, wanted < Q_MAX
    bound = 1 << MULTIPLIER_BITS
    choices: list[tuple[int, int, int]] = []
    for step in range(TRIES):
        multiplier = nearest + (step + 1) // 2 * (-1) ** step
        products = every * multiplier >> PRODUCT_SHIFT
        low = int(((wanted << shift) - products).max(where=above, initial=-bound))
        high = int((((wanted + 1) << shift) - 1 - products).min(where=below, initial=bound))
        choices.append((high - low, multiplier, (low + high) // 2))
        if low <= high:
            break
    _, multiplier, bias = max(choices)
    return multiplier, bias, shift
