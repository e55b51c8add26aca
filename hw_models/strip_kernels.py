"""What running in strips adds to a layer: scratch, constants, files and counts."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from hw_models.network import Layer, Network
from hw_models.strips import StripPlan, chunk_pixels, kernel_runs, packs, strip_plan, whole_run

__all__ = [
    "STRIP_COUNTS",
    "ScratchMap",
    "scratch_map",
    "strip_constants",
    "strip_counts",
    "strip_sources",
]

_MOVES = ("calls", "words", "pixels", "groups", "bytes")
STRIP_COUNTS = (
    *("call", "strips", "pools", "add_call", "chunks"),
    *(f"{way}_{name}" for way in ("unpack", "pack") for name in _MOVES),
)
_STRIPS_STRUCT = 48
_ADD_STRUCT = 36
_POOL_PARAMETERS = 28

Scratch = Callable[[Network, Layer], int]


@dataclass(frozen=True)
class ScratchMap:
    """Where things lie in the scratch of a layer in strips, in bytes from its start.

    The unpacked input (of an addition: the first) lies at 0, and so does a pooled strip that is
    to be packed: the input has been used by then.

    Args:
        second: The unpacked second input of an addition.
        inner: Scratch of the kernel.
        made: What the kernel makes, where that is not the output itself.
        size: Of all.
    """

    second: int
    inner: int
    made: int
    size: int


def scratch_map(network: Network, layer: Layer, scratch: Scratch) -> ScratchMap:
    """The scratch of a layer in strips.

    Args:
        network: The layer's.
        layer: In strips.
        scratch: Gives the kernel's own scratch in a network of one layer.
    """
    unpacked, packed = packs(network, layer)
    if layer.op == "add":
        chunk = _up(chunk_pixels(layer) * layer.shape[2])
        made = chunk * unpacked
        return ScratchMap(max(0, made - chunk), 0, made, made + chunk * packed)
    source = network.tensor(layer.inputs[0])
    plan = strip_plan(network, layer)
    if plan is None:
        run = whole_run(network, layer)
        inner = _up(source.elements) * unpacked
        made = inner + scratch(run, run.layers[0])
        return ScratchMap(0, inner, made, made + _up(layer.shape[2]) * packed)
    rows = max(strip.rows for strip in plan.strips)
    inner = _up(plan.pixels(plan.source, rows) * source.shape[2]) * unpacked
    made = inner + max(scratch(run, run.layers[0]) for run in kernel_runs(network, layer, plan))
    is_pooled = network.fused_pool(layer) is not None
    if is_pooled and packed:
        made = max(made, _up(plan.pixels(plan.output, plan.step) * plan.output[2]))
    strip = _up(plan.pixels(plan.made, plan.step * plan.window) * plan.made[2])
    return ScratchMap(0, inner, made, made + strip * (packed or is_pooled))


def strip_constants(network: Network, layer: Layer) -> int:
    """Bytes of constants beside those of the kernel: its struct, and a fused pool's."""
    if layer.op == "linear":
        return 0
    pool = 0 if network.fused_pool(layer) is None else _POOL_PARAMETERS
    return pool + (_ADD_STRUCT if layer.op == "add" else _STRIPS_STRUCT)


def strip_sources(network: Network, layer: Layer) -> tuple[str, ...]:
    """Stems of the files beside those of the kernel and of a fused pool."""
    unpacked, packed = packs(network, layer)
    own = {"linear": (), "add": ("dse_add_strips",)}.get(layer.op, ("dse_strips",))
    return (*own, *("dse_unpack_s4",) * bool(unpacked), *("dse_pack_s4",) * packed)


def strip_counts(network: Network, layer: Layer) -> dict[str, float]:
    """dse_strips, dse_add_strips, dse_unpack_s4 and dse_pack_s4, the same on all cores.

    call, strips, pools: of dse_strips. add_call, chunks: of dse_add_strips. unpack_, pack_: calls;
    words of s4, begun ones too, whose channels are a multiple of four; else pixels, groups of
    four channels and the bytes behind them.
    """
    found = dict.fromkeys(STRIP_COUNTS, 0.0)
    unpacked, packed = packs(network, layer)
    source = network.tensor(layer.inputs[0]).shape
    plan = strip_plan(network, layer)
    if plan is not None:
        found["call"] = 1
        found["strips"] = len(plan.strips)
        found["pools"] = len(plan.strips) * (network.fused_pool(layer) is not None)
        read, made = _rows(plan)
        stored = plan.output[2]
    elif layer.op == "add":
        pixels, step = prod(layer.shape[:2]), chunk_pixels(layer)
        read = made = [(at, min(step, pixels - at)) for at in range(0, pixels, step)]
        found["add_call"], found["chunks"] = 1, len(read)
        stored = layer.shape[2]
    else:
        read, made, stored = [(0, prod(source[:2]))], [(0, 1)], layer.shape[2]
    for _ in range(unpacked):
        _add_moves(found, "unpack", read, source[2])
    if packed:
        _add_moves(found, "pack", made, stored)
    return found


def _rows(plan: StripPlan) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """(first, count) of the pixels that are read and stored, strip by strip."""

    def pixels(shape: tuple[int, int, int], start: int, rows: int) -> tuple[int, int]:
        return plan.pixels(shape, start), plan.pixels(shape, rows)

    read = [pixels(plan.source, strip.start, strip.rows) for strip in plan.strips]
    return read, [pixels(plan.output, strip.row, strip.kept) for strip in plan.strips]


def _add_moves(
    found: dict[str, float], way: str, runs: list[tuple[int, int]], channels: int
) -> None:
    """One dse_unpack_s4 or dse_pack_s4 a run of pixels; an odd half word comes first."""
    groups, tail = divmod(channels, 4)
    found[f"{way}_calls"] += len(runs)
    for start, pixels in runs:
        if tail:
            found[f"{way}_pixels"] += pixels
            found[f"{way}_groups"] += pixels * groups
            found[f"{way}_bytes"] += pixels * -(-tail // 2)
            continue
        odd = start * groups % 2
        found[f"{way}_words"] += odd + -(-(pixels * groups - odd) // 2)


def _up(size: int) -> int:
    return -(-size // 4) * 4
