"""Counts of sliding windows against loops that walk like the C."""

from hypothesis import given
from hypothesis import strategies as st

from hw_models.network import Layer, Tensor
from hw_models.window_counts import Gathered, gathered, spans, valid_steps


@st.composite
def windows(draw):
    height, width, channels = (draw(st.integers(1, 7)) for _ in range(3))
    padding = tuple(draw(st.integers(0, 4)) for _ in range(4))
    kernel = (
        draw(st.integers(1, min(4, height + padding[0] + padding[1]))),
        draw(st.integers(1, min(4, width + padding[2] + padding[3]))),
    )
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    shape = (
        (height + padding[0] + padding[1] - kernel[0]) // stride[0] + 1,
        (width + padding[2] + padding[3] - kernel[1]) // stride[1] + 1,
        2,
    )
    layer = Layer("y", "conv", ("x",), shape, "s8", kernel, stride, padding)
    return layer, Tensor("x", (height, width, channels))


def pixels(layer):
    for row in range(layer.shape[0]):
        for column in range(layer.shape[1]):
            yield (
                row * layer.stride[0] - layer.padding[0],
                (column * layer.stride[1] - layer.padding[2]),
            )


def walk(layer, source, *, loose, border_only):
    """dse_gather, run by run."""
    height, width, channels = source.shape
    rows, runs = 0, []
    for y, x in pixels(layer):
        is_inside = 0 <= y <= height - layer.kernel[0] and 0 <= x <= width - layer.kernel[1]
        if border_only and is_inside:
            continue
        columns = [0 <= x + i < width for i in range(layer.kernel[1])]
        inside = sum(columns)
        before = columns.index(True) if inside else 0
        for i in range(layer.kernel[0]):
            rows += 1
            parts = (before, inside, layer.kernel[1] - before - inside)
            if not inside or not 0 <= y + i < height:
                parts = (layer.kernel[1],)
            runs += [part * channels for part in parts if part]
    total = Gathered(rows, len(runs), 0, sum(runs))
    if loose or channels % 4 == 0:
        words = sum(run // 4 for run in runs)
        quads = sum(run // 16 for run in runs) if loose else 0
        total = Gathered(rows, len(runs), words, sum(runs) - 4 * words, quads)
    return total


@given(windows(), st.booleans(), st.booleans())
def test_gathered(window, loose, border_only):
    layer, source = window
    expected = walk(layer, source, loose=loose, border_only=border_only)
    assert gathered(layer, source, loose=loose, border_only=border_only) == expected


@given(windows())
def test_valid_steps(window):
    layer, source = window
    height, width, _ = source.shape
    rows = taps = 0
    for y, x in pixels(layer):
        valid_rows = sum(0 <= y + i < height for i in range(layer.kernel[0]))
        rows += valid_rows
        taps += valid_rows * sum(0 <= x + i < width for i in range(layer.kernel[1]))
    assert valid_steps(layer, source) == (rows, taps)


def test_spans_by_hand():
    found = spans(positions=3, kernel=3, stride=2, padding=1, size=5)
    assert found.before == (1, 0, 0)
    assert found.inside == (2, 3, 2)
    assert found.after == (0, 0, 1)
    assert found.interior == (False, True, False)
