"""Training: how a configuration's parameters are found, apart from how long."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from dse.data.augment import NO_AUGMENTATION, Augmentation
from hw_models.errors import ConfigError

__all__ = [
    "DEFAULT_TRAINING",
    "ElementRanking",
    "Powers",
    "RangeRule",
    "Ranking",
    "Training",
    "augmentation_values",
    "augmented",
    "make_training",
]

RangeRule = Literal["min-max", "percentile", "mse"]
Powers = Literal["nearest", "s3"]
Ranking = Literal["l1", "l2", "taylor", "apoz", "random"]
ElementRanking = Literal["l1", "l2", "taylor", "random"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "weight_ranges": ("by-format", *get_args(RangeRule)),
    "activation_ranges": get_args(RangeRule),
    "scales": ("learned", "calibrated"),
    "powers": get_args(Powers),
    "ranking": get_args(Ranking),
    "element_ranking": get_args(ElementRanking),
    "pruning": ("one-shot", "gradual"),
    "start": ("fine-tune", "scratch"),
    "front": ("trained", "frozen"),
}
_NO_ELEMENT_APOZ = " (apoz counts the zeros of a channel's activations; one weight has none)"
_RANGES: Mapping[str, tuple[float, float]] = {
    "percentile": (50.0, 100.0),
    "distillation": (0.0, 1.0),
    "temperature": (0.1, 100.0),
}
_AUGMENTED = ("time_shift", "gain_db", "equaliser_db", "noise", "flip", "crop")
"""The changes of `Augmentation` that keep a sample's class."""
_DEFAULTS: Mapping[str, object] = {name: getattr(NO_AUGMENTATION, name) for name in _AUGMENTED}
_NO_MIXING = " (mixing belongs to the float training, by the model's recipe)"


@dataclass(frozen=True)
class Training:
    """The choices of docs/training.md; the default is fine-tuning with distillation.

    Args:
        weight_ranges: What a weight scale spans: the extremes (min-max), all but a tail
            (percentile), or what leaves the least squared error (mse); by-format takes min-max
            for 8 bits and mse below.
        activation_ranges: The same for activations.
        percentile: Share of the values, in percent, that percentile ranges hold.
        scales: Whether weight scales below 8 bits are learned or follow the weights.
        powers: How powers of two are trained: the nearest level of a real weight, or S3's
            sparse, sign and shift latents.
        ranking: Which channels matter: l1 or l2 norm of the filter, taylor, apoz or random.
        element_ranking: Which weights of a sparse8 layer matter.
        pruning: All at once (one-shot), or by the cubic schedule over the first half of the
            epochs (gradual).
        start: From the base network's parameters, or from random ones (scratch).
        front: Whether a depth cut trains what it keeps, or only the head (frozen).
        distillation: Weight of the uncompressed network's softened outputs in the loss, 0 to 1.
        temperature: That softens them.
        time_shift: Random changes of the training samples, as `Augmentation` has them, and so the
            next five; the uncompressed network teaches what it says of the unchanged sample.
        gain_db: As there.
        equaliser_db: As there.
        noise: As there.
        flip: As there.
        crop: As there.

    Raises:
        ConfigError: Unusable values; all are named.
    """

    weight_ranges: Literal["by-format", "min-max", "percentile", "mse"] = "by-format"
    activation_ranges: RangeRule = "min-max"
    percentile: float = 99.9
    scales: Literal["learned", "calibrated"] = "learned"
    powers: Powers = "nearest"
    ranking: Ranking = "l2"
    element_ranking: ElementRanking = "l2"
    pruning: Literal["one-shot", "gradual"] = "one-shot"
    start: Literal["fine-tune", "scratch"] = "fine-tune"
    front: Literal["trained", "frozen"] = "trained"
    distillation: float = 0.5
    temperature: float = 4.0
    time_shift: float = 0.0
    gain_db: float = 0.0
    equaliser_db: float = 0.0
    noise: float = 0.0
    flip: bool = False
    crop: int = 0

    def __post_init__(self) -> None:
        faults = [fault for field in fields(self) for fault in self._faults(field.name)]
        if self.start == "scratch" and self.pruning == "gradual":
            faults.append(
                "pruning: gradual needs start = fine-tune; scratch trains the small shape"
            )
        if self.start == "scratch" and self.front == "frozen":
            faults.append("front: frozen needs start = fine-tune; from scratch it knows nothing")
        _refuse(faults)

    @property
    def augmentation(self) -> Augmentation:
        """How training samples are changed."""
        return Augmentation(**{name: getattr(self, name) for name in _AUGMENTED})

    def label(self) -> str:
        """What differs from the default, such as "pruning=gradual ranking=taylor"; else ""."""
        changed = [one for one in fields(self) if getattr(self, one.name) != one.default]
        return " ".join(f"{one.name}={getattr(self, one.name)}" for one in changed)

    def _faults(self, name: str) -> list[str]:
        value = getattr(self, name)
        if name in _CHOICES:
            if value in _CHOICES[name]:
                return []
            reason = _NO_ELEMENT_APOZ if (name, value) == ("element_ranking", "apoz") else ""
            return [f"{name}: {value!r} is none of {', '.join(_CHOICES[name])}{reason}"]
        if name in _AUGMENTED:
            faults = _augmentation_faults(name, value)
            if not faults and isinstance(_DEFAULTS[name], float):
                object.__setattr__(self, name, float(value))
            return faults
        low, high = _RANGES[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and math.isfinite(value) and low <= value <= high:
            object.__setattr__(self, name, float(value))
            return []
        return [f"{name}: {value!r} is not a number from {low:g} to {high:g}"]


def augmented(how: Training, augmentation: Augmentation) -> Training:
    """A training whose samples are changed like that; they are not mixed."""
    return replace(how, **augmentation_values(augmentation))


def augmentation_values(how: Training | Augmentation) -> dict[str, Any]:
    """The settings that change samples, all but mixing."""
    return {name: getattr(how, name) for name in _AUGMENTED}


def make_training(values: Mapping[str, Any]) -> Training:
    """Training from plain values, as a study file has them.

    Raises:
        ConfigError: Unknown names or unusable values; all are named.
    """
    names = [one.name for one in fields(Training)]
    known = ", ".join(names)
    faults = [
        f"{name}: there is no such setting, of {known}{_NO_MIXING * (name == 'mixing')}"
        for name in values
        if name not in names
    ]
    try:
        training = Training(**{name: values[name] for name in values if name in names})
    except ConfigError as error:
        faults += [str(error.got)]
    _refuse(faults)
    return training


def _augmentation_faults(name: str, value: object) -> list[str]:
    values: dict[str, Any] = {name: value}
    try:
        Augmentation(**values)
    except ConfigError as error:
        return [f"{name}: {value!r} is not {error.allowed}"]
    return []


def _refuse(faults: list[str]) -> None:
    if faults:
        raise ConfigError(
            "A training cannot be used.",
            where="training",
            got="; ".join(faults),
            allowed=[one.name for one in fields(Training)],
            cure="See docs/training.md.",
        )


DEFAULT_TRAINING = Training()
"""Fine-tuning that also learns from the uncompressed network."""
