import wave

import numpy as np
import pytest


@pytest.fixture
def write_wav():
    def write(path, samples, rate=8000, width=2, channels=1):
        path.parent.mkdir(parents=True, exist_ok=True)
        levels = np.round(np.asarray(samples) * (2.0 ** (8 * width - 1) - 1)).astype("<i4")
        raw = levels.view(np.uint8).reshape(-1, 4)[:, :width]
        if width == 1:
            raw = (levels + 128).astype(np.uint8)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(raw.tobytes())

    return write


@pytest.fixture
def save_npz(tmp_path):
    def save(**members):
        path = tmp_path / "data.npz"
        np.savez(path, **members)
        return f"npz:{path}"

    return save
