"""Splitting: stratified over the classes, or by speaker or subject."""

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import DataError

__all__ = ["FRACTION", "Indices", "carve", "carve_groups", "three_way"]

Indices = NDArray[np.intp]
Labels = NDArray[np.int64]
Parts = tuple[Indices, Indices, Indices]
FRACTION = 0.2


def carve(
    labels: Labels, among: Indices, rng: np.random.Generator, fraction: float = FRACTION
) -> tuple[Indices, Indices]:
    """Split indices in two with the same share of every class in both.

    Args:
        labels: (n,) of all samples.
        among: The indices to split.
        rng: Decides which samples go where.
        fraction: Share of the second part, at least one sample per class; 0 holds nothing out, and
            both parts are the whole.

    Raises:
        DataError: A class has a single sample.
    """
    if not fraction:
        return among, among
    second: list[Indices] = []
    for label in np.unique(labels[among]):
        own = rng.permutation(among[labels[among] == label])
        if len(own) < 2:
            raise DataError(
                "A class has too few examples to be split.",
                where=f"class {label}",
                got=len(own),
                allowed="at least 3 examples per class",
            )
        second.append(own[: max(1, round(fraction * len(own)))])
    taken = np.sort(np.concatenate(second)) if second else among[:0]
    return np.setdiff1d(among, taken), taken


def carve_groups(
    groups: NDArray[np.generic],
    among: Indices,
    rng: np.random.Generator,
    fraction: float = FRACTION,
) -> tuple[Indices, Indices]:
    """Split indices in two so that no group (speaker, subject) stands in both, as `carve` else."""
    if not fraction:
        return among, among
    names = rng.permutation(np.unique(groups[among]))
    if len(names) < 2:
        raise DataError(
            "There are too few speakers or subjects to split by.", got=len(names), allowed="3"
        )
    chosen = names[: max(1, round(fraction * len(names)))]
    inside = np.isin(groups[among], chosen)
    return among[~inside], among[inside]


def three_way(
    labels: Labels,
    groups: NDArray[np.generic] | None,
    rng: np.random.Generator,
    validation: float | None = None,
) -> Parts:
    """Train, validation and test indices where the data bring no split: 64, 16 and 20 percent."""
    everything = np.arange(len(labels))
    share = FRACTION if validation is None else validation
    if groups is None:
        rest, test = carve(labels, everything, rng)
        return (*carve(labels, rest, rng, share), test)
    rest, test = carve_groups(groups, everything, rng)
    return (*carve_groups(groups, rest, rng, share), test)
