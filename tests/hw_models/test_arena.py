from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from hw_models.arena import Block, _Search, pack

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
