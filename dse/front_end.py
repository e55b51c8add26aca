"""The exact execution of a program's front end, and sounds to try it with."""

import numpy as np
from numpy.typing import NDArray

from dse.program import Program
from hw_models.errors import DataError
from hw_models.feature_levels import fit_levels, quantise_features
from hw_models.features import integer_features
from hw_models.network import Network

__all__ = ["random_sounds", "run_front_end", "sound_samples"]

_LOUDEST, _SCALE = 32767, 32768


def sound_samples(network: Network) -> int:
    """Samples that one input is made of; 0 without a front end."""
    own = network.front_end
    return 0 if own is None else own.samples(network.input.shape[0])


def run_front_end(program: Program, sounds: NDArray[np.int16]) -> NDArray[np.int8]:
    """The network's inputs (n, height, width, channels) of int16 sounds (n, samples).

    Raises:
        DataError: The sounds have another length, or the program has no front end.
    """
    network = program.network
    wanted = sound_samples(network)
    if network.front_end is None or sounds.shape[1:] != (wanted,):
        raise DataError(
            "The sounds do not fit the program's front end.",
            where=network.name,
            got=sounds.shape,
            allowed=f"(n, {wanted})" if wanted else "no sounds: the program has no front end",
        )
    own = program.quantisation[network.input.name]
    levels = fit_levels(network.front_end, own.scale, own.zero_point)
    found = integer_features(sounds, network.front_end)
    return quantise_features(found, levels)[..., None]


def random_sounds(samples: int, count: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Noise and tones of all loudnesses, one of them full scale, one silent: (count, samples)."""
    time = np.arange(samples)
    sounds = np.empty((count, samples))
    for index, sound in enumerate(sounds):
        frequency, loudness = rng.uniform(0.0005, 0.5), 2.0 ** rng.uniform(2, 15)
        noise = rng.standard_normal(samples) * rng.choice([0.0, 0.02, 0.3])
        loudness = (2.0 * _SCALE, 0.0)[index] if index < 2 and count > 2 else loudness
        sound[:] = loudness * (np.sin(2 * np.pi * frequency * time) + noise)
    return np.clip(np.round(sounds), -_SCALE, _LOUDEST).astype(np.int16)
