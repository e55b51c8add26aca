"""StudyConfig: everything that defines a study, from a `study.toml` or from flags."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from dse.data import Features
from dse.evaluate import (
    BRIEF_EPOCHS,
    SHARED_STEPS,
    SHORT_EPOCHS,
    Rung,
    Training,
    augmentation_values,
    make_training,
)
from dse.models import recipe_for
from dse.search import sampler_names
from hw_models.budget import Budget, default_budget, parse_bytes
from hw_models.device import load_device
from hw_models.errors import ConfigError, DseError
from hw_models.profile import load_profile
from search_spaces import Head
from search_spaces.options import FormatName

__all__ = ["StudyConfig", "load_study", "make_study"]


def _bytes(value: object) -> object:
    if value is None:
        return None
    try:
        return parse_bytes(value if isinstance(value, int) else str(value))
    except DseError as error:
        raise ValueError(_one_line(error)) from error


def _part(name: str) -> str:
    try:
        load_device(name)
    except DseError as error:
        raise ValueError(_one_line(error)) from error
    return name


def _training(value: object) -> object:
    if isinstance(value, Training):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("must be a table of settings")
    try:
        return make_training(value)
    except DseError as error:
        raise ValueError(str(error.got)) from error


def _one_line(error: DseError) -> str:
    details = {"got": error.got, "allowed": error.allowed, "cure": error.cure}
    known = "; ".join(f"{key} {value}" for key, value in details.items() if value is not None)
    return f"{error.what.rstrip('.')} ({known})" if known else error.what


Bytes = Annotated[int | None, BeforeValidator(_bytes)]


class StudyConfig(BaseModel):
    """A study: what to compress, for which part, and how hard to search.

    Attributes:
        model: `zoo:NAME`, `FILE.py:FACTORY` or `FILE.onnx`.
        data: `digits`, `npz:FILE`, `audio-folder:DIR` or `image-folder:DIR`.
        features: Front end of audio data, computed on the host; or as an option of `data`.
        weights: State dict of the trained network; without it the network is trained first.
        device: A part of the catalogue or a device file.
        profile: Cost profile, by name or file; the shipped one of the part's core when absent.
        ram: Budget in bytes; the part's own RAM less a reserve when absent. `flash` alike.
        latency_ms: Bound on one inference, or absent. `energy_mj` alike.
        trials: Configurations to train.
        time_s: Wall-clock limit of one run of the search.
        sampler: Name of the sampler.
        jobs: Worker processes; the result does not depend on it.
        seed: Of everything random.
        rung: Rung of the accuracy ladder that scores trials: calibrated, shared, brief, short
            or full.
        epochs: Of a rung that trains; the rung's own number when absent, which for the rung full
            depends on the data.
        shared_steps: Of the training of shared weights, once a study; the rungs shared and brief
            have a number of their own, short and full start from shared weights where one is given.
        cache: Folder of evaluations that studies share, or absent; the result does not depend on
            it.
        base_epochs: Of the uncompressed network; the model's recipe when absent.
        formats: Weight formats to choose from.
        widths: Channel keep ratios to choose from.
        activations: Number formats of tensors to choose from, s8 and s4.
        depth: Whether depth cuts are part of the space.
        heads: That may follow a depth cut: auxiliary or pooled, both to choose from.
        training: How trials are trained; the table `[training]` of a study file. What it does not
            say of changes of the samples is as in the model's recipe.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal[1] = Field(default=1, alias="schema")
    model: str
    data: str
    features: Features | None = None
    weights: str | None = None
    device: Annotated[str, AfterValidator(_part)]
    profile: str | None = None
    ram: Bytes = None
    flash: Bytes = None
    latency_ms: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    energy_mj: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    trials: int = Field(default=100, ge=1)
    time_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    sampler: str = "optuna-nsga2"
    jobs: int = Field(default=1, ge=1, le=64)
    seed: int = Field(default=0, ge=0, lt=2**31)
    rung: Rung = "short"
    epochs: int | None = Field(default=None, ge=1)
    shared_steps: int = Field(default=0, ge=0)
    cache: str | None = None
    base_epochs: int | None = Field(default=None, ge=0)
    formats: tuple[FormatName, ...] = ("s8", "s4", "s2", "xnor")
    widths: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (1.0, 0.75, 0.5, 0.25)
    activations: tuple[Literal["s8", "s4"], ...] = ("s8",)
    depth: bool = True
    heads: Annotated[tuple[Head, ...], Field(min_length=1)] = ("auxiliary",)
    training: Annotated[Training, BeforeValidator(_training)] = Training()

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, values: object) -> object:
        """What depends on other settings: epochs and steps on the rung, changes on the model."""
        if not isinstance(values, Mapping):
            return values
        model, own = values.get("model"), values.get("training", {})
        if isinstance(model, str) and isinstance(own, Mapping):
            recipe = augmentation_values(recipe_for(model).augmentation)
            values = {**values, "training": {**recipe, **own}}
        rung = values.get("rung")
        if rung != "full" and values.get("epochs") is None:
            values = {**values, "epochs": BRIEF_EPOCHS if rung == "brief" else SHORT_EPOCHS}
        if rung in ("shared", "brief") and values.get("shared_steps") is None:
            return {**values, "shared_steps": SHARED_STEPS}
        return values

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        problems = []
        if self.sampler not in sampler_names():
            problems.append(f"sampler: no such sampler; choose {', '.join(sampler_names())}")
        if "s8" not in self.formats:
            problems.append("formats: must contain s8, which the first and last layers use")
        if "s8" not in self.activations:
            problems.append("activations: must contain s8, the format of input and output")
        if 1.0 not in self.widths:
            problems.append("widths: must contain 1.0, the unpruned width")
        problems += self._rung_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _rung_problems(self) -> list[str]:
        how, problems = self.training, []
        if how.start == "scratch" and self.rung in ("calibrated", "shared"):
            problems.append("training: start = scratch needs a rung that trains")
        if self.rung in ("shared", "brief") and not self.shared_steps:
            problems.append(f"shared_steps: the rung {self.rung} needs some")
        if self.shared_steps and self.rung == "calibrated":
            problems.append("shared_steps: the rung calibrated does not use shared weights")
        if self.shared_steps and (how.start == "scratch" or how.pruning == "gradual"):
            problems.append(
                "training: shared weights need start = fine-tune and pruning = one-shot"
            )
        return problems

    def budget(self) -> Budget:
        """The bounds of the search.

        Raises:
            ConfigError: The device is unknown, or smaller than the reserve or the bounds.
        """
        device = load_device(self.device)
        ram, flash = self.ram, self.flash
        for name, bound, size in (
            ("ram", ram, device.ram_bytes),
            ("flash", flash, device.flash_bytes),
        ):
            if bound is not None and bound > size:
                raise ConfigError(
                    "The budget is larger than the part.",
                    where=f"{name}, device {device.name}",
                    got=f"{bound:,} bytes",
                    allowed=f"at most {size:,} bytes",
                    cure="Lower the bound, or choose a larger part (see `dse devices`).",
                )
        if ram is None or flash is None:
            own = default_budget(device)
            ram, flash = ram or own.ram_bytes, flash or own.flash_bytes
        latency = None if self.latency_ms is None else self.latency_ms / 1e3
        energy = None if self.energy_mj is None else self.energy_mj / 1e3
        return Budget(ram, flash, latency, energy)

    def identity(self) -> dict[str, Any]:
        """What must be equal for a run to be resumed: all but limits, workers and cache."""
        return self.model_dump(mode="json", exclude={"trials", "time_s", "jobs", "cache"})


