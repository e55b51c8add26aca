import numpy as np
import pytest

from dse.data import Dataset, load_data
from hw_models.errors import ConfigError, DataError


def arrays(n=30, classes=3, shape=(4, 5), dtype=np.float32):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 100, (n, *shape)).astype(dtype)
    return {"x": x, "y": np.arange(n) % classes}


def test_digits_are_split_by_class_and_seed():
    data = load_data("digits", seed=1)
    assert data.input_shape == (16, 16, 1)
    assert data.classes == 10
    assert len(data.x_train) + len(data.x_val) + len(data.x_test) == 1797
    assert len(data.x_val) >= 256
    assert data.x_train.min() == 0.0
    assert data.x_train.max() <= 1.0
    assert np.ptp(np.bincount(data.y_val)) <= 2
    assert load_data("digits", seed=1).fingerprint == data.fingerprint
    assert load_data("digits", seed=2).fingerprint != data.fingerprint


def test_a_dataset_refuses_what_is_not_finite_and_names_the_sample():
    x, y = np.zeros((3, 1, 1, 2), np.float32), np.array([0, 1, 1])
    bad = x.copy()
    bad[1, 0, 0, 1] = np.nan
    with pytest.raises(DataError, match=r"not finite.*\n.*own, val split, sample 1"):
        Dataset("own", x, y, bad, y, x, y, ("a", "b"))


@pytest.mark.parametrize(
    ("members", "shape"),
    [
        (arrays(shape=(7,)), (1, 1, 7)),
        (arrays(shape=(90,), dtype=np.int16), (1, 90, 1)),
        (arrays(shape=(90,)) | {"sample_rate": np.int32(8000)}, (1, 90, 1)),
        (arrays(dtype=np.uint8), (4, 5, 1)),
        (arrays(shape=(6, 9), dtype=np.int16) | {"scale": np.ones(6)}, (1, 9, 6)),
        (arrays(shape=(4, 5, 3)), (4, 5, 3)),
    ],
)
def test_npz_shapes(save_npz, members, shape):
    assert load_data(save_npz(**members)).input_shape == shape


def test_npz_scales_integers(save_npz):
    pixels = load_data(save_npz(**arrays(dtype=np.uint8)))
    assert pixels.x_train.max() <= 100 / 255
    members = arrays(shape=(2, 9), dtype=np.int16) | {"scale": np.array([1.0, 0.5])}
    raw = load_data(save_npz(**members), seed=3)
    assert (raw.x_train[..., 0] == np.round(raw.x_train[..., 0])).all()
    assert raw.x_train[..., 1].max() <= 50


def test_npz_keeps_an_official_split(save_npz):
    split = np.repeat([0, 1, 2], 10)
    members = arrays() | {"split": split}
    data = load_data(save_npz(**members))
    np.testing.assert_array_equal(data.x_val[..., 0], members["x"][10:20])
    np.testing.assert_array_equal(data.x_test[..., 0], members["x"][20:])


