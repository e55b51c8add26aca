"""What may be changed: one frozen dataclass for each option, and its JSON form."""

from dataclasses import dataclass
from typing import Literal, get_args

from hw_models.errors import ConfigError
from hw_models.network import WeightFormat

__all__ = [
    "DepthCut",
    "Format",
    "Option",
    "OptionKind",
    "Width",
    "option_from_json",
    "option_kind",
    "option_to_json",
]

OptionKind = Literal["format", "width", "depth"]


@dataclass(frozen=True)
class Format:
    """How a layer stores its weights.

    Raises:
        ConfigError: There is no such format.
    """

    weights: WeightFormat

    def __post_init__(self) -> None:
        if self.weights not in get_args(WeightFormat):
            raise ConfigError(
                "There is no such weight format.", got=self.weights, allowed=get_args(WeightFormat)
            )

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
class DepthCut:
    """Where the network ends and the auxiliary head follows; None keeps all layers.

    Raises:
        ConfigError: The name is empty or not a text.
    """

    after: str | None

    def __post_init__(self) -> None:
        if self.after is not None and (not isinstance(self.after, str) or not self.after):
            raise ConfigError(
                "A depth cut names a layer.", got=self.after, allowed="a name or null"
            )

    def label(self) -> str:
        """A short name, for tables."""
        return "full depth" if self.after is None else f"cut after {self.after}"


Option = Format | Width | DepthCut


def option_kind(option: Option) -> OptionKind:
    """The kind of site that an option belongs to."""
    match option:
        case Format():
            return "format"
        case Width():
            return "width"
        case DepthCut():
            return "depth"


def option_to_json(option: Option) -> dict[str, object]:
    """One key, the kind, and the value: {"format": "s4"}, {"width": 0.5}, {"depth": null}."""
    match option:
        case Format(weights):
            return {"format": weights}
        case Width(keep):
            return {"width": keep}
        case DepthCut(after):
            return {"depth": after}


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
        makers: dict[object, type[Format] | type[Width] | type[DepthCut]]
        makers = {"format": Format, "width": Width, "depth": DepthCut}
        if kind in makers:
            try:
                return makers[kind](value)
            except ConfigError as error:
                raise ConfigError(
                    error.what, where=f"site {where!r}", got=value, allowed=error.allowed
                ) from error
    raise ConfigError(
        "This is not an option.",
        where=f"site {where!r}",
        got=data,
        allowed='{"format": "s4"}, {"width": 0.5} or {"depth": "layer" or null}',
    )
