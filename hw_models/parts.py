"""The parts of a layer's work: its kernel, a fused pool, and what running in strips adds."""

from collections import Counter

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

__all__ = ["STRIPS_KEY", "Parts", "layer_parts"]

STRIPS_KEY = KernelKey("strips", "s4", None)
"""What cutting, unpacking and packing cost; the kernels on the strips have keys of their own."""

Parts = tuple[tuple[KernelKey, dict[str, float]], ...]


def layer_parts(network: Network, layer: Layer, core_class: CoreClass) -> Parts:
    """Kernel keys with their counts, the layer's own first; none for layers without work.

    A convolution with a fused pool does the work of both.

    Raises:
        ModelError: A layer has no kernel.
    """
    if is_virtual(layer):
        return ()
    if not is_striped(network, layer):
        return ((kernel_key(network, layer), counts(network, layer, core_class)),)
    plan = strip_plan(network, layer)
    parts = []
    if plan is not None:
        runs = (kernel_runs(network, layer, plan), pool_runs(network, layer, plan))
        parts = [_sum(each, core_class) for each in runs if each]
    elif layer.op == "add":
        amounts = counts(network, layer, core_class)
        calls = -(-layer.shape[0] * layer.shape[1] // chunk_pixels(layer))
        parts = [(kernel_key(network, layer), {**amounts, "call": calls})]
    else:
        parts = [_sum(Counter([whole_run(network, layer)]), core_class)]
    return (*parts, (STRIPS_KEY, strip_counts(network, layer)))


def _sum(runs: Counter[Network], core_class: CoreClass) -> tuple[KernelKey, dict[str, float]]:
    total: dict[str, float] = {}
    key = None
    for run, times in runs.items():
        key = kernel_key(run, run.layers[0])
        for name, amount in counts(run, run.layers[0], core_class).items():
            total[name] = total.get(name, 0.0) + times * amount
    if key is None:
        raise ValueError("no strips")
    return key, total