def make_study(values: Mapping[str, Any], where: str, folder: Path | None = None) -> StudyConfig:
    """Validate plain values; all problems are reported at once.

    Args:
        values: By the names of StudyConfig's attributes.
        where: They come from, for the message.
        folder: That relative paths count from; default the current one. They become absolute, so
            that a run folder finds them from anywhere.

    Raises:
        ConfigError: Naming every offending key.
    """
    base = (folder or Path()).resolve()
    try:
        config = StudyConfig.model_validate(
            {key: _absolute(key, value, base) for key, value in values.items()}
        )
    except ValidationError as error:
        lines = [_line(item) for item in error.errors()]
        raise ConfigError(
            f"{len(lines)} setting{'s' if len(lines) > 1 else ''} of the study cannot be used.",
            where=where,
            got="\n    " + "\n    ".join(lines),
            allowed=", ".join(field.alias or name for name, field in _fields()),
            cure="Correct the settings named above.",
        ) from None
    config.budget()
    if config.profile is not None:
        load_profile(config.profile)
    return config


def load_study(path: Path, overrides: Mapping[str, Any] | None = None) -> StudyConfig:
    """Read a `study.toml`; relative paths in it count from its own folder.

    Args:
        path: The file.
        overrides: Settings that replace the file's.

    Raises:
        ConfigError: The file is missing, is not TOML, or has unusable settings.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            "There is no such study file.", where=path, cure="Give the path of a study.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise ConfigError("A study file must be TOML.", where=path, got=error) from None
    base = path.parent.resolve()
    own = {key: _absolute(key, value, base) for key, value in values.items()}
    return make_study({**own, **(overrides or {})}, str(path))


def _fields() -> list[tuple[str, Any]]:
    return list(StudyConfig.model_fields.items())


def _line(item: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in item["loc"])
    got = "" if item["type"] in ("missing", "value_error") else f", got {item['input']!r}"
    message = item["msg"].removeprefix("Value error, ")
    return f"{place}: {message}{got}" if place else message


def _absolute(key: str, value: object, folder: Path) -> object:
    """Make the file or folder that a setting names absolute."""
    if not isinstance(value, str):
        return value
    prefix, separator, rest = value.partition(":")
    if key == "data" and separator:
        return f"{prefix}:{folder / rest}"
    if key == "model" and separator and prefix != "zoo":
        source, _, factory = value.rpartition(":")
        return f"{folder / source}:{factory}"
    files = {"model": ".onnx", "device": ".toml", "profile": ".toml", "weights": "", "cache": ""}
    if key in files and value.endswith(files[key]):
        return str(folder / value)
    return value
