"""The `dse` command: gathers the commands and turns a user's mistake into exit code 2."""

import sys

import typer

from dse.cli.bench import bench
from dse.cli.calibrate import calibrate
from dse.cli.check import check
from dse.cli.compare import compare
from dse.cli.devices import devices
from dse.cli.export import export
from dse.cli.front import front
from dse.cli.measure import measure
from dse.cli.predict import predict
from dse.cli.report import report
from dse.cli.search import search
from dse.cli.show import show
from dse.cli.verify import verify
from hw_models.errors import DseError

__all__ = ["app", "main"]

app = typer.Typer(
    name="dse",
    help="Find the best compression of a neural network for a microcontroller, and ship it as C.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    check,
    search,
    front,
    show,
    compare,
    report,
    export,
    verify,
    measure,
    calibrate,
    predict,
    devices,
):
    app.command(name=command.__name__, no_args_is_help=command is not devices)(command)
app.add_typer(bench, name="bench")


def main() -> None:
    """Run the command line; exit code 2 for a mistake of the user, without a traceback."""
    try:
        app()
    except DseError as error:
        print(f"dse: {error}", file=sys.stderr)
        sys.exit(2)
