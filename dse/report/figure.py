"""A picture of the front: latency against accuracy, RAM as colour, flash as size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dse.files import replacing
from dse.study.view import Run
from hw_models.errors import ConfigError, RunError

__all__ = ["FigureData", "draw", "figure_data", "write_figure"]

SUFFIXES = (".png", ".svg", ".pdf")
_SMALLEST, _LARGEST = 25.0, 240.0
_GREY = "#8a8f98"


@dataclass(frozen=True)
class FigureData:
    """What the picture shows.

    Args:
        title: Above it.
        front: One row a point: latency in ms, accuracy in percent, RAM and flash in KiB.
        dominated: The other trained trials, latency and accuracy only.
        latency_ms: Bound of the budget, or None.
        float_accuracy: Of the uncompressed network, in percent.
    """

    title: str
    front: NDArray[np.float64]
    dominated: NDArray[np.float64]
    latency_ms: float | None
    float_accuracy: float


def figure_data(run: Run) -> FigureData:
    """The figures behind the picture.

    Raises:
        RunError: The front is empty.
    """
    if not run.front:
        raise RunError(
            "The front is empty, so there is nothing to draw.",
            where=run.folder.path,
            cure="See `dse front` for what is missing.",
        )
    complete = [trial for trial in run.trials if trial.state == "complete"]
    rows = {
        trial.number: (
            trial.price.latency_s * 1e3,
            100 * (trial.accuracy or 0.0),
            trial.price.ram_bytes / 1024,
            trial.price.flash_bytes / 1024,
        )
        for trial in complete
    }
    members = [trial.number for trial in run.front]
    others = [rows[number][:2] for number in rows if number not in members]
    latency_s = run.pricer.budget.latency_s
    return FigureData(
        title=f"{run.base.imported.network.name} on {run.pricer.device.name}",
        front=np.array([rows[number] for number in members]),
        dominated=np.array(others).reshape(-1, 2),
        latency_ms=None if latency_s is None else latency_s * 1e3,
        float_accuracy=100 * run.base.float_accuracy,
    )


def draw(data: FigureData) -> Figure:
    """The picture, 8 x 4.8 inches."""
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.add_subplot()
    latency, accuracy, ram, flash = data.front.T
    x, y = data.dominated.T
    axes.scatter(x, y, s=14, color=_GREY, alpha=0.5, linewidths=0, zorder=1)
    points = axes.scatter(
        latency, accuracy, c=ram, s=_area(flash, flash), cmap="viridis", alpha=0.9,
        edgecolors="white", linewidths=0.8, zorder=3,
    )  # fmt: skip
    # Further away it would press the front together.
    if data.float_accuracy - accuracy.max() <= max(np.ptp(accuracy), 1.0):
        axes.axhline(data.float_accuracy, color=_GREY, linewidth=1, linestyle="--", zorder=0)
        axes.annotate(
            "float, uncompressed", (0.005, data.float_accuracy), (0, 3), fontsize=8,
            color=_GREY, xycoords=("axes fraction", "data"), textcoords="offset points",
        )  # fmt: skip
    if data.latency_ms is not None and data.latency_ms <= 1.5 * latency.max():
        axes.axvline(data.latency_ms, color=_GREY, linewidth=1, linestyle=":", zorder=0)
    figure.colorbar(points, ax=axes, label="RAM (KiB)", pad=0.02)
    _flash_legend(axes, flash)
    axes.set(xlabel="latency (ms)", ylabel="accuracy (%)", title=data.title)
    axes.grid(color="#e3e5e8", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def write_figure(run: Run, path: Path) -> None:
    """Draw the front of a run into a file; the same run gives the same bytes.

    Raises:
        ConfigError: The name of the file has another suffix than .png, .svg or .pdf.
        RunError: The front is empty.
    """
    if path.suffix not in SUFFIXES:
        raise ConfigError(
            "A figure is a .png, .svg or .pdf file.",
            where=path,
            got=path.suffix or "no suffix",
            allowed=", ".join(SUFFIXES),
        )
    figure = draw(figure_data(run))
    dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with replacing(path) as temporary, rc_context({"svg.hashsalt": "dse"}):
        figure.savefig(temporary, format=path.suffix[1:], dpi=150, metadata=dates.get(path.suffix))


def _area(flash: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    low, span = scale.min(), np.ptp(scale)
    share = (flash - low) / span if span > 0 else np.zeros_like(flash)
    return np.asarray(_SMALLEST + (_LARGEST - _SMALLEST) * share)


def _flash_legend(axes: Axes, flash: NDArray[np.float64]) -> None:
    for size in np.unique(np.quantile(flash, (0.0, 0.5, 1.0))):
        area = _area(np.array([size]), flash)
        axes.scatter([], [], s=area, color=_GREY, linewidths=0, label=f"{size:.3g} KiB")
    axes.legend(title="flash", loc="best", fontsize=8, title_fontsize=8, frameon=False)
