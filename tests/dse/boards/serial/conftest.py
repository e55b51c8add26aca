"""Real firmware on QEMU's UART, bridged into a pseudo-terminal by a wire that may spoil it."""

import os
import subprocess
import termios
import threading
import tty

import pytest

from dse.boards.serial import write_firmware
from dse.boards.virtual import SUPPORT

MACHINES = {"cortex-m0": "mps2-an385", "cortex-m4": "mps2-an386"}


@pytest.fixture
def build_elf(request):
    """Build a project's firmware as its README says, with the start-up code of QEMU's board."""

    def build(project, inputs, core="cortex-m0", flags=""):
        folder = write_firmware(project, inputs)
        subprocess.run(
            ["make", "-s", "-C", folder, f"CPU={core}", f"CFLAGS={flags} -Wall -Wextra -Werror"],
            check=True,
        )
        elf = folder / "firmware.elf"
        start = request.path.parent / "board.c"
        command = ["arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb", "-O2", "-nostartfiles"]
        command += [f"-L{SUPPORT}", "-Tan385.ld", f"-I{folder}", start, folder / "build/libbench.a"]
        subprocess.run([*command, "-lc", "-lgcc", "-o", elf], check=True)
        return elf

    return build


class Wire:
    """A pseudo-terminal that passes on what a source sends, spoilt by a function."""

    def __init__(self, start, spoil, restart_after):
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.slave = slave
        self.port = os.ttyname(slave)
        self._start, self._spoil, self._restart_after = start, spoil, restart_after
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def _pass_on(self):
        process, sent = self._start(), 0
        while not self._stop.is_set():
            data = os.read(process.stdout.fileno(), 64)
            if not data:
                break
            sent += len(data)
            if self._restart_after and sent > self._restart_after[0]:
                process.kill()
                process.wait()
                process.stdout.close()
                process, sent = self._start(), 0
                self._restart_after = self._restart_after[1:]
                continue
            os.write(self.master, self._spoil(data))
        process.kill()
        process.wait()
        process.stdout.close()

    def unplug(self):
        self._finish()
        os.close(self.master)
        self.master = None

    def close(self):
        self._finish()
        os.close(self.slave)
        if self.master is not None:
            os.close(self.master)

    def _finish(self):
        self._stop.set()
        while self._thread.is_alive():
            # The thread may wait for room in the pseudo-terminal.
            termios.tcflush(self.slave, termios.TCIFLUSH)
            self._thread.join(0.01)


@pytest.fixture
def wire():
    """Make wires and take them down at the end."""
    made = []

    def make(elf, core="cortex-m0", spoil=bytes, restart_after=()):
        def start():
            command = ["qemu-system-arm", "-machine", MACHINES[core], "-kernel", elf]
            command += ["-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none"]
            command += ["-icount", "shift=5"]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

        made.append(Wire(start, spoil, restart_after))
        return made[-1]

    yield make
    for each in made:
        each.close()
