"""How often the loops of a sliding window run: the counts behind dse_patch.h and the pools."""

from dataclasses import dataclass

from hw_models.network import Layer, Tensor

__all__ = ["Gathered", "Spans", "gathered", "layer_spans", "spans", "valid_steps"]


@dataclass(frozen=True)
class Spans:
    """One axis of a window at all its positions.

    Args:
        before: Steps of padding in front of the image, one number per position.
        inside: Steps in the image.
        after: Steps of padding behind it.
    """

    before: tuple[int, ...]
    inside: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def interior(self) -> tuple[bool, ...]:
        """Whether the window lies in the image altogether, per position."""
        return tuple(
            front == 0 and back == 0 for front, back in zip(self.before, self.after, strict=True)
        )


@dataclass(frozen=True)
class Gathered:
    """Work of gathering patches.

    Args:
        rows: Kernel rows.
        runs: Stretches of inputs or of padding in them.
        words: Moved.
        bytes: Moved one by one.
        quads: Whole fours of words in a run.
    """

    rows: int = 0
    runs: int = 0
    words: int = 0
    bytes: int = 0
    quads: int = 0


def spans(positions: int, kernel: int, stride: int, padding: int, size: int) -> Spans:
    """The spans of one axis.

    Args:
        positions: Of the window.
        kernel: Steps of the window.
        stride: Steps between positions.
        padding: Steps in front of the image.
        size: Steps of the image.
    """
    starts = [position * stride - padding for position in range(positions)]
    before = [min(max(-start, 0), kernel) for start in starts]
    after = [min(max(start + kernel - size, 0), kernel) for start in starts]
    inside = [kernel - front - back for front, back in zip(before, after, strict=True)]
    return Spans(tuple(before), tuple(inside), tuple(after))


def layer_spans(layer: Layer, source: Tensor) -> tuple[Spans, Spans]:
    """The vertical and the horizontal spans of a windowed layer."""
    vertical, horizontal = (
        spans(
            layer.shape[axis],
            layer.kernel[axis],
            layer.stride[axis],
            layer.padding[2 * axis],
            source.shape[axis],
        )
        for axis in (0, 1)
    )
    return vertical, horizontal


def valid_steps(layer: Layer, source: Tensor) -> tuple[int, int]:
    """Kernel rows and kernel taps in the image, summed over all output pixels."""
    vertical, horizontal = layer_spans(layer, source)
    rows = sum(vertical.inside)
    return rows * layer.shape[1], rows * sum(horizontal.inside)


def gathered(layer: Layer, source: Tensor, *, loose: bool, border_only: bool) -> Gathered:
    """What dse_gather does for a layer.

    Args:
        layer: With a window.
        source: The image.
        loose: Whether words may lie anywhere; otherwise runs move by words if the channels are
            a multiple of four, else by bytes.
        border_only: Whether windows that lie in the image are read where they are.
    """
    vertical, horizontal = layer_spans(layer, source)
    total = Gathered()
    interior_rows = sum(vertical.interior)
    border_rows = layer.shape[0] - interior_rows
    edge = [x for x, is_inside in enumerate(horizontal.interior) if not is_inside]
    everywhere = range(layer.shape[1])
    valid_border = sum(
        inside
        for inside, is_interior in zip(vertical.inside, vertical.interior, strict=True)
        if not is_interior
    )
    height = layer.kernel[0]
    parts = (
        (everywhere, valid_border, border_rows * height),
        (edge if border_only else everywhere, interior_rows * height, interior_rows * height),
    )
    for columns, valid, rows in parts:
        inner, outer = _runs(layer, source, horizontal, columns, loose=loose)
        blank = rows - valid
        total = Gathered(
            total.rows + rows * len(columns),
            total.runs + valid * inner.runs + blank * outer.runs,
            total.words + valid * inner.words + blank * outer.words,
            total.bytes + valid * inner.bytes + blank * outer.bytes,
            total.quads + valid * inner.quads + blank * outer.quads,
        )
    return total


def _runs(
    layer: Layer, source: Tensor, horizontal: Spans, columns: range | list[int], *, loose: bool
) -> tuple[Gathered, Gathered]:
    """One kernel row at all positions: in the image, and above or below it."""
    channels, width = source.shape[2], layer.kernel[1]
    inner = [
        run * channels
        for x in columns
        for run in (
            (width,)
            if horizontal.inside[x] == 0
            else (horizontal.before[x], horizontal.inside[x], horizontal.after[x])
        )
    ]
    outer = [width * channels] * len(columns)
    return _moves(inner, channels, loose=loose), _moves(outer, channels, loose=loose)


def _moves(runs: list[int], channels: int, *, loose: bool) -> Gathered:
    moved = sum(run > 0 for run in runs)
    if loose:
        words = sum(run // 4 for run in runs)
        quads = sum(run // 16 for run in runs)
        return Gathered(runs=moved, words=words, bytes=sum(runs) - 4 * words, quads=quads)
    if channels % 4 == 0:
        return Gathered(runs=moved, words=sum(runs) // 4)
    return Gathered(runs=moved, bytes=sum(runs))
