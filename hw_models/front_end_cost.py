"""What the front end of a network costs: its counts, scratch, constants and C files.

Sizes and loops are those of the C in dse/export/kernels/dse_features.h on a 32-bit core.
"""

from hw_models.front_end import FrontEnd
from hw_models.kernels import CoreClass, KernelKey
from hw_models.network import Network

__all__ = [
    "FEATURES_CALL",
    "FEATURES_KEY",
    "front_end_bytes",
    "front_end_constant_bytes",
    "front_end_counts",
    "front_end_name",
    "front_end_sources",
]

FEATURES_KEY = KernelKey("features", "s16", None)
"""Of all frames of one inference."""

FEATURES_CALL = "features"
"""The two functions in network.c, among a profile's calls."""

_PARAMETERS = 44
_LEVEL = 12
_LOGS = 33
_WORD = 4
_FIRST_HALF = 4


def front_end_counts(front_end: FrontEnd, frames: int) -> dict[str, float]:
    """How often each loop runs in all frames, by name.

    The transform of half the points has one pass of groups of four, then stages, in each of them
    groups of butterflies.
    """
    half = front_end.points // 2
    stages = half.bit_length() - _FIRST_HALF.bit_length()
    groups = sum(half // (2 * (_FIRST_HALF << stage)) for stage in range(stages))
    is_cepstrum = front_end.kind == "mfcc"
    once = {
        "call": 1,
        "samples": front_end.window,
        "points": front_end.points,
        "groups": groups,
        "butterflies": stages * half // 2,
        "bins": sum(front_end.segments),
        "bands": front_end.bands,
        "coefficients": front_end.coefficients,
        "products": front_end.bands * front_end.coefficients if is_cepstrum else 0,
    }
    return {name: float(frames * count) for name, count in once.items()}


def front_end_bytes(front_end: FrontEnd) -> int:
    """Scratch of one frame, a multiple of 4: the power spectrum, then a logarithm a band."""
    return _WORD * (front_end.points // 2 + 1) + _up(2 * front_end.bands)


def front_end_constant_bytes(front_end: FrontEnd) -> int:
    """Bytes of tables and parameters, every array rounded up to words."""
    arrays = [
        2 * front_end.window,
        _WORD * front_end.points // 2,
        front_end.bands + 1,
        sum(front_end.segments),
        2 * _LOGS,
        _LEVEL * front_end.coefficients,
    ]
    if front_end.kind == "mfcc":
        arrays.append(2 * front_end.bands * front_end.coefficients)
    return _PARAMETERS + sum(map(_up, arrays))


def front_end_sources(core_class: CoreClass) -> tuple[str, ...]:
    """Stems of the C files; the first names the function of a frame."""
    suffix = "_dsp" if core_class == "dsp" else ""
    own = ("dse_features", "dse_fft", "dse_power")
    shared = ("dse_frame_window", "dse_mel", "dse_cepstrum")
    return (*(f"{stem}{suffix}" for stem in own), *shared)


def front_end_name(network: Network) -> str:
    """What tables call the front end; no layer has this name."""
    name = "features"
    while any(tensor.name == name for tensor in network.tensors):
        name += "_"
    return name


def _up(size: int) -> int:
    return -(-size // _WORD) * _WORD
