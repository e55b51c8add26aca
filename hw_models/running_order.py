"""The running order of a network that needs the least RAM.

Layers on branches may run in several orders. The order is chosen once, on the network itself, so
that the planner, the estimates and the exported C all follow the same one.
"""

from dataclasses import replace

from hw_models.kernels import IN_PLACE, scratch_bytes
from hw_models.memory import align, plan_memory
from hw_models.network import Layer, Network

__all__ = ["order_layers"]

STATES = 5_000
"""Sets of layers run so far that are looked at; a graph with more keeps its order."""

_State = tuple[int, tuple[int, ...]]


def order_layers(network: Network) -> Network:
    """The same layers in the order with the lowest peak of live bytes.

    All orders are searched, by the sets of layers that have run. Of several best orders the one
    nearest to the given order is taken, and the given order stays unless an arena gets smaller.

    Raises:
        ModelError: A layer has no kernel.
    """
    order = _Search(network).run()
    if order is None or order == tuple(range(len(network.layers))):
        return network
    ordered = replace(network, layers=tuple(network.layers[index] for index in order))
    before, after = (
        [plan_memory(each, cores).arena_bytes for cores in ("base", "dsp")]
        for each in (network, ordered)
    )
    is_better = after != before and all(new <= old for new, old in zip(after, before, strict=True))
    return ordered if is_better else network


class _Search:
    """The least peak over all ways to grow the set of layers that have run, one by one."""

    def __init__(self, network: Network) -> None:
        self.network = network
        number = {layer.name: index for index, layer in enumerate(network.layers)}
        self._needs = [
            sum(1 << number[name] for name in set(layer.inputs) if name in number)
            for layer in network.layers
        ]
        self._readers = {
            tensor.name: sum(1 << number[each.name] for each in network.consumers(tensor.name))
            for tensor in network.tensors
        }
        self._scratch = [scratch_bytes(network, layer, "dsp") for layer in network.layers]
        self._number = number

    def run(self) -> tuple[int, ...] | None:
        """The best order, as places in the given one; None where there are too many."""
        level: dict[int, _State] = {0: (0, ())}
        seen = 0
        for _ in self.network.layers:
            following: dict[int, _State] = {}
            for done, (peak, order) in level.items():
                for index, layer in enumerate(self.network.layers):
                    if done >> index & 1 or self._needs[index] & ~done:
                        continue
                    higher = max(peak, self._live_bytes(done, index, layer))
                    state = (higher, (*order, index))
                    grown = done | 1 << index
                    following[grown] = min(following.get(grown, state), state)
            level = following
            seen += len(level)
            if seen > STATES:
                return None
        return next(iter(level.values()))[1]

    def _live_bytes(self, done: int, index: int, layer: Layer) -> int:
        """Bytes that the layer's step needs when `done` have run before it."""
        total = align(self._scratch[index])
        for tensor in self.network.tensors:
            place = self._number.get(tensor.name)
            is_made = place is None or done >> place & 1
            if is_made and self._readers[tensor.name] & ~done:
                total += align(tensor.size_bytes)
        return total if self._shares(done, index, layer) else total + align(layer.output.size_bytes)

    def _shares(self, done: int, index: int, layer: Layer) -> bool:
        """Whether the output takes the bytes of an input, as the planner lets it."""
        if layer.op == "flatten":
            return True
        return layer.op in IN_PLACE and any(
            self._readers[source.name] & ~done == 1 << index
            and align(source.size_bytes) == align(layer.output.size_bytes)
            for source in self.network.inputs(layer)
        )
