import numpy as np
import pytest
from PIL import Image

from dse.data import load_data
from dse.data.audio import resample
from dse.data.wav import read_wav
from hw_models.errors import ConfigError, DataError


def tone(samples, rate, hz=440):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)


def sounds(folder, write_wav, count=4):
    for name in ("no", "yes"):
        for index in range(count):
            write_wav(folder / name / f"{index}.wav", tone(800, 8000))


def images(folder, mode="L", count=4):
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.full((8, 6) if mode == "L" else (8, 6, 3), 255, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_wav_of_every_width(tmp_path, write_wav, width):
    write_wav(tmp_path / "a.wav", tone(100, 8000), width=width)
    signal, rate = read_wav(tmp_path / "a.wav")
    assert rate == 8000
    np.testing.assert_allclose(signal, tone(100, 8000), atol=0.02 if width == 1 else 1e-4)


def test_stereo_becomes_mono(tmp_path, write_wav):
    write_wav(tmp_path / "a.wav", np.repeat([0.25, 0.5], 5), channels=2)
    assert len(read_wav(tmp_path / "a.wav")[0]) == 5


def test_resampling_keeps_a_tone():
    wide = tone(4410, 44100).astype(np.float32)
    narrow = resample(wide, 44100, 8000)
    assert len(narrow) == 800
    np.testing.assert_allclose(narrow[50:-50], tone(800, 8000)[50:-50], atol=0.01)


def test_audio_folder_fits_rate_and_length(tmp_path, write_wav):
    sounds(tmp_path, write_wav)
    write_wav(tmp_path / "no" / "long.wav", tone(44100, 44100), rate=44100)
    data = load_data(f"audio-folder:{tmp_path}")
    assert data.input_shape == (1, 800, 1)
    assert data.class_names == ("no", "yes")
    slow = load_data(f"audio-folder:{tmp_path}?rate=4000&seconds=0.05")
    assert slow.input_shape == (1, 200, 1)
    assert load_data(f"audio-folder:{tmp_path}", features="mfcc").input_shape == (4, 10, 1)


def test_official_folders_are_kept(tmp_path, write_wav):
    sounds(tmp_path / "train", write_wav, count=5)
    sounds(tmp_path / "test", write_wav, count=2)
    data = load_data(f"audio-folder:{tmp_path}")
    assert (len(data.x_train), len(data.x_val), len(data.x_test)) == (8, 2, 4)


def test_damaged_and_empty_sounds_are_named(tmp_path, write_wav):
    sounds(tmp_path, write_wav)
    (tmp_path / "yes" / "bad.wav").write_bytes(b"RIFF nonsense")
    with pytest.raises(DataError, match=r"cannot be read(.|\n)*bad\.wav"):
        load_data(f"audio-folder:{tmp_path}")
    write_wav(tmp_path / "yes" / "bad.wav", [])
    with pytest.raises(DataError, match=r"empty(.|\n)*bad\.wav"):
        load_data(f"audio-folder:{tmp_path}")


def test_class_folders_must_be_there_and_filled(tmp_path, write_wav):
    write_wav(tmp_path / "yes" / "0.wav", tone(100, 8000))
    with pytest.raises(DataError, match="two or more class folders"):
        load_data(f"audio-folder:{tmp_path}")
    (tmp_path / "no").mkdir()
    with pytest.raises(DataError, match=r"no examples(.|\n)*no"):
        load_data(f"audio-folder:{tmp_path}")


def test_image_folder(tmp_path):
    images(tmp_path / "grey")
    images(tmp_path / "colour", mode="RGB")
    assert load_data(f"image-folder:{tmp_path / 'grey'}").input_shape == (32, 32, 1)
    data = load_data(f"image-folder:{tmp_path / 'colour'}?size=4x5")
    assert data.input_shape == (4, 5, 3)
    assert data.x_train.max() == 1.0
    with pytest.raises(ConfigError, match="size is not understood"):
        load_data(f"image-folder:{tmp_path / 'grey'}?size=big")


def test_damaged_image_is_named(tmp_path):
    images(tmp_path)
    (tmp_path / "cat" / "bad.png").write_bytes(b"\x89PNG nonsense")
    with pytest.raises(DataError, match=r"cannot be read(.|\n)*bad\.png"):
        load_data(f"image-folder:{tmp_path}")


def test_speakers_of_file_names_never_stand_in_two_splits(tmp_path, write_wav):
    for place, speaker in enumerate(("ann", "bob", "cleo", "dan", "eve")):
        for word in ("no", "yes"):
            for index in range(3):
                level = np.full(80, (place + 1) / 10)
                write_wav(tmp_path / word / f"{index}_{speaker}-{index}.wav", level)
    name = f"audio-folder:{tmp_path}?speaker=2"
    heard = [
        {round(float(v), 2) for v in load_data(name).part(part)[0][:, 0, 0, 0]}
        for part in ("train", "val", "test")
    ]
    assert sum(map(len, heard)) == 5
    left = load_data(f"{name}&leave=cleo")
    np.testing.assert_allclose(left.x_test, 0.3, atol=1e-3)
    folds = [load_data(f"{name}&folds=5&fold={fold}") for fold in range(1, 6)]
    assert sorted(round(float(data.x_test[0, 0, 0, 0]), 1) for data in folds) == [
        0.1, 0.2, 0.3, 0.4, 0.5
    ]  # fmt: skip
    with pytest.raises(DataError, match="too few parts"):
        load_data(f"audio-folder:{tmp_path}?speaker=4")
