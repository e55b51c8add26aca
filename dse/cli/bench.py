"""`dse bench`: tables about the runtime, its profiles, the ladder and the strategies."""

import typer

from dse.cli.bench_batch import batch
from dse.cli.bench_kernels import kernels
from dse.cli.bench_ladder import ladder
from dse.cli.bench_profiles import profiles
from dse.cli.bench_recovery import recovery

__all__ = ["bench"]

bench = typer.Typer(
    help="Measure the runtime and its profiles on virtual boards, the ladder and the strategies.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
bench.command(name="profiles")(profiles)
bench.command(name="kernels")(kernels)
bench.command(name="batch")(batch)
bench.command(name="ladder")(ladder)
bench.command(name="recovery")(recovery)
