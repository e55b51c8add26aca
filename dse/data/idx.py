"""MNIST and Fashion-MNIST as they are distributed: four idx files, gzipped or not."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.data.dataset import Dataset, divide
from dse.data.division import Marks, split_samples
from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["fashion_mnist", "mnist", "read_idx"]

_GARMENTS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip
_FILES = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
          "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}  # fmt: skip
_BYTES = 0x08


def fashion_mnist(spec: DataSpec, seed: int) -> Dataset:
    """Load Fashion-MNIST (Xiao 2017): 28x28 grey images, values 0 to 1, its own test split."""
    return _load(spec, seed, _GARMENTS)


def mnist(spec: DataSpec, seed: int) -> Dataset:
    """Load MNIST (LeCun 1998): 28x28 grey images, values 0 to 1, its own test split."""
    return _load(spec, seed, tuple(map(str, range(10))))


def read_idx(folder: Path, name: str, dimensions: int) -> NDArray[np.uint8]:
    """An idx file of bytes, as NAME or NAME.gz.

    Raises:
        DataError: It is missing, damaged or cut short.
    """
    path = next((p for p in (folder / f"{name}.gz", folder / name) if p.is_file()), None)
    if path is None:
        raise DataError(
            "A file of the data set is missing.",
            where=folder,
            got=sorted(p.name for p in folder.iterdir())[:12],
            allowed=f"{name}.gz or {name}",
            cure="Give the folder with the four files as they are downloaded.",
        )
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        zeros, kind, count = struct.unpack(">HBB", data[:4])
        shape = struct.unpack(f">{count}I", data[4 : 4 + 4 * count])
        if zeros or kind != _BYTES or count != dimensions:
            raise ValueError(f"idx header {data[:4].hex()}")
        values = np.frombuffer(data, np.uint8, offset=4 + 4 * count)
        return values.reshape(shape)
    except (OSError, EOFError, ValueError, zlib.error, struct.error) as error:
        raise DataError(
            "A file of the data set is damaged.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            allowed=f"an idx file of bytes in {dimensions} dimensions",
            cure="Download it again.",
        ) from error


def _load(spec: DataSpec, seed: int, names: tuple[str, ...]) -> Dataset:
    images: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.int64]] = []
    split: list[NDArray[np.int64]] = []
    for place, (image_file, label_file) in zip((0, 2), _FILES.values(), strict=True):
        x, y = read_idx(spec.path, image_file, 3), read_idx(spec.path, label_file, 1)
        if len(x) != len(y) or (images and x.shape[1:] != images[0].shape[1:]):
            raise DataError(
                "Images and labels do not fit together.",
                where=spec.path / image_file,
                got=f"images {x.shape}, labels {y.shape}",
                cure="Download the files again.",
            )
        images.append(x)
        labels.append(y.astype(np.int64))
        split.append(np.full(len(y), place, np.int64))
    pixels = np.concatenate(images)[..., None].astype(np.float32) / np.float32(255)
    truth = np.concatenate(labels)
    marks = Marks(split=np.concatenate(split))
    rng = np.random.default_rng(seed)
    division = split_samples(truth, marks, spec.splitting(), rng, spec.path)
    return divide(spec.path.name, pixels, truth, division.parts, names, division.text)
