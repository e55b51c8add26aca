"""Packing of blocks with lifetimes into the smallest arena (dynamic storage allocation).

A block is live during a range of steps and has a size; blocks that are live at one step may not
overlap. No packing is smaller than the largest sum of live sizes. Where at most two blocks are
live at once, as in a chain of layers, placing them at alternate ends reaches that bound; elsewhere
greedy orders and small changes of the best are tried, and a branch and bound search proves or
improves the result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Block", "Packing", "pack", "reaches_bound"]

EXACT_BLOCKS = 20
NODE_LIMIT = 20_000
CLIMB_STEPS = 150
LONG_CLIMB_STEPS = 3000
CLIMB_AT_TOP = 0.7
_CACHED = 65_536


class Block(NamedTuple):
    """Bytes that are needed from step `first` to step `last`, both included."""

    first: int
    last: int
    size: int


@dataclass(frozen=True)
class Packing:
    """Where each block lies.

    Args:
        offsets: Of the blocks.
        scratch_offsets: Of each step's scratch (0 where a step has none).
        size_bytes: Of the arena.
        lower_bound_bytes: Largest sum of sizes live at one step.
        is_optimal: Whether no smaller packing exists, as proved by the bound or by the search.
    """

    offsets: tuple[int, ...]
    scratch_offsets: tuple[int, ...]
    size_bytes: int
    lower_bound_bytes: int
    is_optimal: bool


@lru_cache(maxsize=_CACHED)
def pack(blocks: tuple[Block, ...], scratch: tuple[int, ...]) -> Packing:
    """Pack blocks and per-step scratch.

    Args:
        blocks: In order of their first step.
        scratch: Bytes that each step needs besides, (steps,).
    """
    live = list(scratch)
    for block in blocks:
        for step in range(block.first, block.last + 1):
            live[step] += block.size
    bound = max(live)
    ends = _two_ended(blocks, scratch, bound)
    if ends is not None:
        return Packing(*ends, bound, bound, True)
    busy = [step for step, size in enumerate(scratch) if size]
    items = (*blocks, *(Block(step, step, scratch[step]) for step in busy))
    offsets, height = _climb(items, bound, *_best_greedy(items, bound), CLIMB_STEPS)
    is_optimal = height == bound
    if not is_optimal and len(blocks) <= EXACT_BLOCKS:
        search = _Search(items, len(scratch), bound, offsets, height)
        is_optimal = search.run()
        offsets, height = search.offsets, search.height
        if not is_optimal:
            offsets, height = _climb(items, bound, offsets, height, LONG_CLIMB_STEPS)
            is_optimal = height == bound
    scratch_offsets = [0] * len(scratch)
    for step, offset in zip(busy, offsets[len(blocks) :], strict=True):
        scratch_offsets[step] = offset
    return Packing(tuple(offsets[: len(blocks)]), tuple(scratch_offsets), height, bound, is_optimal)


def _two_ended(
    blocks: Sequence[Block], scratch: Sequence[int], bound: int
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Blocks at alternate ends, scratch between them; None if three blocks meet at one step."""
    free = [0, 0]
    low_top = [0] * len(scratch)
    offsets = []
    for block in blocks:
        end = 0 if free[0] <= block.first else 1
        if free[end] > block.first:
            return None
        free[end] = block.last + 1
        offsets.append(bound - block.size if end else 0)
        if not end:
            low_top[block.first : block.last + 1] = [block.size] * (block.last + 1 - block.first)
    return tuple(offsets), tuple(
        top if size else 0 for top, size in zip(low_top, scratch, strict=True)
    )


_Key = Callable[[Block], tuple[int, ...]]
_LIFETIME_ORDERS: tuple[_Key, ...] = (
    lambda b: (b.first == b.last, b.last, b.first),
    lambda b: (b.first - b.last, b.first),
    lambda b: (b.last - b.first < 2, b.first),
)
"""Orders that do not look at sizes, so that many packings of one graph can be tried at once."""

_ORDERS: tuple[_Key, ...] = (
    *_LIFETIME_ORDERS,
    lambda b: (-b.size, b.first),
    lambda b: (b.first - b.last, -b.size),
    lambda b: (-b.size * (b.last + 1 - b.first), b.first),
    lambda b: (b.first, -b.last),
    lambda b: (-b.last, b.first),
)


def _best_greedy(items: Sequence[Block], bound: int) -> tuple[list[int], int]:
    best: list[int] = []
    height = -1
    for key in _ORDERS:
        offsets = _first_fit(items, sorted(range(len(items)), key=lambda i: key(items[i])))
        tried = max(offset + item.size for offset, item in zip(offsets, items, strict=True))
        if height < 0 or tried < height:
            best, height = offsets, tried
        if height == bound:
            break
    return best, height


