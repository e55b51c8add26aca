import numpy as np
import pytest

from dse.data import Clips, Dataset, load_data
from dse.data.subset import keep_classes, limit_training
from hw_models.errors import ConfigError


@pytest.fixture
def four_classes():
    """Every sample holds its class; test has one sample of each class."""
    y = np.repeat(np.arange(4), 5)
    x = np.broadcast_to(y.astype(np.float32)[:, None, None, None], (20, 1, 3, 1)).copy()
    return Dataset("own", x, y, x, y, x[::5], y[::5], ("a", "b", "c", "d"), "by hand")


def test_classes_are_kept_in_every_split_and_numbered_anew(four_classes):
    part = keep_classes(four_classes, (3, 1))
    assert part.class_names == ("d", "b")
    for split, count in (("train", 10), ("val", 10), ("test", 2)):
        x, y = part.part(split)
        assert len(y) == count
        np.testing.assert_array_equal(x[:, 0, 0, 0], np.where(y == 0, 3.0, 1.0))
    assert part.split == "by hand; classes 3, 1 only"
    assert part.fingerprint != four_classes.fingerprint


def test_whole_clips_go_with_their_classes(four_classes):
    clips = Clips(four_classes.x_train, four_classes.y_train, windows=1)
    data = Dataset(
        "own", *(four_classes.part(s)[i] for s in ("train", "val", "test") for i in (0, 1)),
        four_classes.class_names, clips=clips,
    )  # fmt: skip
    kept = keep_classes(data, (2, 0)).clips
    np.testing.assert_array_equal(kept.x[:, 0, 0, 0], np.where(kept.y == 0, 2.0, 0.0))
    assert len(kept.y) == 10
    with pytest.raises(ConfigError, match="longer clips"):
        limit_training(data, 2, 0)


@pytest.mark.parametrize("classes", [(1,), (1, 1), (0, 4)])
def test_impossible_classes_are_refused(four_classes, classes):
    with pytest.raises(ConfigError, match="from 0 to 3"):
        keep_classes(four_classes, classes)


def test_a_limit_takes_random_training_samples_of_each_class_only(four_classes):
    few = limit_training(four_classes, 2, 0)
    assert np.bincount(few.y_train).tolist() == [2, 2, 2, 2]
    np.testing.assert_array_equal(few.x_train[:, 0, 0, 0], few.y_train)
    np.testing.assert_array_equal(few.x_val, four_classes.x_val)
    np.testing.assert_array_equal(few.x_test, four_classes.x_test)
    whole = limit_training(four_classes, 9, 0)
    np.testing.assert_array_equal(whole.x_train, four_classes.x_train)


def test_options_of_a_specification_make_the_subset():
    data = load_data("digits?classes=1,7&limit=20")
    assert data.class_names == ("1", "7")
    assert np.bincount(data.y_train).tolist() == [20, 20]
    assert len(data.y_test) > 40
    assert load_data("digits?limit=20", 1).fingerprint != load_data("digits?limit=20").fingerprint
    for wrong in ("classes=one,two", "limit=0", "limit=1,2", "limit="):
        with pytest.raises(ConfigError):
            load_data(f"digits?{wrong}")
