"""Predicted against measured, on networks that took no part in calibrating the profiles."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from dse.bench.networks import known_network
from dse.boards.board import BoardRun
from dse.boards.virtual import VIRTUAL_CORES
from dse.boards.virtual_board import VirtualBoard
from dse.export.project import export_project
from dse.random_program import random_inputs, random_program
from hw_models.device import generic_device
from hw_models.estimate import Cost, estimate
from hw_models.network import Network
from hw_models.profile import profile_for
from hw_models.strips import is_virtual
from search_spaces.rewrite import rewrite
from search_spaces.space import whole_space

__all__ = [
    "BENCH_NETWORKS",
    "PROFILE_NETWORKS",
    "ProfileRun",
    "ProfileSummary",
    "profile_networks",
    "profile_runs",
    "run_network",
    "summarise",
]

BENCH_NETWORKS = (
    "resnet8",
    "ds-cnn",
    "mobilenet-v1-025",
    "fc-autoencoder",
    "micro-acdnet",
    "lenet5",
)
CONFIGURED = ("ds-cnn", "lenet5", "digits-ds", "digits-resnet")
"""Networks of which random configurations are drawn: all options there are, mixed freely."""

PER_NETWORK = 5
PROFILE_NETWORKS = (
    *BENCH_NETWORKS,
    *(f"{name}/{number}" for name in CONFIGURED for number in range(PER_NETWORK)),
)
"""Names of all networks of the table: the known ones, then the configurations."""

_SEED = 3
_INPUTS = 1


@dataclass(frozen=True)
class ProfileRun:
    """One network on one core.

    Args:
        core: As device files name it.
        network: Its name; configurations are numbered behind a slash.
        is_configuration: Whether it is a random configuration of a network.
        macs: Of one inference.
        cycles_predicted: Of one inference.
        cycles_measured: The same on the virtual board.
        layer_errors_pct: Signed errors of the predicted cycles of all layers that run.
        ram_predicted: Bytes of arena and static data.
        ram_measured: The same in the linked image.
        flash_predicted: Bytes of constants, kernels and code.
        flash_measured: The same in the linked image.
        stack_measured: Deepest stack, in bytes.
    """

    core: str
    network: str
    is_configuration: bool
    macs: int
    cycles_predicted: float
    cycles_measured: float
    layer_errors_pct: tuple[float, ...]
    ram_predicted: int
    ram_measured: int
    flash_predicted: int
    flash_measured: int
    stack_measured: int

    @property
    def error_pct(self) -> float:
        """Signed error of the predicted cycles."""
        return 100 * (self.cycles_predicted / self.cycles_measured - 1)

    @property
    def flash_error_pct(self) -> float:
        """Signed error of the predicted flash."""
        return 100 * (self.flash_predicted / self.flash_measured - 1)

    @property
    def layer_p90_pct(self) -> float:
        """90th percentile of the layers' absolute errors."""
        return float(np.percentile(np.abs(self.layer_errors_pct), 90))

    def to_json(self) -> dict[str, Any]:
        """The fields by name, and the errors."""
        return asdict(self) | {
            "error_pct": self.error_pct,
            "layer_p90_pct": self.layer_p90_pct,
            "flash_error_pct": self.flash_error_pct,
        }


@dataclass(frozen=True)
class ProfileSummary:
    """The runs of one core together; errors are absolute, in percent.

    Args:
        core: As device files name it.
        runs: How many.
        median_pct: Of the networks' errors in cycles.
        worst_pct: The largest of them.
        layer_p90_pct: 90th percentile over the layers of all networks.
        spearman: Rank correlation of predicted and measured cycles over the configurations; NaN
            with fewer than two.
        ram_equal: Whether every RAM figure is right to the byte.
        flash_worst_pct: The largest error in flash.
    """

    core: str
    runs: int
    median_pct: float
    worst_pct: float
    layer_p90_pct: float
    spearman: float
    ram_equal: bool
    flash_worst_pct: float


