"""Windows of clips, and where the sound in a clip begins and ends."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dse.data.room import allocate

__all__ = ["cut_evenly", "sound_lengths", "without_silence"]

Floats = NDArray[np.float32]


def without_silence(clips: Floats) -> Floats:
    """Clips that begin with their first sample that is not 0; zeros fill the end.

    Recorders and editors pad short sounds with zeros, and a window of zeros has no class.

    Args:
        clips: (n, 1, length, 1).
    """
    first = (clips[:, 0, :, 0] != 0).argmax(axis=1)
    place = np.arange(clips.shape[2]) + first[:, None]
    padded = np.concatenate([clips[:, 0, :, 0], np.zeros_like(clips[:, 0, :1, 0])], axis=1)
    moved = np.take_along_axis(padded, np.minimum(place, clips.shape[2]), axis=1)
    return moved[:, None, :, None]


def sound_lengths(clips: Floats) -> NDArray[np.int64]:
    """(n,) samples up to the last that is not 0; the whole length where all are."""
    heard = clips[:, 0, ::-1, 0] != 0
    behind = np.where(heard.any(axis=1), heard.argmax(axis=1), 0)
    lengths: NDArray[np.int64] = (clips.shape[2] - behind).astype(np.int64)
    return lengths


def cut_evenly(
    clips: Floats, samples: int, count: int, lengths: NDArray[np.int64] | None
) -> Floats:
    """(n * count, 1, samples, 1) windows, those of a clip in turn, with even distances.

    Args:
        clips: (n, 1, length, 1).
        samples: Of a window.
        count: Windows of a clip.
        lengths: (n,) how much of each clip is sound: windows then begin half of their length before
            it and end as far behind it, as in 2103.03483. None takes what lies in the whole clip.

    Raises:
        DataError: They would not fit into memory.
    """
    half = 0 if lengths is None else samples // 2
    known = np.full(len(clips), clips.shape[2]) if lengths is None else lengths
    windows = allocate(len(clips) * count, (1, samples, 1), "the windows")
    for clip, length, own in zip(clips, known, np.split(windows, len(clips)), strict=True):
        wide = np.pad(clip[0, :length, 0], (half, samples))
        reach = max(0, int(length) + 2 * half - samples)
        starts = np.linspace(0, reach, count).round().astype(np.intp)
        own[:, 0, :, 0] = sliding_window_view(wide, samples)[starts]
    return windows
