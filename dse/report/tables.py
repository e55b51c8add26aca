"""The tables of a run, as pandas frames; commands and page draw from them."""

from collections.abc import Iterable

import pandas as pd

from dse.search import Trial
from dse.study.view import Run
from hw_models.cost import LayerCost
from hw_models.errors import ConfigError
from hw_models.network import Layer, Network, Tensor
from hw_models.strips import operation
from search_spaces import Configuration

__all__ = ["compare_table", "front_table", "layer_table", "select", "trial_table"]


def trial_table(run: Run, trials: Iterable[Trial]) -> pd.DataFrame:
    """One row a trial.

    Columns: trial, state, accuracy, test_accuracy, latency_ms, ram_bytes, flash_bytes, energy_mj,
    cycles, macs, rung, changes. Unknown values are missing.
    """
    return pd.DataFrame([_row(run, trial) for trial in trials], columns=_COLUMNS)


def front_table(run: Run) -> pd.DataFrame:
    """The front, most accurate first; columns as `trial_table`."""
    return trial_table(run, run.front)


def select(
    table: pd.DataFrame,
    *,
    max_ram_bytes: int | None = None,
    max_flash_bytes: int | None = None,
    max_latency_ms: float | None = None,
    max_energy_mj: float | None = None,
    min_accuracy: float | None = None,
) -> pd.DataFrame:
    """The rows within all bounds.

    Raises:
        ConfigError: An energy bound where no row has an energy.
    """
    if max_energy_mj is not None and table["energy_mj"].isna().all() and len(table):
        raise ConfigError(
            "An energy bound needs a part whose active power is known.",
            got=f"{max_energy_mj} mJ",
            cure="Leave the bound out.",
        )
    uppers = {
        "ram_bytes": max_ram_bytes,
        "flash_bytes": max_flash_bytes,
        "latency_ms": max_latency_ms,
        "energy_mj": max_energy_mj,
    }
    keep = pd.Series(data=True, index=table.index)
    for column, bound in uppers.items():
        if bound is not None:
            keep &= table[column] <= bound
    if min_accuracy is not None:
        keep &= table["accuracy"] >= min_accuracy
    return table[keep]


def layer_table(run: Run, configuration: Configuration) -> pd.DataFrame:
    """One row a layer of the compressed network, behind one of its front end, if it has one.

    Columns: layer, op, shape (height x width x channels), weights (format), stored (format of the
    output in RAM; none where a fused pool takes it at once), macs, cycles, cycles_percent,
    constant_bytes. A convolution bears the cycles of a pool that is fused to it.
    """
    network = run.pricer.network(configuration)
    cost = run.pricer.cost(configuration)
    total = max(cost.cycles, 1)
    rows = [] if cost.front_end is None else [_front_end_row(network.input, cost.front_end, total)]
    rows += [
        {
            "layer": layer.name,
            "op": operation(network, network.layer(layer.name)),
            "shape": "x".join(map(str, network.layer(layer.name).shape)),
            "weights": layer.weight_format or "",
            "stored": _stored(network, network.layer(layer.name)),
            "macs": layer.macs,
            "cycles": layer.cycles,
            "cycles_percent": 100 * layer.cycles / total,
            "constant_bytes": layer.constant_bytes,
        }
        for layer in cost.layers
    ]
    return pd.DataFrame(rows)


def _front_end_row(source: Tensor, stage: LayerCost, total: int) -> dict[str, object]:
    return {
        "layer": stage.name,
        "op": stage.op,
        "shape": "x".join(map(str, source.shape)),
        "weights": "",
        "stored": source.format,
        "macs": stage.macs,
        "cycles": stage.cycles,
        "cycles_percent": 100 * stage.cycles / total,
        "constant_bytes": stage.constant_bytes,
    }


def _stored(network: Network, layer: Layer) -> str:
    return layer.format if network.fused_pool(layer) is None else ""


def compare_table(run: Run, first: Trial, second: Trial) -> pd.DataFrame:
    """One row a site at which two trials differ: site, then the option of each trial."""
    space = run.pricer.space
    rows = []
    for site in space.sites:
        options = [trial.configuration.choice(site.name) for trial in (first, second)]
        if options[0] != options[1]:
            rows.append((site.name, *(option.label() for option in options)))
    return pd.DataFrame(rows, columns=["site", str(first.number), str(second.number)])


_COLUMNS = [
    "trial",
    "state",
    "accuracy",
    "test_accuracy",
    "latency_ms",
    "ram_bytes",
    "flash_bytes",
    "energy_mj",
    "cycles",
    "macs",
    "rung",
    "changes",
]


def _row(run: Run, trial: Trial) -> tuple[object, ...]:
    price = trial.price
    changes = run.pricer.space.changes(trial.configuration)
    return (
        trial.number,
        trial.state,
        trial.accuracy,
        run.test_accuracy.get(trial.number),
        price.latency_s * 1e3,
        price.ram_bytes,
        price.flash_bytes,
        None if price.energy_j is None else price.energy_j * 1e3,
        price.cycles,
        price.macs,
        "" if trial.outcome is None else trial.outcome.rung,
        ", ".join(f"{site} {option.label()}" for site, option in changes) or "uncompressed",
    )
