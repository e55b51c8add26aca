"""The integer front end against NumPy's Fourier transform and logarithm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import DataError
from hw_models.features import frame_features, integer_features, power_spectrum
from hw_models.front_end import FrontEnd
from hw_models.front_end_tables import LOG_BITS, cosines, front_end_tables, mel_filters

NOISE = 10 ** (-70 / 20)
"""Of the transform, beside its largest amplitude; 16 bits shared by all stages leave some 75 dB."""

LARGEST = 32767


def make(window, kind="mfcc", bands=20):
    points = 1 << (window - 1).bit_length()
    coefficients = min(bands, 10) if kind == "mfcc" else bands
    return FrontEnd(kind, 8000, window, window, points, bands, coefficients, 20.0, 4000.0, 1e-6)


def spectrum(frame, front_end):
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(front_end.window) / front_end.window)
    return np.abs(np.fft.rfft(frame * hann, front_end.points))


SIGNALS = {
    "noise": lambda rng, n: rng.standard_normal(n) * 2.0 ** rng.uniform(3, 13),
    "tone": lambda rng, n: LARGEST * rng.random() * np.sin(rng.uniform(0, np.pi) * np.arange(n)),
    "full scale": lambda rng, n: np.where(rng.random(n) < 0.5, -LARGEST - 1, LARGEST),
    "square": lambda rng, n: np.where(np.sin(rng.random() * np.arange(n)) < 0, -LARGEST, LARGEST),
    "constant": lambda rng, n: np.full(n, rng.integers(-LARGEST - 1, LARGEST + 1)),
    "impulse": lambda rng, n: LARGEST * (np.arange(n) == n // 2),
}


@given(st.integers(16, 1500), st.sampled_from(sorted(SIGNALS)), st.integers(0, 2**32 - 1))
def test_the_transform_is_that_of_numpy(window, kind, seed):
    front_end = make(window, bands=8)
    rng = np.random.default_rng(seed)
    frame = np.clip(np.round(SIGNALS[kind](rng, window)), -LARGEST - 1, LARGEST).astype(np.int16)
    power, exponent = power_spectrum(frame[None], front_end)
    assert power.shape == (1, front_end.points // 2 + 1)
    assert power.max() <= 1 << 31
    got = np.sqrt(power[0]) * 2.0 ** exponent[0]
    want = spectrum(frame, front_end)
    error = np.sqrt(np.mean((got - want) ** 2))
    assert error <= NOISE * want.max() + 0.5


@pytest.mark.parametrize("value", [0, -1])
def test_silence_is_the_least_feature(value):
    front_end = make(240, "log-mel")
    features = frame_features(np.full((1, 240), value, np.int16), front_end)
    assert not features.any()


def test_a_constant_lights_the_lowest_bins_alone():
    power, _ = power_spectrum(np.full((1, 256), 20000, np.int16), make(256))
    assert power[0, :2].min() > 1e6
    assert power[0, 2:].max() <= 4


@pytest.mark.parametrize("kind", ["log-mel", "mfcc"])
@pytest.mark.parametrize("window", [100, 240, 512, 1000])
def test_features_are_the_real_ones_within_a_bound(window, kind):
    front_end = make(window, kind)
    rng = np.random.default_rng(window)
    loudness = 2.0 ** rng.uniform(5, 13, (60, 1))
    frames = np.round(rng.standard_normal((60, window)) * loudness).clip(-32768, 32767)
    got = frame_features(frames.astype(np.int16), front_end).astype(float)
    bands = np.array([spectrum(frame, front_end) for frame in frames]) ** 2 @ mel_filters(front_end)
    octaves = np.maximum(0, np.log2(np.maximum(bands / 2.0**30 / front_end.floor, 1e-30)))
    if kind == "log-mel":
        np.testing.assert_allclose(got / 2**LOG_BITS, octaves, atol=0.06)
        return
    tables = front_end_tables(front_end)
    bits = round(np.log2(np.abs(tables.cosines).max() / np.abs(cosines(front_end)).max()))
    unit = 2.0 ** (bits + LOG_BITS - tables.shift)
    np.testing.assert_allclose(got / unit, octaves @ cosines(front_end), atol=0.08)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["log-mel", "mfcc"]))
def test_the_loudest_sounds_stay_within_16_bits(seed, kind):
    front_end = make(256, kind, bands=40)
    rng = np.random.default_rng(seed)
    frames = np.where(rng.random((8, 256)) < rng.uniform(0.3, 0.7), -32768, 32767).astype(np.int16)
    found = frame_features(frames, front_end).astype(np.int64)
    assert np.abs(found).max() < 32767
    doubled = frame_features((frames // 2).astype(np.int16), front_end).astype(np.int64)
    if kind == "log-mel":
        assert np.abs(found - doubled - (2 << LOG_BITS)).max() <= 40


def test_signals_are_cut_into_frames():
    front_end = FrontEnd("mfcc", 8000, 200, 80, 256, 20, 8, 20.0, 4000.0, 1e-6)
    signals = np.random.default_rng(0).integers(-9000, 9000, (5, 1030)).astype(np.int16)
    found = integer_features(signals, front_end)
    assert found.shape == (5, 11, 8)
    one = frame_features(signals[3:4, 10 * 80 : 10 * 80 + 200], front_end)
    np.testing.assert_array_equal(found[3, 10], one[0])


def test_a_signal_shorter_than_a_window_is_refused():
    with pytest.raises(DataError, match="shorter than one analysis window"):
        integer_features(np.zeros((1, 239), np.int16), make(240))
