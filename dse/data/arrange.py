"""The axes of arrays from files become (n, height, width, channels)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["arrange"]

Members = Mapping[str, NDArray[np.generic]]


def arrange(
    values: NDArray[np.float32], is_audio: bool, members: Members, spec: DataSpec
) -> NDArray[np.float32]:
    """(n, height, width, channels) from the usual layouts, or the one that the options state.

    Args:
        values: The inputs.
        is_audio: Whether (n, samples) are a signal, not features.
        members: Of the file: `scale` and `channels` mark signals of several channels.
        spec: Its option `layout` goes before.

    Raises:
        DataError: The layout is not known, or does not fit.
    """
    if "layout" in spec.options:
        return _stated(values, spec)
    shape = values.shape
    if values.ndim == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):
        raise DataError(
            "The images look like (n, channels, height, width), as torch has them.",
            where=f"{spec.path}, member 'x'",
            got=shape,
            allowed="(n, height, width, channels), or a stated layout",
            cure="Add ?layout=chw behind the file, or ?layout=hwc if it is as it should be.",
        )
    if values.ndim == 2:
        return values[:, None, :, None] if is_audio else values[:, None, None, :]
    if values.ndim == 3 and ("scale" in members or "channels" in members):
        scaled = values * np.asarray(members.get("scale", 1.0), np.float32).reshape(1, -1, 1)
        return np.ascontiguousarray(scaled.transpose(0, 2, 1)[:, None])
    if values.ndim in (3, 4):
        return values[..., None] if values.ndim == 3 else values
    raise DataError(
        "The inputs have the wrong number of dimensions.",
        where=f"{spec.path}, member 'x'",
        got=shape,
        allowed="(n, features), (n, samples), (n, channels, samples), (n, height, width[, c])",
    )


def _stated(values: NDArray[np.float32], spec: DataSpec) -> NDArray[np.float32]:
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
