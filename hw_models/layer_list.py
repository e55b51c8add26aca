"""Layer lists: the shapes of a network's layers as a table, one row a layer, TFLite's op names.

The format is that of measurements/published_network_layers.csv: model_id, layer, op, in_h, in_w,
in_c, out_h, out_w, out_c, kh, kw, stride, pad, macs. A height or width that is blank is 1 (a
vector); the sizes that an op cannot do without are required.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite, prod
from pathlib import Path

import pandas as pd

from hw_models.errors import DataError

__all__ = [
    "COLUMNS",
    "FREE_OPS",
    "MOVE_OPS",
    "OPS",
    "POOL_OPS",
    "ListedLayer",
    "layers_of",
    "read_layer_list",
]

SIZES = ("in_h", "in_w", "in_c", "out_h", "out_w", "out_c", "kh", "kw", "stride", "macs")
COLUMNS = ("model_id", "layer", "op", *SIZES[:9], "pad", "macs")

_WINDOW = ("in_h", "in_w", "in_c", "out_h", "out_w", "out_c", "kh", "kw")
_ELEMENTWISE = (
    "ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "RELU", "RELU6", "LEAKY_RELU", "PRELU",
    "HARD_SWISH", "LOGISTIC", "TANH",
)  # fmt: skip
POOL_OPS = ("AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "SUM", "REDUCE_MAX")
MOVE_OPS = (
    "PAD", "PADV2", "MIRROR_PAD", "CONCATENATION", "TRANSPOSE", "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR", "QUANTIZE", "DEQUANTIZE", "SPLIT", "SLICE", "SPACE_TO_DEPTH",
    "DEPTH_TO_SPACE",
)  # fmt: skip

FREE_OPS = (
    "RESHAPE", "SHAPE", "STRIDED_SLICE", "PACK", "TILE", "SQUEEZE", "EXPAND_DIMS",
)  # fmt: skip
"""Views and shape arithmetic, which a runtime folds away: they cost nothing, and nothing else."""

OPS: dict[str, tuple[str, ...]] = {
    "CONV_2D": _WINDOW,
    "DEPTHWISE_CONV_2D": _WINDOW,
    "FULLY_CONNECTED": ("in_c", "out_c"),
    "SOFTMAX": ("in_c",),
    **dict.fromkeys(POOL_OPS, ("in_h", "in_w", "in_c")),
    **dict.fromkeys((*_ELEMENTWISE, *MOVE_OPS), ("out_c",)),
    **dict.fromkeys(FREE_OPS, ()),
}
"""Every op with the sizes that it cannot do without."""


@dataclass(frozen=True)
class ListedLayer:
    """One row of a layer list.

    Args:
        model_id: The network it belongs to.
        layer: Its number or name there.
        op: TFLite's name.
        source: (height, width, channels) of the input, 1 where blank.
        target: (height, width, channels) of the output, 1 where blank.
        kernel: (height, width) of the window, None where blank.
        stride: None where blank.
        pad: "SAME", "VALID" or None.
        macs: Multiply-accumulates of convolutions and linear layers, 0 elsewhere.
        where: Line of the file, for error messages.
    """

    model_id: str
    layer: str
    op: str
    source: tuple[int, int, int]
    target: tuple[int, int, int]
    kernel: tuple[int, int] | None
    stride: int | None
    pad: str | None
    macs: int
    where: str


def read_layer_list(path: Path) -> tuple[ListedLayer, ...]:
    """The layers of a file.

    Raises:
        DataError: It cannot be read, is empty or lacks columns; or with everything that is wrong
            in its rows: unknown ops, sizes that are missing, negative, zero or no whole number,
            MACs that disagree with the shape.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(
            "The layer list cannot be read.", where=path, got=error, allowed="CSV"
        ) from error
    return layers_of(frame, path)


