"""Data from an .npz file, with or without a split of its own.

Members: `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test` and perhaps `x_val`, `y_val`.
Beside `x` and `y` may stand `split` (0 train, 1 test; or 0 train, 1 validation, 2 test), `fold`
(one is the test split, the next one validation), and `speaker` or `subject`. Where the file brings
no validation split, a fifth of the training data becomes one: whole speakers or subjects if the
test split shares none with training, else the same share of every class. Options choose other
splits, see `dse.data.division`.

Shapes: (n, features); (n, samples) for audio, which is int16 or has a `sample_rate`; (n, height,
width) grey images; (n, channels, samples) signals, which have a `scale` or `channels` member; and
(n, height, width, channels). `?layout=` states another one: `hwc`, `chw` (as torch has images),
`cl` (channels, samples, as torch has signals) or `lc`. uint8 is divided by 255, int16 without
`scale` by 32768.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.data.arrange import arrange
from dse.data.audio import audio_dataset, hear, listen
from dse.data.dataset import SPLITS, Dataset, divide
from dse.data.division import Marks, split_samples
from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["npz"]

Array = NDArray[np.generic]
Members = Mapping[str, Array]
Labels = NDArray[np.int64]
_USED = (
    "x", "y", "split", "fold", "speaker", "subject", "class_names", "sample_rate", "scale",
    "channels", "x_train", "y_train", "x_val", "y_val", "x_test", "y_test",
)  # fmt: skip


def npz(spec: DataSpec, seed: int) -> Dataset:
    """Load an .npz file; the splits it brings are kept.

    Raises:
        DataError: The file is damaged, holds Python objects, or its arrays do not fit.
    """
    members = _read(spec.path)
    x, y, marks = _merge(members, spec.path)
    labels = _labels(y, spec.path)
    rng = np.random.default_rng(seed)
    division = split_samples(labels, marks, spec.splitting(), rng, spec.path)
    names = members.get("class_names")
    classes = _classes(labels, names, spec.path)
    class_names = tuple(map(str, range(classes) if names is None else names.tolist()))
    values = _to_float(x, members, spec.path)
    if "sample_rate" in members and values.ndim == 2 and "layout" not in spec.options:
        rate = _rate(members["sample_rate"], spec.path)
        how = listen(spec, rate, values.shape[1] / rate)
        heard = hear(((signal, rate) for signal in values), len(values), how, division)
        return audio_dataset(spec.path.name, heard, labels, division, class_names, how)
    _refuse_audio_options(spec, x, members)
    arranged = arrange(values, x.dtype == np.int16, members, spec)
    return divide(spec.path.name, arranged, labels, division.parts, class_names, division.text)


def _read(path: Path) -> Members:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("a single array, not an .npz archive")
            return {name: archive[name] for name in archive.files if name in _USED}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, AttributeError) as error:
        raise DataError(
            "The data file cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            allowed="an .npz archive of numbers and strings; Python objects are never unpickled",
            cure="Write it with numpy.savez_compressed(path, x=..., y=...).",
        ) from error


def _merge(members: Members, path: Path) -> tuple[Array, Array, Marks]:
    """All samples and labels in one array each, with what the file says about its splits."""
    if "x_train" in members:
        return _merge_parts(members, path)
    if not {"x", "y"} <= set(members):
        raise DataError(
            "The data file lacks its arrays.",
            where=path,
            got=sorted(members),
            allowed="x and y, or x_train, y_train, x_test and y_test",
        )
    if not members["x"].ndim:
        raise DataError(
            "The inputs are a single number.", where=f"{path}, member 'x'", allowed="(n, ...)"
        )
    _check_lengths(members, path, len(members["x"]))
    groups = members.get("speaker", members.get("subject"))
    split = members.get("split")
    marks = Marks(groups, None if split is None else _parts(split, path), members.get("fold"))
    return members["x"], members["y"], marks


def _merge_parts(members: Members, path: Path) -> tuple[Array, Array, Marks]:
    present = [part for part in SPLITS if f"x_{part}" in members]
    lacking = [f"y_{part}" for part in present if f"y_{part}" not in members]
    if lacking:
        raise DataError("The data file lacks labels.", where=path, got=lacking)
    for part in present:
        own = (members[f"x_{part}"], members[f"y_{part}"])
        if len(own[0]) != len(own[1]) or own[0].shape[1:] != members["x_train"].shape[1:]:
            raise DataError(
                "Inputs and labels do not fit together.",
                where=f"{path}, {part}",
                got=f"x {own[0].shape}, y {own[1].shape}",
            )
    x, y = (np.concatenate([members[f"{name}_{part}"] for part in present]) for name in "xy")
    sizes = [len(members[f"y_{part}"]) for part in present]
    split = np.repeat([SPLITS.index(part) for part in present], sizes)
    return x, y, Marks(split=split)


def _parts(split: Array, path: Path) -> Labels:
    """0 train, 1 validation, 2 test, for each sample."""
    values = np.unique(split).tolist()
    if values not in ([0, 1, 2], [0, 1]):
        raise DataError(
            "The split is not understood.",
            where=f"{path}, member 'split'",
            got=values,
            allowed="0 train, 1 test; or 0 train, 1 validation, 2 test",
        )
    whole = split.astype(np.int64)
    return whole if len(values) == 3 else 2 * whole


def _check_lengths(members: Members, path: Path, count: int) -> None:
    for name in ("y", "split", "fold", "speaker", "subject"):
        if name in members and members[name].shape != (count,):
            raise DataError(
                "Arrays do not have one entry per sample.",
                where=f"{path}, member {name!r}",
                got=members[name].shape,
                allowed=(count,),
            )
    if not count:
        raise DataError("The data are empty.", where=path)


def _labels(values: NDArray[np.generic], path: Path) -> Labels:
    if values.ndim != 1 or not np.issubdtype(values.dtype, np.integer) or not len(values):
        raise DataError(
            "The labels are not one class number per sample.",
            where=f"{path}, member 'y'",
            got=f"{values.dtype} {values.shape}",
            allowed="integers (n,), from 0",
        )
    return values.astype(np.int64)


def _classes(labels: Labels, names: Array | None, path: Path) -> int:
    """How many there are: as many as names, else up to the largest label."""
    if names is not None:
        if names.ndim != 1:
            raise DataError(
                "The names of the classes are no list.",
                where=f"{path}, member 'class_names'",
                got=f"shape {names.shape}",
                allowed="(classes,)",
            )
        return len(names)
    largest = int(labels.argmax())
    if labels[largest] >= len(labels):
        raise DataError(
            "A label is larger than there are samples, so classes are missing.",
            where=f"{path}, member 'y', sample {largest}",
            got=int(labels[largest]),
            allowed=f"class numbers from 0, fewer than the {len(labels)} samples",
        )
    return int(labels[largest]) + 1


def _rate(value: Array, path: Path) -> int:
    is_number = np.issubdtype(value.dtype, np.integer) or np.issubdtype(value.dtype, np.floating)
    rate = float(value) if is_number and not value.ndim else 0.0
    if not 1 <= rate < 1e9 or rate != int(rate):
        raise DataError(
            "The sampling rate is not a whole number of hertz.",
            where=f"{path}, member 'sample_rate'",
            got=f"{value.dtype} {value.tolist()!r:.80}",
            allowed="one number, at least 1",
        )
    return int(rate)


def _to_float(x: Array, members: Members, path: Path) -> NDArray[np.float32]:
    if not (np.issubdtype(x.dtype, np.integer) or np.issubdtype(x.dtype, np.floating)):
        raise DataError("The inputs are not numbers.", where=path, got=x.dtype)
    divisor = {"uint8": 255.0, "int16": 1.0 if "scale" in members else 32768.0}
    return x.astype(np.float32) / np.float32(divisor.get(x.dtype.name, 1.0))


def _refuse_audio_options(spec: DataSpec, x: Array, members: Members) -> None:
    audio = ("rate", "seconds", "crops", "silence")
    asked = [name for name in audio if name in spec.options]
    if asked or spec.features != "raw":
        raise DataError(
            "Audio features need mono audio (n, samples) and its sample_rate."
            if spec.features != "raw"
            else "The options are for mono audio (n, samples) with its sample_rate.",
            where=spec.path,
            got=f"x {x.shape}, members {sorted(members)}, options {asked}",
        )
