"""The run folder: what a search writes, so that it can be resumed, inspected and exported.

study.toml   the settings          env.json     versions, and what model and data were used
base.npz     the imported network  journal.log  the trials (Optuna journal storage)
shared.npz   the shared weights, where the rung uses them
programs/    the scored integer program of each complete trial
summary.json baseline, hypervolume and the test accuracy of the front, after the search
base.training the state of the base's float training, while it lasts
"""

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dse.data.augment import NO_AUGMENTATION
from dse.evaluate import augmented
from dse.files import write_atomically
from dse.models import recipe_for
from dse.study.config import StudyConfig, load_study
from hw_models.device import Device
from hw_models.errors import RunError
from hw_models.profile import format_key, load_profile
from search_spaces import Configuration

__all__ = ["RunFolder", "device_fingerprint", "model_fingerprint", "profile_fingerprint"]

SCHEMA = 2
"""Trials of schema 1 were trained on unchanged samples, and in full for 16 epochs."""
_PACKAGES = ("torch", "numpy", "optuna", "pymoo", "moocore")


@dataclass(frozen=True)
class RunFolder:
    """Paths and small files of one run.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def journal(self) -> Path:
        """The trials."""
        return self.path / "journal.log"

    @property
    def base(self) -> Path:
        """The imported, trained, uncompressed network."""
        return self.path / "base.npz"

    @property
    def training(self) -> Path:
        """The state of the base's float training, while it lasts."""
        return self.path / "base.training"

    @property
    def shared(self) -> Path:
        """The shared weights of the space."""
        return self.path / "shared.npz"

    @property
    def summary(self) -> Path:
        """What was computed after the search."""
        return self.path / "summary.json"

    def program(self, configuration: Configuration) -> Path:
        """The integer program that a configuration was scored with."""
        return self.path / "programs" / f"{configuration.key()}.npz"

    def open(self, config: StudyConfig, fingerprints: Mapping[str, str]) -> None:
        """Start the run, or check that the folder holds the same one.

        Raises:
            RunError: The folder holds something else, or a run of other settings, another model
                or other data.
        """
        if not (self.path / "env.json").exists():
            self._start(config, fingerprints)
            return
        self.check(fingerprints)
        self._schema()
        own, other = _flat(config.identity()), _flat(self.config().identity())
        changed = [name for name in own if own[name] != other[name]]
        if changed:
            raise RunError(
                "This run folder was made with other settings.",
                where=self.path,
                got="; ".join(f"{name} = {own[name]!r}, was {other[name]!r}" for name in changed),
                allowed="other values of trials, time_s, jobs and cache",
                cure="Choose another folder with --out, or repeat the old settings.",
            )
        write_atomically(self.path / "study.toml", _toml(config))

    def check(self, fingerprints: Mapping[str, str]) -> None:
        """Check that the run was made of these model and data.

        Raises:
            RunError: It was not.
        """
        recorded = self._read_json("env.json").get("fingerprints", {})
        differing = [name for name, value in fingerprints.items() if recorded.get(name) != value]
        if differing:
            raise RunError(
                "This run folder belongs to another model, data set or device.",
                where=self.path,
                got=f"another {' and another '.join(differing)}",
                cure="Choose another folder with --out, or give what it was made of.",
            )

    def config(self) -> StudyConfig:
        """The settings of the run.

        Raises:
            RunError: This is not a run folder.
        """
        if not (self.path / "study.toml").is_file():
            raise RunError(
                "This is not a run folder.",
                where=self.path,
                allowed="a folder that `dse search` wrote",
                cure="Check the path, or run `dse search --out` with it first.",
            )
        config = load_study(self.path / "study.toml")
        return _unchanged_samples(config) if self._schema() == 1 else config

    def as_begun(self, config: StudyConfig) -> StudyConfig:
        """Settings with the defaults that the run in the folder was begun with.

        Runs of schema 1 had 16 epochs of full training and changed no samples; what a user sets
        otherwise stays, and is refused by `open`.
        """
        if not (self.path / "env.json").exists() or self._schema() != 1:
            return config
        changes = recipe_for(config.model).augmentation
        if config.training == augmented(config.training, changes):
            config = _unchanged_samples(config)
        return config.model_copy(update={"epochs": config.epochs or self.config().epochs})

    def _start(self, config: StudyConfig, fingerprints: Mapping[str, str]) -> None:
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise RunError(
                "The folder for the run exists and is not a run folder.",
                where=self.path,
                cure="Choose a new or empty folder with --out.",
            )
        (self.path / "programs").mkdir(parents=True)
        write_atomically(self.path / "study.toml", _toml(config))
        environment = {
            "schema": SCHEMA,
            "fingerprints": dict(fingerprints),
            "python": sys.version.split()[0],
            "platform": platform.platform(),
            "packages": {name: version(name) for name in _PACKAGES},
        }
        write_atomically(self.path / "env.json", json.dumps(environment, indent=2) + "\n")

    def _schema(self) -> int:
        schema = self._read_json("env.json").get("schema")
        if schema not in (1, SCHEMA):
            raise RunError(
                "The run folder is of another version.",
                where=self.path / "env.json",
                got=f"schema {schema}",
                allowed=f"1 to {SCHEMA}",
                cure="Use the version of the project that wrote it, or search anew.",
            )
        return int(schema)

    def _read_json(self, name: str) -> dict[str, Any]:
        path = self.path / name
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise RunError(
                "A file of the run folder cannot be read.",
                where=path,
                got=error,
                cure="Restore it from a copy, or search anew in another folder.",
            ) from None

    def read_summary(self) -> dict[str, Any] | None:
        """The summary; None while the search has not ended yet."""
        if not self.summary.exists():
            return None
        return self._read_json("summary.json")


def model_fingerprint(config: StudyConfig) -> str:
    """Hash of what the model is made of: its name, its file and its weights."""
    digest = hashlib.sha256(f"{config.model} {config.base_epochs} {config.seed}".encode())
    source = config.model.rpartition(":")[0] or config.model
    for name in (source if source != "zoo" else None, config.weights):
        if name and Path(name).is_file():
            digest.update(Path(name).read_bytes())
    return digest.hexdigest()


def device_fingerprint(device: Device) -> str:
    """Hash of a part's figures: a device file may change between two runs."""
    return hashlib.sha256(repr(device).encode()).hexdigest()


def profile_fingerprint(config: StudyConfig) -> dict[str, str]:
    """Hash of the costs of a profile that the settings name; empty where they name none."""
    if config.profile is None:
        return {}
    profile = load_profile(config.profile)
    costs = {format_key(key): dict(table) for key, table in profile.coefficients.items()}
    text = json.dumps([profile.name, costs, asdict(profile.code)], sort_keys=True)
    return {"cost profile": hashlib.sha256(text.encode()).hexdigest()}


def _unchanged_samples(config: StudyConfig) -> StudyConfig:
    return config.model_copy(update={"training": augmented(config.training, NO_AUGMENTATION)})


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of a table by themselves: `training.ranking`."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        table = value if isinstance(value, Mapping) else None
        found |= {key: value} if table is None else {f"{key}.{k}": v for k, v in table.items()}
    return found


def _toml(config: StudyConfig) -> str:
    """The settings as TOML: JSON writes strings, numbers, booleans and flat lists alike."""
    values = config.model_dump(mode="json", by_alias=True, exclude_none=True)
    tables = {key: values.pop(key) for key in list(values) if isinstance(values[key], dict)}
    parts = [_lines(values), *(f"\n[{key}]\n{_lines(table)}" for key, table in tables.items())]
    return "".join(parts)


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )
