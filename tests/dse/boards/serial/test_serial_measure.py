"""`dse measure` on a serial port: firmware is built, flashed and heard, image after image."""

import functools
import os
import select
import subprocess
import sys
import threading
import tty

import pytest

from dse.boards.virtual import SUPPORT
from dse.cli import measure as measure_command
from dse.cli.app import main
from dse.measure.design import designed_networks
from hw_models.calibrate import read_measurements
from hw_models.profile import load_profile

pytestmark = pytest.mark.emulator
CPU = "cortex-m0"
QEMU = "qemu-system-arm -machine mps2-an385 -display none -monitor none -nic none -serial stdio"
FLASH = """\
set -e
make -s -C "$1" CPU={cpu} CFLAGS="-Wall -Wextra -Werror"
arm-none-eabi-gcc -mcpu={cpu} -mthumb -O2 -nostartfiles -L{support} -Tan385.ld -I"$1" {board} \
    "$1/build/libbench.a" -lc -lgcc -o {image}.new
mv {image}.new {image}
"""


class Bench:
    """A board on a pseudo-terminal, which starts again when its image is flashed."""

    def __init__(self, image):
        self.image = image
        self.images = 0
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        process, running = None, None
        while not self._stop.is_set():
            flashed = self.image.stat().st_ino if self.image.exists() else None
            if flashed != running:
                end(process)
                command = [*QEMU.split(), "-icount", "shift=5", "-kernel", self.image]
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
                )
                running = flashed
                self.images += 1
            if process is None:
                self._stop.wait(0.01)
                continue
            if select.select([process.stdout], [], [], 0.05)[0]:
                data = os.read(process.stdout.fileno(), 64)
                if select.select([], [self._master], [], 0)[1]:
                    os.write(self._master, data)
        end(process)

    def close(self):
        self._stop.set()
        self._thread.join()
        os.close(self._slave)
        os.close(self._master)


def end(process):
    if process is not None:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def bench(request, tmp_path):
    image = tmp_path / "image.elf"
    script = tmp_path / "flash.sh"
    board = request.path.parent / "board.c"
    script.write_text(FLASH.format(cpu=CPU, support=SUPPORT, board=board, image=image))
    made = Bench(image)
    made.flash = f"sh {script} {{folder}}"
    yield made
    made.close()


@pytest.fixture
def dse(monkeypatch):
    few = functools.partial(designed_networks, most=8)
    monkeypatch.setattr(measure_command, "designed_networks", few)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["dse", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code or 0

    return run


def test_measure_and_calibrate_over_a_serial_port(bench, dse, tmp_path, capsys):
    runs, profile = tmp_path / "runs.csv", tmp_path / "bench-m0.toml"
    arguments = ["measure", "--board", f"serial:{bench.port}", "--core", CPU, "--kernels", "add"]
    arguments += ["--ram", "8K", "--name", "bench", "-o", runs, "--wait", "30"]
    assert dse(*arguments, "--flash-command", bench.flash) == 0, capsys.readouterr().err
    rows = read_measurements(runs)
    assert bench.images == rows["network"].nunique() == 2
    assert set(rows["board"]) == {"bench"}
    assert rows["compiler"].str.startswith("gcc").all()
    assert rows["flags"].str.contains("-mcpu=cortex-m0").all()
    whole = runs.read_text()
    assert dse(*arguments, "--flash-command", bench.flash) == 0
    assert runs.read_text() == whole
    assert bench.images == 2
    assert dse("calibrate", runs, "-o", profile) == 0
    assert load_profile(profile).core == CPU
