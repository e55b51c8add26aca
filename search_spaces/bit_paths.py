"""When the tensors of a space are bits: what several sites decide together.

A tensor is stored as bits where the layers on both sides are xnor and nothing around them is s4.
That is one condition for each of some sites, and so a table of costs needs one more yes or no
instead of all these sites.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.binary import binary_path
from hw_models.network import Network

__all__ = ["BitPath", "are_bits", "bit_paths", "realised"]

Vectors = NDArray[np.int64]


@dataclass(frozen=True)
class BitPath:
    """Tensors that are bits together.

    Args:
        tensors: From one xnor layer to the next.
        allowed: By position of a site, its options with which they are bits; other sites do not
            matter.
    """

    tensors: frozenset[str]
    allowed: Mapping[int, frozenset[int]]


def bit_paths(
    network_of: Callable[[Sequence[int]], Network],
    binary: Sequence[int],
    cardinalities: Sequence[int],
) -> tuple[BitPath, ...]:
    """Every path that is bits in some network of a space.

    Args:
        network_of: The network of a vector of options.
        binary: A vector with xnor at every site that has it, and s8 where that matters.
        cardinalities: Options of each site; 1 for sites that stay.
    """
    whole = network_of(binary)
    makers = [each for each in whole.weighted_layers if each.format == "b1"]
    allowed: list[dict[int, frozenset[int]]] = [{} for _ in makers]
    for site, count in enumerate(cardinalities if makers else ()):
        others = [option for option in range(count) if option != binary[site]]
        networks = {
            option: network_of([*binary[:site], option, *binary[site + 1 :]]) for option in others
        }
        for maker, own in zip(makers, allowed, strict=True):
            kept = [each for each in others if networks[each].layer(maker.name).format == "b1"]
            if len(kept) < len(others):
                own[site] = frozenset((binary[site], *kept))
    return tuple(
        BitPath(frozenset((maker.name, *(each.name for each in binary_path(whole, maker)[0]))), own)
        for maker, own in zip(makers, allowed, strict=True)
    )


def are_bits(paths: Sequence[BitPath], vectors: Vectors) -> Vectors:
    """(n, paths) 1 where the path of a vector is bits, else 0."""
    columns = [
        np.all([np.isin(vectors[:, site], list(own)) for site, own in path.allowed.items()], axis=0)
        for path in paths
    ]
    return np.array(columns, dtype=np.int64).reshape(len(paths), len(vectors)).T


def realised(
    vector: Sequence[int], fixed: Sequence[int], wanted: Sequence[tuple[BitPath, int]]
) -> list[int] | None:
    """A vector with the wanted paths of bits, or None if the fixed sites rule it out.

    Args:
        vector: To change.
        fixed: Positions of the sites that stay.
        wanted: Paths, each with 1 to be bits and 0 not to be.
    """
    found = list(vector)
    needed = {site for path, bits in wanted if bits for site in path.allowed}
    for path, bits in wanted:
        if bits:
            for site, own in path.allowed.items():
                if found[site] not in own and site in fixed:
                    return None
                found[site] = found[site] if found[site] in own else min(own)
    for path, bits in wanted:
        free = [site for site in path.allowed if site not in needed and site not in fixed]
        if not bits and all(found[site] in own for site, own in path.allowed.items()):
            if not free:
                return None
            own = path.allowed[free[0]]
            found[free[0]] = next(each for each in range(len(own) + 1) if each not in own)
    return found
