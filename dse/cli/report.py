"""`dse report`: the page of a run, and a picture of its front."""

from pathlib import Path
from typing import Annotated

import typer

from dse.cli.console import console
from dse.report.figure import write_figure
from dse.report.page import write_page
from dse.study.view import load_run

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="HTML file; default RUN/report.html.")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Also draw the front: a .png, .svg or .pdf file.")
    ] = None,
) -> None:
    """Write one self-contained HTML page with the interactive front of a run.

    Example: dse report runs/demo --figure front.png
    """
    loaded = load_run(run)
    page = out or run / "report.html"
    write_page(loaded, page)
    console.print(f"written: {page}")
    if figure is not None:
        write_figure(loaded, figure)
        console.print(f"written: {figure}")
