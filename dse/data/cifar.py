"""CIFAR-10 (Krizhevsky 2009) in its binary version: data_batch_1.bin to 5, test_batch.bin."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.data.dataset import Dataset, divide
from dse.data.division import Marks, split_samples
from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["cifar10"]

_NAMES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_TRAIN = tuple(f"data_batch_{index}.bin" for index in range(1, 6))
_TEST = "test_batch.bin"
_INNER = "cifar-10-batches-bin"
_SIDE, _CHANNELS = 32, 3
_RECORD = 1 + _CHANNELS * _SIDE * _SIDE
_CURE = "Download cifar-10-binary.tar.gz, unpack it, and give its folder cifar-10-batches-bin."


def cifar10(spec: DataSpec, seed: int) -> Dataset:
    """Load CIFAR-10: 32x32 colour images, values 0 to 1, its own test split.

    Raises:
        DataError: Files are missing or damaged, or the folder holds the pickled python version.
    """
    folder = _find(spec.path)
    batches = [_read(folder / name) for name in (*_TRAIN, _TEST)]
    records = np.concatenate(batches)
    y = records[:, 0].astype(np.int64)
    planes = records[:, 1:].reshape(-1, _CHANNELS, _SIDE, _SIDE)
    x = planes.transpose(0, 2, 3, 1).astype(np.float32) / np.float32(255)
    split = np.zeros(len(y), np.int64)
    split[-len(batches[-1]) :] = 2
    rng = np.random.default_rng(seed)
    division = split_samples(y, Marks(split=split), spec.splitting(), rng, folder)
    return divide(spec.path.name, x, y, division.parts, _NAMES, division.text)


def _find(folder: Path) -> Path:
    for place in (folder, folder / _INNER):
        if (place / _TEST).is_file():
            return place
    pickled = [p for p in (folder, folder / "cifar-10-batches-py") if (p / "data_batch_1").exists()]
    if pickled:
        raise DataError(
            "This is the python version of CIFAR-10, whose files are pickles.",
            where=pickled[0],
            got="data_batch_1",
            allowed="data_batch_1.bin to data_batch_5.bin and test_batch.bin; files are never "
            "unpickled",
            cure=_CURE,
        )
    raise DataError(
        "A file of the data set is missing.",
        where=folder,
        got=sorted(p.name for p in folder.iterdir())[:12],
        allowed=[*_TRAIN, _TEST],
        cure=_CURE,
    )


def _read(path: Path) -> NDArray[np.uint8]:
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(
            "A file of the data set is missing.", where=path, got=error.strerror, cure=_CURE
        ) from error
    if not len(data) or len(data) % _RECORD:
        raise DataError(
            "A file of the data set is damaged.",
            where=path,
            got=f"{len(data)} bytes",
            allowed=f"records of {_RECORD} bytes: a label, then 3 planes of 32x32",
            cure=_CURE,
        )
    return data.reshape(-1, _RECORD)
