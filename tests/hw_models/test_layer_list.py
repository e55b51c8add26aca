"""Layer lists: what is read, and that everything wrong is said at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import DataError
from hw_models.layer_features import FEATURES, features, sum_features
from hw_models.layer_list import COLUMNS, FREE_OPS, OPS, layers_of, read_layer_list

MEASUREMENTS = Path(__file__).parents[2] / "hw_models" / "measurements"
HEADER = ",".join(COLUMNS)
CONV = "net,0,CONV_2D,8,8,4,4,4,6,3,3,2,SAME,3456"


def written(tmp_path, *rows, header=HEADER):
    path = tmp_path / "layers.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_convolution_is_read(tmp_path):
    (layer,) = read_layer_list(written(tmp_path, CONV))
    assert (layer.source, layer.target, layer.kernel) == ((8, 8, 4), (4, 4, 6), (3, 3))
    assert (layer.stride, layer.pad, layer.macs, layer.where) == (2, "SAME", 3456, "line 2")


def test_blank_macs_follow_from_the_shape(tmp_path):
    rows = (
        CONV.removesuffix("3456"),
        "net,1,DEPTHWISE_CONV_2D,4,4,6,4,4,6,3,3,1,SAME,",
        "net,2,FULLY_CONNECTED,,,96,,,10,,,,,",
        "net,3,SOFTMAX,,,10,,,10,,,,,0",
    )
    layers = read_layer_list(written(tmp_path, *rows))
    assert [layer.macs for layer in layers] == [3456, 864, 960, 0]


def test_everything_wrong_is_said_at_once(tmp_path):
    rows = (
        "net,0,CONV2D,8,8,4,4,4,6,3,3,2,SAME,",
        "net,1,CONV_2D,8,8,4,4,4,6,,3,2,SAME,",
        "net,2,CONV_2D,8,-8,4,4,4,6,3,3,2,SAME,",
        "net,3,CONV_2D,8,8,nan,4,4,6,3,3,2,SAME,",
        "net,4,CONV_2D,8,8,4,4,4,6.5,3,3,2,SAME,",
        "net,5,CONV_2D,8,8,4,4,4,6,3,3,2,SOME,",
        "net,6,CONV_2D,8,8,4,4,4,6,3,3,2,SAME,17",
        ",7,SOFTMAX,,,4,,,4,,,,,",
        "net,8,SOFTMAX,,,inf,,,4,,,,,",
    )
    with pytest.raises(DataError) as error:
        read_layer_list(written(tmp_path, *rows))
    text = str(error.value)
    assert "has 9 error(s)" in text
    for line in range(2, 11):
        assert f"line {line}: " in text
    for part in ("'CONV2D' is unknown, did you mean CONV_2D?", "kh missing", "'-8'", "'nan'"):
        assert part in text
    for part in ("'6.5'", "'SOME'", "macs is 17, but the shape has 3456", "model_id is blank"):
        assert part in text


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(tmp_path, column):
    header = ",".join("other" if name == column else name for name in COLUMNS)
    with pytest.raises(DataError, match=rf"lacks columns.*\n.*\n.*'{column}'"):
        read_layer_list(written(tmp_path, CONV, header=header))


def test_no_rows_and_no_file(tmp_path):
    with pytest.raises(DataError, match="no rows"):
        read_layer_list(written(tmp_path))
    with pytest.raises(DataError, match="cannot be read"):
        read_layer_list(tmp_path / "missing.csv")


def test_groups_and_batches_are_right_macs(tmp_path):
    rows = (
        "net,0,CONV_2D,8,8,4,4,4,6,3,3,2,SAME,1728",
        "net,1,FULLY_CONNECTED,,,96,,,10,,,,,9600",
    )
    grouped, batch = read_layer_list(written(tmp_path, *rows))
    assert grouped.macs == 1728
    assert features(batch)["outputs"] == 100


@given(op=st.sampled_from(sorted(OPS)), size=st.integers(1, 64))
def test_only_folded_ops_are_free(op, size):
    import pandas as pd

    cells = dict.fromkeys(COLUMNS, "") | {"model_id": "net", "layer": "0", "op": op}
    cells |= {name: str(size) for name in OPS[op]}
    (layer,) = layers_of(pd.DataFrame([cells]), "made up")
    amounts = features(layer)
    assert set(amounts) <= set(FEATURES)
    assert (sum(amounts.values()) == 0) == (op in FREE_OPS)


def test_the_shipped_tables_are_read_whole():
    layers = read_layer_list(MEASUREMENTS / "published_network_layers.csv")
    keyword = sum_features(layer for layer in layers if layer.model_id == "kws_ref_model")
    assert keyword["pointwise_macs"] == 2_048_000
    assert keyword["depthwise_macs"] == 288_000
    assert keyword["few_channel_macs"] == 320_000
    assert keyword["linear_macs"] == 768
    assert len(read_layer_list(MEASUREMENTS / "published_layers.csv")) == 70


def test_windows_of_one_row_are_a_kind_of_their_own(tmp_path):
    rows = (
        "net,0,CONV_2D,8,1,1,6,1,2,3,1,1,VALID,36",
        "net,1,CONV_2D,6,1,8,4,1,2,3,1,1,VALID,192",
        "net,2,CONV_2D,4,4,8,4,4,2,1,1,1,VALID,256",
    )
    total = sum_features(read_layer_list(written(tmp_path, *rows)))
    assert total["row_few_channel_macs"] == 36
    assert total["row_conv_macs"] == 192
    assert total["pointwise_macs"] == 256
