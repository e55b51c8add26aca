import json
import zipfile

import numpy as np
import pytest

from dse.network_io import network_from_json, network_to_json
from dse.program_io import load_program, save_program
from dse.reference import run_program
from hw_models.errors import RunError


def test_network_round_trip(every_op_program):
    network = every_op_program.network
    assert network_from_json(json.loads(json.dumps(network_to_json(network)))) == network


def test_program_round_trip(every_op_program, every_op_inputs, tmp_path):
    path = tmp_path / "program.npz"
    save_program(every_op_program, path)
    loaded = load_program(path)
    assert loaded.network == every_op_program.network
    assert dict(loaded.quantisation) == dict(every_op_program.quantisation)
    assert set(loaded.constants) == set(every_op_program.constants)
    expected = run_program(every_op_program, every_op_inputs[:8])
    np.testing.assert_array_equal(run_program(loaded, every_op_inputs[:8]), expected)


def test_same_program_same_bytes(every_op_program, tmp_path):
    save_program(every_op_program, tmp_path / "a.npz")
    save_program(load_program(tmp_path / "a.npz"), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_missing_program(tmp_path):
    with pytest.raises(RunError, match="There is no program here"):
        load_program(tmp_path / "program.npz")


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_damaged_program(every_op_program, tmp_path, keep):
    path = tmp_path / "program.npz"
    save_program(every_op_program, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    with pytest.raises(RunError, match="damaged") as caught:
        load_program(path)
    assert str(path) in str(caught.value)


def test_flipped_bytes_never_load_silently(every_op_program, tmp_path):
    path = tmp_path / "program.npz"
    save_program(every_op_program, path)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda one: one.compress_size)
    data[largest.header_offset + 80 + largest.compress_size // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(RunError, match="damaged"):
        load_program(path)


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "program.npz"
    np.savez(path, meta=np.array([{"schema": 1}], dtype=object))
    with pytest.raises(RunError, match="damaged"):
        load_program(path)


@pytest.mark.parametrize("key", ["schema", "arithmetic"])
def test_other_version(every_op_program, tmp_path, key):
    path = tmp_path / "program.npz"
    save_program(every_op_program, path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    meta = json.loads(arrays["meta"].tobytes())
    meta[key] = 99
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(RunError, match=f"another {key} version") as caught:
        load_program(path)
    assert "99" in str(caught.value)
