"""What `--data` says: a kind, a path and options, as in `npz:words.npz?features=mfcc`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl

from dse.data.features import Features
from hw_models.errors import ConfigError, DataError

__all__ = ["DataSpec", "parse_spec"]

_KINDS = ("digits", "npz", "audio-folder", "image-folder")
_OPTIONS: dict[str, tuple[str, ...]] = {
    "digits": (),
    "npz": ("features", "fold", "layout"),
    "audio-folder": ("features", "rate", "seconds"),
    "image-folder": ("size",),
}


@dataclass(frozen=True)
class DataSpec:
    """A parsed data specification.

    Args:
        kind: digits, npz, audio-folder or image-folder.
        path: File or folder; the current one for digits.
        features: Of audio.
        options: What else stood behind the question mark.
    """

    kind: str
    path: Path
    features: Features = "raw"
    options: dict[str, str] = field(default_factory=dict)

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


def parse_spec(text: str, features: str | None = None) -> DataSpec:
    """Read a data specification.

    Args:
        text: `digits`, `npz:FILE`, `audio-folder:DIR` or `image-folder:DIR`, with options behind a
            question mark: `features` (raw, log-mel, mfcc), `fold` (the test fold), `layout` (of
            x, see `dse.data.npz`), `rate` (Hz), `seconds`, `size` (N or HEIGHTxWIDTH).
        features: The same as the option; None where it was not given.

    Raises:
        ConfigError: The kind or an option is unknown, or features are given twice and differ.
        DataError: The file or folder is missing.
    """
    head, _, query = text.partition("?")
    kind, _, path = head.partition(":")
    if kind not in _KINDS:
        raise ConfigError(
            "Unknown kind of data.",
            where="--data",
            got=text,
            allowed="digits, npz:FILE, audio-folder:DIR or image-folder:DIR",
        )
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - set(_OPTIONS[kind]))
    if unknown:
        raise ConfigError(
            f"Unknown option of {kind} data.",
            where="--data",
            got=unknown,
            allowed=list(_OPTIONS[kind]) or "none",
        )
    stated = options.pop("features", None)
    if features is not None and stated not in (None, features):
        raise ConfigError(
            "The features are given twice and differ.",
            where="--features and --data",
            got=(features, stated),
            cure="Give them once.",
        )
    wanted = features or stated or "raw"
    if wanted not in get_args(Features):
        raise ConfigError(
            "Unknown features.", where="--features", got=wanted, allowed=list(get_args(Features))
        )
    location = Path(path).expanduser()
    _check_path(kind, location, text)
    return DataSpec(kind, location, _features(wanted, kind), options)


def _features(wanted: str, kind: str) -> Features:
    if wanted != "raw" and kind not in ("npz", "audio-folder"):
        raise ConfigError("Only audio has such features.", where="--features", got=wanted)
    found: Features = "mfcc" if wanted == "mfcc" else "raw"
    return "log-mel" if wanted == "log-mel" else found


def _check_path(kind: str, path: Path, text: str) -> None:
    if kind == "digits":
        return
    if kind == "npz" and not path.is_file():
        raise DataError(
            "The data file is missing.", where="--data", got=text, cure="Check the path."
        )
    if kind != "npz" and not path.is_dir():
        raise DataError(
            "The data folder is missing.", where="--data", got=text, cure="Check the path."
        )
