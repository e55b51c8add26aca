"""Loop counts of dse_move_pixels: pixels copied from one image to another."""

from collections.abc import Iterable

from hw_models.core_class import CoreClass, Counts

__all__ = ["moved_pixels"]

_NAMES = ("pixels", "quad_runs", "quads", "word_runs", "words", "loose_pixels", "bytes")


def moved_pixels(
    size: int, pixels: int, alignments: Iterable[int], core_class: CoreClass
) -> Counts:
    """How some pixels are copied.

    Where everything lies on words they are copied as words, four at a time and one by one. Else
    on dsp as words all the same, with bytes behind them, and elsewhere byte by byte. _runs: how
    often the loops are entered.

    Args:
        size: Bytes of a pixel that are copied.
        pixels: How many.
        alignments: Bytes between pixels and in front of them, of both images.
        core_class: Of the kernels.
    """
    steps = {"pixels": 1, "quads": size // 16, "words": size % 16 // 4}
    steps["quad_runs"], steps["word_runs"] = steps["quads"] > 0, steps["words"] > 0
    names: tuple[str, ...] = _NAMES
    if core_class == "dsp":
        names = (*_NAMES, "loose_runs", "loose_words")
    if any(each % 4 for each in (size, *alignments)):
        words = size // 4 if core_class == "dsp" else 0
        steps = {"loose_pixels": 1, "loose_words": words, "bytes": size - 4 * words}
        steps["loose_runs"] = (words > 0) + (steps["bytes"] > 0)
    return {name: pixels * steps.get(name, 0) for name in names}
