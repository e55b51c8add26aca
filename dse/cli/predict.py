"""`dse predict`: cycles and time of a layer list, on our runtime or on another."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from dse.cli.console import console, notes, print_frame
from hw_models.device import load_device
from hw_models.layer_list import ListedLayer, read_layer_list
from hw_models.layer_profile import LayerProfile
from hw_models.predict import any_profile, predict_networks, refused_layers
from hw_models.profile import Profile

__all__ = ["predict"]


def predict(
    layers: Annotated[Path, typer.Option(help="Layer list, a CSV file.")],
    profile: Annotated[
        str, typer.Option(help="Profile, such as dse-m4 or x-cube-ai-m7, or a file.")
    ],
    device: Annotated[str | None, typer.Option(help="Part, for its clock.")] = None,
    clock_mhz: Annotated[float | None, typer.Option(help="Clock, before the part's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predict cycles and time of the networks of a layer list.

    Networks that our own runtime has no kernels for are named and left out.

    Example: dse predict --layers layers.csv --profile x-cube-ai-m7 --clock-mhz 400
    """
    chosen, setting = any_profile(profile)
    predictions = predict_networks(
        _runnable(read_layer_list(layers), chosen),
        chosen,
        setting=setting,
        device=None if device is None else load_device(device),
        clock_hz=None if clock_mhz is None else clock_mhz * 1e6,
    )
    rows = [
        {
            "model_id": each.model_id,
            "cycles": each.cycles,
            "latency_ms": None if each.latency_s is None else each.latency_s * 1e3,
            "error_pct": each.error_pct,
        }
        for each in predictions
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    print_frame(pd.DataFrame(rows))
    left_out = chosen.errors.left_out if isinstance(chosen, LayerProfile) else "network"
    console.print(
        f"profile {chosen.name}: median error {chosen.errors.median_percent:.1f} %, worst "
        f"{chosen.errors.worst_percent:.0f} %, leaving one {left_out} out"
    )


def _runnable(
    layers: tuple[ListedLayer, ...], profile: Profile | LayerProfile
) -> tuple[ListedLayer, ...]:
    """The layers of networks that the runtime can run; all of them where it can run none."""
    refused = refused_layers(layers, profile)
    kept = tuple(layer for layer in layers if layer.model_id not in refused)
    if not kept:
        return layers
    for model, problems in refused.items():
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        notes.print(f"not predicted: {model}: {problems[0]}{more}")
    return kept
