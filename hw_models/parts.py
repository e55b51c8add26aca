"""The parts of a layer's work: its kernel, a fused pool, and what running in strips adds."""

from collections import Counter

from hw_models.channel_groups import group_counts
from hw_models.kernels import CoreClass, KernelKey, counts, kernel_key
from hw_models.network import Layer, Network
from hw_models.strip_kernels import strip_counts
from hw_models.strips import (
    chunk_pixels,
    is_striped,
    is_virtual,
    kernel_runs,
    pool_runs,
    strip_plan,
    whole_run,
)

__all__ = ["GROUPS_KEY", "STRIPS_KEY", "Parts", "layer_parts", "rank"]

GROUPS_KEY = KernelKey("grouped", "s8", None)
"""What running a convolution group by group costs; its kernel has a key of its own."""

STRIPS_KEY = KernelKey("strips", "s4", None)
"""What cutting, unpacking and packing cost; the kernels on the strips have keys of their own."""

Parts = tuple[tuple[KernelKey, dict[str, float]], ...]


def rank(key: KernelKey) -> int:
    """In which order costs are fitted: kernels, then what groups add, then what strips add."""
    return 1 + (GROUPS_KEY, STRIPS_KEY).index(key) if key in (GROUPS_KEY, STRIPS_KEY) else 0


def layer_parts(network: Network, layer: Layer, core_class: CoreClass) -> Parts:
    """Kernel keys with their counts, the layer's own first; none for layers without work.

    What stands last is what a measurement of the layer tells most about. A convolution with a
    fused pool does the work of both.

    Raises:
        ModelError: A layer has no kernel.
    """
    if is_virtual(layer):
        return ()
    if not is_striped(network, layer):
        return tuple(_run_parts(network, layer, core_class).items())
    plan = strip_plan(network, layer)
    parts = []
    if plan is not None:
        runs = (kernel_runs(network, layer, plan), pool_runs(network, layer, plan))
        parts = [part for each in runs for part in _sum(each, core_class)]
    elif layer.op == "add":
        amounts = counts(network, layer, core_class)
        calls = -(-layer.shape[0] * layer.shape[1] // chunk_pixels(layer))
        parts = [(kernel_key(network, layer), {**amounts, "call": calls})]
    else:
        parts = [*_sum(Counter([whole_run(network, layer)]), core_class)]
    return (*parts, (STRIPS_KEY, strip_counts(network, layer)))


def _run_parts(
    network: Network, layer: Layer, core_class: CoreClass
) -> dict[KernelKey, dict[str, float]]:
    """One run of a layer's kernel, for every group if it has several."""
    found = {kernel_key(network, layer): counts(network, layer, core_class)}
    if layer.groups > 1:
        found[GROUPS_KEY] = group_counts(network, layer, core_class)
    return found


def _sum(runs: Counter[Network], core_class: CoreClass) -> Parts:
    totals: dict[KernelKey, dict[str, float]] = {}
    for run, times in runs.items():
        for key, amounts in _run_parts(run, run.layers[0], core_class).items():
            total = totals.setdefault(key, {})
            for name, amount in amounts.items():
                total[name] = total.get(name, 0.0) + times * amount
    return tuple(totals.items())
