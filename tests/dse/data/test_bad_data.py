"""Bad data end a study before it starts, with what, where and the cure."""

import numpy as np
import pytest

import dse
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
