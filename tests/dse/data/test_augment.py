import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dse.data.augment import NO_AUGMENTATION, Augmentation, augment, equalise
from hw_models.errors import ConfigError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n=64, height=5, width=4, channels=3):
    return torch.arange(1.0, 1 + n * height * width * channels).reshape(n, height, width, channels)


def test_nothing_is_changed_by_default():
    assert torch.equal(augment(images(), NO_AUGMENTATION, generator()), images())


def test_a_flip_mirrors_about_half_of_the_images():
    x, y = images(), augment(images(), Augmentation(flip=True), generator())
    mirrored = [torch.equal(b, a.flip(1)) for a, b in zip(x, y, strict=True)]
    same = [torch.equal(b, a) for a, b in zip(x, y, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 16 < sum(mirrored) < 48


def test_a_crop_is_a_window_of_the_padded_image():
    x, y = images(), augment(images(), Augmentation(crop=2), generator())
    seen = set()
    for before, after in zip(x, y, strict=True):
        wide = np.pad(before.numpy(), ((2, 2), (2, 2), (0, 0)))
        found = [
            (i, j)
            for i in range(5)
            for j in range(5)
            if np.array_equal(wide[i : i + 5, j : j + 4], after.numpy())
        ]
        assert found
        seen.add(found[0])
    assert len(seen) > 12


@pytest.mark.parametrize("shape", [(8, 9, 9, 1), (8, 1, 9, 3)])
def test_grey_images_spectra_and_signals_are_neither_mirrored_nor_cropped(shape):
    x = torch.rand(shape)
    assert torch.equal(augment(x, Augmentation(flip=True, crop=3), generator()), x)


@given(st.booleans(), st.integers(0, 50))
def test_a_shift_moves_along_time_and_fills_with_zeros(is_signal, seed):
    shape = (16, 1, 20, 2) if is_signal else (16, 20, 3, 1)
    x = torch.rand(shape, generator=generator(seed)) + 1
    y = augment(x, Augmentation(time_shift=0.25), generator(seed))
    axis = 1 if is_signal else 0
    for before, after in zip(x, y, strict=True):
        a, b = (v.movedim(axis, 0).numpy() for v in (before, after))
        moved = [np.pad(a, ((5, 5), (0, 0), (0, 0)))[5 - d : 25 - d] for d in range(-5, 6)]
        assert any(np.array_equal(b, candidate) for candidate in moved)


def test_gain_stays_within_its_bound_and_noise_scales_with_the_sample():
    x = torch.ones(200, 1, 8, 1)
    louder = augment(x, Augmentation(gain_db=6.0), generator())[:, 0, 0, 0]
    assert 0.5 < louder.min() < 0.6
    assert 1.8 < louder.max() < 2.0
    wave = torch.randn((100, 1, 400, 1), generator=generator(1))
    noise = augment(wave * 7, Augmentation(noise=0.1), generator()) - wave * 7
    assert 0.6 < noise.flatten(1).std(1).max() < 0.8


def gains_db(x, y):
    """Of y against x, at half the sampling rate and the octaves below it, down to 1/256."""
    before, after = (torch.fft.rfft(v.flatten(1).double()).abs() for v in (x, y))
    places = [before.shape[1] // 2**k for k in range(8, -1, -1)]
    return 20 * (after / before).log10()[:, [min(p, before.shape[1] - 1) for p in places]]


def test_an_equaliser_draws_a_gain_for_every_octave():
    x = torch.zeros(300, 1, 1024, 1)
    x[:, :, 512] = 1.0
    gains = gains_db(x, equalise(x, 12.0, generator()))
    assert 11 < gains.max() < 12.01
    assert -12.01 < gains.min() < -11
    assert (torch.corrcoef(gains.T) - torch.eye(9)).abs().max() < 0.25


@given(st.integers(1, 300), st.integers(0, 50))
def test_an_equaliser_without_a_bound_changes_nothing_at_any_length(samples, seed):
    x = torch.randn((3, 1, samples, 1), generator=generator(seed))
    torch.testing.assert_close(equalise(x, 0.0, generator(seed)), x, atol=1e-5, rtol=1e-5)
    assert torch.isfinite(equalise(x, 20.0, generator(seed))).all()


def test_an_equaliser_keeps_the_phase_and_is_linear_between_octaves():
    x = torch.zeros(4, 1, 1024, 1)
    x[:, :, 512] = 1.0
    y = equalise(x, 12.0, generator()).flatten(1).double()
    torch.testing.assert_close(y[:, 513:], y[:, 1:512].flip(1), atol=1e-6, rtol=0)
    gain = 20 * torch.fft.rfft(y).abs().log10()
    between = (gain[:, 256] + gain[:, 512]) / 2
    torch.testing.assert_close(gain[:, round(256 * 2**0.5)], between, atol=0.1, rtol=0)
    torch.testing.assert_close(gain[:, 1], gain[:, 2], atol=1e-3, rtol=0)


def test_an_equaliser_is_for_raw_mono_audio():
    how = Augmentation(equaliser_db=10.0)
    signal = torch.rand(8, 1, 64, 1)
    assert not torch.allclose(augment(signal, how, generator()), signal)
    for shape in ((8, 9, 9, 1), (8, 9, 9, 3), (8, 1, 64, 6)):
        x = torch.rand(shape)
        assert torch.equal(augment(x, how, generator()), x)


def test_the_generator_decides():
    how = Augmentation(time_shift=0.3, gain_db=3.0, equaliser_db=6.0, noise=0.1)
    x = torch.rand(8, 1, 50, 1)
    before = torch.get_rng_state()
    first, again, other = (augment(x, how, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("bad", "allowed"),
    [
        ({"time_shift": 1.5}, "^a number from 0 to 1$"),
        ({"gain_db": -1.0}, "^a number from 0 to 60$"),
        ({"equaliser_db": 61.0}, "^a number from 0 to 60$"),
        ({"noise": float("nan")}, "^a number from 0 to 10$"),
        ({"noise": "loud"}, "^a number from 0 to 10$"),
        ({"time_shift": True}, "^a number from 0 to 1$"),
        ({"crop": 2.5}, "^a whole number from 0 to 256$"),
        ({"crop": True}, "^a whole number from 0 to 256$"),
        ({"flip": 1}, "true or false"),
    ],
)
def test_what_is_no_setting_is_refused(bad, allowed):
    with pytest.raises(ConfigError, match="out of range") as caught:
        Augmentation(**bad)
    assert re.search(allowed, str(caught.value.allowed))
