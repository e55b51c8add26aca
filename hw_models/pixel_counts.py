"""Loop counts of dse_move_pixels: pixels copied from one image to another."""

from collections.abc import Iterable

from hw_models.dense_counts import CoreClass, Counts

__all__ = ["moved_bytes"]


def moved_bytes(size: int, pixels: int, alignments: Iterable[int], core_class: CoreClass) -> Counts:
    """How the bytes of some pixels are copied.

    Where everything lies on words they are copied as words; else on dsp, too, with bytes behind
    them, and elsewhere byte by byte.

    Args:
        size: Bytes of a pixel that are copied.
        pixels: How many.
        alignments: Bytes between pixels and in front of them, of both images.
        core_class: Of the kernels.
    """
    is_even = all(each % 4 == 0 for each in (size, *alignments))
    if not is_even and core_class != "dsp":
        return {"quads": 0, "words": 0, "bytes": pixels * size}
    return {
        "quads": pixels * (size // 16),
        "words": pixels * (size % 16 // 4),
        "bytes": pixels * (size % 4),
    }
