"""`load_data`: the one door to all loaders."""

from dse.data.audio_folder import audio_folder
from dse.data.dataset import Dataset
from dse.data.digits import digits
from dse.data.image_folder import image_folder
from dse.data.npz import npz
from dse.data.spec import parse_spec

__all__ = ["load_data"]


def load_data(spec: str, seed: int = 0, features: str | None = None) -> Dataset:
    """Load labelled data.

    Args:
        spec: `digits`, `npz:FILE`, `audio-folder:DIR` or `image-folder:DIR`; see `parse_spec` for
            the options that may follow a question mark.
        seed: Decides splits that the data do not bring themselves.
        features: raw, log-mel or mfcc, for audio.

    Raises:
        ConfigError: The specification is not understood.
        DataError: The data are missing, damaged, empty, mis-shaped, not finite or mislabelled.
    """
    parsed = parse_spec(spec, features)
    if parsed.kind == "digits":
        return digits(seed)
    loader = {"npz": npz, "audio-folder": audio_folder, "image-folder": image_folder}[parsed.kind]
    return loader(parsed, seed)
