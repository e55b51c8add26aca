"""Folders of wav files, one folder per class."""

import wave
from collections import Counter
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from dse.data.dataset import Dataset, divide
from dse.data.features import extract, standardise
from dse.data.folders import list_classes, split_listing
from dse.data.spec import DataSpec
from hw_models.errors import DataError

__all__ = ["audio_folder", "read_wav"]

Floats = NDArray[np.float32]


def audio_folder(spec: DataSpec, seed: int) -> Dataset:
    """Load DIR/class/*.wav as mono signals of one rate and length.

    The rate is the commonest of the files and the length their median, unless `rate` and `seconds`
    say otherwise. Longer files are cut at their end, shorter ones filled with zeros.
    """
    listing = list_classes(spec.path, lambda file: file.suffix.lower() == ".wav", "wav files")
    sounds = [read_wav(file) for file in listing.files]
    commonest = Counter(rate for _, rate in sounds).most_common(1)[0][0]
    rate = round(spec.number("rate", commonest))
    signals = [resample(signal, own, rate) for signal, own in sounds]
    median = float(np.median([len(signal) for signal in signals]))
    length = max(1, round(spec.number("seconds", max(median, 1.0) / rate) * rate))
    x = extract(np.stack([_fit(signal, length) for signal in signals]), rate, spec.features)
    parts, split = split_listing(listing, seed)
    if spec.features != "raw":
        x = standardise(x, x[parts[0]])
    return divide(spec.path.name, x, listing.labels, parts, listing.class_names, split)


def read_wav(path: Path) -> tuple[Floats, int]:
    """A PCM wav file as mono float32 (samples,), -1 to 1, and its rate in Hz.

    Raises:
        DataError: The file is damaged, empty or not 8, 16, 24 or 32 bit PCM.
    """
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise DataError(
            "A sound file cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            allowed="PCM wav, 8 to 32 bit",
            cure="Convert or remove it.",
        ) from error
    samples = len(data) // (width * channels)
    if not samples or not rate:
        raise DataError("A sound file is empty.", where=path, cure="Remove it.")
    values = _decode(data[: samples * width * channels], width)
    return values.reshape(samples, channels).mean(axis=1).astype(np.float32), rate


def _decode(data: bytes, width: int) -> Floats:
    if width == 1:
        unsigned = np.frombuffer(data, np.uint8).astype(np.float32)
        return (unsigned - np.float32(128)) / np.float32(128)
    raw = np.frombuffer(data, np.uint8).reshape(-1, width)
    padded = np.zeros((len(raw), 4), np.uint8)
    padded[:, 4 - width :] = raw
    return (padded.view("<i4")[:, 0] / 2.0**31).astype(np.float32)


def resample(signal: Floats, rate: int, wanted: int) -> Floats:
    """Polyphase resampling from one rate to another."""
    if rate == wanted:
        return signal
    common = gcd(rate, wanted)
    result: Floats = resample_poly(signal, wanted // common, rate // common).astype(np.float32)
    return result


def _fit(signal: Floats, length: int) -> Floats:
    cut = signal[:length]
    return np.pad(cut, (0, length - len(cut)))
