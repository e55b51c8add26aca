"""Folders of images, one folder per class."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from dse.data.dataset import Dataset, divide
from dse.data.folders import list_classes, split_listing
from dse.data.spec import DataSpec
from hw_models.errors import ConfigError, DataError

__all__ = ["image_folder"]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm")
_GREY = ("1", "L", "LA", "I", "I;16")
_DEFAULT_SIZE = "32"


def image_folder(spec: DataSpec, seed: int) -> Dataset:
    """Load DIR/class/*.png|jpg, resized (bilinear) to `size` (32 by default), values 0 to 1.

    The data have one channel where every file is grey, else three.
    """
    listing = list_classes(
        spec.path, lambda file: file.suffix.lower() in _SUFFIXES, "PNG or JPEG images"
    )
    size = _size(spec.options.get("size", _DEFAULT_SIZE))
    images = [_read(file, size) for file in listing.files]
    channels = max(image.shape[2] for image in images)
    x = np.stack([np.broadcast_to(image, (*size, channels)) for image in images])
    parts, split = split_listing(listing, seed)
    return divide(spec.path.name, x, listing.labels, parts, listing.class_names, split)


def _size(text: str) -> tuple[int, int]:
    numbers = text.lower().split("x")
    if len(numbers) > 2 or not all(n.isdecimal() and 1 <= int(n) <= 4096 for n in numbers):
        raise ConfigError(
            "The image size is not understood.",
            where="--data, option 'size'",
            got=text,
            allowed="N or HEIGHTxWIDTH",
        )
    return int(numbers[0]), int(numbers[-1])


def _read(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    try:
        with Image.open(path) as image:
            mode = "L" if image.mode in _GREY else "RGB"
            fitted = image.convert(mode).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DataError(
            "An image cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            cure="Convert or remove it.",
        ) from error
    pixels = np.asarray(fitted, dtype=np.float32) / np.float32(255)
    return pixels.reshape(*size, -1)
