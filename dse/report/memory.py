"""What is known of a configuration's RAM: the arena, the proof that it is least, the stack."""

from dataclasses import dataclass

from hw_models.estimate import Cost
from hw_models.kernels import core_class
from hw_models.memory import align, front_scratch, plan_memory
from hw_models.network import Network
from hw_models.running_order import least_peak_bytes

__all__ = ["MemoryFacts", "memory_facts"]


@dataclass(frozen=True)
class MemoryFacts:
    """RAM by what it holds, in bytes.

    Args:
        arena_bytes: Of the arena.
        arena_lower_bound_bytes: Largest sum of live bytes; no arena is smaller.
        arena_is_least: Whether the arena is proved the smallest for the running order and the
            in-place choices.
        order_is_best: Whether no other order or in-place choice has a smaller arena, either.
        stack_bytes: Deepest stack that the runtime was measured to take; None where unknown.
    """

    arena_bytes: int
    arena_lower_bound_bytes: int
    arena_is_least: bool
    order_is_best: bool
    stack_bytes: int | None

    def __str__(self) -> str:
        least = "proved least for this running order" if self.arena_is_least else "not proved least"
        least = "proved least of all running orders" if self.order_is_best else least
        stack = "unknown" if self.stack_bytes is None else f"{self.stack_bytes:,} bytes"
        return (
            f"arena {self.arena_bytes:,} bytes, {least} (largest live sum "
            f"{self.arena_lower_bound_bytes:,}); stack {stack}, counted against the RAM budget"
        )


def memory_facts(network: Network, core: str, cost: Cost) -> MemoryFacts:
    """The facts of a network on a core.

    Raises:
        ModelError: A layer has no kernel.
    """
    cores = core_class(core)
    plan = plan_memory(network, cores)
    least = least_peak_bytes(network, cores)
    before = sum(front_scratch(network)) + align(network.input.size_bytes)
    is_best = least is not None and plan.arena_bytes == max(least, before)
    return MemoryFacts(
        plan.arena_bytes, plan.lower_bound_bytes, plan.is_optimal, is_best, cost.stack_bytes
    )
