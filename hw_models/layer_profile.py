"""LayerProfile: what the layers of another runtime cost on a core, fitted from published runs.

It is the sibling of Profile for runtimes whose kernels cannot be counted: cycles for each feature
of a layer's shape (hw_models.layer_features). The shipped ones lie in layer_profiles/, are named
RUNTIME-CORE ("x-cube-ai-m7") and are written by hw_models.published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hw_models.errors import ConfigError
from hw_models.layer_features import FEATURES
from hw_models.profile import LAYER_CATALOGUE
from hw_models.profile_file import read_profile_file, write_tables
from hw_models.toml_file import file_error

__all__ = [
    "LAYER_CATALOGUE",
    "LayerErrorCard",
    "LayerProfile",
    "layer_profile_names",
    "list_layer_profiles",
    "load_layer_profile",
    "save_layer_profile",
]

Text = Annotated[str, Field(min_length=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[int, Field(ge=1, strict=True)]
LeftOut = Literal["model", "layer", "runtime"]


@dataclass(frozen=True)
class LayerErrorCard:
    """Errors of predicted cycles on what was left out of the fit, in percent.

    Args:
        left_out: "model"; "layer" where one network was measured layer by layer; "runtime" where
            there is one run only, so that the errors are those of other runtimes of the core,
            fitted as if they had one run too.
        median_percent: Median absolute error over the runs, each at its own setting.
        p90_percent: 90th percentile of the same.
        worst_percent: Largest of the same.
        model_median_percent: Median over the models of each one's median.
        blind_median_percent: Median over the runs when all are predicted at the default setting.
        spearman: Rank correlation of predicted and measured cycles; None below three runs.
        models: Median absolute error of each model (or layer).
    """

    left_out: LeftOut
    median_percent: float
    p90_percent: float
    worst_percent: float
    model_median_percent: float
    blind_median_percent: float
    spearman: float | None
    models: Mapping[str, float]


@dataclass(frozen=True)
class LayerProfile:
    """What layers cost a runtime on a core.

    Args:
        name: RUNTIME-CORE.
        runtime: Whose kernels.
        core: Of the device, such as "cortex-m4".
        reference: The setting (version or way of running) that the coefficients are for.
        source: Where the runs come from.
        runs: Number of runs in the fit.
        boards: They ran on.
        clocks_mhz: Of those boards.
        settings: Cycles at each setting over those at the reference.
        coefficients: Cycles per unit of each feature.
        errors: The error card.
    """

    name: str
    runtime: str
    core: str
    reference: str
    source: str
    runs: int
    boards: tuple[str, ...]
    clocks_mhz: tuple[float, ...]
    settings: Mapping[str, float]
    coefficients: Mapping[str, float]
    errors: LayerErrorCard

    def cycles(self, amounts: Mapping[str, float], setting: str | None = None) -> float:
        """Predicted cycles of some amounts of features.

        Raises:
            ConfigError: The profile does not know the setting.
        """
        chosen = setting or self.reference
        if chosen not in self.settings:
            raise ConfigError(
                "The profile does not know this setting.",
                where=f"profile {self.name!r}",
                got=repr(chosen),
                allowed=", ".join(sorted(self.settings)),
            )
        total = sum(self.coefficients[name] * amount for name, amount in amounts.items())
        return self.settings[chosen] * total


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Errors(_Table):
    left_out: LeftOut
    median_percent: Amount
    p90_percent: Amount
    worst_percent: Amount
    model_median_percent: Amount
    blind_median_percent: Amount
    spearman: Finite | None = None
    models: dict[str, Amount]


class _File(_Table):
    schema_number: Literal[1] = Field(alias="schema")
    kind: Literal["layers"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.+-]*$")]
    runtime: Text
    core: Text
    reference: Text
    source: Text
    runs: Number
    boards: list[Text]
    clocks_mhz: list[Amount]
    settings: dict[str, Amount]
    coefficients: dict[Literal[FEATURES], Amount]  # type: ignore[valid-type]
    errors: _Errors


def load_layer_profile(name_or_path: str | Path) -> LayerProfile:
    """A shipped profile of another runtime by name, or one from a TOML file.

    Raises:
        ConfigError: for an unknown name, with those there are; for a file that cannot be read or
            is wrong, with all its errors.
    """
    text = str(name_or_path)
    if text.lower().endswith(".toml") or isinstance(name_or_path, Path):
        return _read(Path(name_or_path).expanduser())
    if text not in layer_profile_names():
        near = get_close_matches(text, layer_profile_names(), n=1, cutoff=0.5)
        raise ConfigError(
            "There is no shipped profile of another runtime by this name.",
            where="profile",
            got=repr(text),
            allowed=", ".join(layer_profile_names()),
            cure=f"did you mean {near[0]}?" if near else None,
        )
    return _shipped()[text]


def list_layer_profiles() -> tuple[LayerProfile, ...]:
    """The shipped profiles of other runtimes by name."""
    return tuple(_shipped().values())


def layer_profile_names() -> tuple[str, ...]:
    """Names of the shipped profiles of other runtimes."""
    return tuple(path.stem for path in sorted(LAYER_CATALOGUE.glob("*.toml")))


def save_layer_profile(profile: LayerProfile, path: Path) -> None:
    """Write a profile as a TOML file that `load_layer_profile` reads back equal."""
    write_tables(_tables(profile), path)


@cache
def _shipped() -> dict[str, LayerProfile]:
    return {name: _read(LAYER_CATALOGUE / f"{name}.toml") for name in layer_profile_names()}


def _read(path: Path) -> LayerProfile:
    tables: dict[str, Any] = read_profile_file(path)
    try:
        file = _File.model_validate(tables)
    except ValidationError as error:
        cure = "compare with a file of hw_models/layer_profiles"
        raise file_error(error, "layer profile", path, cure) from error
    return LayerProfile(
        name=file.name,
        runtime=file.runtime,
        core=file.core,
        reference=file.reference,
        source=file.source,
        runs=file.runs,
        boards=tuple(file.boards),
        clocks_mhz=tuple(file.clocks_mhz),
        settings=file.settings,
        coefficients={name: file.coefficients.get(name, 0.0) for name in FEATURES},
        errors=LayerErrorCard(**file.errors.model_dump()),
    )


def _tables(profile: LayerProfile) -> dict[str, object]:
    card = profile.errors
    errors: dict[str, object] = {
        "left_out": card.left_out,
        "median_percent": card.median_percent,
        "p90_percent": card.p90_percent,
        "worst_percent": card.worst_percent,
        "model_median_percent": card.model_median_percent,
        "blind_median_percent": card.blind_median_percent,
    }
    if card.spearman is not None:
        errors["spearman"] = card.spearman
    return {
        "schema": 1,
        "kind": "layers",
        "name": profile.name,
        "runtime": profile.runtime,
        "core": profile.core,
        "reference": profile.reference,
        "source": profile.source,
        "runs": profile.runs,
        "boards": list(profile.boards),
        "clocks_mhz": list(profile.clocks_mhz),
        "settings": dict(profile.settings),
        "coefficients": {name: profile.coefficients[name] for name in FEATURES},
        "errors": {**errors, "models": dict(card.models)},
    }
