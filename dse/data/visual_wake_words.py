"""Visual Wake Words as in MLPerf Tiny: folders `person` and `non_person` of images."""

from dataclasses import replace

import numpy as np

from dse.data.dataset import Dataset
from dse.data.folders import Listing, limit_listing, list_classes, split_listing
from dse.data.image_folder import is_image, read_images
from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["visual_wake_words"]

_CLASSES = ("non_person", "person")
_INNER = "vw_coco2014_96"
_SIZE = "96"


def visual_wake_words(spec: DataSpec, seed: int) -> Dataset:
    """Load Visual Wake Words, resized to `size` (96), at most `limit` images of each class.

    The distribution brings no split of its own, so one is made by class; folders train, val and
    test that hold the two are kept.

    Raises:
        DataError: The two folders are missing or empty, or an image is damaged.
    """
    inner = spec.path / _INNER
    folder = inner if inner.is_dir() else spec.path
    has_parts = all((folder / part).is_dir() for part in ("train", "test"))
    for root in (folder / "train", folder / "test") if has_parts else (folder,):
        missing = [name for name in _CLASSES if not (root / name).is_dir()]
        if missing:
            raise DataError(
                "A class folder of Visual Wake Words is missing.",
                where=root,
                got=f"no {' and no '.join(missing)}",
                allowed="folders person and non_person",
                cure="Unpack vw_coco2014_96.tar.gz of MLPerf Tiny and give its folder.",
            )
    rng = np.random.default_rng(seed)
    listing = _only_two(list_classes(folder, is_image, "PNG or JPEG images"))
    listing = limit_listing(listing, spec, rng)
    return read_images(listing, split_listing(listing, None, spec, seed), spec, _SIZE)


def _only_two(listing: Listing) -> Listing:
    """Without what other folders there are."""
    wanted = [listing.class_names.index(name) for name in _CLASSES]
    kept = np.flatnonzero(np.isin(listing.labels, wanted))
    return replace(
        listing,
        files=tuple(listing.files[i] for i in kept),
        labels=np.searchsorted(wanted, listing.labels[kept]).astype(np.int64),
        class_names=_CLASSES,
        parts=listing.parts[kept],
    )
