"""Real firmware over a pseudo-terminal: whole, noisy, torn, restarted, silent and unplugged."""

import builtins
import sys
import threading

import numpy as np
import pytest

from dse.boards.serial import SerialBoard, write_firmware
from dse.boards.serial.listen import Patience
from hw_models.errors import ToolError

pytestmark = pytest.mark.emulator
QUICK = Patience(wait_s=5, silence_s=1.5)


def inputs(count=6):
    return np.random.default_rng(0).integers(-128, 127, (count, 1, 2, 2), dtype=np.int8)


def check(run, x):
    plus = x.reshape(len(x), 4).astype(np.int16) + 1
    want = np.stack([plus.sum(axis=1), plus[:, 0]], axis=1).reshape(len(x), 1, 1, 2)
    np.testing.assert_array_equal(run.outputs, want)
    np.testing.assert_array_equal(run.first_layers["plus"], x[:1] + 1)
    assert len(run.layer_cycles) == 2
    assert all(5 < cycles < 200 for cycles in run.layer_cycles)


@pytest.mark.parametrize(("core", "flags"), [("cortex-m0", ""), ("cortex-m4", "-DDSE_NO_DWT")])
def test_a_whole_report(make_project, build_elf, wire, core, flags):
    project, x = make_project(), inputs()
    port = wire(build_elf(project, x, core, flags), core).port
    run = SerialBoard(port, patience=QUICK).run(project, x)
    check(run, x)
    assert run.compiler.startswith("gcc 1")
    assert f"-mcpu={core}" in run.flags
    assert "-O2" in run.flags


def test_a_core_whose_counter_stands_still_is_an_error(make_project, build_elf, wire):
    """QEMU has no DWT."""
    project, x = make_project(), inputs()
    port = wire(build_elf(project, x, "cortex-m4"), "cortex-m4").port
    with pytest.raises(ToolError, match=r"no cycle counter[\s\S]*-DDSE_NO_DWT"):
        SerialBoard(port, patience=QUICK).run(project, x)


def test_noise_and_torn_lines_are_made_good_by_later_passes(make_project, build_elf, wire):
    rng, spoilt = np.random.default_rng(3), []

    def spoil(data):
        if rng.random() < 0.15:
            spoilt.append(data)
            return data[: len(data) // 2] if rng.random() < 0.5 else rng.bytes(len(data))
        return data

    project, x = make_project(), inputs()
    port = wire(build_elf(project, x), spoil=spoil).port
    check(SerialBoard(port, patience=QUICK).run(project, x), x)
    assert spoilt


def test_a_reset_in_the_middle_is_made_good(make_project, build_elf, wire):
    project, x = make_project(), inputs()
    port = wire(build_elf(project, x), restart_after=(300, 350)).port
    check(SerialBoard(port, patience=QUICK).run(project, x), x)


def test_a_board_that_always_restarts(make_project, build_elf, wire):
    project, x = make_project(), inputs()
    port = wire(build_elf(project, x), restart_after=(300,) * 50).port
    with pytest.raises(ToolError, match=r"starts again and again[\s\S]*last line \d"):
        SerialBoard(port, patience=QUICK).run(project, x)


def test_a_board_that_falls_silent(make_project, build_elf, wire):
    sent = []

    def spoil(data):
        sent.append(data)
        return data if sum(map(len, sent)) < 400 else b""

    project, x = make_project(), inputs()
    port = wire(build_elf(project, x), spoil=spoil).port
    with pytest.raises(ToolError, match=r"fell silent[\s\S]*lines, then nothing"):
        SerialBoard(port, patience=QUICK).run(project, x)


def test_other_firmware(make_project, build_elf, wire):
    project, x = make_project(), inputs()
    port = wire(build_elf(project, x)).port
    with pytest.raises(ToolError, match=r"runs other firmware[\s\S]*firmware") as caught:
        SerialBoard(port, patience=Patience(1, 1)).run(project, inputs(5))
    assert str(project.folder / "firmware") in str(caught.value)


def test_another_baud_rate_is_noise(make_project, build_elf, wire):
    project, x = make_project(), inputs()
    port = wire(build_elf(project, x), spoil=lambda data: bytes(byte | 0x80 for byte in data)).port
    with pytest.raises(ToolError, match=r"not a report[\s\S]*baud rate"):
        SerialBoard(port, patience=Patience(1, 1)).run(project, x)


def test_silence(make_project, build_elf, wire):
    project, x = make_project(), inputs()
    port = wire(build_elf(project, x), spoil=lambda data: b"").port
    with pytest.raises(ToolError, match="The board is silent"):
        SerialBoard(port, patience=Patience(0.5, 1)).run(project, x)


def test_unplugged(make_project, build_elf, wire):
    project, x = make_project(), inputs()
    one = wire(build_elf(project, x), spoil=lambda data: b"")
    timer = threading.Timer(2, one.unplug)
    timer.start()
    with pytest.raises(ToolError, match=r"went away[\s\S]*plug the board in"):
        SerialBoard(one.port, patience=Patience(60, 60)).run(project, x)
    timer.join()


def test_the_flash_command_is_run_on_the_folder(make_project, tmp_path):
    board = SerialBoard(str(tmp_path / "none"), flash=f"{sys.executable} -c raise(SystemExit(3))")
    with pytest.raises(ToolError, match="flash command failed"):
        board.run(make_project(), inputs())


def test_a_missing_flash_command(make_project, tmp_path):
    board = SerialBoard(str(tmp_path / "none"), flash="no-such-flasher {folder}")
    with pytest.raises(ToolError, match="cannot be run"):
        board.run(make_project(), inputs())


def test_a_port_that_is_not_there_leaves_the_firmware_to_flash(make_project, tmp_path):
    project = make_project()
    with pytest.raises(ToolError, match="cannot be opened"):
        SerialBoard(str(tmp_path / "none")).run(project, inputs())
    assert (project.folder / "firmware" / "dse_link.c").exists()


def test_pyserial_missing(make_project, monkeypatch):
    plain = builtins.__import__

    def refuse(name, *rest):
        if name == "serial":
            raise ImportError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ToolError, match=r"needs pyserial[\s\S]*dse\[board\]"):
        SerialBoard("/dev/null").run(make_project(), inputs())


def test_an_own_port_header_stays(make_project):
    project = make_project()
    folder = write_firmware(project, inputs())
    (folder / "port.h").write_text("mine")
    write_firmware(project, inputs())
    assert (folder / "port.h").read_text() == "mine"
