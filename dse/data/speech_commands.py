"""Speech Commands v2 (Warden 2018, 1804.03209) as it is distributed.

`words=10`, the default, gives the twelve classes of keyword spotting: ten commands, `_silence_` and
`_unknown_`; `words=all` every word as a class. The official lists decide the splits, which share no
speaker. In each split there are as many unknown words, drawn at random from the other words, and as
many seconds of silence as examples of a command on average. Silence is background noise at a random
volume; training, validation and test hear different parts of each recording.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.data.audio import audio_dataset, hear, listen
from dse.data.audio_folder import is_wav
from dse.data.dataset import SPLITS, Dataset
from dse.data.division import Division
from dse.data.folders import Listing, limit_listing, list_classes
from dse.data.spec import DataSpec
from dse.data.wav import read_wav
from hw_models.errors import ConfigError, DataError

__all__ = ["speech_commands"]

COMMANDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
SILENCE, UNKNOWN = "_silence_", "_unknown_"
_NOISE = "_background_noise_"
_LISTS = {"val": "validation_list.txt", "test": "testing_list.txt"}
_RATE, _SECONDS = 16_000, 1.0
# Where a recording of noise ends for training and for validation.
_NOISE_ENDS = (0.0, 0.8, 0.9, 1.0)
_CURE = "Unpack speech_commands_v0.02.tar.gz and give its folder."

Floats = NDArray[np.float32]


def speech_commands(spec: DataSpec, seed: int) -> Dataset:
    """Load Speech Commands: 1 s at 16 kHz unless `rate` and `seconds` differ.

    `limit` keeps at most so many examples of a word and split.

    Raises:
        ConfigError: `words` is neither 10 nor all.
        DataError: Lists, words or sounds are missing or damaged.
    """
    words = spec.options.get("words", "10")
    if words not in ("10", "all"):
        raise ConfigError(
            "The choice of words is not understood.",
            where="--data, option 'words'",
            got=words,
            allowed="10 (with silence and unknown) or all",
        )
    rng = np.random.default_rng(seed)
    listing = limit_listing(_listed(spec.path), spec, rng)
    how = listen(spec, _RATE, _SECONDS)
    noises: list[tuple[Floats, int, int]] = []
    if words == "10":
        listing = _twelve(listing, spec.path, rng)
        count = [_average(listing, part) for part in SPLITS]
        noises = list(_silence(spec.path, count, how.clip / how.rate_hz, rng))
    labels = np.concatenate(
        [listing.labels, np.full(len(noises), len(listing.class_names), np.int64)]
    )
    place = np.array([*map(SPLITS.index, listing.parts.tolist()), *(part for _, _, part in noises)])
    train, val, test = (np.flatnonzero(place == part) for part in range(3))
    signals = _signals(listing.files, noises)
    names = (*listing.class_names, *((SILENCE,) if noises else ()))
    division = Division((train, val, test), "the official lists, speakers disjoint")
    heard = hear(signals, len(labels), how, division)
    return audio_dataset(spec.path.name, heard, labels, division, names, how)


def _signals(
    files: tuple[Path, ...], noises: list[tuple[Floats, int, int]]
) -> Iterator[tuple[Floats, int]]:
    yield from map(read_wav, files)
    yield from ((signal, rate) for signal, rate, _ in noises)


def _listed(folder: Path) -> Listing:
    """All words, with their parts by the official lists."""
    listing = list_classes(folder, is_wav, "wav files")
    official = {name: part for part in _LISTS for name in _read_list(folder / _LISTS[part])}
    names = [f"{file.parent.name}/{file.name}" for file in listing.files]
    missing = sorted(set(official) - set(names))
    if missing:
        raise DataError(
            "Sounds of the official lists are missing.",
            where=folder,
            got=f"{len(missing)} of {len(official)}, as {missing[0]}",
            cure=_CURE,
        )
    parts = np.array([official.get(name, "train") for name in names])
    return Listing(listing.files, listing.labels, listing.class_names, parts)


def _read_list(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "An official list of Speech Commands is missing or damaged.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            allowed=list(_LISTS.values()),
            cure=_CURE,
        ) from error
    if not lines:
        raise DataError("An official list of Speech Commands is empty.", where=path, cure=_CURE)
    return lines


def _twelve(listing: Listing, folder: Path, rng: np.random.Generator) -> Listing:
    """The ten commands, and as many unknown words as an average command has examples."""
    lacking = sorted(set(COMMANDS) - set(listing.class_names))
    others = [i for i, name in enumerate(listing.class_names) if name not in COMMANDS]
    if lacking or not others:
        raise DataError(
            "Words of Speech Commands are missing.",
            where=folder,
            got=f"no {', '.join(lacking)}" if lacking else "no words beside the ten commands",
            allowed=f"folders {', '.join(COMMANDS)}, and other words",
            cure=_CURE,
        )
    names = np.array(listing.class_names)[listing.labels]
    known = np.isin(names, COMMANDS)
    chosen = [np.flatnonzero(known)]
    for part in SPLITS:
        rest = np.flatnonzero(~known & (listing.parts == part))
        wanted = round(int((known & (listing.parts == part)).sum()) / len(COMMANDS))
        chosen.append(rng.permutation(rest)[: max(1, wanted)])
    kept = np.sort(np.concatenate(chosen))
    classes = (*COMMANDS, UNKNOWN)
    labels = [classes.index(n) if n in COMMANDS else len(COMMANDS) for n in names[kept].tolist()]
    files = tuple(listing.files[i] for i in kept)
    return Listing(files, np.array(labels, dtype=np.int64), classes, listing.parts[kept])


def _average(listing: Listing, part: str) -> int:
    """Examples of a class in a part on average, at least one."""
    return max(1, round(int((listing.parts == part).sum()) / len(listing.class_names)))


def _silence(
    folder: Path, counts: list[int], seconds: float, rng: np.random.Generator
) -> Iterator[tuple[Floats, int, int]]:
    """Windows of background noise: signal, rate and the place of its split."""
    files = sorted((folder / _NOISE).glob("*.wav"))
    if not files:
        raise DataError(
            "The background noise of Speech Commands is missing.",
            where=folder / _NOISE,
            allowed="wav files",
            cure=_CURE,
        )
    recordings = [read_wav(file) for file in files]
    for part, count in enumerate(counts):
        for _ in range(count):
            signal, rate = recordings[int(rng.integers(len(recordings)))]
            first, last = (round(share * len(signal)) for share in _NOISE_ENDS[part : part + 2])
            length = round(seconds * rate)
            start = int(rng.integers(first, max(first, last - length) + 1))
            window = signal[start : min(start + length, last)]
            yield (window * rng.random()).astype(np.float32), rate, part
