"""The Trial: one configuration, what it costs, and how accurate it turned out to be."""

from dataclasses import dataclass
from typing import Literal

from hw_models.budget import Shortfall
from search_spaces import Configuration

__all__ = ["Outcome", "Price", "Trial", "TrialState"]

TrialState = Literal["complete", "infeasible", "failed"]


@dataclass(frozen=True)
class Price:
    """What a configuration costs, known exactly before any training.

    Args:
        latency_s: Seconds of one inference at the device's clock.
        ram_bytes: Arena and static state.
        flash_bytes: Constants, kernels and code.
        energy_j: Joules of one inference; None where the device has no power figure.
        cycles: Core cycles of one inference.
        macs: Multiply-accumulates.
        shortfalls: The resources of which it needs more than the budget; empty when feasible.
        stack_bytes: Deepest stack of the runtime; None where it was not measured.
    """

    latency_s: float
    ram_bytes: int
    flash_bytes: int
    energy_j: float | None
    cycles: float
    macs: int
    shortfalls: tuple[Shortfall, ...] = ()
    stack_bytes: int | None = None

    @property
    def ram_demand_bytes(self) -> int:
        """What a budget of RAM has to hold: arena, static state and, where known, the stack."""
        return self.ram_bytes + (self.stack_bytes or 0)

    @property
    def violation(self) -> float:
        """Sum of the relative excesses; 0 when feasible."""
        return sum(shortfall.ratio - 1 for shortfall in self.shortfalls)


@dataclass(frozen=True)
class Outcome:
    """What the evaluation of a feasible configuration gave.

    Args:
        accuracy: Of the integer program on the whole validation split; None when it failed.
        rung: Rung of the accuracy ladder.
        seed: Of the training.
        epochs: Trained.
        seconds: Spent on it; the only field that differs between two equal runs.
        error: Why it failed, or "".
        training: What of the strategy differs from the default, or "".
    """

    accuracy: float | None
    rung: str
    seed: int
    epochs: int
    seconds: float
    error: str = ""
    training: str = ""


@dataclass(frozen=True)
class Trial:
    """One line of a study.

    Args:
        number: In the order in which the sampler asked, from 0.
        configuration: What was tried; no two trials of a study share one.
        price: Its cost.
        outcome: None for an infeasible configuration, which is never trained.
    """

    number: int
    configuration: Configuration
    price: Price
    outcome: Outcome | None

    @property
    def state(self) -> TrialState:
        """Whether it was trained, refused for its cost, or broke."""
        if self.outcome is None:
            return "infeasible"
        return "failed" if self.outcome.accuracy is None else "complete"

    @property
    def accuracy(self) -> float | None:
        """Accuracy of a complete trial."""
        return self.outcome.accuracy if self.outcome else None
