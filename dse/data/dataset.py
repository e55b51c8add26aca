"""The Dataset: three splits, class names and a fingerprint."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dse.data.front_end import FrontEnd
from hw_models.errors import DataError
from hw_models.network import Shape

__all__ = ["SPLITS", "Clips", "Dataset", "describe_data", "divide"]

SPLITS = ("train", "val", "test")
Images = NDArray[np.float32]
Labels = NDArray[np.int64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Clips:
    """The training split's whole signals, where the samples are windows of longer ones.

    Args:
        x: float32 (n, 1, length, 1).
        y: int64 (n,).
        windows: Successive samples of a split that stem from one signal.
        lengths: int64 (n,), samples of each that are sound; None for all.
    """

    x: Images
    y: Labels
    windows: int
    lengths: Labels | None = None


@dataclass(frozen=True)
class Dataset:
    """Labelled data. The test split is for the final evaluation only.

    Args:
        name: As the user called it.
        x_train: float32 (n, height, width, channels); a 1-D signal has height 1. Likewise the
            others.
        y_train: int64 (n,), 0 to the number of classes less one. Likewise the others.
        class_names: One per class.
        split: How the splits were made, in one sentence.
        rate_hz: Sampling rate of raw signals, where it is known.
        clips: What the samples were cut from; training then cuts windows of its own.
        front_end: What made the samples out of audio.
        sounds: int16 (n, samples), a few sounds of the validation split, with a front end.

    Raises:
        DataError: A split is empty, mis-shaped or not finite, a label is out of range, there is
            one class only, or a class has no training example.
    """

    name: str
    x_train: Images
    y_train: Labels
    x_val: Images
    y_val: Labels
    x_test: Images
    y_test: Labels
    class_names: tuple[str, ...]
    split: str = ""
    rate_hz: int | None = None
    clips: Clips | None = None
    front_end: FrontEnd | None = None
    sounds: NDArray[np.int16] | None = None
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        for part in SPLITS:
            _check_split(self, part)
            x, _ = self.part(part)
            # Canonical strides, also along axes of size 1: torch chooses by them how it sums.
            object.__setattr__(self, f"x_{part}", np.ascontiguousarray(x).ravel().reshape(x.shape))
        _check_classes(self)
        object.__setattr__(self, "fingerprint", _fingerprint(self))

    def part(self, split: str) -> tuple[Images, Labels]:
        """Inputs and labels of "train", "val" or "test"."""
        return getattr(self, f"x_{split}"), getattr(self, f"y_{split}")

    @property
    def input_shape(self) -> Shape:
        """(height, width, channels) of one sample."""
        height, width, channels = self.x_train.shape[1:]
        return height, width, channels

    @property
    def windows(self) -> int:
        """Successive samples of a split that stem from one clip, and are classified as one."""
        return 1 if self.clips is None else self.clips.windows

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)


def divide(
    name: str,
    x: Images,
    y: Labels,
    parts: tuple[Indices, Indices, Indices],
    class_names: tuple[str, ...],
    split: str,
    *,
    rate_hz: int | None = None,
    front_end: FrontEnd | None = None,
    sounds: NDArray[np.int16] | None = None,
) -> Dataset:
    """A Dataset from all samples and the indices of its train, validation and test splits."""
    train, val, test = parts
    arrays = (x[train], y[train], x[val], y[val], x[test], y[test])
    return Dataset(
        name, *arrays, class_names, split, rate_hz=rate_hz, front_end=front_end, sounds=sounds
    )


def describe_data(data: Dataset) -> str:
    """One line: shape of a sample as it was read, classes, sizes of the splits, their origin."""
    height, width, channels = data.input_shape
    sizes = ", ".join(f"{len(data.part(part)[1])} {part}" for part in SPLITS)
    origin = f" ({data.split})" if data.split else ""
    return (
        f"{data.name}: height {height}, width {width}, {channels} channels; "
        f"{data.classes} classes; {sizes}{origin}"
    )


def _check_split(data: Dataset, part: str) -> None:
    x, y = data.part(part)
    where = f"{data.name}, {part} split"
    if x.ndim != 4 or x.dtype != np.float32 or y.shape != x.shape[:1] or y.dtype != np.int64:
        raise DataError(
            "Inputs and labels do not fit together.",
            where=where,
            got=f"x {x.dtype} {x.shape}, y {y.dtype} {y.shape}",
            allowed="x float32 (n, height, width, channels), y int64 (n,)",
        )
    if not len(x):
        raise DataError("A split is empty.", where=where, cure="Give more data.")
    if x.shape[1:] != data.x_train.shape[1:]:
        raise DataError(
            "The splits have different shapes.",
            where=where,
            got=x.shape[1:],
            allowed=data.x_train.shape[1:],
        )
    finite = np.isfinite(x).reshape(len(x), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            "The data hold values that are not finite.",
            where=f"{where}, sample {int(np.argmin(finite))}",
            got=f"NaN or infinity in {int((~finite).sum())} of {len(x)} samples",
            cure="Remove or mend these samples.",
        )
    if y.min() < 0 or y.max() >= data.classes:
        raise DataError(
            "A label is out of range.",
            where=where,
            got=f"labels {y.min()} to {y.max()}",
            allowed=f"0 to {data.classes - 1} for {data.classes} classes",
        )


def _check_classes(data: Dataset) -> None:
    if data.classes < 2:
        raise DataError(
            "The data have one class only.",
            where=data.name,
            got=list(data.class_names),
            allowed="two classes or more",
        )
    counts = np.bincount(data.y_train, minlength=data.classes)
    missing = [data.class_names[i] for i in np.flatnonzero(counts == 0)]
    if missing:
        raise DataError(
            "A class has no training example.",
            where=data.name,
            got=missing,
            cure="Add examples, or remove the class.",
        )


def _fingerprint(data: Dataset) -> str:
    digest = hashlib.sha256("\0".join(data.class_names).encode())
    for part in SPLITS:
        for array in data.part(part):
            _digest(digest, array)
    if data.clips is not None:
        _digest(digest, data.clips.x)
        if data.clips.lengths is not None:
            _digest(digest, data.clips.lengths)
    return digest.hexdigest()


def _digest(digest: "hashlib._Hash", array: NDArray[np.generic]) -> None:
    digest.update(repr(array.shape).encode())
    digest.update(np.ascontiguousarray(array).data)
