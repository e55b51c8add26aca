"""The keys of the kernels that there are, and that of a layer."""

from dataclasses import dataclass

from hw_models.errors import ModelError
from hw_models.network import Layer, Network
from hw_models.weight_levels import stored_format

__all__ = ["KERNEL_KEYS", "POOL_KEY", "KernelKey", "check_key", "kernel_key"]


@dataclass(frozen=True)
class KernelKey:
    """What chooses a kernel: op, format of the activations, format of the weights.

    The format is that of the inputs, but b1 only where the kernel makes bits: those of xnor layers
    take bytes and bits alike.
    """

    op: str
    activation_format: str
    weight_format: str | None

    def __str__(self) -> str:
        return "/".join(filter(None, (self.op, self.activation_format, self.weight_format)))


KERNEL_KEYS: frozenset[KernelKey] = frozenset(
    [
        KernelKey("conv", "s8", weights)
        for weights in ("s8", "s4", "s2", "p4", "p3", "sparse8", "xnor")
    ]
    + [KernelKey("depthwise", "s8", weights) for weights in ("s8", "s4", "s2")]
    + [
        KernelKey("linear", "s8", weights)
        for weights in ("s8", "s4", "s2", "p4", "p3", "sparse8", "xnor")
    ]
    + [KernelKey("conv", "b1", "xnor"), KernelKey("max_pool", "b1", None)]
    + [
        KernelKey(op, "s8", None)
        for op in (
            *("max_pool", "avg_pool", "add", "concat"),
            *("flatten", "transpose", "lookup", "softmax", "argmax"),
        )
    ]
)

POOL_KEY = KernelKey("max_pool", "s8", None)
"""Of a fused pool."""


def kernel_key(network: Network, layer: Layer) -> KernelKey:
    """The key of a layer; p2 runs on the kernels of s2, s4 tensors on those of s8 in strips.

    A linear layer that reads or makes bits is a convolution of one pixel.

    Raises:
        ModelError: There is no kernel for it.
    """
    weights = None if layer.weight_format is None else stored_format(layer.weight_format)
    source = network.tensor(layer.inputs[0]).format
    activations: str = source if source == "s16" else "s8"
    op: str = layer.op
    if "b1" in (source, layer.format) and op != "flatten":
        op = "conv" if op == "linear" else op
        activations = "b1" if layer.format == "b1" else "s8"
    key = KernelKey(op, activations, weights)
    check_key(key, f"layer {layer.name!r}")
    return key


def check_key(key: KernelKey, where: str) -> None:
    """Raise a ModelError unless there is such a kernel."""
    if key not in KERNEL_KEYS:
        raise ModelError(
            "There is no kernel for a layer.",
            where=where,
            got=key,
            allowed=", ".join(sorted(map(str, KERNEL_KEYS))),
        )
