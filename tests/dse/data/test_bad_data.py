"""Bad data end a study before it starts, with what, where and the cure."""

import numpy as np
import pytest

import dse
from dse.data import load_data
from hw_models.errors import ConfigError, DataError, DseError, ModelError

MODEL = """
from torch import nn

def fixed():
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
"""


@pytest.fixture
def search(tmp_path):
    """Start a search and count on its refusal."""

    def start(data, model="zoo:lenet5", **settings):
        study = {"model": model, "data": data, "device": "STM32L476RG", **settings}
        config = dse.make_study(study, where="a test")
        for action in (
            lambda: dse.check_study(config),
            lambda: dse.run_study(config, tmp_path / "run"),
        ):
            with pytest.raises(DseError) as caught:
                action()
        return caught.value

    return start


@pytest.fixture
def sounds(tmp_path, write_wav):
    time = np.arange(800) / 8000
    for name in ("no", "yes"):
        for index in range(5):
            write_wav(tmp_path / "words" / name / f"{index}.wav", 0.5 * np.sin(2000 * time))
    return tmp_path / "words"


def test_corrupt_audio(search, sounds):
    path = sounds / "yes" / "3.wav"
    path.write_bytes(path.read_bytes()[:300])
    error = search(f"audio-folder:{sounds}", "zoo:micro-acdnet")
    assert isinstance(error, DataError)
    assert error.where == path
    assert "256 bytes of sound where the header says 1600" in str(error)
    assert error.cure


def test_an_empty_class(search, sounds):
    (sounds / "maybe").mkdir()
    error = search(f"audio-folder:{sounds}", "zoo:micro-acdnet")
    assert isinstance(error, DataError)
    assert error.what == "A class has no examples."
    assert error.where == sounds / "maybe"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_inputs_that_are_not_finite(search, save_npz, value):
    x = np.zeros((60, 28, 28), np.float32)
    x[17, 3, 4] = value
    error = search(save_npz(x=x, y=np.arange(60) % 3))
    assert isinstance(error, DataError)
    assert "not finite" in error.what
    assert "1 of" in str(error.got)
    assert error.cure


def test_a_class_count_that_does_not_match_the_head(search, save_npz, tmp_path):
    (tmp_path / "net.py").write_text(MODEL)
    data = save_npz(x=np.zeros((60, 4, 4), np.float32), y=np.arange(60) % 5)
    error = search(data, f"{tmp_path / 'net.py'}:fixed")
    assert isinstance(error, ModelError)
    assert "5 class scores" in error.what
    assert "gives (1, 3)" in str(error.got)
    assert "class count" in error.cure


def test_a_class_without_training_examples(search, save_npz):
    x = np.zeros((60, 28, 28), np.float32)
    error = search(save_npz(x=x, y=np.arange(60) % 3, class_names=np.array(["a", "b", "c", "d"])))
    assert isinstance(error, DataError)
    assert error.got == ["d"]


def test_the_autoencoder_is_refused_by_a_search(search):
    error = search("digits", "zoo:fc-autoencoder")
    assert isinstance(error, ModelError)
    assert "cannot be trained as a classifier" in error.what


def test_a_validation_share_of_one_and_options_that_are_no_numbers(search, sounds):
    for option, message in (
        ("validation=1", "less than the whole"),
        ("rate=fast", "not a positive number"),
        ("folds=2.5", "not a whole number"),
    ):
        error = search(f"audio-folder:{sounds}?{option}", "zoo:micro-acdnet")
        assert isinstance(error, ConfigError)
        assert message in error.what


def test_data_that_do_not_fit_into_memory(sounds, monkeypatch):
    monkeypatch.setattr("os.sysconf", lambda name: 64)
    with pytest.raises(DataError, match=r"too large(.|\n)*GB(.|\n)*limit"):
        dse.load_data(f"audio-folder:{sounds}")


GOOD = {"x": np.ones((12, 40), np.int16), "y": np.arange(12) % 2, "sample_rate": 10}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sample_rate": 0}, r"sampling rate[\s\S]*'sample_rate'"),
        ({"sample_rate": -8000}, "sampling rate"),
        ({"sample_rate": "fast"}, "sampling rate"),
        ({"sample_rate": np.ones(12)}, "sampling rate"),
        ({"sample_rate": 0.5}, "sampling rate"),
        ({"class_names": "ab"}, "no list"),
        ({"x": np.int16(3)}, "single number"),
        (
            {"y": np.array([0, 1] * 5 + [0, 2_000_000_000]), "fold": np.arange(12) % 3},
            r"larger than[\s\S]*sample 11",
        ),
    ],
)
def test_members_of_npz_that_cannot_be_used(tmp_path, changed, message):
    np.savez(tmp_path / "a.npz", **(GOOD | changed))
    with pytest.raises(DataError, match=message) as caught:
        load_data(f"npz:{tmp_path / 'a.npz'}")
    assert len(str(caught.value)) < 1000


def test_options_of_audio_are_for_audio(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((12, 8, 8)), y=np.arange(12) % 2)
    with pytest.raises(DataError, match="for mono audio"):
        load_data(f"npz:{tmp_path / 'a.npz'}?silence=cut")


def test_options_given_twice(tmp_path):
    np.savez(tmp_path / "a.npz", **GOOD, fold=np.arange(12) % 3)
    with pytest.raises(ConfigError, match="given twice"):
        load_data(f"npz:{tmp_path / 'a.npz'}?fold=1&fold=2")
    assert load_data(f"npz:{tmp_path / 'a.npz'}?fold=1&validation=0.0").x_val.size


def test_windows_that_do_not_fit_into_memory(tmp_path):
    np.savez(tmp_path / "a.npz", **(GOOD | {"x": np.ones((12, 4000), np.int16)}))
    with pytest.raises(DataError, match="too large for this machine"):
        load_data(f"npz:{tmp_path / 'a.npz'}?seconds=300&crops=999999")
