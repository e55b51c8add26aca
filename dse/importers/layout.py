"""How a torch tensor's dimensions lie on the axes (height, width, channels) of a Network tensor.

Each torch dimension is a tuple of network axes, outermost first; dimensions of size 1, the batch
among them, are empty. So (N, C, H, W) is ((), (2,), (0,), (1,)), and after a flatten of the last
three it is ((), (2, 0, 1)): the vector counts channels outermost, as torch does. Views, squeezes
and permutations change the layout only; no data move.
"""

from collections.abc import Sequence
from itertools import chain
from math import prod

from hw_models.network import Shape

__all__ = ["CHANNELS", "HEIGHT", "WIDTH", "Dims", "arrangement", "drop_ones", "regroup"]

HEIGHT, WIDTH, CHANNELS = 0, 1, 2
Dims = tuple[tuple[int, ...], ...]


def drop_ones(dims: Dims, shape: Shape) -> Dims:
    """The same layout without the axes of size 1.

    >>> drop_ones(((), (2,), (0,), (1,)), (1, 5, 3))
    ((), (2,), (), (1,))
    """
    return tuple(tuple(axis for axis in dim if shape[axis] > 1) for dim in dims)


def regroup(dims: Dims, shape: Shape, sizes: Sequence[int]) -> Dims | None:
    """The layout after a view to other sizes; None if an axis would be split.

    >>> regroup(((), (2,), (0,), (1,)), (4, 4, 8), (1, 128))
    ((), (2, 0, 1))
    >>> regroup(((), (2,)), (1, 1, 8), (1, 2, 4)) is None
    True
    """
    axes = list(chain.from_iterable(drop_ones(dims, shape)))
    groups: list[tuple[int, ...]] = []
    for size in sizes:
        group: list[int] = []
        while axes and prod(shape[axis] for axis in group) < size:
            group.append(axes.pop(0))
        if prod(shape[axis] for axis in group) != size:
            return None
        groups.append(tuple(group))
    return None if axes else tuple(groups)


def arrangement(
    height: tuple[int, ...], width: tuple[int, ...], channels: tuple[int, ...]
) -> tuple[int, int, int] | None:
    """The permutation that brings those axes to (height, width, channels).

    Free places take the axes of size 1 that are left. None if a place would need several axes.

    >>> arrangement((2,), (1,), ())
    (2, 1, 0)
    """
    wanted = (height, width, channels)
    if any(len(axes) > 1 for axes in wanted):
        return None
    free = [axis for axis in range(3) if (axis,) not in wanted]
    kept = {place: place for place in range(3) if not wanted[place] and place in free}
    rest = iter(axis for axis in free if axis not in kept)
    picked = [wanted[place][0] if wanted[place] else kept.get(place, -1) for place in range(3)]
    first, second, third = (next(rest) if axis < 0 else axis for axis in picked)
    return first, second, third
