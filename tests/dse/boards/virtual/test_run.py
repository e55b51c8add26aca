from dataclasses import replace

import pytest

from dse.boards.virtual import VIRTUAL_CORES, run_firmware
from hw_models.errors import ToolError

pytestmark = [pytest.mark.toolchain, pytest.mark.emulator]

CORES = tuple(VIRTUAL_CORES)

SPEAKING = """
extern int scale(int);
extern int harness_zero;
int harness_zero;
int harness_three = 3;
__asm__(".section .dse_vectors, \\"a\\"\\n.balign 4\\nvectors: .incbin \\"vectors.bin\\"\\n.text");
extern const signed char vectors[];
int main(void) {
    dse_mark();
    for (int i = 0; i < 4; i++) {
        dse_write_int(scale(vectors[i]) + harness_zero);
        dse_write(" ");
        dse_mark();
    }
    dse_write_int(harness_three);
    dse_write("\\n");
    dse_write_int(-2147483647 - 1);
    return 0;
}
"""
SCALING = """
int factor = 10;
static int calls;
int scale(int x) { return x * factor + calls++; }
"""


@pytest.mark.parametrize("core", CORES)
def test_firmware_speaks_and_is_timed(firmware, tmp_path, core):
    (tmp_path / "vectors.bin").write_bytes(bytes([1, 256 - 2, 127, 0]))
    run = run_firmware(firmware(core, SPEAKING, SCALING), VIRTUAL_CORES[core])
    assert run.text == "10 -19 1272 3 3\n-2147483648"
    assert len(run.marks) == 5
    assert list(run.marks) == sorted(set(run.marks))
    assert run.marks[-1] < run.total_cycles
    assert run.stack_bytes is None


def test_two_runs_count_the_same(firmware):
    elf = firmware("cortex-m7", "int main(void) { dse_mark(); dse_mark(); return 0; }")
    core = VIRTUAL_CORES["cortex-m7"]
    assert run_firmware(elf, core) == run_firmware(elf, core)


def test_a_mark_costs_its_call_alone(firmware):
    main = "int main(void) { dse_mark(); dse_mark(); dse_mark(); return 0; }"
    for name, cycles in {"cortex-m0": 2, "cortex-m4": 1, "cortex-m7": 1, "cortex-m33": 1}.items():
        marks = run_firmware(firmware(name, main), VIRTUAL_CORES[name]).marks
        assert [marks[1] - marks[0], marks[2] - marks[1]] == [cycles, cycles]


UNALIGNED = """
#include <stdint.h>
static char buffer[8];
static char *volatile where = buffer + 1;
int main(void) {
    volatile uint32_t *word = (volatile uint32_t *)(void *)where;
    *word = 5;
    dse_write_int((int)*word);
    return 0;
}
"""


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m0plus"])
def test_an_unaligned_access_faults_as_on_the_real_core(firmware, core):
    with pytest.raises(ToolError, match=r"faulted at 0x[0-9a-f]{8} in main") as error:
        run_firmware(firmware(core, UNALIGNED), VIRTUAL_CORES[core])
    assert "unaligned access" in str(error.value)


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m33"])
def test_later_cores_allow_it(firmware, core):
    assert run_firmware(firmware(core, UNALIGNED), VIRTUAL_CORES[core]).text == "5"


DEEP = """
.syntax unified
.thumb
.text
.global deep
.type deep, %function
deep:
    push {r4, lr}
    sub sp, #{rest}
    str r0, [sp]
    add sp, #{rest}
    pop {r4, pc}
.size deep, . - deep
"""


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m7", "cortex-m33"])
def test_the_stack_is_measured_to_the_byte(firmware, core):
    main = """
    void deep(void);
    int main(void) { dse_stack_begin(); deep(); dse_stack_end(); dse_write("done"); return 0; }
    """
    elf = firmware(core, main, DEEP.replace("{rest}", "392"), ".S")
    run = run_firmware(elf, VIRTUAL_CORES[core])
    assert (run.stack_bytes, run.text) == (400, "done")


def test_a_fault_names_the_function(firmware):
    network = "int broken(void) { return *(volatile int *)0xA0000000; }"
    main = "int broken(void); int main(void) { return broken(); }"
    with pytest.raises(ToolError, match="in broken") as error:
        run_firmware(firmware("cortex-m4", main, network), VIRTUAL_CORES["cortex-m4"])
    assert "data bus error" in str(error.value)


def test_an_endless_loop_is_stopped(firmware):
    elf = firmware("cortex-m4", 'int main(void) { dse_write("begun"); for (;;) {} }')
    with pytest.raises(ToolError, match=r"did not end within 0\.5 s") as error:
        run_firmware(elf, VIRTUAL_CORES["cortex-m4"], timeout_s=0.5)
    assert "begun" in str(error.value)


def test_another_status_than_zero_is_an_error(firmware):
    elf = firmware("cortex-m33", 'int main(void) { dse_write("no input"); return 7; }')
    with pytest.raises(ToolError, match="status 7: no input"):
        run_firmware(elf, VIRTUAL_CORES["cortex-m33"])


def test_what_qemu_says_is_passed_on(firmware):
    elf = firmware("cortex-m4", "int main(void) { return 0; }")
    core = replace(VIRTUAL_CORES["cortex-m4"], machine="mps9")
    with pytest.raises(ToolError, match="QEMU failed to run the firmware") as error:
        run_firmware(elf, core)
    assert "unsupported machine type" in str(error.value)


def test_an_instruction_the_core_lacks_is_not_counted_as_nothing(firmware):
    network = ".syntax unified\n.thumb\n.arch armv7-m\n.global divide\n.type divide, %function\n"
    network += "divide: udiv r0, r0, r0\nbx lr\n.size divide, . - divide\n"
    main = "int divide(int); int main(void) { return divide(1) - 1; }"
    with pytest.raises(ToolError, match="no timing of the cortex-m0") as error:
        run_firmware(firmware("cortex-m0", main, network, ".S"), VIRTUAL_CORES["cortex-m0"])
    assert "function divide" in str(error.value)


def test_a_missing_emulator_is_named_with_its_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="qemu-system-arm is not installed") as error:
        run_firmware(tmp_path / "firmware.elf", VIRTUAL_CORES["cortex-m4"])
    assert "apt-get install qemu-system-arm" in str(error.value)
