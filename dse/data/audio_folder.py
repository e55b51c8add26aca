"""Folders of wav files, one folder per class."""

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dse.data.audio import audio_dataset, hear, listen
from dse.data.dataset import Dataset
from dse.data.folders import list_classes, split_listing
from dse.data.spec import DataSpec
from dse.data.wav import read_wav, wav_header
from hw_models.errors import DataError

__all__ = ["audio_folder", "is_wav"]


def audio_folder(spec: DataSpec, seed: int) -> Dataset:
    """Load DIR/class/*.wav as mono signals of one rate and length.

    The rate is the commonest of the files and the length their median, unless `rate` and `seconds`
    say otherwise. Longer files are cut at their end, shorter ones filled with zeros. `speaker=N`
    takes the Nth part of a file's name (at `_`, `-` and blanks) as its speaker.
    """
    listing = list_classes(spec.path, is_wav, "wav files")
    headers = [wav_header(file) for file in listing.files]
    rate = Counter(header.rate_hz for header in headers).most_common(1)[0][0]
    seconds = float(np.median([header.samples / header.rate_hz for header in headers]))
    groups = None
    if "speaker" in spec.options:
        groups = _speakers(listing.files, spec.whole("speaker", 1))
    how = listen(spec, rate, seconds)
    division = split_listing(listing, groups, spec, seed)
    heard = hear(map(read_wav, listing.files), len(listing.files), how, division)
    return audio_dataset(spec.path.name, heard, listing.labels, division, listing.class_names, how)


def is_wav(file: Path) -> bool:
    """Whether a file counts as a sound."""
    return file.suffix.lower() == ".wav"


def _speakers(files: tuple[Path, ...], place: int) -> NDArray[np.str_]:
    """The part of each name that tells the speaker.

    Raises:
        DataError: A name has too few parts.
    """
    names = []
    for file in files:
        parts = file.stem.replace("-", "_").replace(" ", "_").split("_")
        if len(parts) < place:
            raise DataError(
                "A file's name has too few parts to tell its speaker.",
                where=file,
                got=parts,
                allowed=f"{place} parts or more, as option 'speaker' says",
            )
        names.append(parts[place - 1])
    return np.array(names)
