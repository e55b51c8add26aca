"""Loops whose cycles were counted by hand from the tables, against the counter, exactly."""

from functools import cache

import pytest

from dse.boards.virtual import VIRTUAL_CORES, build_firmware, run_firmware

pytestmark = [pytest.mark.toolchain, pytest.mark.emulator]

CORES = ("cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33")
V7 = ("cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33")
DSP = ("cortex-m4", "cortex-m7", "cortex-m33")

# Body of a loop that ends in "subs r7, #1; bne": cycles of one round, the two included, on CORES.
# r0 points to a buffer, r1 is 1, r6 is 0. The two alone: 4, 3, 3, 3, 1, 3.
EVERYWHERE = {
    "add": ("adds r2, r2, r3", (5, 4, 4, 4, 2, 4)),
    "two adds": ("adds r2, r2, r3; adds r4, r4, r3", (6, 5, 5, 5, 2, 5)),
    "load": ("ldr r2, [r0]", (6, 5, 5, 5, 2, 4)),
    "three loads": ("ldr r2, [r0]; ldr r3, [r0, #4]; ldr r4, [r0, #8]", (10, 9, 7, 7, 3, 6)),
    "two loads of a bank": ("ldr r2, [r0]; ldr r3, [r0, #8]", (8, 7, 6, 6, 3, 5)),
    "load, store": ("ldr r2, [r0]; str r3, [r0, #4]", (8, 7, 5, 5, 2, 5)),
    "load, use": ("ldr r2, [r0]; adds r2, r2, r3", (7, 6, 6, 6, 3, 6)),
    "byte load, use": ("ldrb r2, [r0]; adds r2, r2, r3", (7, 6, 6, 6, 4, 6)),
    "add, use as address": ("adds r4, r0, #4; ldr r2, [r4]", (7, 6, 7, 7, 3, 5)),
    "load, use as address": ("str r0, [r0]; ldr r2, [r0]; ldr r3, [r2]", (10, 9, 8, 8, 4, 7)),
    "store by index": ("str r2, [r0, r6]", (6, 5, 5, 5, 2, 4)),
    "multiply": ("muls r2, r3", (5, 4, 4, 4, 2, 5)),
    "push, pop": ("push {r2-r5}; pop {r2-r5}", (14, 13, 13, 13, 5, 11)),
    "call": ("bl returns", (11, 8, 8, 8, 3, 8)),
    "call, pop": ("bl pops", (16, 13, 13, 13, 4, 11)),
    "branch": ("b 2f; nop; 2:", (7, 5, 5, 5, 2, 5)),
    "not taken": ("cmp r1, #0; beq 2f; adds r2, #1; 2:", (7, 6, 6, 6, 3, 5)),
    "taken": ("cmp r1, #0; bne 2f; adds r2, #1; 2:", (8, 6, 6, 6, 2, 6)),
}
ON_V7 = {
    "multiply-add": ("mla r2, r3, r4, r2", (5, 4, 2, 4)),
    "long multiply": ("smull r2, r3, r4, r5", (7, 4, 2, 4)),
    "long multiply-add": ("smlal r2, r3, r4, r5", (9, 4, 2, 4)),
    "divide": ("udiv r2, r3, r1", (10, 10, 8, 10)),
    "double load": ("ldrd r2, r3, [r0]", (6, 6, 2, 5)),
    "predicated": ("cmp r1, #0; it eq; moveq r2, r3", (5, 5, 3, 5)),
    "IT after a wide one": ("cmp.w r1, #0; it eq; moveq r2, r3", (6, 6, 3, 6)),
    "compare and branch": ("cbz r1, 2f; adds r2, #1; 2:", (5, 5, 2, 5)),
    "inline shift": ("adds r2, r3, #1; add.w r4, r5, r2, lsl #2", (5, 5, 3, 5)),
    "post-indexed loads": ("ldr r2, [r0], #4; ldr r3, [r4], #4; movs r4, r0", (8, 7, 3, 6)),
    "wide target across a word": ("b 2f; .balign 4; nop; 2: add.w r2, r2, r3", (7, 7, 3, 6)),
    "longer than a block": (".rept 600; ldr r2, [r0]; .endr", (604, 604, 601, 603)),
}
SMALL = ("cortex-m0.small-multiply", "cortex-m0plus.small-multiply")
WITH_A_SMALL_MULTIPLIER = {
    "small multiply": ("muls r2, r3", (36, 35)),
    "load, small multiply": ("ldr r2, [r0]; muls r2, r3", (38, 37)),
}
WITH_DSP = {
    "dual multiply-add": ("smlad r2, r3, r4, r2", (4, 2, 4)),
    "two of them": ("smlad r2, r3, r3, r2; smlad r4, r3, r3, r4", (5, 3, 5)),
    "chained": ("smlad r2, r3, r3, r2; smlad r2, r3, r3, r2", (5, 3, 5)),
    "multiply, use": ("smlad r2, r3, r3, r6; adds r4, r2, r3", (5, 4, 6)),
    "extend, multiply": ("sxtb16 r2, r3; smlad r4, r2, r2, r4", (5, 3, 5)),
    "load, multiply": ("ldr r2, [r0]; smlad r4, r2, r2, r4", (6, 4, 6)),
    "load, accumulate": ("ldr r4, [r0]; smlad r4, r2, r2, r4", (6, 3, 5)),
    "load, extend and add": ("ldr r2, [r0]; sxtab r4, r5, r2", (6, 4, 6)),
    "two extends": ("sxtb16 r2, r3; sxtb16 r4, r3", (5, 3, 5)),
    "saturate, use": ("qadd r2, r3, r3; adds r4, r2, r3", (5, 3, 6)),
}
CASES = [
    (core, name, body, cycles)
    for cores, cases in (
        (CORES, EVERYWHERE),
        (V7, ON_V7),
        (DSP, WITH_DSP),
        (SMALL, WITH_A_SMALL_MULTIPLIER),
    )
    for name, (body, counts) in cases.items()
    for core, cycles in zip(cores, counts, strict=True)
]

