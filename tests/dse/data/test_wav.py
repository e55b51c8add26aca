import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.data.wav import read_wav, wav_header
from hw_models.errors import DataError

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


def wav(payload, code=PCM, bits=16, channels=1, rate=8000, *, extra=b"", size=None, sub=None):
    """A wav file by hand."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", code, channels, rate, rate * block, block, bits)
    if sub is not None:
        form += struct.pack("<HHIH", 22, bits, 0, sub) + b"\0" * 14
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + extra
    size = len(payload) if size is None else size
    chunks += b"data" + struct.pack("<I", size) + payload
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.fixture
def save(tmp_path):
    def write(data):
        (tmp_path / "a.wav").write_bytes(data)
        return tmp_path / "a.wav"

    return write


@given(values=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=20))
def test_s16_is_divided_by_32768(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("wav") / "a.wav"
    path.write_bytes(wav(np.array(values, "<i2").tobytes()))
    signal, rate = read_wav(path)
    assert rate == 8000
    np.testing.assert_array_equal(signal, np.array(values, np.float32) / 32768)


@pytest.mark.parametrize(("bits", "kind"), [(32, "<f4"), (64, "<f8")])
def test_floats_stay_as_they_are(save, bits, kind):
    values = np.array([0.0, -0.25, 1.5])
    path = save(wav(values.astype(kind).tobytes(), FLOAT, bits))
    np.testing.assert_array_equal(read_wav(path)[0], values.astype(np.float32))


def test_the_extensible_form_of_24_bit_stereo(save):
    numbers = struct.pack("<i", 1 << 22)[:3] + struct.pack("<i", -(1 << 23))[:3]
    signal, _ = read_wav(save(wav(numbers * 4, EXTENSIBLE, 24, 2, sub=PCM)))
    np.testing.assert_array_equal(signal, np.full(4, (0.5 - 1.0) / 2, np.float32))


def test_other_chunks_are_skipped_and_an_unknown_length_is_taken_to_the_end(save):
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    header = wav_header(save(wav(b"\1\0" * 6, extra=extra, size=0xFFFFFFFF)))
    assert (header.samples, header.rate_hz, header.channels) == (6, 8000, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no RIFF WAVE header"),
        (b"ID3" + b"\0" * 60, "no RIFF WAVE header"),
        (wav(b"")[:36], "no data in it"),
        (wav(b""), "is empty"),
        (wav(b"\0" * 10, size=400), "10 bytes of sound where the header says 400"),
        (wav(b"\0" * 10, code=2, bits=4), "format 2 of 4 bit"),
        (wav(b"\0" * 10, channels=0), "0 channels"),
        (wav(b"\0" * 10, rate=0), "cannot be read"),
        (wav(np.array([1.0, np.nan], "<f4").tobytes(), FLOAT, 32), "not finite"),
    ],
)
def test_damaged_files_are_named(save, data, message):
    with pytest.raises(DataError, match=rf"{message}|where(.|\n)*{message}") as caught:
        read_wav(save(data))
    assert "a.wav" in str(caught.value)
    assert caught.value.cure


@given(cut=st.integers(0, 63), flip=st.integers(0, 43))
def test_no_damage_makes_the_reader_fail_otherwise(tmp_path_factory, cut, flip):
    data = bytearray(wav(b"\1\0" * 10))
    data[flip] ^= 0x55
    path = tmp_path_factory.mktemp("wav") / "a.wav"
    path.write_bytes(bytes(data[: len(data) - cut]))
    try:
        signal, _ = read_wav(path)
    except DataError:
        return
    assert np.isfinite(signal).all()
