"""Original distributions in miniature, whole and damaged."""

import gzip
import struct

import numpy as np
import pytest
from PIL import Image

from dse.data import load_data
from hw_models.errors import ConfigError, DataError


def tone(samples=1600, rate=16_000, hz=300):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)


def idx(values):
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


@pytest.fixture
def garments(tmp_path):
    rng = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 20)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        zipped = gzip.compress(idx(images))
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(zipped)
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


def test_fashion_mnist_keeps_its_test_split(garments):
    data = load_data(f"fashion-mnist:{garments}")
    assert data.input_shape == (28, 28, 1)
    assert [len(data.part(part)[1]) for part in ("train", "val", "test")] == [50, 10, 20]
    assert data.class_names[9] == "Ankle boot"
    raw = gzip.decompress((garments / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    pixels = np.frombuffer(raw, np.uint8).reshape(20, 28, 28, 1)
    np.testing.assert_array_equal(data.x_test, pixels.astype(np.float32) / np.float32(255))
    assert load_data(f"mnist:{garments}").class_names[9] == "9"


def test_damaged_and_missing_idx_files(garments):
    path = garments / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for spoilt in (whole[:200], b"<html>404</html>", gzip.compress(idx(np.zeros(3, np.uint8)))):
        path.write_bytes(spoilt)
        with pytest.raises(DataError, match=r"damaged(.|\n)*train-images(.|\n)*cure"):
            load_data(f"fashion-mnist:{garments}")
    path.write_bytes(gzip.compress(idx(np.zeros((59, 28, 28), np.uint8))))
    with pytest.raises(DataError, match="do not fit together"):
        load_data(f"fashion-mnist:{garments}")
    path.unlink()
    with pytest.raises(DataError, match=r"missing(.|\n)*train-images-idx3-ubyte.gz"):
        load_data(f"fashion-mnist:{garments}")


@pytest.fixture
def cifar(tmp_path):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    rng = np.random.default_rng(0)
    names = [f"data_batch_{index}" for index in range(1, 6)] + ["test_batch"]
    for name in names:
        records = rng.integers(0, 256, (20, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(20) % 10
        records.tofile(folder / f"{name}.bin")
    return tmp_path


def test_cifar_planes_become_channels(cifar):
    data = load_data(f"cifar-10:{cifar}")
    assert data.input_shape == (32, 32, 3)
    assert [len(data.part(part)[1]) for part in ("train", "val", "test")] == [80, 20, 20]
    record = np.fromfile(cifar / "cifar-10-batches-bin" / "test_batch.bin", np.uint8)[:3073]
    assert data.y_test[0] == record[0]
    assert data.x_test[0, 2, 5, 1] == np.float32(record[1 + 1024 + 2 * 32 + 5]) / np.float32(255)
    assert load_data(f"cifar-10:{cifar / 'cifar-10-batches-bin'}").fingerprint == data.fingerprint


def test_damaged_and_missing_cifar_batches(cifar, tmp_path):
    folder = cifar / "cifar-10-batches-bin"
    (folder / "data_batch_2.bin").write_bytes(b"\0" * 3000)
    with pytest.raises(DataError, match=r"damaged(.|\n)*data_batch_2.bin(.|\n)*3000 bytes"):
        load_data(f"cifar-10:{cifar}")
    (folder / "data_batch_2.bin").unlink()
    with pytest.raises(DataError, match=r"missing(.|\n)*data_batch_2.bin"):
        load_data(f"cifar-10:{cifar}")
    (folder / "test_batch.bin").unlink()
    with pytest.raises(DataError, match=r"missing(.|\n)*cifar-10-binary.tar.gz"):
        load_data(f"cifar-10:{cifar}")


def test_the_pickled_cifar_is_refused_with_the_cure(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    (tmp_path / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"\x80\x04.")
    with pytest.raises(DataError, match=r"pickles(.|\n)*never(.|\n)*cifar-10-binary.tar.gz"):
        load_data(f"cifar-10:{tmp_path}")


@pytest.fixture
def people(tmp_path):
    for number, name in enumerate(("non_person", "person")):
        (tmp_path / name).mkdir()
        for index in range(6):
            pixels = np.full((10, 8, 3), 40 * number + index, np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{index}.png")
    return tmp_path


def test_visual_wake_words(people):
    (people / "annotations").mkdir()
    (people / "annotations" / "x.png").write_bytes(b"no image")
    data = load_data(f"visual-wake-words:{people}?size=12")
    assert data.input_shape == (12, 12, 3)
    assert data.class_names == ("non_person", "person")
    assert (data.x_test[data.y_test == 1] * 255 > 39).all()
    few = load_data(f"visual-wake-words:{people}?size=12&limit=4")
    assert sum(len(few.part(part)[1]) for part in ("train", "val", "test")) == 8
    (people / "non_person" / "3.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"cannot be read(.|\n)*3.png"):
        load_data(f"visual-wake-words:{people}")


def test_visual_wake_words_need_both_folders(people):
    for file in (people / "person").iterdir():
        file.unlink()
    with pytest.raises(DataError, match=r"no examples(.|\n)*person"):
        load_data(f"visual-wake-words:{people}")
    (people / "person").rmdir()
    with pytest.raises(DataError, match=r"no person(.|\n)*vw_coco2014_96.tar.gz"):
        load_data(f"visual-wake-words:{people}")


@pytest.fixture
def esc(tmp_path, write_wav):
    rows = ["filename,fold,target,category,esc10,src_file,take"]
    for fold in range(1, 6):
        for target, name in ((0, "dog"), (4, "frog"), (10, "rain")):
            for take in "AB":
                file = f"{fold}-{target}{take}.wav"
                rows.append(f"{file},{fold},{target},{name},{name != 'frog'},1,{take}")
                samples = tone(2205, 44_100, 300 + 100 * target) * fold / 5
                write_wav(tmp_path / "audio" / file, samples, rate=44_100)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_esc_folds_and_its_ten_classes(esc):
    data = load_data(f"esc-50:{esc}?fold=2&seconds=0.05")
    assert data.class_names == ("dog", "frog", "rain")
    assert data.input_shape == (1, 1000, 1)
    assert data.rate_hz == 20_000
    assert [len(data.part(part)[1]) for part in ("train", "val", "test")] == [18, 6, 6]
    np.testing.assert_allclose(np.abs(data.x_test).max((1, 2, 3)), 0.5 * 2 / 5, rtol=0.05)
    ten = load_data(f"esc-10:{esc}?fold=2&seconds=0.05")
    assert ten.class_names == ("dog", "rain")
    np.testing.assert_array_equal(np.unique(ten.y_test), [0, 1])


def test_esc_crops_are_windows_of_whole_clips(esc):
    data = load_data(f"esc-10:{esc}?rate=1000&crops=4&seconds=2&validation=0.2")
    assert data.input_shape == (1, 2000, 1)
    assert data.clips.x.shape == (12, 1, 5000, 1)
    assert len(data.y_test) == 4 * 4
    assert len(data.x_train) == 12 * 4
    np.testing.assert_array_equal(data.x_train[4:8, 0, :, 0], [
        data.clips.x[1, 0, start : start + 2000, 0] for start in (0, 1000, 2000, 3000)
    ])  # fmt: skip
    np.testing.assert_array_equal(data.y_train[::4], data.clips.y)
    whole = load_data(f"esc-10:{esc}?rate=1000&validation=0.2")
    assert whole.fingerprint != data.fingerprint
    with pytest.raises(ConfigError, match="shorter than the sounds"):
        load_data(f"esc-10:{esc}?crops=4&seconds=6")
    with pytest.raises(ConfigError, match="Crops are for raw audio"):
        load_data(f"esc-10:{esc}?crops=4&seconds=1&features=mfcc")


def test_damaged_and_missing_esc(esc):
    (esc / "audio" / "1-0A.wav").unlink()
    with pytest.raises(DataError, match=r"missing(.|\n)*1 of 30, as 1-0A.wav"):
        load_data(f"esc-50:{esc}")
    (esc / "audio" / "1-0A.wav").write_bytes(b"git lfs pointer")
    with pytest.raises(DataError, match=r"cannot be read(.|\n)*1-0A.wav"):
        load_data(f"esc-50:{esc}")
    (esc / "meta" / "esc50.csv").write_text("filename,fold\na.wav,1\n")
    with pytest.raises(DataError, match=r"damaged(.|\n)*no column target"):
        load_data(f"esc-50:{esc}")
    (esc / "meta" / "esc50.csv").unlink()
    with pytest.raises(DataError, match=r"missing(.|\n)*ESC-50-master"):
        load_data(f"esc-50:{esc}")


COMMANDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")


@pytest.fixture
def speech(tmp_path, write_wav):
    lists = {"validation_list.txt": [], "testing_list.txt": []}
    for word in (*COMMANDS, "bed", "cat"):
        for index in range(8):
            name = f"{word}/{index}a_nohash_0.wav"
            write_wav(tmp_path / name, tone(1600), rate=16_000)
            if index >= 4:
                lists["validation_list.txt" if index < 6 else "testing_list.txt"].append(name)
    for name, lines in lists.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    # A noise that tells by sign and level which part of the recording is heard.
    level = np.repeat([-0.1, 0.4, 0.9], [1600 * 8, 1600, 1600])
    write_wav(tmp_path / "_background_noise_" / "noise.wav", level, rate=16_000)
    return tmp_path


def test_twelve_classes_of_speech_commands(speech):
    data = load_data(f"speech-commands:{speech}?seconds=0.1&rate=8000", seed=3)
    assert data.class_names == (*COMMANDS, "_unknown_", "_silence_")
    assert data.input_shape == (1, 800, 1)
    assert np.bincount(data.y_train).tolist() == [4] * 12
    assert np.bincount(data.y_val).tolist() == [2] * 12
    assert np.bincount(data.y_test).tolist() == [2] * 12
    assert np.abs(data.x_train[data.y_train == 11][..., 50:-50, :]).max() < 0.11
    again = load_data(f"speech-commands:{speech}?seconds=0.1&rate=8000", seed=3)
    assert again.fingerprint == data.fingerprint
    mfcc = load_data(f"speech-commands:{speech}?seconds=0.1&features=mfcc")
    assert mfcc.input_shape == (4, 10, 1)


def test_silence_of_the_splits_comes_from_different_parts(speech):
    heard = {"train": 0.0, "val": 0.0, "test": 0.0}
    for seed in range(6):
        data = load_data(f"speech-commands:{speech}?seconds=0.1", seed=seed)
        for part in heard:
            x, y = data.part(part)
            heard[part] = max(heard[part], float(np.abs(x[y == 11]).max()))
            assert (x[y == 11] * (-1 if part == "train" else 1) >= 0).all()
    assert heard["train"] <= 0.101 < heard["val"] <= 0.401 < heard["test"] <= 0.901


def test_all_words_and_a_limit(speech):
    data = load_data(f"speech-commands:{speech}?words=all&seconds=0.1&limit=3")
    assert data.class_names == tuple(sorted((*COMMANDS, "bed", "cat")))
    assert np.bincount(data.y_train).tolist() == [3] * 12
    assert np.bincount(data.y_val).tolist() == [2] * 12
    with pytest.raises(ConfigError, match="choice of words"):
        load_data(f"speech-commands:{speech}?words=20")


def test_speech_commands_that_are_not_whole(speech):
    (speech / "yes" / "7a_nohash_0.wav").unlink()
    with pytest.raises(DataError, match=r"1 of 48, as yes/7a_nohash_0.wav"):
        load_data(f"speech-commands:{speech}")
    (speech / "testing_list.txt").write_text("")
    with pytest.raises(DataError, match=r"empty(.|\n)*testing_list.txt"):
        load_data(f"speech-commands:{speech}")
    (speech / "testing_list.txt").unlink()
    with pytest.raises(DataError, match=r"testing_list.txt(.|\n)*v0.02"):
        load_data(f"speech-commands:{speech}")


def test_speech_commands_without_noise_or_words(speech):
    (speech / "_background_noise_" / "noise.wav").unlink()
    with pytest.raises(DataError, match="background noise"):
        load_data(f"speech-commands:{speech}")
    (speech / "validation_list.txt").write_text("cat/4a_nohash_0.wav\n")
    (speech / "testing_list.txt").write_text("cat/5a_nohash_0.wav\n")
    (speech / "yes").rename(speech / "yep")
    with pytest.raises(DataError, match="no yes"):
        load_data(f"speech-commands:{speech}")
