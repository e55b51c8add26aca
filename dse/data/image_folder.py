"""Folders of images, one folder per class."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from dse.data.dataset import Dataset, divide
from dse.data.division import Division
from dse.data.folders import Listing, list_classes, split_listing
from dse.data.room import allocate
from dse.data.spec import DataSpec
from hw_models.errors import ConfigError, DataError

__all__ = ["image_folder", "is_image", "read_images"]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm")
_GREY = ("1", "L", "LA", "I", "I;16")
_DEFAULT_SIZE = "32"


def image_folder(spec: DataSpec, seed: int) -> Dataset:
    """Load DIR/class/*.png|jpg, resized (bilinear) to `size` (32 by default), values 0 to 1.

    The data have one channel where every file is grey, else three.
    """
    listing = list_classes(spec.path, is_image, "PNG or JPEG images")
    division = split_listing(listing, None, spec, seed)
    return read_images(listing, division, spec, _DEFAULT_SIZE)


def is_image(file: Path) -> bool:
    """Whether a file counts as an image."""
    return file.suffix.lower() in _SUFFIXES


def read_images(listing: Listing, division: Division, spec: DataSpec, default: str) -> Dataset:
    """A Dataset of listed images.

    Args:
        listing: Files and labels.
        division: Their splits.
        spec: Its option `size` counts.
        default: Size without it.
    """
    size = _size(spec.options.get("size", default))
    channels = 1 if all(_is_grey(file) for file in listing.files) else 3
    x = allocate(len(listing.files), (*size, channels), "the images")
    for index, file in enumerate(listing.files):
        x[index] = _read(file, size, channels)
    names, parts = listing.class_names, division.parts
    return divide(spec.path.name, x, listing.labels, parts, names, division.text)


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


def _is_grey(path: Path) -> bool:
    with _open(path) as image:
        return image.mode in _GREY


def _read(path: Path, size: tuple[int, int], channels: int) -> NDArray[np.float32]:
    with _open(path) as image:
        mode = "L" if image.mode in _GREY else "RGB"
        fitted = image.convert(mode).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(fitted, dtype=np.float32) / np.float32(255)
    return np.broadcast_to(pixels.reshape(*size, -1), (*size, channels))


@contextmanager
def _open(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as image:
            yield image
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DataError(
            "An image cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            cure="Convert or remove it.",
        ) from error
