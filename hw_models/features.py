"""The one definition of the integer front end: data, reference and C follow it.

A frame of int16 samples becomes int16 coefficients. The transform is in block floating point: all
numbers of a frame are int16 and share one exponent. Before each stage, `bits` is the least number
with -2**bits <= x < 2**bits for all of them, and the stage shifts its results right by as much as
keeps them within 16 bits whatever the data:

    windowed    y = (x w + half) >> bits
    first       two stages of radix 2 at once, without multiplications; shift = max(0, bits - 12)
    others      ((a << 14) +- b W + half) >> (14 + shift), shift = max(0, bits - 13)
    real        of the N = points / 2 complex values those of the real spectrum, likewise >> 15,
                after a shift of max(0, bits - 14)
    power       re^2 + im^2, uint32
    bands       sums of the power times weights of 8 bits, exact, 48 bits
    log2        of the upper bits by a table of 32 steps, in between linear; 2**-14 octaves, from
                0 on, then rounded to 2**-9
    mfcc        (sum of log2 times cosines + half) >> shift

with half = (1 << shift) >> 1, the W rounded to 14 fraction bits, and floor shifts everywhere.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hw_models.errors import DataError
from hw_models.front_end import FrontEnd
from hw_models.front_end_tables import (
    LOG_BITS,
    LOG_STEPS,
    TABLE_BITS,
    TWIDDLE_BITS,
    FrontEndTables,
    front_end_tables,
)

__all__ = ["frame_features", "integer_features", "power_spectrum"]

Samples = NDArray[np.int16]
Ints = NDArray[np.int32]
Words = NDArray[np.int64]

_CHUNK = 256
FIRST_ROOM, STAGE_ROOM, SPLIT_ROOM = 12, 13, 14


def integer_features(signals: Samples, front_end: FrontEnd) -> Samples:
    """Coefficients of whole signals.

    Args:
        signals: int16 (n, samples).
        front_end: Defines them.

    Returns:
        int16 (n, frames, coefficients): octaves times 2**9 of log-mel bands, or cepstral
        coefficients in the unit that `front_end_tables` chooses.

    Raises:
        DataError: The signals are shorter than one window.
    """
    frames = front_end.frames(signals.shape[1])
    if frames < 1:
        raise DataError(
            "The signals are shorter than one analysis window.",
            got=f"{signals.shape[1]} samples at {front_end.rate_hz} Hz",
            allowed=f"{front_end.window} samples or more",
            cure="Use raw features or longer signals.",
        )
    windows = sliding_window_view(signals, front_end.window, axis=1)[:, :: front_end.hop]
    at_once = -(-_CHUNK // frames)
    parts = [
        frame_features(windows[start : start + at_once].reshape(-1, front_end.window), front_end)
        for start in range(0, len(signals), at_once)
    ]
    return np.concatenate(parts).reshape(len(signals), frames, front_end.coefficients)


def frame_features(frames: Samples, front_end: FrontEnd) -> Samples:
    """Coefficients of single frames: int16 (n, window) to int16 (n, coefficients)."""
    tables = front_end_tables(front_end)
    power, exponent = power_spectrum(frames, front_end)
    logs = _logs(_bands(power.T, tables), exponent, tables)
    if tables.cosines is None:
        return logs.T.astype(np.int16)
    sums = tables.cosines.astype(np.int32) @ logs
    return _shifted(sums, np.int32(tables.shift)).T.astype(np.int16)


def power_spectrum(frames: Samples, front_end: FrontEnd) -> tuple[NDArray[np.uint32], Ints]:
    """The power spectrum of windowed frames.

    Returns:
        uint32 (n, points / 2 + 1), and the exponents e, int32 (n,): power times 4**e is the
        square of what the discrete Fourier transform of the weighted samples gives.
    """
    # Frames lie innermost in all that follows: NumPy is fast along the last axis.
    tables = front_end_tables(front_end)
    real, imaginary, bits = _windowed(frames, front_end, tables)
    shift = _shift(real, imaginary, FIRST_ROOM)
    exponent = bits - np.int32(15) + shift
    real, imaginary = _first_stages(real, imaginary, shift)
    half = 4
    while half < front_end.points // 2:
        shift = _shift(real, imaginary, STAGE_ROOM)
        exponent += shift
        real, imaginary = _stage(real, imaginary, half, shift, tables)
        half *= 2
    shift = _shift(real, imaginary, SPLIT_ROOM)
    return _real_power(real >> shift, imaginary >> shift, tables).T, exponent + shift


def _shifted(values: Ints, shift: Ints | np.int32) -> Ints:
    rounded: Ints = (values + ((1 << shift) >> 1)) >> shift
    return rounded


def _bits(*values: Ints) -> Ints:
    """Per frame, the least b with -2**b <= x < 2**b: int32 (n,)."""
    high = np.maximum.reduce([each.max(axis=0) for each in values])
    low = np.minimum.reduce([each.min(axis=0) for each in values])
    peak = np.maximum(high, ~low)
    bits: Ints = np.frexp(peak.astype(np.float64))[1].astype(np.int32)
    return bits


def _shift(real: Ints, imaginary: Ints, room: int) -> Ints:
    shift: Ints = np.maximum(0, _bits(real, imaginary) - np.int32(room))
    return shift


def _windowed(
    frames: Samples, front_end: FrontEnd, tables: FrontEndTables
) -> tuple[Ints, Ints, Ints]:
    """Real and imaginary parts (points / 2, n) in bit-reversed order, and the samples' bits."""
    samples = np.ascontiguousarray(frames.T).astype(np.int32)
    bits = _bits(samples)
    weighted = np.zeros((front_end.points, len(frames)), dtype=np.int32)
    products = samples * tables.window.astype(np.int32)[:, None]
    weighted[: front_end.window] = _shifted(products, bits)
    order = _reversed(front_end.points // 2)
    return weighted[0::2][order], weighted[1::2][order], bits


def _reversed(size: int) -> NDArray[np.int64]:
    order = np.zeros(1, dtype=np.int64)
    while len(order) < size:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order


def _first_stages(real: Ints, imaginary: Ints, shift: Ints) -> tuple[Ints, Ints]:
    """Butterflies of four neighbours: a + b + (c + d), a - b - i (c - d), and so on."""
    shape = real.shape
    ar, br, cr, dr = (real[each::4] for each in range(4))
    ai, bi, ci, di = (imaginary[each::4] for each in range(4))
    reals = (ar + br + cr + dr, ar - br + (ci - di), ar + br - cr - dr, ar - br - (ci - di))
    others = (ai + bi + ci + di, ai - bi - (cr - dr), ai + bi - ci - di, ai - bi + (cr - dr))
    return (
        _shifted(np.stack(reals, axis=1).reshape(shape), shift),
        _shifted(np.stack(others, axis=1).reshape(shape), shift),
    )


def _stage(
    real: Ints, imaginary: Ints, half: int, shift: Ints, tables: FrontEndTables
) -> tuple[Ints, Ints]:
    shape, groups = real.shape, (-1, 2, half, real.shape[1])
    step = len(tables.twiddles) // half
    cosine, sine = tables.twiddles[::step].astype(np.int32).T[:, :, None]
    (ar, br), (ai, bi) = (np.moveaxis(x.reshape(groups), 1, 0) for x in (real, imaginary))
    turned = (br * cosine - bi * sine, br * sine + bi * cosine)
    shift = shift + np.int32(TWIDDLE_BITS)
    rounding = np.int32(1) << (shift - 1)
    parts = []
    for own, product in zip((ar, ai), turned, strict=True):
        kept = (own << TWIDDLE_BITS) + rounding
        parts.append(np.stack([kept + product, kept - product], axis=1).reshape(shape) >> shift)
    return parts[0], parts[1]


def _real_power(real: Ints, imaginary: Ints, tables: FrontEndTables) -> NDArray[np.uint32]:
    """Power of the real signal's spectrum out of that of its even samples + i odd samples."""
    count = len(real)
    power = np.empty((count + 1, real.shape[1]), dtype=np.uint32)
    ends = (real[0] + imaginary[0], real[0] - imaginary[0])
    power[0], power[count] = (_squares(end, end * 0) for end in ends)
    low, high = np.arange(1, count // 2 + 1), count - np.arange(1, count // 2 + 1)
    cosine, sine = tables.twiddles[low].astype(np.int32).T[:, :, None]
    even = (real[low] + real[high], imaginary[low] - imaginary[high])
    odd = (real[low] - real[high], imaginary[low] + imaginary[high])
    turned = (odd[0] * cosine - odd[1] * sine, odd[0] * sine + odd[1] * cosine)
    rounding = np.int32(1 << TWIDDLE_BITS)
    kept = tuple((each << TWIDDLE_BITS) + rounding for each in even)
    down = TWIDDLE_BITS + 1
    power[high] = _squares((kept[0] - turned[1]) >> down, (kept[1] + turned[0]) >> down)
    power[low] = _squares((kept[0] + turned[1]) >> down, (kept[1] - turned[0]) >> down)
    return power


def _squares(x: Ints, y: Ints) -> NDArray[np.uint32]:
    return x.astype(np.uint32) ** 2 + y.astype(np.uint32) ** 2


def _bands(power: NDArray[np.uint32], tables: FrontEndTables) -> Words:
    """256 times the sums of the triangles: power (bins, n) to (bands, n)."""
    ends = [0, *np.cumsum(tables.segments.astype(np.int64))]
    used = power[tables.first_bin : tables.first_bin + ends[-1]].astype(np.int64)
    nothing = ((1, 0), (0, 0))
    up = np.pad(np.cumsum(used * tables.weights[:, None], axis=0), nothing)
    all_of_it = np.pad(np.cumsum(used << 8, axis=0), nothing)
    rising, whole = np.diff(up[ends], axis=0), np.diff(all_of_it[ends], axis=0)
    bands: Words = rising[:-1] + (whole - rising)[1:]
    return bands


def _logs(bands: Words, exponent: Ints, tables: FrontEndTables) -> Ints:
    """Octaves above the floor times 2**9."""
    is_large = bands >> 32 > 0
    value = np.where(is_large, bands >> 16, bands)
    whole = np.frexp(np.maximum(value, 1).astype(np.float64))[1] - 1
    mantissa = value << (31 - whole)
    step, rest = (mantissa >> 26) & (LOG_STEPS - 1), (mantissa >> 16) & 1023
    logs = tables.logs.astype(np.int64)
    fraction = logs[step] + (((logs[step + 1] - logs[step]) * rest + 512) >> 10)
    octaves = whole + 16 * is_large + 2 * exponent.astype(np.int64)
    found = np.maximum(0, (octaves << TABLE_BITS) + fraction + tables.offset).astype(np.int32)
    rounded = _shifted(found, np.int32(TABLE_BITS - LOG_BITS))
    return np.where(bands == 0, np.int32(0), rounded)
