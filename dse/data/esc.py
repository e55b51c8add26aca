"""ESC-50 and its ESC-10 (Piczak 2015) as they are distributed: meta/esc50.csv and audio/*.wav."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dse.data.audio import audio_dataset, hear, listen
from dse.data.dataset import Dataset
from dse.data.division import Marks, split_samples
from dse.data.spec import DataSpec
from dse.data.wav import read_wav
from hw_models.errors import DataError

__all__ = ["esc10", "esc50"]

_META = Path("meta") / "esc50.csv"
_COLUMNS = ("filename", "fold", "target", "category", "esc10")
_SECONDS = 5.0
# Of ACDNet; the files have 44,100 Hz.
_RATE = 20_000
_CURE = "Download and unpack the repository ESC-50, and give its folder (ESC-50-master)."


@dataclass(frozen=True)
class _Clip:
    file: Path
    fold: int
    target: int
    category: str


def esc50(spec: DataSpec, seed: int) -> Dataset:
    """Load ESC-50: 50 classes, 5 s at 20 kHz unless `rate` and `seconds` differ.

    The five official folds are kept: `fold` is the test split (1 by default), the next one
    validation unless `validation` gives a share of the other four.

    Raises:
        DataError: The table or a sound is missing or damaged.
    """
    return _load(spec, seed, only_ten=False)


def esc10(spec: DataSpec, seed: int) -> Dataset:
    """Load the ten classes ESC-10 out of ESC-50, like `esc50`."""
    return _load(spec, seed, only_ten=True)


def _load(spec: DataSpec, seed: int, only_ten: bool) -> Dataset:
    clips = _table(spec.path, only_ten)
    missing = [clip.file.name for clip in clips if not clip.file.is_file()]
    if missing:
        raise DataError(
            "Sounds of the table are missing.",
            where=spec.path / "audio",
            got=f"{len(missing)} of {len(clips)}, as {missing[0]}",
            cure=_CURE,
        )
    names = {clip.target: clip.category for clip in clips}
    targets = sorted(names)
    labels = np.array([targets.index(clip.target) for clip in clips], dtype=np.int64)
    marks = Marks(fold=np.array([clip.fold for clip in clips]))
    rng = np.random.default_rng(seed)
    division = split_samples(labels, marks, spec.splitting(), rng, spec.path)
    how = listen(spec, _RATE, _SECONDS)
    heard = hear((read_wav(clip.file) for clip in clips), len(clips), how, division)
    class_names = tuple(names[target] for target in targets)
    return audio_dataset(spec.path.name, heard, labels, division, class_names, how)


def _table(folder: Path, only_ten: bool) -> list[_Clip]:
    path = folder / _META
    if not path.is_file():
        raise DataError(
            "The table of ESC-50 is missing.",
            where=folder,
            got=sorted(p.name for p in folder.iterdir())[:12],
            allowed=f"{_META.as_posix()} and audio/*.wav",
            cure=_CURE,
        )
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        lacking = [name for name in _COLUMNS if not rows or name not in rows[0]]
        if lacking:
            raise ValueError(f"no column {', '.join(lacking)}")
        audio = folder / "audio"
        return [
            _Clip(audio / row["filename"], int(row["fold"]), int(row["target"]), row["category"])
            for row in rows
            if not only_ten or row["esc10"] == "True"
        ]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise DataError(
            "The table of ESC-50 is damaged.",
            where=path,
            got=str(error),
            allowed=f"columns {', '.join(_COLUMNS)}",
            cure=_CURE,
        ) from error
