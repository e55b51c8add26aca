"""Signals become samples: one rate and length, windows of longer clips, features."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from dse.data.dataset import Clips, Dataset, divide
from dse.data.division import Division
from dse.data.features import as_samples, extract, fit_standard, standardise
from dse.data.front_end import FrontEnd, make_front_end
from dse.data.room import allocate
from dse.data.spec import DataSpec
from dse.data.windows import cut_evenly, sound_lengths, without_silence
from hw_models.errors import ConfigError

__all__ = ["Heard", "Listening", "audio_dataset", "fit", "hear", "listen", "resample"]

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
_CHUNK = 256
_SOUNDS = 8


@dataclass(frozen=True)
class Listening:
    """How signals become samples of a Dataset.

    Args:
        rate_hz: They are resampled to this rate.
        clip: Samples that are kept of a signal: the rest is cut off, what lacks is zero.
        window: Samples of one example of the Dataset.
        crops: Examples cut from a clip, evenly spaced; 1 where the clip is the example.
        keeps_silence: Whether zeros before and behind the sound of a clip count as sound.
        front_end: None for raw audio.
    """

    rate_hz: int
    clip: int
    window: int
    crops: int
    keeps_silence: bool
    front_end: FrontEnd | None


@dataclass(frozen=True)
class Heard:
    """Signals of one rate and length.

    Args:
        x: (n, 1, clip, 1), or features (n, frames, coefficients, 1).
        sounds: int16 (n, samples), a few of the validation split, where there are features.
    """

    x: Floats
    sounds: NDArray[np.int16] | None


def listen(spec: DataSpec, rate_hz: int, seconds: float) -> Listening:
    """How a specification wants signals to be heard.

    Args:
        spec: Its options rate, seconds, crops, silence and those of the features count.
        rate_hz: The signals' own rate.
        seconds: The signals' own length.

    Raises:
        ConfigError: Windows are longer than the clips, features are asked for of windows, or
            silence is neither kept nor cut.
    """
    rate = spec.whole("rate", rate_hz)
    crops = spec.whole("crops", 1)
    wanted = spec.number("seconds", seconds)
    window = max(1, round(wanted * rate))
    clip = window if crops == 1 else max(1, round(seconds * rate))
    if crops > 1 and (window > clip or "seconds" not in spec.options):
        raise ConfigError(
            "Several crops need windows that are shorter than the sounds.",
            where="--data, option 'seconds'",
            got=spec.options.get("seconds"),
            allowed=f"less than {seconds:.4g}",
        )
    if crops > 1 and spec.features != "raw":
        raise ConfigError(
            "Crops are for raw audio.", where="--data, option 'crops'", got=spec.features
        )
    front_end = None
    if spec.features != "raw":
        front_end = make_front_end(
            spec.features,
            rate,
            window_ms=spec.number("window_ms", 30.0),
            hop_ms=spec.number("hop_ms", 20.0),
            bands=spec.whole("bands", 40),
            coefficients=spec.whole("coefficients", 10),
        )
    return Listening(rate, clip, window, crops, _keeps_silence(spec, crops), front_end)


def _keeps_silence(spec: DataSpec, crops: int) -> bool:
    silence = spec.options.get("silence", "kept")
    if silence not in ("kept", "cut") or (crops == 1 and silence == "cut"):
        raise ConfigError(
            "Silence is kept, or cut with several crops.",
            where="--data, option 'silence'",
            got=f"{silence}, crops={crops}",
            allowed=["kept", "cut"],
            cure="To cut it, state windows too: ?crops=10&seconds=1.5&silence=cut",
        )
    return silence == "kept"


def hear(
    signals: Iterable[tuple[Floats, int]], count: int, how: Listening, division: Division
) -> Heard:
    """Hear signals, given with their rates, `count` of them."""
    shape: tuple[int, ...] = (1, how.clip, 1)
    sounds, kept = None, np.zeros(0, np.intp)
    if how.front_end is not None:
        frames = max(0, how.front_end.frames(how.clip))
        shape = (frames, how.front_end.coefficients, 1)
        known = division.parts[1]
        kept = known[np.unique(np.linspace(0, len(known) - 1, _SOUNDS).astype(np.intp))]
        sounds = np.zeros((len(kept), how.front_end.samples(frames)), np.int16)
    x = allocate(count, shape, "the sounds")
    waiting: list[Floats] = []
    done = 0
    for signal, rate in signals:
        waiting.append(fit(resample(signal, rate, how.rate_hz), how.clip))
        if len(waiting) == _CHUNK or done + len(waiting) == count:
            stack = np.stack(waiting)
            plain = stack[:, None, :, None]
            x[done : done + len(stack)] = (
                plain if how.front_end is None else extract(stack, how.front_end)
            )
            if sounds is not None:
                for place in np.flatnonzero((kept >= done) & (kept < done + len(stack))):
                    sounds[place] = as_samples(stack[kept[place] - done])[: sounds.shape[1]]
            done += len(waiting)
            waiting = []
    return Heard(x, sounds)


def audio_dataset(
    name: str,
    heard: Heard,
    labels: Labels,
    division: Division,
    class_names: tuple[str, ...],
    how: Listening,
) -> Dataset:
    """A Dataset of what `hear` made: windows are cut, features standardised."""
    parts, text, x = division.parts, division.text, heard.x
    if how.front_end is not None:
        front_end = fit_standard(how.front_end, x[parts[0]])
        x = standardise(x[..., 0], front_end)[..., None]
        return divide(
            name, x, labels, parts, class_names, text, front_end=front_end, sounds=heard.sounds
        )
    if how.crops == 1:
        return divide(name, x, labels, parts, class_names, text, rate_hz=how.rate_hz)
    x = x if how.keeps_silence else without_silence(x)
    lengths = None if how.keeps_silence else sound_lengths(x)
    own = [None if lengths is None else lengths[part] for part in parts]
    clips = Clips(x[parts[0]], labels[parts[0]], how.crops, own[0])
    text += f"; {how.crops} windows of {how.window / how.rate_hz:.4g} s from each"
    text += "" if how.keeps_silence else " without silence"
    cut = [
        (cut_evenly(x[part], how.window, how.crops, sound), np.repeat(labels[part], how.crops))
        for part, sound in zip(parts, own, strict=True)
    ]
    return Dataset(
        name, *cut[0], *cut[1], *cut[2], class_names, text, rate_hz=how.rate_hz, clips=clips
    )


def resample(signal: Floats, rate: int, wanted: int) -> Floats:
    """Polyphase resampling from one rate to another."""
    if rate == wanted:
        return signal
    common = gcd(rate, wanted)
    result: Floats = resample_poly(signal, wanted // common, rate // common).astype(np.float32)
    return result


def fit(signal: Floats, length: int) -> Floats:
    """The signal cut at its end, or filled with zeros."""
    cut = signal[:length]
    return np.pad(cut, (0, length - len(cut)))
