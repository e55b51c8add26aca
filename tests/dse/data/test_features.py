import numpy as np
import pytest

from dse.data import load_data
from dse.data.features import extract, standardise
from dse.data.front_end import make_front_end
from hw_models.errors import ConfigError


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
    np.testing.assert_allclose(cepstrum[..., 0], bands.sum(-1) / np.sqrt(40), rtol=1e-4)
    angles = np.pi / 40 * (np.arange(40) + 0.5) * 3
    third = (bands * np.cos(angles)).sum(-1) * np.sqrt(2 / 40)
    np.testing.assert_allclose(cepstrum[..., 3], third, atol=1e-3)


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
    again = standardise(extract(heard, front_end), front_end)
    np.testing.assert_array_equal(again, data.x_test)
    assert load_data(name).front_end is None


@pytest.mark.parametrize("wrong", [{"window_ms": 0.1}, {"bands": 1}, {"coefficients": 41}])
def test_front_ends_that_cannot_be(wrong):
    with pytest.raises(ConfigError, match="front end cannot be made"):
        make_front_end("mfcc", 8000, **wrong)
