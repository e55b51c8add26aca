"""`dse bench kernels`: how fast the runtime is."""

import json
from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer

from dse.cli.console import print_frame

__all__ = ["kernels"]


def kernels(
    core: Annotated[list[str] | None, typer.Option(help="Core; repeat for several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the runtime on the virtual boards: networks in int8, single layers in every format.

    "xnor chain" is an xnor layer between two others, whose tensors are bits. Without --core the
    single layers run on the M4 alone.

    Example: dse bench kernels --core cortex-m4
    """
    from dse.bench.chains import chain_figures
    from dse.bench.formats import format_figures
    from dse.bench.kernels import BENCH_CORES, kernel_figures

    figures = kernel_figures(tuple(core) if core else BENCH_CORES)
    figures += format_figures(tuple(core) if core else ("cortex-m4",))
    figures += chain_figures(tuple(core) if core else ("cortex-m4",))
    rows = [asdict(figure) for figure in figures]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    frame = pd.DataFrame(rows)
    frame["cycles/MAC"] = (frame["cycles"] / frame["macs"]).round(2)
    print_frame(frame)
