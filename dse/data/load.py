"""`load_data`: the one door to all loaders."""

from collections.abc import Callable

from dse.data.audio_folder import audio_folder
from dse.data.cifar import cifar10
from dse.data.csv_windows import csv_windows
from dse.data.dataset import Dataset
from dse.data.digits import digits
from dse.data.esc import esc10, esc50
from dse.data.idx import fashion_mnist, mnist
from dse.data.image_folder import image_folder
from dse.data.npz import npz
from dse.data.spec import DataSpec, parse_spec
from dse.data.speech_commands import speech_commands
from dse.data.subset import take_subset
from dse.data.visual_wake_words import visual_wake_words

__all__ = ["load_data"]

_LOADERS: dict[str, Callable[[DataSpec, int], Dataset]] = {
    "audio-folder": audio_folder,
    "cifar-10": cifar10,
    "csv-windows": csv_windows,
    "digits": lambda _, seed: digits(seed),
    "esc-10": esc10,
    "esc-50": esc50,
    "fashion-mnist": fashion_mnist,
    "image-folder": image_folder,
    "mnist": mnist,
    "npz": npz,
    "speech-commands": speech_commands,
    "visual-wake-words": visual_wake_words,
}


def load_data(spec: str, seed: int = 0, features: str | None = None) -> Dataset:
    """Load labelled data.

    Args:
        spec: `digits`, or a kind with a file or folder, as in `npz:FILE` or `audio-folder:DIR`,
            and options behind a question mark; docs/data.md lists them.
        seed: Decides splits that the data do not bring themselves.
        features: raw, log-mel or mfcc, for audio.

    Raises:
        ConfigError: The specification is not understood.
        DataError: The data are missing, damaged, empty, mis-shaped, not finite or mislabelled.
    """
    parsed = parse_spec(spec, features)
    return take_subset(_LOADERS[parsed.kind](parsed, seed), parsed.subset, seed)
