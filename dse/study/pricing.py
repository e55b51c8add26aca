"""The exact price of a configuration under a budget."""

from dataclasses import dataclass

from dse.search import Price
from hw_models.budget import Budget
from hw_models.device import Device
from hw_models.estimate import Cost, estimate, shortfalls
from hw_models.network import Network
from hw_models.profile import Profile
from search_spaces import Configuration, Space, rewrite

__all__ = ["Pricer"]


@dataclass(frozen=True)
class Pricer:
    """Prices the configurations of a space.

    Args:
        space: Of the base network.
        device: The part.
        profile: Of the runtime on the part's core.
        budget: What must not be exceeded.
    """

    space: Space
    device: Device
    profile: Profile
    budget: Budget

    def network(self, configuration: Configuration) -> Network:
        """The network that a configuration makes."""
        return rewrite(self.space.network, self.space, configuration)

    def cost(self, configuration: Configuration) -> Cost:
        """The cost with its breakdown."""
        return estimate(self.network(configuration), self.device, self.profile)

    def __call__(self, configuration: Configuration) -> Price:
        """The price, with the resources it has too little of."""
        network = self.network(configuration)
        cost = estimate(network, self.device, self.profile)
        return Price(
            latency_s=cost.latency_s,
            ram_bytes=cost.ram_bytes,
            flash_bytes=cost.flash_bytes,
            energy_j=cost.energy_j,
            cycles=cost.cycles,
            macs=network.total_macs,
            shortfalls=shortfalls(cost, self.budget),
            stack_bytes=cost.stack_bytes,
        )
