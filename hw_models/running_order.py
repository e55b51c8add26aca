"""The running order of a network that needs the least RAM.

Layers on branches may run in several orders. The order is chosen once, on the network itself, so
that the planner, the estimates and the exported C all follow the same one.
"""

from dataclasses import replace

from hw_models.kernels import IN_PLACE, CoreClass, scratch_bytes
from hw_models.memory import align, plan_memory, stored_bytes
from hw_models.network import Layer, Network
from hw_models.strips import is_virtual

__all__ = ["least_peak_bytes", "order_layers"]

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
    found = _Search(network, "dsp").run()
    order = None if found is None else found[1]
    if order is None or order == tuple(range(len(network.layers))):
        return network
    ordered = replace(network, layers=tuple(network.layers[index] for index in order))
    before, after = (
        [plan_memory(each, cores).arena_bytes for cores in ("base", "dsp")]
        for each in (network, ordered)
    )
    is_better = after != before and all(new <= old for new, old in zip(after, before, strict=True))
    return ordered if is_better else network


def least_peak_bytes(network: Network, core_class: CoreClass) -> int | None:
    """The lowest peak of live bytes of all running orders and in-place choices; no arena is less.

    Returns:
        None where there are too many orders to look at.

    Raises:
        ModelError: A layer has no kernel.
    """
    found = _Search(network, core_class).run()
    return None if found is None else found[0]


class _Search:
    """The least peak over all ways to grow the set of layers that have run, one by one."""

    def __init__(self, network: Network, core_class: CoreClass) -> None:
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
        self._scratch = [scratch_bytes(network, layer, core_class) for layer in network.layers]
        self._bytes = {network.input.name: align(network.input.size_bytes)} | {
            layer.name: stored_bytes(network, network.fused_pool(layer) or layer)
            for layer in network.layers
        }
        self._number = number

    def run(self) -> _State | None:
        """The least peak and its order, as places in the given one; None where too many."""
        given = self._given()
        if given[0] <= self._least_need():
            return given
        level: dict[int, _State] = {0: (0, ())}
        seen = 0
        for _ in self.network.layers:
            following: dict[int, _State] = {}
            for done, (peak, order) in level.items():
                for index, layer in enumerate(self.network.layers):
                    if done >> index & 1 or self._needs[index] & ~done:
                        continue
                    higher = max(peak, self._live_bytes(done, index, layer))
                    if higher >= given[0]:
                        continue
                    state = (higher, (*order, index))
                    grown = done | 1 << index
                    following[grown] = min(following.get(grown, state), state)
            level = following
            seen += len(level)
            if seen > STATES:
                return None
        return next(iter(level.values()), given)

    def _given(self) -> _State:
        """The order as it is, with its peak."""
        peak, done = 0, 0
        for index, layer in enumerate(self.network.layers):
            peak = max(peak, self._live_bytes(done, index, layer))
            done |= 1 << index
        return peak, tuple(range(len(self.network.layers)))

    def _least_need(self) -> int:
        """What the greediest layer needs in any order: its inputs, its output, its scratch."""
        return max(
            align(scratch)
            + sum(self._bytes[name] for name in set(layer.inputs))
            + (0 if self._may_share(layer) else self._bytes[layer.name])
            for layer, scratch in zip(self.network.layers, self._scratch, strict=True)
        )

    def _may_share(self, layer: Layer) -> bool:
        return is_virtual(layer) or layer.op in IN_PLACE

    def _live_bytes(self, done: int, index: int, layer: Layer) -> int:
        """Bytes that the layer's step needs when `done` have run before it."""
        total = align(self._scratch[index])
        for tensor in self.network.tensors:
            place = self._number.get(tensor.name)
            is_made = place is None or done >> place & 1
            if is_made and self._readers[tensor.name] & ~done:
                total += self._bytes[tensor.name]
        return total if self._shares(done, index, layer) else total + self._bytes[layer.name]

    def _shares(self, done: int, index: int, layer: Layer) -> bool:
        """Whether the output takes the bytes of an input, as the planner lets it."""
        if is_virtual(layer):
            return True
        return layer.op in IN_PLACE and any(
            self._readers[name] & ~done == 1 << index
            and self._bytes[name] == self._bytes[layer.name]
            for name in layer.inputs
        )
