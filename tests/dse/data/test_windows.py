import numpy as np
import pytest

from dse.data import load_data
from dse.data.windows import cut_evenly, sound_lengths, without_silence
from hw_models.errors import ConfigError


def clips(*signals):
    return np.array(signals, dtype=np.float32)[:, None, :, None]


def test_sounds_move_to_the_beginning():
    x = clips([0, 0, 1, 0, 2, 0], [3, 4, 5, 6, 7, 8], [0] * 6, [0, 0, 0, 0, 0, 9])
    moved = without_silence(x)
    assert moved[:, 0, :, 0].tolist() == [
        [1, 0, 2, 0, 0, 0],
        [3, 4, 5, 6, 7, 8],
        [0] * 6,
        [9, 0, 0, 0, 0, 0],
    ]
    assert sound_lengths(moved).tolist() == [3, 6, 6, 1]


def test_windows_of_whole_clips():
    x = clips([1, 2, 3, 4, 5, 6, 7])
    found = cut_evenly(x, 3, 3, None)
    assert found[:, 0, :, 0].tolist() == [[1, 2, 3], [3, 4, 5], [5, 6, 7]]


def test_windows_of_sounds_reach_half_a_window_beyond_them():
    x = clips([1, 2, 3, 4, 0, 0], [5, 0, 0, 0, 0, 0])
    found = cut_evenly(x, 4, 3, np.array([4, 1]))
    assert found[:3, 0, :, 0].tolist() == [[0, 0, 1, 2], [1, 2, 3, 4], [3, 4, 0, 0]]
    assert found[3:, 0, :, 0].tolist() == [[0, 0, 5, 0], [0, 0, 5, 0], [0, 5, 0, 0]]


def test_data_without_silence(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(1, 99, (20, 40)).astype(np.int16)
    x[:, :10] = 0
    x[::2, 30:] = 0
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(20) % 2, fold=np.arange(20) // 4, sample_rate=10)
    text = f"npz:{tmp_path / 'a.npz'}?seconds=1&crops=3"
    data = load_data(f"{text}&silence=cut")
    assert data.clips.lengths.tolist() == [20 if one % 2 == 0 else 30 for one in data.clips.y]
    assert (data.clips.x[:, 0, 0] > 0).all()
    assert data.x_test.shape[1:] == (1, 10, 1)
    assert (data.x_test[:, 0, :, 0] != 0).any(axis=1).all()
    assert data.fingerprint != load_data(text).fingerprint
    assert load_data(f"{text}&silence=kept").fingerprint == load_data(text).fingerprint
    few = load_data(f"{text}&silence=cut&classes=1,0")
    assert few.clips.lengths.tolist() == data.clips.lengths.tolist()


@pytest.mark.parametrize("options", ["silence=cut", "seconds=1&crops=3&silence=some"])
def test_silence_that_cannot_be_cut(tmp_path, options):
    np.savez(tmp_path / "a.npz", x=np.ones((20, 40)), y=np.arange(20) % 2, sample_rate=10)
    with pytest.raises(ConfigError, match="Silence is kept, or cut"):
        load_data(f"npz:{tmp_path / 'a.npz'}?{options}")
