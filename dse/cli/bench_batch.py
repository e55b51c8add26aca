"""`dse bench batch`: how fast configurations are priced."""

import json
from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer

from dse.cli.console import print_frame

__all__ = ["batch"]


def batch(
    network: Annotated[list[str] | None, typer.Option(help="Network; may be repeated.")] = None,
    configurations: Annotated[int, typer.Option(min=1, help="In one batch.")] = 200_000,
    compared: Annotated[int, typer.Option(min=0, help="Of them, priced one by one too.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Price random configurations with all options in a batch; compare with one-by-one estimates.

    Example: dse bench batch --network ds-cnn
    """
    from dse.bench.batch import BATCH_NETWORKS, batch_figures
    from dse.bench.networks import KNOWN_NETWORKS
    from hw_models.errors import ConfigError

    unknown = sorted(set(network or ()) - set(KNOWN_NETWORKS))
    if unknown:
        raise ConfigError(
            "There is no such network.",
            where="--network",
            got=", ".join(unknown),
            allowed=", ".join(KNOWN_NETWORKS),
        )
    names = tuple(network) if network else BATCH_NETWORKS
    rows = [asdict(each) for each in batch_figures(names, configurations, compared)]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    frame = pd.DataFrame(rows)
    for column in ("space", "configurations", "per_second"):
        frame[column] = [f"{value:,.0f}" for value in frame[column]]
    frame["table_s"] = frame["table_s"].round(2)
    print_frame(frame)
