"""From a measurement file to a profile file."""

import re
from pathlib import Path

from dse.measure.design import designed_networks, measurable_keys
from dse.measure.profiles import code_size, read_code
from hw_models.calibrate import read_measurements
from hw_models.calibration import Calibration, calibrate
from hw_models.device import generic_device
from hw_models.errors import ConfigError
from hw_models.profile import load_profile, save_profile

__all__ = ["calibrate_file"]

CANDIDATE_BYTES = 256 << 10


def calibrate_file(
    runs: Path,
    out: Path,
    *,
    code: Path | None = None,
    prior: str | None = None,
    name: str | None = None,
) -> Calibration:
    """Fit a profile and write it.

    Args:
        runs: Measurements of one board, compiler and flags.
        out: The profile's file; an earlier profile is replaced, nothing else.
        code: Code sizes with columns core, kind, name, bytes.
        prior: Name or file of the profile to begin with; default that of the nearest core.
        name: Of the profile; default from the name of its file.

    Raises:
        DataError: A file is missing or damaged.
        ConfigError: The measurements do not belong together, or `out` is something else.
    """
    _check(out)
    frame = read_measurements(runs)
    core = str(frame["core"].iloc[0])
    sizes = None
    if code is not None:
        rows = read_code(code)
        sizes = code_size(rows[rows["core"] == core], code)
    device = generic_device(core, CANDIDATE_BYTES, CANDIDATE_BYTES)
    found = calibrate(
        frame,
        _name(name, out),
        f"{frame['board'].iloc[0]}, {runs.name}",
        code=sizes,
        prior=None if prior is None else load_profile(prior),
        candidates=designed_networks(frozenset(measurable_keys()), device),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    save_profile(found.profile, out)
    return found


def _check(out: Path) -> None:
    if out.suffix.lower() != ".toml":
        raise ConfigError(
            "A profile is a TOML file.", where="-o", got=out, cure=f"write {out.stem}.toml"
        )
    if out.exists():
        try:
            load_profile(out)
        except ConfigError as error:
            raise ConfigError(
                "The file exists and is not a profile; it is not written over.",
                where=out,
                cure="choose another file with -o",
            ) from error


def _name(name: str | None, out: Path) -> str:
    found = name or re.sub(r"[^a-z0-9_.+-]+", "-", out.stem.lower()).lstrip("_.+-") or "own"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.+-]*", found):
        raise ConfigError(
            "A profile cannot have this name.",
            where="--name",
            got=repr(name),
            allowed="lower-case letters, digits and _ . + -, such as dse-nucleo-f446",
        )
    return found
