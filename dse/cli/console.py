"""Printing: frames as tables, and figures in the units that people read."""

import json
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["HIDDEN", "console", "notes", "percent", "print_frame", "write_frame"]

_PIPE_WIDTH = 160
_LEAST_WIDTH = 110


def _console(stderr: bool) -> Console:
    """A console that never cuts a figure: a narrow terminal wraps the lines instead.

    A pipe has no width of its own. Markup is off, since names of users may look like it.
    """
    own = Console(stderr=stderr)
    width = max(own.width, _LEAST_WIDTH) if own.is_terminal else _PIPE_WIDTH
    return Console(highlight=False, markup=False, soft_wrap=True, width=width, stderr=stderr)


console = _console(stderr=False)
notes = _console(stderr=True)

HIDDEN = ["state", "rung", "changes"]
"""Columns of a trial table that `dse show` and the files have, but a narrow table has not."""

_HEADINGS = {
    "test_accuracy": "test",
    "latency_ms": "ms",
    "ram_bytes": "RAM",
    "flash_bytes": "flash",
    "energy_mj": "mJ",
    "cycles_percent": "%",
    "constant_bytes": "constants",
}
_PERCENT = ("accuracy", "test_accuracy", "share")
_THOUSANDS = ("ram_bytes", "flash_bytes", "cycles", "macs", "constant_bytes")


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{100 * share:.2f} %"


def print_frame(frame: pd.DataFrame, title: str | None = None) -> None:
    """Print a frame as a table; columns that are missing throughout are left out."""
    shown = frame.dropna(axis="columns", how="all")
    table = Table(
        title=None if title is None else Text(title), title_justify="left", box=None, pad_edge=False
    )
    for column in shown.columns:
        numeric = pd.api.types.is_numeric_dtype(shown[column])
        table.add_column(
            _HEADINGS.get(str(column), str(column)),
            justify="right" if numeric else "left",
            no_wrap=numeric,
        )
    for row in shown.itertuples(index=False):
        table.add_row(
            *(_cell(str(name), value) for name, value in zip(shown.columns, row, strict=True))
        )
    console.print(table)


def write_frame(frame: pd.DataFrame, csv: Path | None, as_json: bool) -> bool:
    """Write a frame as CSV to a file or as JSON to the output; whether either was asked for."""
    if csv is not None:
        csv.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(csv, index=False)
        notes.print(f"written: {csv}")
    if as_json:
        print(json.dumps(json.loads(frame.to_json(orient="records")), indent=2))
    return csv is not None or as_json


def _cell(column: str, value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return "-"
    if column in _PERCENT and isinstance(value, float):
        return percent(value)
    if column in _THOUSANDS and isinstance(value, int | float):
        return f"{value:,.0f}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
