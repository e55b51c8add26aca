"""Reading the arguments of a traced node."""

from collections.abc import Sequence
from typing import Any

from torch import fx

__all__ = ["argument", "pair"]


def argument(node: fx.Node, position: int, name: str, default: Any = None) -> Any:  # noqa: ANN401
    """A positional or keyword argument, or its default."""
    if len(node.args) > position:
        return node.args[position]
    return node.kwargs.get(name, default)


def pair(value: int | Sequence[int], rank: int) -> tuple[int, int]:
    """A window argument as (vertical, horizontal); a 1-D one is horizontal.

    >>> pair([3], 2), pair([3], 1), pair([3, 5], 2)
    ((3, 3), (1, 3), (3, 5))
    """
    values = [value] if isinstance(value, int) else list(value)
    if rank == 1:
        return 1, int(values[0])
    return int(values[0]), int(values[-1])
