"""Encodings assembled by GNU as, against what the plugin's decoder says of them."""

import subprocess
from pathlib import Path

import pytest

from dse.boards.virtual import counter

HERE = Path(__file__).parent
PLUGIN = Path(counter.__file__).parent / "plugin"

# Assembly: kind, registers read, registers written, the rest.
EXPECTED = {
    "movs r1, #200": "alu reads= writes=1 flags",
    "mov r9, r3": "alu reads=3 writes=9",
    "mov pc, lr": "alu reads=14 writes=15 pc",
    "add r2, sp, #16": "alu reads=13 writes=2",
    "sub sp, #24": "alu reads=13 writes=13",
    "cmp r1, r10": "alu reads=1,10 writes= flags",
    "adcs r1, r2": "alu reads=1,2 writes=1 flags",
    "rsbs r1, r2, #0": "alu reads=2 writes=1 flags",
    "mvn.w r8, r9": "alu reads=9 writes=8",
    "movw r8, #4660": "alu reads= writes=8",
    "movt r8, #4660": "alu reads=8 writes=8",
    "tst.w r8, r9": "alu reads=8,9 writes= flags",
    "lsls r1, r2, #3": "shift reads=2 writes=1 flags",
    "asr.w r8, r9, r10": "shift reads=9,10 writes=8",
    "add.w r8, r9, r10, lsl #2": "alu_shifted reads=9,10 writes=8",
    "orr r1, r2, #0x1fc0": "alu_shifted reads=2 writes=1",
    "sxtb r1, r2": "bitfield reads=2 writes=1",
    "sxtb16 r8, r9, ror #8": "bitfield reads=9 writes=8",
    "ubfx r1, r2, #3, #4": "bitfield reads=2 writes=1",
    "bfi r1, r2, #3, #4": "bitfield reads=1,2 writes=1",
    "bfc r1, #3, #4": "bitfield reads=1 writes=1",
    "clz r1, r2": "bitfield reads=2 writes=1",
    "rev16 r1, r2": "bitfield reads=2 writes=1",
    "sxtab16 r1, r2, r3": "extend_add reads=2,3 writes=1",
    "pkhbt r1, r2, r3, lsl #16": "parallel reads=2,3 writes=1",
    "uadd8 r1, r2, r3": "parallel reads=2,3 writes=1",
    "qadd r1, r2, r3": "parallel reads=2,3 writes=1",
    "ssat r1, #8, r2": "parallel reads=2 writes=1",
    "sel r1, r2, r3": "parallel reads=2,3 writes=1",
    "muls r1, r2": "multiply reads=1,2 writes=1 flags",
    "mul r8, r9, r10": "multiply reads=9,10 writes=8",
    "mls r1, r2, r3, r4": "multiply_add reads=2,3,4 writes=1",
    "smlad r1, r2, r3, r4": "dsp_multiply reads=2,3,4 writes=1",
    "smuad r1, r2, r3": "dsp_multiply reads=2,3 writes=1",
    "smlabt r1, r2, r3, r4": "dsp_multiply reads=2,3,4 writes=1",
    "smmul r1, r2, r3": "dsp_multiply reads=2,3 writes=1",
    "smlald r1, r2, r3, r4": "dsp_multiply reads=1,2,3,4 writes=1,2",
    "umull r1, r2, r3, r4": "multiply_long reads=3,4 writes=1,2",
    "smlal r1, r2, r3, r4": "multiply_long_add reads=1,2,3,4 writes=1,2",
    "sdiv r1, r2, r3": "divide reads=2,3 writes=1",
    "ldr r1, [r2, #4]": "load reads=2 writes=1 offset=4",
    "ldr r1, [sp, #8]": "load reads=13 writes=1 offset=8",
    "ldrsb r1, [r2, r3]": "load reads=2,3 writes=1 part index",
    "ldrh r1, [r2], #2": "load reads=2 writes=1,2 writeback part",
    "ldr.w r1, [r2, #-8]!": "load reads=2 writes=1,2 writeback offset=-8",
    "ldr.w r1, [r2, r3, lsl #2]": "load reads=2,3 writes=1 index",
    "ldr pc, [r2]": "load reads=2 writes=15 pc",
    "strb r1, [r2, #3]": "store reads=1,2 writes= part offset=3",
    "str.w r1, [r2], #4": "store reads=1,2 writes=2 writeback",
    "ldrd r1, r2, [r3, #8]": "load_many reads=3 writes=1,2 count=2",
    "strd r1, r2, [r3]": "store_many reads=1,2,3 writes= count=2",
    "push {r1, r2, lr}": "store_many reads=1,2,13,14 writes=13 writeback count=3",
    "pop {r1, pc}": "load_many reads=13 writes=1,13,15 pc writeback count=2",
    "ldmia r1!, {r2, r3}": "load_many reads=1 writes=1,2,3 writeback count=2",
    "stmdb r1!, {r8, r9}": "store_many reads=1,8,9 writes=1 writeback count=2",
    "beq .": "branch_if reads= writes=",
    "bne.w .": "branch_if reads= writes=",
    "cbnz r1, .+8": "branch_if reads=1 writes=",
    "b .": "branch reads= writes=",
    "b.w .": "branch reads= writes=",
    "bl .": "call reads= writes=14",
    "bx lr": "branch_register reads=14 writes=",
    "blx r3": "branch_register reads=3 writes=14",
    "tbb [r1, r2]": "table_branch reads=1,2 writes=",
    "itt eq": "it reads= writes=",
    "nop": "nop reads= writes=",
    "nop.w": "nop reads= writes=",
    "wfi": "wait reads= writes=",
    "mrs r1, primask": "status reads= writes=1",
    "dsb": "barrier reads= writes=",
    "bkpt #171": "trap reads= writes=",
    "vadd.f32 s0, s1, s2": "unknown reads= writes=",
}


@pytest.fixture(scope="module")
def decoded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decode")
    lines = [".syntax unified", ".thumb", ".cpu cortex-m7", ".fpu fpv5-sp-d16"]
    for text in EXPECTED:
        after = "\nmoveq r0, r0\nmoveq r0, r0" if text.startswith("it") else ""
        lines.append(f".balign 16\n{text}{after}")
    (folder / "code.s").write_text("\n".join(lines) + "\n.balign 16\n")
    sources = [HERE / "decode_driver.c", PLUGIN / "decode16.c", PLUGIN / "decode32.c"]
    commands = (
        ["arm-none-eabi-gcc", "-c", "code.s", "-o", "code.o"],
        ["arm-none-eabi-objcopy", "-O", "binary", "-j", ".text", "code.o", "code.bin"],
        ["gcc", "-Wall", "-Wextra", "-Werror", f"-I{PLUGIN}", "-o", "driver", *sources],
    )
    for command in commands:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    code = (folder / "code.bin").read_bytes()
    halves = [code[i : i + 4] for i in range(0, len(code), 16)]
    words = [f"{h[1]:02x}{h[0]:02x} {h[3]:02x}{h[2]:02x}" for h in halves]
    answer = subprocess.run(
        [folder / "driver"], input="\n".join(words), text=True, capture_output=True, check=True
    )
    return dict(zip(EXPECTED, answer.stdout.splitlines(), strict=True))


@pytest.mark.toolchain
@pytest.mark.compiler
@pytest.mark.parametrize("text", EXPECTED)
def test_decoded_as_the_manual_says(decoded, text):
    assert decoded[text] == EXPECTED[text]
