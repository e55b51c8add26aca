from dataclasses import replace

import numpy as np
import pytest

from hw_models.errors import ModelError
from hw_models.front_end import FrontEnd, front_end_from_json
from hw_models.front_end_tables import cosines, front_end_tables, mel_filters

SOUND = FrontEnd("mfcc", 8000, 240, 160, 256, 40, 10, 20.0, 4000.0, 1e-6)


def test_frames_and_samples_are_inverse():
    assert SOUND.frames(8000) == 49
    assert SOUND.samples(49) == 48 * 160 + 240
    assert SOUND.frames(SOUND.samples(49) - 1) == 48
    assert SOUND.frames(239) == 0


def test_json_keeps_every_field():
    own = replace(SOUND, mean=(1.25,) * 10, deviation=(3.5,) * 10)
    assert front_end_from_json(own.to_json()) == own
    assert front_end_from_json(SOUND.to_json()) == SOUND


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"window": 15, "points": 16}, "window 15"),
        ({"window": 4097, "points": 8192}, "window 4097"),
        ({"points": 512}, "points 512"),
        ({"hop": 0}, "hop 0"),
        ({"bands": 1, "coefficients": 1}, "bands 1"),
        ({"coefficients": 41}, "coefficients 41"),
        ({"kind": "log-mel"}, "coefficients 10"),
        ({"highest_hz": 4001.0}, "4001.0 Hz"),
        ({"floor": 0.0}, "floor 0.0"),
        ({"mean": (0.0,)}, "statistics"),
        ({"mean": (0.0,) * 10, "deviation": (0.5,) * 10}, "deviations"),
        ({"window": 4096, "points": 4096, "bands": 3, "coefficients": 3}, "bins"),
    ],
)
def test_what_cannot_be_computed_is_refused(wrong, named):
    with pytest.raises(ModelError, match="cannot be computed in integers") as caught:
        replace(SOUND, **wrong)
    assert named in str(caught.value.got)


def test_the_weights_of_a_bin_are_those_of_the_triangles():
    tables, real = front_end_tables(SOUND), mel_filters(SOUND)
    rows = np.zeros(real.shape)
    place = tables.first_bin
    weights = iter(tables.weights.tolist())
    for segment, count in enumerate(tables.segments.tolist()):
        for _ in range(count):
            up = next(weights)
            if segment < SOUND.bands:
                rows[place, segment] = up / 256
            if segment > 0:
                rows[place, segment - 1] = 1 - up / 256
            place += 1
    assert next(weights, None) is None
    np.testing.assert_allclose(rows, real, atol=1 / 256)


def test_the_integer_cosines_are_the_real_ones():
    tables = front_end_tables(SOUND)
    scale = np.abs(tables.cosines).max() / np.abs(cosines(SOUND)).max()
    bits = round(np.log2(scale))
    np.testing.assert_allclose(tables.cosines.T / 2**bits, cosines(SOUND), atol=2.0**-bits)
