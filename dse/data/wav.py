"""Wav files: PCM of 8, 16, 24 and 32 bit, and float, also in the extensible form."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import DataError

__all__ = ["WavHeader", "read_wav", "wav_header"]

Floats = NDArray[np.float32]
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_WIDTHS = {_PCM: (1, 2, 3, 4), _FLOAT: (4, 8)}
# Writers that do not know the length beforehand leave this behind.
_UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True)
class WavHeader:
    """What a wav file says of its samples.

    Args:
        rate_hz: Samples per second.
        channels: Interleaved signals.
        width: Bytes of one number.
        is_float: Floating point, else integers.
        samples: Of one channel.
        offset: Of the first sample in the file.
    """

    rate_hz: int
    channels: int
    width: int
    is_float: bool
    samples: int
    offset: int


def wav_header(path: Path) -> WavHeader:
    """Read the header only.

    Raises:
        DataError: The file is damaged, cut short, empty or of another format.
    """
    try:
        with path.open("rb") as file:
            return _header(file, path)
    except OSError as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def read_wav(path: Path) -> tuple[Floats, int]:
    """A wav file as mono float32 (samples,), and its rate in Hz.

    Integers become -1 to 1, floats stay as they are; channels are averaged.

    Raises:
        DataError: The file is damaged, cut short, empty, not finite or of another format.
    """
    header = wav_header(path)
    with path.open("rb") as file:
        file.seek(header.offset)
        data = file.read(header.samples * header.channels * header.width)
    values = _decode(data, header).reshape(header.samples, header.channels)
    if not np.isfinite(values).all():
        raise DataError(
            "A sound file holds values that are not finite.", where=path, cure="Remove it."
        )
    return values.mean(axis=1).astype(np.float32), header.rate_hz


def _header(file: BinaryIO, path: Path) -> WavHeader:
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        raise _damaged(path, "no RIFF WAVE header")
    form: bytes | None = None
    end = file.seek(0, 2)
    file.seek(12)
    while len(head := file.read(8)) == 8:
        name, size = head[:4], struct.unpack("<I", head[4:])[0]
        here = file.tell()
        if name == b"data":
            return _describe(form, here, size, end - here, path)
        if name == b"fmt ":
            form = file.read(min(size, 40))
        file.seek(here + size + size % 2)
    raise _damaged(path, "no data in it")


def _describe(form: bytes | None, offset: int, size: int, present: int, path: Path) -> WavHeader:
    if form is None or len(form) < 16:
        raise _damaged(path, "no format before the data")
    code, channels, rate, _, block, bits = struct.unpack("<HHIIHH", form[:16])
    if code == _EXTENSIBLE and len(form) >= 26:
        code = struct.unpack("<H", form[24:26])[0]
    width = (bits + 7) // 8
    if code not in _WIDTHS or width not in _WIDTHS[code]:
        raise _damaged(path, f"format {code} of {bits} bit")
    if not channels or not rate or block != width * channels:
        raise _damaged(path, f"{channels} channels of {bits} bit in blocks of {block} bytes")
    if size != _UNKNOWN_SIZE and size > present:
        raise _damaged(path, f"{present} bytes of sound where the header says {size}")
    samples = min(size, present) // block
    if not samples:
        raise DataError("A sound file is empty.", where=path, cure="Remove it.")
    return WavHeader(rate, channels, width, code == _FLOAT, samples, offset)


def _damaged(path: Path, got: str) -> DataError:
    return DataError(
        "A sound file cannot be read.",
        where=path,
        got=got,
        allowed="wav: PCM of 8, 16, 24 or 32 bit, or float of 32 or 64 bit",
        cure="Convert, fetch it again or remove it.",
    )


def _decode(data: bytes, header: WavHeader) -> NDArray[np.floating]:
    if header.is_float:
        return np.frombuffer(data, f"<f{header.width}")
    if header.width == 1:
        unsigned = np.frombuffer(data, np.uint8).astype(np.float32)
        return (unsigned - np.float32(128)) / np.float32(128)
    raw = np.frombuffer(data, np.uint8).reshape(-1, header.width)
    padded = np.zeros((len(raw), 4), np.uint8)
    padded[:, 4 - header.width :] = raw
    return (padded.view("<i4")[:, 0] / 2.0**31).astype(np.float32)
