"""What is known of a study before anything is trained."""

from dataclasses import dataclass, replace

import pandas as pd
from torch import Tensor, nn

from dse.data import describe_data, load_data
from dse.importers import import_torch, list_operations, pick_example
from dse.models import build_model, model_name
from dse.study.config import StudyConfig
from dse.study.feasibility import Feasibility, probe_feasibility, require_feasible
from dse.study.run import make_pricer
from hw_models.budget import Budget
from hw_models.device import Device
from hw_models.estimate import Cost
from hw_models.front_end import FrontEnd
from hw_models.network import Shape
from search_spaces import Space, build_space

__all__ = ["CheckReport", "Subject", "check_study", "read_subject"]


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
        """One row a layer, a front end first: layer, op, shape, macs, cycles, constant_bytes."""
        network = self.space.network
        shapes = {layer.name: layer.shape for layer in network.layers}
        return pd.DataFrame(
            [
                {
                    "layer": layer.name,
                    "op": layer.op,
                    "shape": "x".join(map(str, shapes.get(layer.name, network.input.shape))),
                    "macs": layer.macs,
                    "cycles": layer.cycles,
                    "constant_bytes": layer.constant_bytes,
                }
                for layer in self.cost.stages
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


@dataclass(frozen=True)
class Subject:
    """The model of a study, built for its data and not yet imported.

    Args:
        data: One line about the data.
        module: With fresh or stored weights.
        example: The input that it was traced with.
        input_shape: (height, width, channels) of a sample.
        front_end: That made the data; None where they are raw.
    """

    data: str
    module: nn.Module
    example: Tensor
    input_shape: Shape
    front_end: FrontEnd | None = None

    def operations(self) -> pd.DataFrame:
        """One row an operation of the model: operation, where, verdict, layer.

        Raises:
            ModelError: The module cannot be traced.
        """
        listed = list_operations(self.module, self.example, self.input_shape)
        return pd.DataFrame(
            [
                {
                    "operation": one.op,
                    "where": one.place,
                    "verdict": f"{one.verdict}: {one.reason}" if one.reason else one.verdict,
                    "layer": one.layer,
                }
                for one in listed
            ]
        )


def read_subject(config: StudyConfig) -> Subject:
    """Load a study's data and build its model.

    Raises:
        DseError: Bad settings, model or data.
    """
    dataset = load_data(config.data, seed=config.seed, features=config.features)
    module = build_model(config.model, dataset.input_shape, dataset.classes)
    example = pick_example(module, dataset.input_shape, dataset.classes)
    shape, front_end = dataset.input_shape, dataset.front_end
    return Subject(describe_data(dataset), module, example, shape, front_end)


def check_study(config: StudyConfig, subject: Subject | None = None) -> CheckReport:
    """Import a study's model and probe its space under the budget; nothing is trained.

    Args:
        config: Of the study.
        subject: From `read_subject`, where it has been called already.

    Raises:
        DseError: Bad settings, model or data.
    """
    subject = subject or read_subject(config)
    name = model_name(config.model)
    imported = import_torch(subject.module, subject.example, name, subject.input_shape)
    space = build_space(
        replace(imported.network, front_end=subject.front_end),
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
        subject.data,
        pricer.cost(space.baseline()),
        probe_feasibility(space, pricer, pricer.budget),
    )


def _optional(name: str, need: float, bound: float | None, unit: str) -> tuple[str, str, str, bool]:
    allowed = "-" if bound is None else f"{bound * 1e3:.4g} {unit}"
    return (name, f"{need * 1e3:.4g} {unit}", allowed, bound is None or need <= bound)