def reaches_bound(
    lifetimes: Sequence[tuple[int, int]], sizes: NDArray[np.int64], bound: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of many packings of the same lifetimes an order of lifetimes brings to the bound.

    `pack` finds the bound for these, too; for the others it may or may not.

    Args:
        lifetimes: (first, last) of every block, then of every step's scratch.
        sizes: Of them, (items, n).
        bound: Largest live sums, (n,).
    """
    done: NDArray[np.bool_] = np.zeros(len(bound), dtype=np.bool_)
    items = [Block(first, last, 0) for first, last in lifetimes]
    for key in _LIFETIME_ORDERS:
        left = np.flatnonzero(~done)
        if len(left):
            order = sorted(range(len(items)), key=lambda i: key(items[i]))
            done[left] = _heights(items, sizes[:, left], order) == bound[left]
    return done


def _heights(
    items: Sequence[Block], sizes: NDArray[np.int64], order: Sequence[int]
) -> NDArray[np.int64]:
    """Heights of first-fit packings, (n,); `_first_fit` for all columns of sizes at once."""
    starts = np.zeros_like(sizes)
    ends = np.zeros_like(sizes)
    for place, index in enumerate(order):
        first, last, _ = items[index]
        met = [i for i in order[:place] if items[i].first <= last and first <= items[i].last]
        best = np.full(sizes.shape[1], np.iinfo(np.int64).max)
        for offset in (np.zeros_like(best), *(ends[i] for i in met)):
            top = offset + sizes[index]
            free = offset < best
            for i in met:
                free &= (top <= starts[i]) | (offset >= ends[i])
            best[free] = offset[free]
        starts[index], ends[index] = best, best + sizes[index]
    heights: NDArray[np.int64] = ends.max(axis=0)
    return heights


def _first_fit(items: Sequence[Block], order: Sequence[int]) -> list[int]:
    offsets = [0] * len(items)
    placed: list[int] = []
    for index in order:
        first, last, size = items[index]
        taken = sorted(
            (offsets[other], offsets[other] + items[other].size)
            for other in placed
            if items[other].first <= last and first <= items[other].last
        )
        offset = 0
        for start, end in taken:
            if offset + size <= start:
                break
            offset = max(offset, end)
        offsets[index] = offset
        placed.append(index)
    return offsets


def _climb(
    items: Sequence[Block], bound: int, offsets: list[int], height: int, steps: int
) -> tuple[list[int], int]:
    """Move one item at a time in the order of placing, keeping what is no worse."""
    rng = Random(0)
    order = sorted(range(len(items)), key=lambda i: offsets[i])
    for _ in range(steps):
        if height == bound:
            break
        highest = [i for i, item in enumerate(items) if offsets[i] + item.size == height]
        moved = rng.choice(highest if rng.random() < CLIMB_AT_TOP else order)
        trial = [index for index in order if index != moved]
        trial.insert(rng.randrange(len(items)), moved)
        placed = _first_fit(items, trial)
        reached = max(offset + item.size for offset, item in zip(placed, items, strict=True))
        if reached <= height:
            order, offsets, height = trial, placed, reached
    return offsets, height


class _Search:
    """Branch and bound over packings in which every item rests on the floor or on another item.

    Some optimal packing has that form. Placing its items by rising offset, each lands on the
    skyline of those before it, so the search runs over orders in which the offsets never fall.
    """

    def __init__(
        self, items: Sequence[Block], steps: int, bound: int, offsets: list[int], height: int
    ) -> None:
        self.items = items
        self.bound = bound
        self.offsets = offsets
        self.height = height
        self._nodes = 0
        self._seen: set[tuple[int, int, int, tuple[int, ...]]] = set()
        self._placing = [0] * len(items)
        self._rest = [0] * steps
        for item in items:
            for step in range(item.first, item.last + 1):
                self._rest[step] += item.size

    def run(self) -> bool:
        """Improve the packing; True if its height is proved to be the least."""
        self._descend((1 << len(self.items)) - 1, [0] * len(self._rest), 0, -1)
        return self.height == self.bound or self._nodes <= NODE_LIMIT

    def _descend(self, unplaced: int, skyline: list[int], level: int, previous: int) -> None:
        self._nodes += 1
        if self._nodes > NODE_LIMIT or self.height == self.bound:
            return
        if not unplaced:
            self.height, self.offsets = max(skyline), self._placing.copy()
            return
        for top, rest in zip(skyline, self._rest, strict=True):
            if rest and (top if top > level else level) + rest >= self.height:
                return
        key = (unplaced, level, previous, tuple(skyline))
        if key in self._seen:
            return
        self._seen.add(key)
        for offset, _, index in self._candidates(unplaced, skyline, level):
            if offset == level and index < previous:
                continue
            self._place(index, offset, unplaced, skyline)

    def _candidates(
        self, unplaced: int, skyline: list[int], level: int
    ) -> list[tuple[int, int, int]]:
        found = []
        for index, (first, last, size) in enumerate(self.items):
            if unplaced >> index & 1:
                offset = max(skyline[first : last + 1])
                if offset >= level and offset + size < self.height:
                    found.append((offset, -size, index))
        return sorted(found)

    def _place(self, index: int, offset: int, unplaced: int, skyline: list[int]) -> None:
        first, last, size = self.items[index]
        width = last + 1 - first
        risen = skyline.copy()
        risen[first : last + 1] = [offset + size] * width
        for step in range(first, last + 1):
            self._rest[step] -= size
        self._placing[index] = offset
        self._descend(unplaced & ~(1 << index), risen, offset, index)
        for step in range(first, last + 1):
            self._rest[step] += size