def test_npz_carves_validation_by_speaker_only_where_the_test_is_disjoint(save_npz):
    base = arrays(n=60)
    speaker = np.arange(60) // 10
    identity = {"x": np.broadcast_to(speaker[:, None], (60, 4)).astype(np.float32)}
    disjoint = load_data(
        save_npz(**base | identity, speaker=speaker, split=(speaker == 5).astype(int))
    )
    assert set(disjoint.x_val.ravel()).isdisjoint(disjoint.x_train.ravel())
    assert set(disjoint.x_test.ravel()) == {5.0}
    shared = load_data(save_npz(**base | identity, speaker=speaker, split=np.arange(60) // 3 % 2))
    assert not set(shared.x_val.ravel()).isdisjoint(shared.x_train.ravel())


def test_npz_without_split_goes_by_subject(save_npz):
    subject = np.arange(60) // 6
    identity = np.broadcast_to(subject[:, None], (60, 4)).astype(np.float32)
    data = load_data(save_npz(x=identity, y=np.arange(60) % 3, subject=subject))
    parts = [set(data.part(part)[0].ravel()) for part in ("train", "val", "test")]
    assert sum(map(len, parts)) == 10


def test_npz_folds(save_npz):
    members = arrays() | {"fold": np.repeat([1, 2, 3], 10)}
    name = save_npz(**members)
    np.testing.assert_array_equal(load_data(name).x_test[..., 0], members["x"][:10])
    np.testing.assert_array_equal(load_data(name + "?fold=3").x_val[..., 0], members["x"][:10])
    with pytest.raises(DataError, match="no such fold"):
        load_data(name + "?fold=9")


def test_npz_of_named_parts(save_npz):
    members = arrays(dtype=np.uint8)
    parts = {"x_train": members["x"], "y_train": members["y"]}
    test = {"x_test": members["x"][:6], "y_test": members["y"][:6]}
    data = load_data(save_npz(**parts, **test, class_names=np.array(["a", "b", "c"])))
    assert (len(data.x_train), len(data.x_val), len(data.x_test)) == (24, 6, 6)
    assert data.class_names == ("a", "b", "c")
    assert len(load_data(save_npz(**parts)).x_test) == 6


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"x": np.zeros((3, 2))}, "lacks its arrays"),
        (arrays() | {"y": np.arange(29)}, "one entry per sample"),
        (arrays() | {"y": np.arange(30) * 0.5}, "not one class number"),
        (arrays() | {"y": np.arange(30) % 3 - 1}, "out of range"),
        (arrays() | {"class_names": np.array(["a", "b"])}, "out of range"),
        (arrays() | {"class_names": np.array(list("abcd"))}, "no training example"),
        (arrays() | {"y": np.zeros(30, int)}, "one class only"),
        (arrays() | {"y": np.arange(30)}, "too few examples"),
        (arrays() | {"x": np.full((30, 4), np.nan)}, "not finite"),
        (arrays() | {"x": np.zeros((30, 2, 2, 2, 2))}, "wrong number of dimensions"),
        (arrays() | {"x": np.array(["a"] * 30)}, "not numbers"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0, int)}, "empty"),
        (arrays() | {"split": np.full(30, 7)}, "split is not understood"),
        ({"x_train": np.zeros((3, 2))}, "lacks labels"),
        ({"x_train": np.zeros((3, 2)), "y_train": np.zeros(2, int)}, "do not fit together"),
        ({"x": np.array([None] * 3), "y": np.arange(3)}, "cannot be read"),
    ],
)
def test_bad_npz(save_npz, members, message):
    with pytest.raises(DataError, match=message):
        load_data(save_npz(**members))


def test_damaged_npz(tmp_path):
    path = tmp_path / "data.npz"
    path.write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(DataError, match="cannot be read"):
        load_data(f"npz:{path}")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"not an \.npz archive"):
        load_data(f"npz:{tmp_path / 'one.npy'}")


@pytest.mark.parametrize(
    ("spec", "kind", "message"),
    [
        ("imagenet:x", ConfigError, "Unknown kind"),
        ("mnist", DataError, "folder is missing"),
        ("npz:nowhere.npz", DataError, "missing"),
        ("audio-folder:nowhere", DataError, "missing"),
        ("digits?size=3", ConfigError, "Unknown option"),
        ("digits?features=mfcc", ConfigError, "Unknown option"),
    ],
)
def test_bad_specifications(spec, kind, message):
    with pytest.raises(kind, match=message):
        load_data(spec)


def test_features_must_exist_and_need_audio(save_npz):
    with pytest.raises(ConfigError, match="Unknown features"):
        load_data("digits", features="cepstrum")
    with pytest.raises(ConfigError, match="Only audio"):
        load_data("digits", features="mfcc")
    with pytest.raises(DataError, match="need mono audio"):
        load_data(save_npz(**arrays()), features="mfcc")
    short = arrays(shape=(90,), dtype=np.int16) | {"sample_rate": np.int32(8000)}
    with pytest.raises(DataError, match="shorter than one analysis window"):
        load_data(save_npz(**short) + "?features=log-mel")


def test_mfcc_of_one_second_is_49_by_10(save_npz):
    members = arrays(n=9, shape=(8000,), dtype=np.int16) | {"sample_rate": np.int32(8000)}
    data = load_data(save_npz(**members), features="mfcc")
    assert data.input_shape == (49, 10, 1)
    np.testing.assert_allclose(data.x_train.mean(axis=(0, 1)), 0.0, atol=1e-4)
    np.testing.assert_allclose(data.x_train.std(axis=(0, 1)), 1.0, atol=1e-3)
