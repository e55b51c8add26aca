"""The keys of the kernels that there are."""

from dataclasses import dataclass

__all__ = ["KERNEL_KEYS", "POOL_KEY", "KernelKey"]


@dataclass(frozen=True)
class KernelKey:
    """What chooses a kernel: op, format of the inputs, format of the weights."""

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
    + [
        KernelKey(op, "s8", None)
        for op in (
            *("max_pool", "avg_pool", "add", "concat"),
            *("flatten", "transpose", "softmax", "argmax"),
        )
    ]
)


POOL_KEY = KernelKey("max_pool", "s8", None)
"""Of a fused pool."""
