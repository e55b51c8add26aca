"""The tables of a verification."""

import pandas as pd

from dse.verification import Verification

__all__ = ["layer_frame", "summary_frame"]


def summary_frame(result: Verification) -> pd.DataFrame:
    """Predicted against measured: quantity, predicted, measured, difference_percent."""
    pairs = {
        "cycles": (result.cycles_predicted, result.cycles_measured),
        "RAM bytes": (result.ram_predicted, result.ram_measured),
        "flash bytes": (result.flash_predicted, result.flash_measured),
        "stack bytes": (result.stack_predicted, result.stack_measured),
    }
    return pd.DataFrame([_row(name, *pair) for name, pair in pairs.items()])


def layer_frame(result: Verification) -> pd.DataFrame:
    """The same for the cycles of every layer."""
    return pd.DataFrame(
        [
            {"op": layer.op, **_row(layer.name, layer.cycles_predicted, layer.cycles_measured)}
            for layer in result.layers
        ]
    )


def _row(name: str, predicted: float | None, measured: float | None) -> dict[str, object]:
    both = predicted is not None and measured
    return {
        "quantity": name,
        "predicted": None if predicted is None else f"{predicted:,.0f}",
        "measured": None if measured is None else f"{measured:,.0f}",
        "difference_percent": 100 * ((predicted or 0) / measured - 1)
        if both and measured
        else None,
    }
