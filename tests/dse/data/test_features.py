import numpy as np
import pytest

from dse.data import load_data
from dse.data.features import as_samples, extract, standardise
from dse.data.front_end import make_front_end
from hw_models.errors import ConfigError
from hw_models.features import integer_features
from hw_models.front_end_tables import front_end_tables


@pytest.mark.parametrize(("rate", "tone", "band"), [(8000, 1000, 18), (16000, 1000, 18)])
def test_a_tone_lights_its_mel_band_at_any_rate(rate, tone, band):
    time = np.arange(rate) / rate
    signal = np.sin(2 * np.pi * tone * time).astype(np.float32)[None]
    bands = extract(signal, make_front_end("log-mel", rate))
    assert bands.shape == (1, 49, 40, 1)
    # mel(1000) = 1000 and mel(4000) = 2146: 40 centres between mel(20) = 32 and there
    assert abs(int(bands[0, 20, :, 0].argmax()) - band) <= 1


def test_cepstrum_is_the_orthonormal_cosine_transform_of_the_bands():
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((2, 2000)).astype(np.float32)
    bands = extract(signal, make_front_end("log-mel", 8000))[..., 0]
    cepstrum = extract(signal, make_front_end("mfcc", 8000))[..., 0]
    tables = front_end_tables(make_front_end("mfcc", 8000))
    unit = tables.cosines[0].mean() * np.sqrt(40) / 2.0**tables.shift
    np.testing.assert_allclose(cepstrum[..., 0], unit * bands.sum(-1) / np.sqrt(40), atol=2)
    angles = np.pi / 40 * (np.arange(40) + 0.5) * 3
    third = (bands * np.cos(angles)).sum(-1) * np.sqrt(2 / 40)
    np.testing.assert_allclose(cepstrum[..., 3], unit * third, atol=2)


def test_samples_are_rounded_and_clipped():
    signal = np.array([-2.0, -1.0, -0.4 / 32768, 0.6 / 32768, 1.0], np.float32)
    assert as_samples(signal).tolist() == [-32768, -32768, 0, 1, 32767]


def test_the_front_end_of_a_data_set_makes_it_again(save_npz):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((30, 4000)) * 3000).astype(np.int16)
    name = save_npz(
        x=x, y=np.arange(30) % 3, sample_rate=np.int32(8000), fold=np.arange(30) // 3 % 3
    )
    data = load_data(f"{name}?features=mfcc&window_ms=32&hop_ms=16&bands=20&coefficients=8&fold=1")
    front_end = data.front_end
    assert (front_end.window, front_end.hop, front_end.points) == (256, 128, 256)
    assert data.input_shape == (front_end.frames(4000), 8, 1) == (30, 8, 1)
    heard = (x[np.arange(30) // 3 % 3 == 1] / np.float32(32768)).astype(np.float32)
    again = standardise(extract(heard, front_end)[..., 0], front_end)[..., None]
    np.testing.assert_array_equal(again, data.x_test)
    assert load_data(name).front_end is None


def test_some_sounds_of_the_validation_split_are_kept(save_npz):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((60, 4000)) * 3000).astype(np.int16)
    fold = np.arange(60) // 3 % 4 + 1
    name = save_npz(x=x, y=np.arange(60) % 3, sample_rate=np.int32(8000), fold=fold)
    data = load_data(f"{name}?features=log-mel&fold=1")
    used = data.front_end.samples(data.input_shape[0])
    assert data.sounds.shape == (8, used)
    assert used < 4000
    validation = x[fold == 2]
    for sound in data.sounds:
        place = int(np.flatnonzero((validation[:, :used] == sound).all(axis=1))[0])
        made = standardise(integer_features(sound[None], data.front_end), data.front_end)
        np.testing.assert_array_equal(made[0], data.x_val[place, :, :, 0])
    assert load_data(name).sounds is None


@pytest.mark.parametrize("wrong", [{"window_ms": 0.1}, {"bands": 1}, {"coefficients": 41}])
def test_front_ends_that_cannot_be(wrong):
    with pytest.raises(ConfigError, match="front end cannot be made"):
        make_front_end("mfcc", 8000, **wrong)
