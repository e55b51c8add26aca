"""Splits: what the data say, what the user says, and that nobody stands in two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.data.division import Marks, Splitting, split_samples
from hw_models.errors import ConfigError, DataError

LABELS = np.arange(120) % 3
GROUPS = np.arange(120) // 10


def split(marks=None, seed=0, labels=LABELS, **how):
    rng = np.random.default_rng(seed)
    return split_samples(labels, marks or Marks(), Splitting(**how), rng, "data").parts


def groups_of(parts):
    return [set(GROUPS[part].tolist()) for part in parts]


def is_partition(parts, count=120):
    return sorted(np.concatenate(parts).tolist()) == list(range(count))


@given(st.integers(0, 99), st.integers(3, 6), st.booleans())
def test_folds_cover_everything_once_and_keep_groups_whole(seed, folds, grouped):
    marks = Marks(GROUPS if grouped else None)
    tests = []
    for fold in range(1, folds + 1):
        parts = split(marks, seed, folds=folds, fold=str(fold))
        assert is_partition(parts)
        tests.append(parts[2])
        if grouped:
            train, val, test = groups_of(parts)
            assert not train & val | train & test | val & test
        else:
            assert np.ptp(np.bincount(LABELS[parts[2]])) <= 1
    assert is_partition(tests)


def test_a_left_out_speaker_is_the_test():
    parts = split(Marks(GROUPS), leave="7")
    assert is_partition(parts)
    assert groups_of(parts)[2] == {7}
    assert len(groups_of(parts)[1]) == 2
    named = Marks(np.array([f"p{group}" for group in GROUPS]))
    np.testing.assert_array_equal(split(named, leave="p7")[2], parts[2])


def test_a_share_for_validation_is_carved_from_the_other_folds():
    fold = np.arange(120) // 3 % 4 + 1
    parts = split(Marks(fold=fold), fold="2", validation=0.1)
    assert is_partition(parts)
    np.testing.assert_array_equal(parts[2], np.flatnonzero(fold == 2))
    assert np.bincount(LABELS[parts[1]]).tolist() == [3, 3, 3]
    grouped = split(Marks(GROUPS), folds=4, validation=0.25)
    assert not groups_of(grouped)[0] & groups_of(grouped)[1]


@pytest.mark.parametrize(
    ("marks", "how"),
    [
        (Marks(fold=np.arange(120) // 3 % 4), {"fold": "2"}),
        (Marks(GROUPS), {"leave": "7"}),
        (Marks(GROUPS), {}),
        (Marks(split=np.where(np.arange(120) < 90, 0, 2)), {}),
        (Marks(), {"folds": 4, "fold": "1"}),
    ],
)
def test_nothing_is_held_out_with_no_share_for_validation(marks, how):
    train, val, test = split(marks, validation=0.0, **how)
    assert is_partition((train, test))
    np.testing.assert_array_equal(train, val)
    held_out = split(marks, **how)
    np.testing.assert_array_equal(test, held_out[2])
    assert is_partition(held_out)


def test_an_official_split_is_kept_unless_the_user_says_otherwise():
    official = np.repeat([0, 1, 2], 40)
    marks = Marks(GROUPS, official)
    assert [len(part) for part in split(marks)] == [40, 40, 40]
    assert groups_of(split(marks, leave="0"))[2] == {0}
    without = Marks(split=np.repeat([0, 2], [90, 30]))
    assert [len(part) for part in split(without, validation=0.1)] == [81, 9, 30]


@pytest.mark.parametrize(
    ("marks", "how", "kind", "message"),
    [
        (Marks(GROUPS), {"leave": "99"}, DataError, r"no such speaker(.|\n)*'11'"),
        (Marks(), {"leave": "1"}, ConfigError, "name no speakers"),
        (Marks(GROUPS), {"leave": "1", "fold": "1"}, ConfigError, "Either leave out"),
        (Marks(), {"fold": "1"}, ConfigError, r"bring no folds(.|\n)*folds=5"),
        (Marks(), {"folds": 3, "fold": "4"}, DataError, "no such fold"),
        (Marks(), {"folds": 2}, DataError, "fewer than three"),
        (Marks(split=np.repeat([0, 1, 2], 40)), {"validation": 0.1}, ConfigError, "their own"),
        (Marks(np.zeros(120)), {}, DataError, "too few speakers"),
    ],
)
def test_wishes_that_cannot_be_met(marks, how, kind, message):
    with pytest.raises(kind, match=message):
        split(marks, **how)