HARNESS = """
#include "dse_board.h"
typedef void loop(void *, int, int);
extern loop *const LOOPS[];
extern const int LOOP_COUNT;
static int buffer[1024];
__attribute__((noinline)) static void timed(loop *run, int rounds) {
    dse_mark();
    run(buffer, 1, rounds);
    dse_mark();
}
int main(void) {
    for (int i = 0; i < LOOP_COUNT; i++) {
        timed(LOOPS[i], 100);
        timed(LOOPS[i], 100);
        timed(LOOPS[i], 200);
    }
    return 0;
}
"""
LOOP = """
.balign 8
.thumb_func
loop_{i}:
    push {{r4-r7, lr}}
    movs r7, r2
    movs r6, #0
    movs r4, r0
    .balign 8
1:  {body}
    subs r7, #1
    {branch} 1b
    pop {{r4-r7, pc}}
"""
HEAD = """
.syntax unified
.thumb
.text
.balign 4
.thumb_func
returns: bx lr
.balign 4
.thumb_func
pops: push {r4, lr}
    pop {r4, pc}
"""


def assembly(bodies):
    loops = [
        LOOP.format(i=i, body=body, branch="bne.w" if ".rept" in body else "bne")
        for i, body in enumerate(bodies)
    ]
    table = "".join(f".word loop_{i}\n" for i in range(len(bodies)))
    return (
        HEAD
        + "".join(loops)
        + ".section .rodata\n.balign 4\n.global LOOPS\nLOOPS:\n"
        + table
        + f".global LOOP_COUNT\nLOOP_COUNT: .word {len(bodies)}\n"
    )


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    """Cycles of one round of each loop, by the core: {case name: cycles}."""

    @cache
    def of(core_name):
        folder = tmp_path_factory.mktemp(core_name)
        cases = [(name, body) for core, name, body, _ in CASES if core == core_name]
        (folder / "main.c").write_text(HARNESS)
        (folder / "loops.S").write_text(assembly([body for _, body in cases]))
        core = VIRTUAL_CORES[core_name]
        elf = build_firmware(core, [folder / "loops.S"], [folder / "main.c"], folder / "build")
        marks = run_firmware(elf, core).marks
        assert len(marks) == 6 * len(cases)
        spans = [end - start for start, end in zip(marks[0::2], marks[1::2], strict=True)]
        # The first of three only lets the branch predictor settle.
        return {
            name: (long - short) / 100
            for (name, _), short, long in zip(cases, spans[1::3], spans[2::3], strict=True)
        }

    return of


@pytest.mark.parametrize(
    ("core", "name", "cycles"), [(core, name, cycles) for core, name, _, cycles in CASES]
)
def test_a_round_costs_what_the_tables_say(rounds, core, name, cycles):
    assert rounds(core)[name] == cycles
