import numpy as np
import pandas as pd
import pytest

from dse.data import load_data
from hw_models.errors import DataError


def table(rows=240, subjects=6):
    """Runs of 20 rows, labels in turn; x counts the rows."""
    row = np.arange(rows)
    names = np.array(["walk", "sit", "run"])
    return pd.DataFrame(
        {
            "x": row.astype(float),
            "y": -row,
            "activity": names[row // 20 % 3],
            "person": row // (rows // subjects),
            "note": "a",
        }
    )


@pytest.fixture
def save(tmp_path):
    def write(frame):
        frame.to_csv(tmp_path / "imu.csv", index=False)
        return f"csv-windows:{tmp_path / 'imu.csv'}"

    return write


def test_windows_lie_in_one_run_and_subjects_in_one_split(save):
    name = save(table(480))
    data = load_data(f"{name}?window=8&stride=4&label=activity&subject=person")
    assert data.input_shape == (1, 8, 2)
    assert data.class_names == ("run", "sit", "walk")
    assert "channels x, y" in data.split
    seen = []
    for part in ("train", "val", "test"):
        x, y = data.part(part)
        first, last = x[:, 0, 0, 0].astype(int), x[:, 0, 7, 0].astype(int)
        assert (last - first == 7).all()
        assert (first // 20 == last // 20).all()
        np.testing.assert_array_equal(y, np.array([2, 1, 0])[first // 20 % 3])
        seen.append(set((first // 80).tolist()))
        np.testing.assert_array_equal(x[..., 1], -x[..., 0])
    assert sum(map(len, seen)) == 6
    left = load_data(f"{name}?window=8&label=activity&subject=person&leave=3")
    assert set((left.x_test[:, 0, 0, 0] // 80).tolist()) == {3.0}


def test_without_subjects_each_class_is_split_in_time_without_overlap(save):
    data = load_data(f"{save(table(480))}?window=8&stride=2&label=activity&channels=x")
    assert data.input_shape == (1, 8, 1)
    for label in range(3):
        own = [data.part(part)[0][data.part(part)[1] == label] for part in ("train", "val", "test")]
        assert own[0].max() < own[1].min()
        assert own[1].max() < own[2].min()


def test_a_split_column_is_official(save):
    frame = table(480)
    frame["part"] = np.repeat(["train", "val", "test"], 160)
    data = load_data(f"{save(frame)}?window=10&stride=10&label=activity&split=part")
    assert [len(data.part(part)[1]) for part in ("train", "val", "test")] == [16, 16, 16]
    frame["part"] = "all"
    with pytest.raises(DataError, match="split is not understood"):
        load_data(f"{save(frame)}?window=10&label=activity&split=part")


def spoil(column, value, row=3):
    frame = table().astype({column: object}) if isinstance(value, str) else table()
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (table(), "label=class", r"no such column(.|\n)*activity"),
        (table(), "label=activity&channels=note", "columns of numbers"),
        (table(), "label=activity&channels=z", "columns of numbers"),
        (spoil("x", np.nan), "label=activity", r"line 5, column 'x'"),
        (spoil("x", np.inf), "label=activity", r"line 5, column 'x'"),
        (spoil("x", "n/k"), "label=activity&channels=x", "columns of numbers"),
        (spoil("activity", None), "label=activity", r"lacks an entry(.|\n)*line 5"),
        (table(), "label=activity&window=50", r"the longest of 20 rows"),
        (table()[:0], "label=activity", "no rows"),
        (table()[:100].assign(activity="sit"), "label=activity&window=10", "one class only"),
    ],
)
def test_bad_tables(save, frame, options, message):
    with pytest.raises(DataError, match=message):
        load_data(f"{save(frame)}?{options}")


def test_a_file_that_is_no_table(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be read"):
        load_data(f"csv-windows:{tmp_path / 'a.csv'}")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00a,b\n\x80")
    with pytest.raises(DataError, match="cannot be read"):
        load_data(f"csv-windows:{tmp_path / 'a.csv'}")
