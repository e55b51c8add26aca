"""Windows of sensor tables: one row a moment, one column a channel."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dse.data.dataset import SPLITS, Dataset, divide
from dse.data.division import Division, Marks, split_samples
from dse.data.room import allocate
from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["csv_windows"]

_WINDOW = 100
_SHARES = (0.64, 0.80)


def csv_windows(spec: DataSpec, seed: int) -> Dataset:
    """Cut windows of `window` rows (100), `stride` rows apart (half a window), out of a CSV file.

    A window lies within a run of rows with one label, one subject and one split. `label` names the
    column of the class ("label"), `subject` that of the subject, `split` one that says train, val
    or test; `channels` the columns to take, separated by commas (all other numeric ones). Without
    subject, split and folds every class is split in the order of time, since windows overlap.

    Returns:
        Samples (1, window, channels), values as they stand in the file.

    Raises:
        DataError: The file is damaged, a column is missing, a value is no finite number, or no run
            is as long as a window.
    """
    table = _read(spec.path)
    label = _column(table, spec.options.get("label", "label"), spec.path)
    subject, split = (_optional(table, spec, option) for option in ("subject", "split"))
    used = {c.name for c in (label, subject, split) if c is not None}
    values, channels = _channels(table, spec, {str(name) for name in used})
    starts, window = _starts([c for c in (label, subject, split) if c is not None], spec)
    names, numbers = np.unique(label.to_numpy(dtype=np.str_), return_inverse=True)
    labels = numbers[starts].astype(np.int64)
    x = allocate(len(starts), (1, window, len(channels)), "the windows")
    for index, start in enumerate(starts):
        x[index, 0] = values[start : start + window]
    groups = None if subject is None else subject.to_numpy(dtype=np.str_)[starts]
    marks = Marks(groups, None if split is None else _parts(split, starts, spec.path))
    if subject is None and split is None and not spec.splitting().is_stated:
        division = _in_time(labels, starts, window)
    else:
        rng = np.random.default_rng(seed)
        division = split_samples(labels, marks, spec.splitting(), rng, spec.path)
    text = f"channels {', '.join(channels)}; {division.text}"
    return divide(spec.path.name, x, labels, division.parts, tuple(names.tolist()), text)


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise DataError(
            "The table cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            allowed="a CSV file with a header",
        ) from error
    if table.empty:
        raise DataError("The table has no rows.", where=path)
    return table


def _column(table: pd.DataFrame, name: str, path: Path) -> pd.Series:
    if name not in table.columns:
        raise DataError(
            "The table has no such column.", where=path, got=name, allowed=list(table.columns)
        )
    column = table[name]
    if column.isna().any():
        raise DataError(
            "A row lacks an entry.",
            where=f"{path}, line {int(column.isna().to_numpy().argmax()) + 2}, column {name!r}",
            cure="Fill it or remove the row.",
        )
    return column


def _optional(table: pd.DataFrame, spec: DataSpec, option: str) -> "pd.Series | None":
    name = spec.options.get(option)
    return None if name is None else _column(table, name, spec.path)


def _channels(
    table: pd.DataFrame, spec: DataSpec, used: set[str]
) -> tuple[NDArray[np.float32], list[str]]:
    stated = spec.options.get("channels")
    if stated is None:
        numeric = table.select_dtypes("number").columns
        names = [str(name) for name in numeric if name not in used]
    else:
        names = [name.strip() for name in stated.split(",")]
    wrong = [n for n in names if n not in table or not pd.api.types.is_numeric_dtype(table[n])]
    if wrong or not names:
        raise DataError(
            "Channels must be columns of numbers.",
            where=f"{spec.path}, option 'channels'",
            got=wrong or "no column of numbers",
            allowed=[str(name) for name in table.select_dtypes("number").columns],
        )
    values = table[names].to_numpy(dtype=np.float32)
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            "A value of the table is not a finite number.",
            where=f"{spec.path}, line {row + 2}, column {names[column]!r}",
            got=values[row, column],
            cure="Fill it or remove the row.",
        )
    return values, names


def _starts(marks: list[pd.Series], spec: DataSpec) -> tuple[NDArray[np.intp], int]:
    """First rows of the windows: no window crosses the end of a run."""
    window = spec.whole("window", _WINDOW)
    stride = spec.whole("stride", max(1, window // 2))
    count = len(marks[0])
    changes = np.zeros(count, bool)
    for mark in marks:
        values = mark.to_numpy()
        changes[1:] |= values[1:] != values[:-1]
    edges = [0, *np.flatnonzero(changes).tolist(), count]
    starts = [
        start
        for first, last in pairwise(edges)
        for start in range(first, last - window + 1, stride)
    ]
    if not starts:
        raise DataError(
            "No run of rows with one label is as long as a window.",
            where=spec.path,
            got=f"{len(edges) - 1} runs, the longest of {int(np.diff(edges).max())} rows",
            allowed=f"{window} rows",
            cure="Take a shorter ?window=.",
        )
    return np.array(starts, dtype=np.intp), window


def _parts(split: pd.Series, starts: NDArray[np.intp], path: Path) -> NDArray[np.int64]:
    words = split.to_numpy(dtype=np.str_)[starts]
    unknown = sorted(set(words.tolist()) - set(SPLITS))
    if unknown or "train" not in words:
        raise DataError(
            "The split is not understood.",
            where=f"{path}, column {split.name!r}",
            got=unknown or sorted(set(words.tolist())),
            allowed=list(SPLITS),
        )
    return np.array([SPLITS.index(word) for word in words.tolist()], dtype=np.int64)


def _in_time(labels: NDArray[np.int64], starts: NDArray[np.intp], window: int) -> Division:
    """Of every class the first windows train and the last test; none reaches into the next part."""
    parts: list[list[int]] = [[], [], []]
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        bounds = [0, *(round(share * len(own)) for share in _SHARES), len(own)]
        end = 0
        for part, (first, last) in enumerate(pairwise(bounds)):
            kept = [i for i in own[first:last].tolist() if starts[i] >= end]
            parts[part] += kept
            end = int(starts[kept[-1]]) + window if kept else end
    train, val, test = (np.sort(np.array(part, dtype=np.intp)) for part in parts)
    return Division((train, val, test), "each class in time: 64 % train, 16 % validation, test")
