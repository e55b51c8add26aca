"""Data from an .npz file, with or without a split of its own.

Members: `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test` and perhaps `x_val`, `y_val`.
Beside `x` and `y` may stand `split` (0 train, 1 test; or 0 train, 1 validation, 2 test), `fold`
(one is the test split, the next one validation), and `speaker` or `subject`. Where the file brings
no validation split, a fifth of the training data becomes one: whole speakers or subjects if the
test split shares none with training, else the same share of every class.

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

from dse.data.dataset import Dataset, divide
from dse.data.features import extract, standardise
from dse.data.spec import DataSpec
from dse.data.splits import Indices, carve, carve_groups, three_way
from hw_models.errors import DataError

__all__ = ["npz"]

Members = Mapping[str, NDArray[np.generic]]
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
    merged, parts, split = _merge(members, spec, np.random.default_rng(seed))
    x = _to_float(merged["x"], members, spec)
    y = _labels(merged["y"], spec.path)
    if spec.features != "raw":
        x = standardise(x, x[parts[0]])
    names = members.get("class_names")
    classes = int(y.max()) + 1 if names is None else len(names)
    class_names = tuple(map(str, range(classes) if names is None else names.tolist()))
    return divide(spec.path.name, x, y, parts, class_names, split)


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


def _merge(
    members: Members, spec: DataSpec, rng: np.random.Generator
) -> tuple[dict[str, NDArray[np.generic]], tuple[Indices, Indices, Indices], str]:
    """All samples in one array, with the indices of the three splits and how they were made."""
    if "x_train" in members:
        return _merge_parts(members, spec, rng)
    if not {"x", "y"} <= set(members):
        raise DataError(
            "The data file lacks its arrays.",
            where=spec.path,
            got=sorted(members),
            allowed="x and y, or x_train, y_train, x_test and y_test",
        )
    x, y = members["x"], members["y"]
    _check_lengths(members, spec.path, len(x))
    labels = _labels(y, spec.path)
    groups = members.get("speaker", members.get("subject"))
    merged = {"x": x, "y": y}
    if "split" in members:
        return merged, *_official(members["split"], labels, groups, rng, spec.path)
    if "fold" in members:
        return merged, *_folds(members["fold"], spec)
    how = "stratified by class" if groups is None else "by speaker or subject"
    text = f"{how}, 64 % train, 16 % validation, 20 % test"
    return merged, three_way(labels, groups, rng), text


def _merge_parts(
    members: Members, spec: DataSpec, rng: np.random.Generator
) -> tuple[dict[str, NDArray[np.generic]], tuple[Indices, Indices, Indices], str]:
    present = [part for part in ("train", "val", "test") if f"x_{part}" in members]
    lacking = [f"y_{part}" for part in present if f"y_{part}" not in members]
    if lacking:
        raise DataError("The data file lacks labels.", where=spec.path, got=lacking)
    for part in present:
        own = (members[f"x_{part}"], members[f"y_{part}"])
        if len(own[0]) != len(own[1]) or own[0].shape[1:] != members["x_train"].shape[1:]:
            raise DataError(
                "Inputs and labels do not fit together.",
                where=f"{spec.path}, {part}",
                got=f"x {own[0].shape}, y {own[1].shape}",
            )
    merged = {
        name: np.concatenate([members[f"{name}_{part}"] for part in present]) for name in "xy"
    }
    sizes = np.cumsum([0, *(len(members[f"y_{part}"]) for part in present)])
    spans = {p: np.arange(sizes[i], sizes[i + 1]) for i, p in enumerate(present)}
    labels = _labels(merged["y"], spec.path)
    text = "the file's own"
    if "test" not in spans:
        spans["train"], spans["test"] = carve(labels, spans["train"], rng)
        text += "; 20 % of each class taken from training as test"
    if "val" not in spans:
        spans["train"], spans["val"] = carve(labels, spans["train"], rng)
        text += "; 20 % of each class taken from training as validation"
    return merged, (spans["train"], spans["val"], spans["test"]), text


def _official(
    split: NDArray[np.generic],
    labels: Labels,
    groups: NDArray[np.generic] | None,
    rng: np.random.Generator,
    path: Path,
) -> tuple[tuple[Indices, Indices, Indices], str]:
    values = np.unique(split).tolist()
    train = np.flatnonzero(split == 0)
    if values == [0, 1, 2]:
        return (train, np.flatnonzero(split == 1), np.flatnonzero(split == 2)), "the file's own"
    if values != [0, 1]:
        raise DataError(
            "The split is not understood.",
            where=f"{path}, member 'split'",
            got=values,
            allowed="0 train, 1 test; or 0 train, 1 validation, 2 test",
        )
    test = np.flatnonzero(split == 1)
    if groups is not None and not np.isin(groups[test], groups[train]).any():
        rest, val = carve_groups(groups, train, rng)
        text = "whole speakers or subjects (20 %) taken from training as validation"
    else:
        rest, val = carve(labels, train, rng)
        text = "20 % of each class taken from training as validation"
    return (rest, val, test), f"the file's own; {text}"


def _folds(
    fold: NDArray[np.generic], spec: DataSpec
) -> tuple[tuple[Indices, Indices, Indices], str]:
    names = np.unique(fold).tolist()
    wanted = spec.number("fold", float(names[0]))
    if wanted not in names or len(names) < 3:
        raise DataError(
            "There is no such fold, or there are fewer than three.",
            where=f"{spec.path}, member 'fold'",
            got=wanted,
            allowed=names,
        )
    place = names.index(wanted)
    following = names[(place + 1) % len(names)]
    test, val = np.flatnonzero(fold == names[place]), np.flatnonzero(fold == following)
    train = np.flatnonzero((fold != names[place]) & (fold != following))
    return (train, val, test), f"fold {names[place]} test, fold {following} validation"


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


def _to_float(x: NDArray[np.generic], members: Members, spec: DataSpec) -> NDArray[np.float32]:
    if not (np.issubdtype(x.dtype, np.integer) or np.issubdtype(x.dtype, np.floating)):
        raise DataError("The inputs are not numbers.", where=spec.path, got=x.dtype)
    divisor = {"uint8": 255.0, "int16": 1.0 if "scale" in members else 32768.0}
    values = x.astype(np.float32) / np.float32(divisor.get(x.dtype.name, 1.0))
    is_audio = x.ndim == 2 and (x.dtype == np.int16 or "sample_rate" in members)
    if spec.features != "raw":
        if not is_audio or "sample_rate" not in members:
            raise DataError(
                "Audio features need mono audio (n, samples) and its sample_rate.",
                where=spec.path,
                got=f"x {x.shape}, members {sorted(members)}",
            )
        return extract(values, int(members["sample_rate"]), spec.features)
    if "layout" in spec.options:
        return _arrange(values, spec)
    if x.ndim == 4 and x.shape[1] in (1, 3) and x.shape[3] not in (1, 3):
        raise DataError(
            "The images look like (n, channels, height, width), as torch has them.",
            where=f"{spec.path}, member 'x'",
            got=x.shape,
            allowed="(n, height, width, channels), or a stated layout",
            cure="Add ?layout=chw behind the file, or ?layout=hwc if it is as it should be.",
        )
    if x.ndim == 2:
        return values[:, None, :, None] if is_audio else values[:, None, None, :]
    if x.ndim == 3 and ("scale" in members or "channels" in members):
        scaled = values * np.asarray(members.get("scale", 1.0), np.float32).reshape(1, -1, 1)
        return np.ascontiguousarray(scaled.transpose(0, 2, 1)[:, None])
    if x.ndim in (3, 4):
        return values[..., None] if x.ndim == 3 else values
    raise DataError(
        "The inputs have the wrong number of dimensions.",
        where=f"{spec.path}, member 'x'",
        got=x.shape,
        allowed="(n, features), (n, samples), (n, channels, samples), (n, height, width[, c])",
    )


def _arrange(values: NDArray[np.float32], spec: DataSpec) -> NDArray[np.float32]:
    """(n, height, width, channels) from a stated layout."""
    orders = {"hwc": (0, 1, 2, 3), "chw": (0, 2, 3, 1), "cl": (0, 2, 1), "lc": (0, 1, 2)}
    layout = spec.options["layout"]
    order = orders.get(layout)
    if order is None or len(order) != values.ndim:
        raise DataError(
            "The layout does not fit the inputs.",
            where=f"{spec.path}, option 'layout'",
            got=f"{layout} for {values.shape}",
            allowed="hwc or chw for (n, ., ., .); cl or lc for (n, ., .)",
        )
    moved = values.transpose(order)
    return moved if values.ndim == 4 else moved[:, None]
