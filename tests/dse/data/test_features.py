import numpy as np
import pytest

from dse.data.features import extract


@pytest.mark.parametrize(("rate", "tone", "band"), [(8000, 1000, 18), (16000, 1000, 18)])
def test_a_tone_lights_its_mel_band_at_any_rate(rate, tone, band):
    time = np.arange(rate) / rate
    signal = np.sin(2 * np.pi * tone * time).astype(np.float32)[None]
    bands = extract(signal, rate, "log-mel")
    assert bands.shape == (1, 49, 40, 1)
    # mel(1000) = 1000 and mel(4000) = 2146: 40 centres between mel(20) = 32 and there
    assert abs(int(bands[0, 20, :, 0].argmax()) - band) <= 1


def test_cepstrum_is_the_orthonormal_cosine_transform_of_the_bands():
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((2, 2000)).astype(np.float32)
    bands = extract(signal, 8000, "log-mel")[..., 0]
    cepstrum = extract(signal, 8000, "mfcc")[..., 0]
    np.testing.assert_allclose(cepstrum[..., 0], bands.sum(-1) / np.sqrt(40), rtol=1e-4)
    angles = np.pi / 40 * (np.arange(40) + 0.5) * 3
    third = (bands * np.cos(angles)).sum(-1) * np.sqrt(2 / 40)
    np.testing.assert_allclose(cepstrum[..., 3], third, atol=1e-3)