def layers_of(frame: pd.DataFrame, where: object) -> tuple[ListedLayer, ...]:
    """The layers of a table of text; raises like `read_layer_list`."""
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise DataError(
            "The layer list lacks columns.", where=where, got=missing, allowed=", ".join(COLUMNS)
        )
    if frame.empty:
        raise DataError("The layer list has no rows.", where=where)
    layers: list[ListedLayer] = []
    problems: list[str] = []
    for number, row in enumerate(frame.to_dict("records"), start=2):
        cells = {column: str(row[column]).strip() for column in COLUMNS}
        found = list(_problems(cells))
        problems += [f"line {number}: {problem}" for problem in found]
        if not found:
            layers.append(_layer(cells, f"line {number}"))
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise DataError(f"The layer list has {len(problems)} error(s):{lines}", where=where)
    return tuple(layers)


def _problems(cells: dict[str, str]) -> Iterator[str]:
    if not cells["model_id"]:
        yield "model_id is blank"
    op = cells["op"]
    if op not in OPS:
        near = get_close_matches(op.upper(), OPS, n=1, cutoff=0.6)
        hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(OPS))}"
        yield f"op {op!r} is unknown{hint}"
        return
    bad = [f"{name} is {cells[name]!r}" for name in SIZES if not _fits(name, cells[name])]
    yield from (f"{op}: {text}, not a whole number of at least 1" for text in bad)
    blank = [name for name in OPS[op] if not cells[name]]
    if blank:
        yield f"{op}: {', '.join(blank)} missing"
    if cells["pad"].upper() not in ("", "SAME", "VALID"):
        yield f"{op}: pad is {cells['pad']!r}, neither SAME nor VALID"
    if not bad and not blank and cells["macs"]:
        yield from _macs_problems(cells)


def _fits(name: str, cell: str) -> bool:
    if not cell:
        return True
    try:
        value = float(cell)
    except ValueError:
        return False
    return isfinite(value) and value == int(value) and value >= (0 if name == "macs" else 1)


def _macs_problems(cells: dict[str, str]) -> Iterator[str]:
    stated, counted = int(float(cells["macs"])), _macs(cells)
    op = cells["op"]
    agrees = stated == counted
    if op == "CONV_2D" and stated:
        agrees = counted % stated == 0  # groups
    if op == "FULLY_CONNECTED" and stated:
        agrees = stated % counted == 0  # a batch of vectors
    if not agrees:
        yield f"{op}: macs is {stated}, but the shape has {counted}"


def _macs(cells: dict[str, str]) -> int:
    """Multiply-accumulates that follow from the shape."""
    op = cells["op"]
    if op == "FULLY_CONNECTED":
        return prod(_sizes(cells, "in_c", "out_c"))
    if op == "DEPTHWISE_CONV_2D":
        return prod(_sizes(cells, "out_h", "out_w", "out_c", "kh", "kw"))
    if op == "CONV_2D":
        return prod(_sizes(cells, "out_h", "out_w", "out_c", "kh", "kw", "in_c"))
    return 0


def _layer(cells: dict[str, str], where: str) -> ListedLayer:
    in_h, in_w, in_c = _sizes(cells, "in_h", "in_w", "in_c")
    out_h, out_w, out_c = _sizes(cells, "out_h", "out_w", "out_c")
    kernel_h, kernel_w = _sizes(cells, "kh", "kw")
    return ListedLayer(
        model_id=cells["model_id"],
        layer=cells["layer"],
        op=cells["op"],
        source=(in_h, in_w, in_c),
        target=(out_h, out_w, out_c),
        kernel=(kernel_h, kernel_w) if cells["kh"] and cells["kw"] else None,
        stride=int(float(cells["stride"])) if cells["stride"] else None,
        pad=cells["pad"].upper() or None,
        macs=int(float(cells["macs"])) if cells["macs"] else _macs(cells),
        where=where,
    )


def _sizes(cells: dict[str, str], *names: str) -> tuple[int, ...]:
    return tuple(int(float(cells[name])) if cells[name] else 1 for name in names)
