"""FrontEnd: everything that defines a log-mel or MFCC front end, so that C can follow it."""

from dataclasses import dataclass
from typing import Literal

from hw_models.errors import ConfigError

__all__ = ["Features", "FrontEnd", "make_front_end"]

Features = Literal["raw", "log-mel", "mfcc"]

WINDOW_MS, HOP_MS = 30.0, 20.0
BANDS, COEFFICIENTS = 40, 10
LOWEST_HZ, HIGHEST_HZ = 20.0, 4000.0
FLOOR = 1e-6


@dataclass(frozen=True)
class FrontEnd:
    """A front end for mono audio.

    Samples are 16-bit numbers divided by 32768. Every `hop` samples a window of `window` samples
    is weighted with a periodic Hann window, filled with zeros to `points`, and transformed. The
    power spectrum is summed into `bands` triangles of unit height, equally spaced on the mel scale
    2595 log10(1 + f / 700) from `lowest_hz` to `highest_hz`; the natural logarithm is taken of
    each sum plus `floor`. For mfcc the first `coefficients` of the orthonormal DCT-II follow. Each
    coefficient then loses `mean` and is divided by `deviation`, the training split's statistics.

    Args:
        kind: log-mel or mfcc.
        rate_hz: Samples per second.
        window: Samples of one window.
        hop: Samples from one window to the next.
        points: Of the Fourier transform, a power of two.
        bands: Of the mel filter bank.
        coefficients: Values of one frame: the bands, or cepstral coefficients.
        lowest_hz: Lower edge of the first band.
        highest_hz: Upper edge of the last band.
        floor: Added to the sums.
        sample_format: Of the audio: s16 is q / 32768.
        arithmetic: The front end is computed in this format; the network quantises its output.
        mean: One per coefficient; empty before the training split is known. `deviation` alike.
        deviation: At least `floor`.
    """

    kind: Literal["log-mel", "mfcc"]
    rate_hz: int
    window: int
    hop: int
    points: int
    bands: int = BANDS
    coefficients: int = COEFFICIENTS
    lowest_hz: float = LOWEST_HZ
    highest_hz: float = HIGHEST_HZ
    floor: float = FLOOR
    sample_format: Literal["s16"] = "s16"
    arithmetic: Literal["float64"] = "float64"
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def frames(self, samples: int) -> int:
        """Frames of a signal.

        >>> make_front_end("mfcc", 8000).frames(8000)
        49
        """
        return (samples - self.window) // self.hop + 1


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
    problems = {
        "window_ms": (window_ms, 2 <= window <= 1 << 16),
        "hop_ms": (hop_ms, 1 <= hop <= 1 << 16),
        "bands": (bands, 2 <= bands <= 512),
        "coefficients": (coefficients, 1 <= coefficients <= bands),
    }
    wrong = {name: value for name, (value, is_right) in problems.items() if not is_right}
    if kind == "raw" or wrong:
        raise ConfigError(
            "The front end cannot be made.",
            where="the options of the features",
            got=wrong or kind,
            allowed="a window of 2 samples or more, a hop of 1 or more, 2 to 512 bands, and at "
            "most as many coefficients as bands",
        )
    return FrontEnd(
        kind,
        rate_hz,
        window,
        hop,
        1 << (window - 1).bit_length(),
        bands,
        coefficients if kind == "mfcc" else bands,
        highest_hz=min(HIGHEST_HZ, rate_hz / 2),
    )
