"""How many configurations a second are priced in a batch, and whether exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

from dse.bench.networks import known_network
from hw_models.device import Device, load_device
from hw_models.estimate import BatchCost, Cost, estimate
from hw_models.profile import profile_for
from search_spaces.cost_table import CostTable
from search_spaces.rewrite import rewrite
from search_spaces.space import Space, whole_space

__all__ = ["BATCH_NETWORKS", "BatchFigure", "batch_figures"]

BATCH_NETWORKS = ("ds-cnn", "mobilenet-v1-025", "resnet8", "digits-resnet")
PART = "STM32L4R5ZI"
CONFIGURATIONS = 200_000
COMPARED = 10_000
_SEED = 4


@dataclass(frozen=True)
class BatchFigure:
    """Pricing random configurations of one network with all options.

    Args:
        network: Its name.
        sites: Of the space.
        space: Configurations in it.
        table_s: Seconds to fill the tables, once a search.
        configurations: Priced in one batch.
        per_second: Of them, on one core; the tables were there.
        compared: Configurations that were also priced one by one.
        different: How many of these differ in any figure.
    """

    network: str
    sites: int
    space: int
    table_s: float
    configurations: int
    per_second: float
    compared: int
    different: int


def batch_figures(
    names: Sequence[str] = BATCH_NETWORKS,
    configurations: int = CONFIGURATIONS,
    compared: int = COMPARED,
) -> list[BatchFigure]:
    """Price random configurations of networks in batches and a share of them one by one.

    Args:
        names: Of `dse.bench.networks.known_network`.
        configurations: In a batch.
        compared: How many of them are priced again.
    """
    return [_figure(name, configurations, compared) for name in names]


def _figure(name: str, configurations: int, compared: int) -> BatchFigure:
    device = load_device(PART)
    space = whole_space(known_network(name))
    start = process_time()
    table = CostTable(space, device, profile_for(device.core))
    filled = process_time()
    rng = np.random.default_rng(_SEED)
    vectors = rng.integers(space.cardinalities, size=(configurations, len(space.sites)))
    begun = process_time()
    costs = table.estimate_batch(vectors)
    seconds = process_time() - begun
    return BatchFigure(
        network=name,
        sites=len(space.sites),
        space=space.size,
        table_s=filled - start,
        configurations=configurations,
        per_second=configurations / seconds,
        compared=min(compared, configurations),
        different=_different(space, device, vectors[:compared], costs),
    )


def _different(space: Space, device: Device, vectors: NDArray[np.int64], costs: BatchCost) -> int:
    profile = profile_for(device.core)
    alone = (
        estimate(rewrite(space.network, space, space.decode(vector)), device, profile)
        for vector in vectors.tolist()
    )
    return sum(_row(costs, place) != _values(cost) for place, cost in enumerate(alone))


def _row(costs: BatchCost, place: int) -> tuple[float | None, ...]:
    energy = None if costs.energy_j is None else float(costs.energy_j[place])
    return (
        int(costs.cycles[place]),
        float(costs.latency_s[place]),
        int(costs.ram_bytes[place]),
        int(costs.flash_bytes[place]),
        energy,
    )


def _values(cost: Cost) -> tuple[float | None, ...]:
    return (cost.cycles, cost.latency_s, cost.ram_bytes, cost.flash_bytes, cost.energy_j)
