"""Class folders: DIR/class/file, or DIR/train/class/file beside val and test."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.data.dataset import SPLITS
from dse.data.division import Division, Marks, split_samples
from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["Listing", "limit_listing", "list_classes", "split_listing"]


@dataclass(frozen=True)
class Listing:
    """Files with their labels, sorted by name.

    Args:
        files: Paths.
        labels: int64 (n,).
        class_names: The folders' names, sorted.
        parts: (n,) "train", "val" or "test" where the folders say so, else "".
    """

    files: tuple[Path, ...]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    parts: NDArray[np.str_]


def list_classes(folder: Path, is_wanted: Callable[[Path], bool], kind: str) -> Listing:
    """List a folder of class folders.

    Args:
        folder: Holds one folder per class, or folders train, test and perhaps val that do.
        is_wanted: Which files count.
        kind: Of files, for messages.

    Raises:
        DataError: There are no class folders, or one is empty.
    """
    own = {part: folder / part for part in SPLITS if (folder / part).is_dir()}
    roots = own if {"train", "test"} <= set(own) else {"": folder}
    names = sorted({entry.name for root in roots.values() for entry in _folders(root)})
    if len(names) < 2:
        raise DataError(
            "The folder does not hold two or more class folders.",
            where=folder,
            got=names,
            allowed="FOLDER/CLASS/file, or FOLDER/train/CLASS/file and FOLDER/test/CLASS/file",
        )
    rows: list[tuple[Path, int, str]] = []
    for part, root in roots.items():
        for label, name in enumerate(names):
            files = sorted((root / name).rglob("*")) if (root / name).is_dir() else []
            found = [file for file in files if file.is_file() and is_wanted(file)]
            if not found and part in ("", "train"):
                raise DataError("A class has no examples.", where=root / name, allowed=kind)
            rows.extend((file, label, part) for file in found)
    return Listing(
        tuple(row[0] for row in rows),
        np.array([row[1] for row in rows], dtype=np.int64),
        tuple(names),
        np.array([row[2] for row in rows], dtype=np.str_),
    )


def split_listing(
    listing: Listing, groups: NDArray[np.str_] | None, spec: DataSpec, seed: int
) -> Division:
    """Train, validation and test indices of a listing, and how they were made."""
    split = None
    if (listing.parts == "train").any():
        split = np.array([SPLITS.index(part) for part in listing.parts.tolist()])
    rng = np.random.default_rng(seed)
    marks = Marks(groups, split)
    division = split_samples(listing.labels, marks, spec.splitting(), rng, spec.path)
    return Division(division.parts, f"{division.text}, seed {seed}")


def limit_listing(listing: Listing, spec: DataSpec, rng: np.random.Generator) -> Listing:
    """At most `limit` files of each class and part, drawn at random; all without that option."""
    if "limit" not in spec.options:
        return listing
    most = spec.whole("limit", 1)
    chosen: list[int] = []
    for part in np.unique(listing.parts):
        for label in np.unique(listing.labels):
            own = np.flatnonzero((listing.labels == label) & (listing.parts == part))
            chosen += rng.permutation(own)[:most].tolist()
    kept = np.sort(np.array(chosen, dtype=np.intp))
    files = tuple(listing.files[i] for i in kept)
    return replace(listing, files=files, labels=listing.labels[kept], parts=listing.parts[kept])


def _folders(root: Path) -> list[Path]:
    return [entry for entry in root.iterdir() if entry.is_dir() and entry.name[0] not in "._"]
