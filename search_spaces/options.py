"""What may be changed: one frozen dataclass for each option, and its JSON form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from hw_models.errors import ConfigError
from hw_models.network import ActivationFormat, WeightFormat
from search_spaces.head import Head

__all__ = [
    "ACTIVATION_FORMATS",
    "Activations",
    "DepthCut",
    "Format",
    "FormatName",
    "Option",
    "OptionKind",
    "Width",
    "option_from_json",
    "option_kind",
    "option_to_json",
    "stored_weights",
]

FormatName = Literal[
    "s8", "s4", "s2", "p4", "p3", "p2", "xnor", "sparse8@0.5", "sparse8@0.35", "sparse8@0.25"
]
"""A weight format; of sparse8 with the share of the weights that is kept."""

OptionKind = Literal["format", "width", "activation", "depth"]

ACTIVATION_FORMATS: tuple[ActivationFormat, ...] = ("s8", "s4")


def stored_weights(name: FormatName) -> WeightFormat:
    """The weight format without its share."""
    return cast(WeightFormat, name.partition("@")[0])


@dataclass(frozen=True)
class Format:
    """How a layer stores its weights.

    Raises:
        ConfigError: There is no such format.
    """

    weights: FormatName

    def __post_init__(self) -> None:
        if self.weights not in get_args(FormatName):
            raise ConfigError(
                "There is no such weight format.", got=self.weights, allowed=get_args(FormatName)
            )

    @property
    def stored(self) -> WeightFormat:
        """What the layer's weight format becomes."""
        return stored_weights(self.weights)

    @property
    def density(self) -> float | None:
        """The share of its weights that every output keeps, where the format is sparse."""
        _, _, share = self.weights.partition("@")
        return float(share) if share else None

    def label(self) -> str:
        """A short name, for tables."""
        return self.weights


@dataclass(frozen=True)
class Width:
    """The share of its channels that a channel group keeps.

    Raises:
        ConfigError: The share is not above 0 and at most 1.
    """

    keep: float

    def __post_init__(self) -> None:
        if not isinstance(self.keep, int | float) or not 0 < self.keep <= 1:
            raise ConfigError(
                "A width is a share of channels.", got=self.keep, allowed="0 < w <= 1"
            )
        object.__setattr__(self, "keep", float(self.keep))

    def label(self) -> str:
        """A short name, for tables."""
        return f"x{self.keep:g}"


@dataclass(frozen=True)
class Activations:
    """How a group of tensors is stored in RAM.

    Raises:
        ConfigError: There is no such format to choose.
    """

    format: ActivationFormat

    def __post_init__(self) -> None:
        if self.format not in ACTIVATION_FORMATS:
            raise ConfigError(
                "There is no such activation format.", got=self.format, allowed=ACTIVATION_FORMATS
            )

    def label(self) -> str:
        """A short name, for tables."""
        return f"{self.format} activations"


@dataclass(frozen=True)
class DepthCut:
    """Where the network ends and which head follows; None keeps all layers.

    Raises:
        ConfigError: The name is empty or not a text, or there is no such head.
    """

    after: str | None
    head: Head = "auxiliary"

    def __post_init__(self) -> None:
        if self.after is not None and (not isinstance(self.after, str) or not self.after):
            raise ConfigError(
                "A depth cut names a layer.", got=self.after, allowed="a name or null"
            )
        heads = get_args(Head) if self.after is not None else ("auxiliary",)
        if self.head not in heads:
            raise ConfigError("There is no such head.", got=self.head, allowed=heads)

    def label(self) -> str:
        """A short name, for tables."""
        if self.after is None:
            return "full depth"
        return f"cut after {self.after}" + (", pooled" if self.head == "pooled" else "")


Option = Format | Width | Activations | DepthCut


def option_kind(option: Option) -> OptionKind:
    """The kind of site that an option belongs to."""
    match option:
        case Format():
            return "format"
        case Width():
            return "width"
        case Activations():
            return "activation"
        case DepthCut():
            return "depth"


def option_to_json(option: Option) -> dict[str, object]:
    """One key, the kind, and the value.

    {"format": "s4"}, {"width": 0.5}, {"activation": "s4"}, {"depth": null}; a cut with the pooled
    head is {"depth": {"after": "layer", "head": "pooled"}}.
    """
    match option:
        case Format(weights):
            return {"format": weights}
        case Width(keep):
            return {"width": keep}
        case Activations(chosen):
            return {"activation": chosen}
        case DepthCut(after, "auxiliary"):
            return {"depth": after}
        case DepthCut(after, head):
            return {"depth": {"after": after, "head": head}}


def option_from_json(data: object, where: str) -> Option:
    """The inverse of `option_to_json`.

    Args:
        data: Parsed JSON.
        where: The site, for the message.

    Raises:
        ConfigError: Not an option.
    """
    if isinstance(data, dict) and len(data) == 1:
        ((kind, value),) = data.items()
        makers: dict[object, Callable[[Any], Option]] = {
            "format": Format,
            "width": Width,
            "activation": Activations,
            "depth": DepthCut,
        }
        if kind in makers:
            try:
                if kind == "depth" and isinstance(value, dict) and set(value) == {"after", "head"}:
                    return DepthCut(value["after"], value["head"])
                return makers[kind](value)
            except ConfigError as error:
                raise ConfigError(
                    error.what, where=f"site {where!r}", got=value, allowed=error.allowed
                ) from error
    raise ConfigError(
        "This is not an option.",
        where=f"site {where!r}",
        got=data,
        allowed='{"format": "s4"}, {"width": 0.5}, {"activation": "s4"} or '
        '{"depth": "layer" or null}',
    )
