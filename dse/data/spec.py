"""What `--data` says: a kind, a path and options, as in `npz:words.npz?features=mfcc`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl

from dse.data.division import Splitting
from dse.data.front_end import Features
from hw_models.errors import ConfigError, DataError

__all__ = ["KINDS", "DataSpec", "parse_spec"]

_FEATURES = ("features", "window_ms", "hop_ms", "bands", "coefficients")
_SPLIT = ("fold", "folds", "leave", "validation")
_SOUND = (*_FEATURES, "rate", "seconds")
_FILES = ("npz", "csv-windows")
# Kind of data: the options that it takes. All but digits have a file or a folder.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "digits": (),
    "npz": (*_SOUND, "crops", "silence", "layout", *_SPLIT),
    "audio-folder": (*_SOUND, "crops", "silence", "speaker", *_SPLIT),
    "image-folder": ("size", *_SPLIT),
    "csv-windows": ("window", "stride", "label", "subject", "channels", "split", *_SPLIT),
    "speech-commands": (*_SOUND, "words", "limit"),
    "esc-10": (*_SOUND, "crops", "silence", "fold", "validation"),
    "esc-50": (*_SOUND, "crops", "silence", "fold", "validation"),
    "fashion-mnist": ("validation",),
    "mnist": ("validation",),
    "cifar-10": ("validation",),
    "visual-wake-words": ("size", "limit", *_SPLIT),
}
# Of every kind that has no such option of its own.
_SUBSET = ("classes", "limit")
KINDS = tuple(_OPTIONS)
"""Kinds of data that `load_data` knows."""


@dataclass(frozen=True)
class DataSpec:
    """A parsed data specification.

    Args:
        kind: One of `KINDS`.
        path: File or folder; the current one for digits.
        features: Of audio.
        options: What else stood behind the question mark.
    """

    kind: str
    path: Path
    features: Features = "raw"
    options: dict[str, str] = field(default_factory=dict)

    @property
    def subset(self) -> dict[str, str]:
        """The options that leave out samples after loading."""
        own = _OPTIONS[self.kind]
        return {
            name: text for name, text in self.options.items() if name in _SUBSET and name not in own
        }

    def number(self, option: str, default: float) -> float:
        """A positive numeric option."""
        text = self.options.get(option)
        try:
            value = default if text is None else float(text)
        except ValueError:
            value = 0.0
        if not 0 < value < 1e6:
            raise ConfigError(
                "An option of the data is not a positive number.",
                where=f"--data, option {option!r}",
                got=text,
            )
        return value

    def whole(self, option: str, default: int) -> int:
        """A positive whole option."""
        value = self.number(option, float(default))
        if value != int(value):
            raise ConfigError(
                "An option of the data is not a whole number.",
                where=f"--data, option {option!r}",
                got=self.options.get(option),
            )
        return int(value)

    def splitting(self) -> Splitting:
        """What the options say about the splits."""
        known = self.options
        is_none = known.get("validation") in ("0", "0.0")
        share = 0.0 if is_none else self.number("validation", 0.2)
        if share >= 1:
            raise ConfigError(
                "The share for validation must be less than the whole.",
                where="--data, option 'validation'",
                got=known["validation"],
            )
        return Splitting(
            fold=known.get("fold"),
            folds=self.whole("folds", 2) if "folds" in known else None,
            leave=known.get("leave"),
            validation=share if "validation" in known else None,
        )


def parse_spec(text: str, features: str | None = None) -> DataSpec:
    """Read a data specification.

    Args:
        text: `KIND:PATH`, or `digits`, with options behind a question mark, see docs/data.md.
        features: raw, log-mel or mfcc, as the option; None where it was not given.

    Raises:
        ConfigError: The kind or an option is unknown, or features are given twice and differ.
        DataError: The file or folder is missing.
    """
    head, _, query = text.partition("?")
    kind, _, path = head.partition(":")
    if kind not in KINDS:
        raise ConfigError(
            "Unknown kind of data.",
            where="--data",
            got=text,
            allowed="digits, npz:FILE, csv-windows:FILE, or KIND:DIR with one of "
            + ", ".join(k for k in KINDS if k not in (*_FILES, "digits")),
        )
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs):
        raise ConfigError("An option is given twice.", where="--data", got=query)
    allowed = tuple(dict.fromkeys((*_OPTIONS[kind], *_SUBSET)))
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise ConfigError(
            f"Unknown option of {kind} data.",
            where="--data",
            got=unknown,
            allowed=list(allowed),
        )
    stated = options.pop("features", None)
    if features is not None and stated not in (None, features):
        raise ConfigError(
            "The features are given twice and differ.",
            where="--features and --data",
            got=(features, stated),
            cure="Give them once.",
        )
    location = Path(path).expanduser()
    wanted = _features(features or stated or "raw", kind)
    _check_path(kind, path, text)
    return DataSpec(kind, location, wanted, options)


def _features(wanted: str, kind: str) -> Features:
    for known in get_args(Features):
        if wanted == known:
            break
    else:
        raise ConfigError(
            "Unknown features.", where="--features", got=wanted, allowed=list(get_args(Features))
        )
    if wanted != "raw" and "features" not in _OPTIONS[kind]:
        raise ConfigError("Only audio has such features.", where="--features", got=wanted)
    found: Features = known
    return found


def _check_path(kind: str, path: str, text: str) -> None:
    if kind == "digits":
        return
    is_file, place = kind in _FILES, Path(path).expanduser()
    if not path or not (place.is_file() if is_file else place.is_dir()):
        raise DataError(
            f"The data {'file' if is_file else 'folder'} is missing.",
            where="--data",
            got=text,
            cure="Check the path.",
        )
