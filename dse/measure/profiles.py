"""Measurement files -> the shipped profiles of our own runtime."""

from pathlib import Path

import pandas as pd

from hw_models.calibrate import fit, read_measurements
from hw_models.errors import DataError
from hw_models.profile import OWN_RUNTIME, CodeSize, Profile, save_profile

__all__ = [
    "CODE_FILE",
    "LAYER_FILE",
    "MEASUREMENTS",
    "NETWORK_FILE",
    "code_size",
    "read_code",
    "write_profiles",
]

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
    code = read_code(measurements / CODE_FILE)
    folder.mkdir(parents=True, exist_ok=True)
    profiles = []
    for core in dict.fromkeys(layers["core"]):
        rows = layers[layers["core"] == core]
        board = rows["board"].iloc[0]
        name = f"{OWN_RUNTIME}-{core.removeprefix('cortex-')}"
        source = f"{board} (instruction level, not hardware), hw_models/measurements/{LAYER_FILE}"
        profile = fit(
            rows, code_size(code[code["core"] == core], measurements / CODE_FILE), name, source
        )
        save_profile(profile, folder / f"{name}.toml")
        profiles.append(profile)
    return tuple(profiles)


def read_code(path: Path) -> pd.DataFrame:
    """A file of code sizes: columns core, kind, name, bytes.

    Raises:
        DataError: It is missing or damaged.
    """
    try:
        frame = pd.read_csv(path)
        frame["bytes"] = frame["bytes"].astype(int)
        return frame[["core", "kind", "name", "bytes"]]
    except KeyError as error:
        raise DataError("The code sizes lack a column.", where=path, got=error) from error
    except (OSError, ValueError) as error:
        raise DataError("The code sizes cannot be read.", where=path, got=error) from error


def code_size(rows: pd.DataFrame, where: Path) -> CodeSize:
    """The code sizes of one core.

    Raises:
        DataError: There are none, or a kind is unknown.
    """
    tables: dict[str, dict[str, int]] = {"fixed": {}, "call": {}, "kernel": {}, "stack": {}}
    for kind, name, size in zip(rows["kind"], rows["name"], rows["bytes"], strict=True):
        if kind not in tables:
            raise DataError("Unknown kind of code.", where=where, got=kind, allowed=list(tables))
        tables[kind][name] = int(size)
    if "network" not in tables["fixed"]:
        raise DataError("There are no code sizes of this core.", where=where)
    stack = tables["stack"].get("network")
    return CodeSize(tables["fixed"]["network"], tables["call"], tables["kernel"], stack)
