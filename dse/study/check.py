"""What is known of a study before anything is trained."""

from dataclasses import dataclass

import pandas as pd

from dse.data import describe_data, load_data
from dse.importers import import_torch, pick_example
from dse.models import build_model
from dse.study.config import StudyConfig
from dse.study.feasibility import Feasibility, probe_feasibility, require_feasible
from dse.study.run import make_pricer
from hw_models.budget import Budget
from hw_models.device import Device
from hw_models.estimate import Cost
from search_spaces import Space, build_space

__all__ = ["CheckReport", "check_study"]


@dataclass(frozen=True)
class CheckReport:
    """Layers, cost, space and feasibility of a study.

    Args:
        space: With the sites and the refusals.
        device: The part.
        budget: Its bounds.
        data: One line about the data.
        cost: Of the uncompressed network in s8.
        feasibility: From a probe of the space.
    """

    space: Space
    device: Device
    budget: Budget
    data: str
    cost: Cost
    feasibility: Feasibility

    @property
    def layers(self) -> pd.DataFrame:
        """One row a layer: layer, op, shape, macs, cycles, constant_bytes."""
        network = self.space.network
        return pd.DataFrame(
            [
                {
                    "layer": layer.name,
                    "op": layer.op,
                    "shape": "x".join(map(str, network.layer(layer.name).shape)),
                    "macs": layer.macs,
                    "cycles": layer.cycles,
                    "constant_bytes": layer.constant_bytes,
                }
                for layer in self.cost.layers
            ]
        )

    def fit_rows(self) -> list[tuple[str, str, str, bool]]:
        """(resource, need, bound, fits) of the uncompressed network; "-" where nothing is bound."""
        cost, budget = self.cost, self.budget
        rows = [
            ("RAM with stack", f"{cost.ram_demand_bytes:,} bytes", f"{budget.ram_bytes:,} bytes",
             cost.ram_demand_bytes <= budget.ram_bytes),
            ("flash", f"{cost.flash_bytes:,} bytes", f"{budget.flash_bytes:,} bytes",
             cost.flash_bytes <= budget.flash_bytes),
            _optional("latency", cost.latency_s, budget.latency_s, "ms"),
        ]  # fmt: skip
        if cost.energy_j is not None:
            rows.append(_optional("energy", cost.energy_j, budget.energy_j, "mJ"))
        return rows

    def require_feasible(self) -> None:
        """Refuse a budget that nothing fits.

        Raises:
            ConfigError: Naming the tightest constraint and the smallest relaxation found.
        """
        require_feasible(self.feasibility, self.space)


def check_study(config: StudyConfig) -> CheckReport:
    """Import a study's model and probe its space under the budget; nothing is trained.

    Raises:
        DseError: Bad settings, model or data.
    """
    dataset = load_data(config.data, seed=config.seed, features=config.features)
    module = build_model(config.model, dataset.input_shape, dataset.classes)
    example = pick_example(module, dataset.input_shape, dataset.classes)
    name = config.model.rpartition(":")[2]
    imported = import_torch(module, example, name, dataset.input_shape)
    space = build_space(
        imported.network,
        formats=config.formats,
        widths=config.widths,
        activations=config.activations,
        depth=config.depth,
        heads=config.heads,
    )
    pricer = make_pricer(config, space)
    return CheckReport(
        space,
        pricer.device,
        pricer.budget,
        describe_data(dataset),
        pricer.cost(space.baseline()),
        probe_feasibility(space, pricer, pricer.budget),
    )


def _optional(name: str, need: float, bound: float | None, unit: str) -> tuple[str, str, str, bool]:
    allowed = "-" if bound is None else f"{bound * 1e3:.4g} {unit}"
    return (name, f"{need * 1e3:.4g} {unit}", allowed, bound is None or need <= bound)
