"""`dse bench`: tables about the runtime and its profiles, measured on the virtual boards."""

import typer

from dse.cli.bench_batch import batch
from dse.cli.bench_kernels import kernels
from dse.cli.bench_profiles import profiles

__all__ = ["bench"]

bench = typer.Typer(
    help="Measure the runtime and its profiles on the virtual boards.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
bench.command(name="profiles")(profiles)
bench.command(name="kernels")(kernels)
bench.command(name="batch")(batch)
