"""`python -m dse.measure [--fit | CORE ...]`: measure again, rewrite the files and the profiles.

Without cores all of them; with --fit none, the profiles are fitted from the files as they are.
"""

import os
import sys
from pathlib import Path

import pandas as pd

from dse.boards.virtual import VIRTUAL_CORES
from dse.measure.profiles import (
    CODE_FILE,
    LAYER_FILE,
    MEASUREMENTS,
    NETWORK_FILE,
    write_profiles,
)
from dse.measure.run import measure_all
from hw_models.calibrate import SAME, build_file


def main() -> None:
    """Measure if asked to, fit, and show the error cards."""
    if sys.argv[1:] != ["--fit"]:
        _measure(tuple(sys.argv[1:]) or tuple(VIRTUAL_CORES))
    for profile in write_profiles():
        card = profile.errors
        sys.stdout.write(
            f"{profile.name}: median {card.median_percent:.2f} %, worst {card.worst_percent:.2f} %,"
            f" layers p90 {card.layer_p90_percent:.2f} %\n"
        )


def _measure(cores: tuple[str, ...]) -> None:
    """Rewrite the files, keeping the rows of the other cores."""
    run = measure_all(cores, jobs=max(1, min(os.cpu_count() or 1, len(cores))))
    MEASUREMENTS.mkdir(exist_ok=True)
    builds = run.layers[list(SAME)].drop_duplicates()
    files = {
        LAYER_FILE: run.layers.drop(columns=[name for name in SAME if name != "core"]),
        build_file(Path(LAYER_FILE)).name: builds,
        CODE_FILE: run.code,
        NETWORK_FILE: run.networks,
    }
    for name, fresh in files.items():
        _merged(MEASUREMENTS / name, fresh).to_csv(MEASUREMENTS / name, index=False)


def _merged(path: Path, fresh: pd.DataFrame) -> pd.DataFrame:
    """The rows of the file with those of the fresh cores replaced, in the order of the cores."""
    kept = []
    if path.exists():
        old = pd.read_csv(path)
        kept.append(old[~old["core"].isin(fresh["core"])])
    rows = pd.concat([*kept, fresh], ignore_index=True)
    order = rows["core"].map(list(VIRTUAL_CORES).index).sort_values(kind="stable")
    return rows.loc[order.index]


if __name__ == "__main__":
    main()
