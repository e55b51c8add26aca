from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_models.arena import (
    _LIFETIME_ORDERS,
    Block,
    _first_fit,
    _heights,
    _Search,
    pack,
    reaches_bound,
)

STEPS = 8


@st.composite
def blocks(draw, count=8, steps=STEPS):
    made = []
    for _ in range(draw(st.integers(1, count))):
        first = draw(st.integers(0, steps - 1))
        last = draw(st.integers(first, steps - 1))
        made.append(Block(first, last, 4 * draw(st.integers(1, 12))))
    return tuple(sorted(made))


scratches = st.lists(st.sampled_from([0, 0, 4, 16]), min_size=STEPS, max_size=STEPS).map(tuple)


def overlap(one, two):
    (first, last, size), offset = one
    (other_first, other_last, other_size), other_offset = two
    if last < other_first or other_last < first:
        return False
    return offset < other_offset + other_size and other_offset < offset + size


def check(made, scratch, packing):
    placed = list(zip(made, packing.offsets, strict=True))
    placed += [
        (Block(step, step, size), packing.scratch_offsets[step])
        for step, size in enumerate(scratch)
        if size
    ]
    for index, one in enumerate(placed):
        assert one[1] % 4 == 0
        assert 0 <= one[1] <= packing.size_bytes - one[0].size
        assert not any(overlap(one, two) for two in placed[:index])
    assert packing.size_bytes >= packing.lower_bound_bytes


@given(blocks(count=14), scratches)
@settings(max_examples=150, deadline=None)
def test_blocks_that_live_together_never_overlap(made, scratch):
    check(made, scratch, pack(made, scratch))


@given(st.lists(st.integers(1, 99), min_size=2, max_size=20), st.data())
@settings(deadline=None)
def test_a_chain_reaches_the_lower_bound(sizes, data):
    steps = len(sizes) - 1
    made = tuple(
        Block(max(index - 1, 0), min(index, steps - 1), 4 * size)
        for index, size in enumerate(sizes)
    )
    scratch = tuple(4 * data.draw(st.integers(0, 30)) for _ in range(steps))
    packing = pack(made, scratch)
    check(made, scratch, packing)
    assert packing.size_bytes == packing.lower_bound_bytes
    assert packing.is_optimal


def least(made):
    best = None
    for order in permutations(made):
        placed = []
        for first, last, size in order:
            under = [top for a, b, top in placed if a <= last and first <= b]
            placed.append((first, last, size + max(under, default=0)))
        height = max(top for _, _, top in placed)
        best = height if best is None else min(best, height)
    return best


@given(blocks(count=6, steps=5))
@settings(max_examples=60, deadline=None)
def test_the_search_finds_the_least_of_all_packings(made):
    stacked = [sum(block.size for block in made[:index]) for index in range(len(made))]
    height = stacked[-1] + made[-1].size
    # No bound: the search has to exhaust every order to be sure.
    search = _Search(made, 5, 0, stacked, height)
    assert search.run()
    assert search.height == least(made)
    assert pack(made, (0,) * 5).size_bytes == search.height


def test_a_search_that_is_cut_short_does_not_claim_a_proof(monkeypatch):
    made = tuple(Block(index % 3, index % 3 + 2, 4 + 4 * index) for index in range(9))
    monkeypatch.setattr("hw_models.arena.NODE_LIMIT", 3)
    search = _Search(made, 5, 0, [0] * 9, 10_000)
    assert not search.run()


def test_a_packing_that_needs_a_long_climb():
    spans = [(0, 0), (0, 4), (1, 3), (2, 6), (3, 7), (4, 8), (6, 9), (7, 10), (8, 11), (9, 13)]
    spans += [(10, 12), (11, 13)]
    sizes = (128, 640, 80, 48, 336, 336, 32, 544, 640, 64, 64, 64)
    made = tuple(Block(*span, size) for span, size in zip(spans, sizes, strict=True))
    scratch = (64, 320, 72, 72, 320, 0, 36, 216, 216, 36, 324, 320, 0, 0)
    packing = pack(made, scratch)
    check(made, scratch, packing)
    assert packing.size_bytes == packing.lower_bound_bytes == 1768
    assert packing.is_optimal


SIZES = st.integers(0, 12).map(lambda n: 4 * n)


@given(blocks(count=9), st.lists(st.lists(SIZES, min_size=17, max_size=17), min_size=1, max_size=4))
@settings(deadline=None)
def test_many_packings_at_once_are_those_of_one_at_a_time(made, rows):
    scratch = [Block(step, step, 0) for step in range(STEPS)]
    items = [*made, *scratch]
    sizes = np.array([row[: len(items)] for row in rows]).T
    live = [
        sum(sizes[i] for i, item in enumerate(items) if item.first <= step <= item.last)
        for step in range(STEPS)
    ]
    bound = np.maximum.reduce([np.broadcast_to(each, len(rows)) for each in live])
    reached = reaches_bound([item[:2] for item in items], sizes, bound)
    for column, own in enumerate(sizes.T.tolist()):
        sized = [item._replace(size=size) for item, size in zip(items, own, strict=True)]
        heights = []
        for key in _LIFETIME_ORDERS:
            order = sorted(range(len(items)), key=lambda i: key(items[i]))
            offsets = _first_fit(sized, order)
            heights.append(max(o + item.size for o, item in zip(offsets, sized, strict=True)))
            assert _heights(items, sizes, order)[column] == heights[-1]
        assert reached[column] == (min(heights) == bound[column])
        if reached[column]:
            packing = pack(tuple(sized[: len(made)]), tuple(own[len(made) :]))
            assert packing.size_bytes == bound[column]
