"""FrontEnd: everything that defines the log-mel or MFCC features that a device computes."""

from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil, log2
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import ModelError

__all__ = ["FrontEnd", "front_end_from_json"]

WINDOW_MIN, WINDOW_MAX = 16, 4096
BANDS_MAX = 512
SEGMENT_BINS = 255
"""Most bins between two edges of the mel bands: their sums then fit into 32 bits."""


@dataclass(frozen=True)
class FrontEnd:
    """A front end for mono audio of 16 bits; hw_models.features computes it, in integers.

    Every `hop` samples a window of `window` samples is weighted with a periodic Hann window,
    filled with zeros to `points`, and transformed. The power spectrum is summed into `bands`
    triangles of unit height, equally spaced on the mel scale 2595 log10(1 + f / 700) from
    `lowest_hz` to `highest_hz`; of each sum the logarithm to base 2 is taken, that of `floor` is
    0 and the least. For mfcc the first `coefficients` of the orthonormal DCT-II follow. Each
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
        floor: Of the sums, for samples of -1 to 1.
        mean: One per coefficient, in integer units; empty before the training split is known.
            `deviation` alike.
        deviation: At least one unit.

    Raises:
        ModelError: Some of it cannot be computed in the integers that are laid down.
    """

    kind: Literal["log-mel", "mfcc"]
    rate_hz: int
    window: int
    hop: int
    points: int
    bands: int
    coefficients: int
    lowest_hz: float
    highest_hz: float
    floor: float
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        wrong = [name for name, is_right in self._conditions().items() if not is_right]
        if not wrong and max(self.segments) > SEGMENT_BINS:
            wrong = [f"{max(self.segments)} bins of the spectrum between two edges of the bands"]
        if wrong:
            raise ModelError(
                "The front end cannot be computed in integers.",
                where=f"{self.kind} at {self.rate_hz} Hz",
                got=wrong,
                allowed=f"a window of {WINDOW_MIN} to {WINDOW_MAX} samples, 2 to {BANDS_MAX} bands "
                f"with at most {SEGMENT_BINS} bins between two edges, and at most as many "
                "coefficients as bands",
            )

    def _conditions(self) -> dict[str, bool]:
        points = 1 << max(self.window - 1, 1).bit_length()
        sizes = (len(self.mean), len(self.deviation))
        most = self.bands if self.kind == "mfcc" else self.coefficients
        return {
            f"window {self.window}": WINDOW_MIN <= self.window <= WINDOW_MAX,
            f"hop {self.hop}": self.hop >= 1,
            f"points {self.points}": self.points == points,
            f"bands {self.bands}": 2 <= self.bands <= BANDS_MAX,
            f"coefficients {self.coefficients}": 1 <= self.coefficients <= most
            and (self.kind == "mfcc" or self.coefficients == self.bands),
            f"{self.lowest_hz} to {self.highest_hz} Hz": 0
            <= self.lowest_hz
            < self.highest_hz
            <= self.rate_hz / 2,
            f"floor {self.floor}": 1e-9 <= self.floor <= 1,
            f"statistics of {sizes} coefficients": sizes in ((0, 0), (self.coefficients,) * 2),
            "deviations below 1": all(value >= 1 for value in self.deviation),
        }

    def frames(self, samples: int) -> int:
        """Frames of a signal; 0 or less where it is shorter than one window."""
        return (samples - self.window) // self.hop + 1

    def samples(self, frames: int) -> int:
        """Samples that so many frames are computed of."""
        return (frames - 1) * self.hop + self.window

    @cached_property
    def edges_hz(self) -> NDArray[np.float64]:
        """(bands + 2,) edges of the triangles, each the peak of the one before."""
        low, high = (2595 * np.log10(1 + f / 700) for f in (self.lowest_hz, self.highest_hz))
        edges: NDArray[np.float64] = 700 * (
            10 ** (np.linspace(low, high, self.bands + 2) / 2595) - 1
        )
        return edges

    @cached_property
    def segments(self) -> tuple[int, ...]:
        """Bins of the spectrum between each two edges, (bands + 1,)."""
        return tuple(np.diff(self.first_bins).tolist())

    @cached_property
    def first_bins(self) -> NDArray[np.int64]:
        """(bands + 2,) first bin at or above each edge."""
        bins = np.ceil(np.round(self.edges_hz * self.points / self.rate_hz, 6))
        return np.minimum(bins.astype(np.int64), self.points // 2 + 1)

    @property
    def largest_log(self) -> int:
        """No logarithm is larger, by Parseval's theorem; in whole octaves, one to spare."""
        return ceil(log2(self.points * self.window / self.floor)) + 1

    def to_json(self) -> dict[str, Any]:
        """Fields by name."""
        return asdict(self)


def front_end_from_json(values: dict[str, Any]) -> FrontEnd:
    """The inverse of `FrontEnd.to_json`.

    Raises:
        TypeError: A field is missing, unknown or of the wrong type.
        ModelError: The values do not make a front end.
    """
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return FrontEnd(**{**values, **lists})