def profile_networks(names: Sequence[str] = PROFILE_NETWORKS) -> dict[str, Network]:
    """Known networks, all int8, and random configurations; the same in every process.

    Args:
        names: Of `PROFILE_NETWORKS`.
    """
    configured = {name.partition("/")[0] for name in names if "/" in name}
    networks = {name: known_network(name) for name in names if "/" not in name}
    for name in sorted(configured):
        for number, network in enumerate(_configurations(known_network(name))):
            networks[f"{name}/{number}"] = network
    return {name: networks[name] for name in names}


def _configurations(network: Network) -> list[Network]:
    """Different networks, each one random configuration."""
    space = whole_space(network)
    rng = np.random.default_rng(_SEED)
    drawn: dict[Network, None] = {}
    while len(drawn) < PER_NETWORK:
        drawn[rewrite(space.network, space, space.sample(rng))] = None
    return list(drawn)


def profile_runs(
    cores: Sequence[str] = tuple(VIRTUAL_CORES),
    networks: Mapping[str, Network] | None = None,
    jobs: int = 1,
) -> list[ProfileRun]:
    """Run networks with random weights on virtual boards, beside the shipped profiles' figures.

    Args:
        cores: Of the virtual board.
        networks: By name; without, those of `profile_networks`.
        jobs: How many to run at a time.

    Raises:
        ConfigError: There is no profile or virtual board of a core.
        ToolError: The compiler or the emulator is missing or failed.
    """
    chosen = profile_networks() if networks is None else networks
    work = [(core, name, network) for core in cores for name, network in chosen.items()]
    if jobs == 1:
        return [run_network(*each) for each in work]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(run_network, *zip(*work, strict=True)))


def run_network(core: str, name: str, network: Network) -> ProfileRun:
    """One network with random weights on one core's virtual board; raises as `profile_runs`."""
    device = generic_device(core)
    cost = estimate(network, device, profile_for(core))
    rng = np.random.default_rng(_SEED)
    program = random_program(network, rng)
    inputs = random_inputs(network, _INPUTS, rng)
    with TemporaryDirectory(prefix="dse-bench-") as folder:
        project = export_project(program, None, device, None, Path(folder), inputs)
        run = VirtualBoard(core).run(project, inputs)
    return _profile_run(core, name, network, cost, run)


def summarise(runs: Sequence[ProfileRun]) -> list[ProfileSummary]:
    """The errors of every core, in the order in which the cores appear."""
    cores = dict.fromkeys(run.core for run in runs)
    return [_summary(core, [run for run in runs if run.core == core]) for core in cores]


def _summary(core: str, runs: Sequence[ProfileRun]) -> ProfileSummary:
    errors = [abs(run.error_pct) for run in runs]
    layers = [abs(error) for run in runs for error in run.layer_errors_pct]
    drawn = [run for run in runs if run.is_configuration]
    ranks = float("nan")
    if len(drawn) > 1:
        predicted = [run.cycles_predicted for run in drawn]
        ranks = float(spearmanr(predicted, [run.cycles_measured for run in drawn]).statistic)
    return ProfileSummary(
        core=core,
        runs=len(runs),
        median_pct=float(np.median(errors)),
        worst_pct=max(errors),
        layer_p90_pct=float(np.percentile(layers, 90)),
        spearman=ranks,
        ram_equal=all(run.ram_predicted == run.ram_measured for run in runs),
        flash_worst_pct=max(abs(run.flash_error_pct) for run in runs),
    )


def _profile_run(core: str, name: str, network: Network, cost: Cost, run: BoardRun) -> ProfileRun:
    measured = run.layer_cycles or ()
    errors = [
        100 * (layer.cycles / cycles - 1)
        for layer, cycles, own in zip(cost.layers, measured, network.layers, strict=True)
        if not is_virtual(own)
    ]
    return ProfileRun(
        core=core,
        network=name,
        is_configuration="/" in name,
        macs=network.total_macs,
        cycles_predicted=cost.cycles,
        cycles_measured=sum(measured),
        layer_errors_pct=tuple(errors),
        ram_predicted=cost.ram_bytes,
        ram_measured=run.ram_bytes or 0,
        flash_predicted=cost.flash_bytes,
        flash_measured=run.flash_bytes or 0,
        stack_measured=run.stack_bytes or 0,
    )
