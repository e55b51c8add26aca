"""How a data specification makes a FrontEnd."""

from typing import Literal

from hw_models.errors import ConfigError, ModelError
from hw_models.front_end import FrontEnd

__all__ = ["Features", "FrontEnd", "make_front_end"]

Features = Literal["raw", "log-mel", "mfcc"]

WINDOW_MS, HOP_MS = 30.0, 20.0
BANDS, COEFFICIENTS = 40, 10
LOWEST_HZ, HIGHEST_HZ = 20.0, 4000.0
FLOOR = 1e-6


def make_front_end(
    kind: Features,
    rate_hz: int,
    *,
    window_ms: float = WINDOW_MS,
    hop_ms: float = HOP_MS,
    bands: int = BANDS,
    coefficients: int = COEFFICIENTS,
) -> FrontEnd:
    """A front end for a sampling rate.

    The defaults are those of MLPerf Tiny's keyword spotting but for the window of 30 ms: one
    second becomes 49 frames. Bands reach from 20 Hz to half the rate, 4 kHz at most.

    Raises:
        ConfigError: A number is out of range.
    """
    window, hop = round(window_ms * rate_hz / 1000), round(hop_ms * rate_hz / 1000)
    try:
        if kind == "raw":
            raise ModelError("Raw audio has no front end.")
        return FrontEnd(
            kind,
            rate_hz,
            window,
            hop,
            1 << max(window - 1, 1).bit_length(),
            bands,
            coefficients if kind == "mfcc" else bands,
            LOWEST_HZ,
            min(HIGHEST_HZ, rate_hz / 2),
            FLOOR,
        )
    except ModelError as error:
        raise ConfigError(
            "The front end cannot be made.",
            where="the options of the features",
            got=error.got or kind,
            allowed=error.allowed,
        ) from error
