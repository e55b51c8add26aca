"""Measurement files -> the shipped profiles of our own runtime."""

from pathlib import Path

import pandas as pd

from hw_models.calibrate import fit, read_measurements
from hw_models.errors import DataError
from hw_models.profile import OWN_RUNTIME, CodeSize, Profile, save_profile

__all__ = ["CODE_FILE", "LAYER_FILE", "MEASUREMENTS", "NETWORK_FILE", "write_profiles"]

HW_MODELS = Path(__file__).parents[2] / "hw_models"
MEASUREMENTS = HW_MODELS / "measurements"
PROFILES = HW_MODELS / "profiles"
LAYER_FILE = "own_virtual.csv"
CODE_FILE = "own_virtual_code.csv"
NETWORK_FILE = "own_virtual_networks.csv"


def write_profiles(
    measurements: Path = MEASUREMENTS, folder: Path = PROFILES
) -> tuple[Profile, ...]:
    """Fit a profile for every core in the measurement files and write it.

    Args:
        measurements: Folder with own_virtual.csv and own_virtual_code.csv.
        folder: Where the profiles go.

    Raises:
        DataError: A file is missing or damaged.
        ConfigError: The measurements do not identify a cost.
    """
    layers = read_measurements(measurements / LAYER_FILE)
    code = _read_code(measurements / CODE_FILE)
    folder.mkdir(parents=True, exist_ok=True)
    profiles = []
    for core in dict.fromkeys(layers["core"]):
        rows = layers[layers["core"] == core]
        board = rows["board"].iloc[0]
        name = f"{OWN_RUNTIME}-{core.removeprefix('cortex-')}"
        source = f"{board} (instruction level, not hardware), hw_models/measurements/{LAYER_FILE}"
        profile = fit(rows, _code_size(code[code["core"] == core]), name, source)
        save_profile(profile, folder / f"{name}.toml")
        profiles.append(profile)
    return tuple(profiles)


def _read_code(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise DataError("The code sizes cannot be read.", where=path, got=error) from error


def _code_size(rows: pd.DataFrame) -> CodeSize:
    tables: dict[str, dict[str, int]] = {"fixed": {}, "call": {}, "kernel": {}}
    for kind, name, size in zip(rows["kind"], rows["name"], rows["bytes"], strict=True):
        tables[kind][name] = int(size)
    return CodeSize(tables["fixed"]["network"], tables["call"], tables["kernel"])
